//! Where an object's file lies.
//!
//! Names are made of lower-case letters, digits and a few marks that every file system takes; everything else is
//! percent-encoded byte by byte, upper case included, so that two names never meet on a file system that folds case.
//! The true name is in the file.

use std::path::{Path, PathBuf};

use crate::catalog::{Home, ObjectId};
use crate::model::Checksum;

/// The folder of objects of the database outside schemas.
const DATABASE: &str = "_database";
/// The folder of objects of the cluster.
const CLUSTER: &str = "_cluster";

/// A file name is at most 255 bytes on common file systems; a longer one is cut here and gets a checksum.
const LONGEST: usize = 180;

/// Returns the path of a top-level object inside the snapshot folder.
pub(super) fn of(id: &ObjectId) -> PathBuf {
    let place = match (&id.schema, id.kind.home) {
        (Some(schema), _) => schema_folder(schema),
        (None, Home::Cluster) => CLUSTER.to_owned(),
        (None, _) => DATABASE.to_owned(),
    };
    let mut name = encoded(&id.name);
    if let Some(signature) = &id.signature {
        name = format!(
            "{name}({})",
            encoded(signature).replace("%20", "+").replace("%2c", ",")
        );
    }
    Path::new(&place)
        .join(id.kind.folder())
        .join(format!("{}.yaml", bounded(name)))
}

/// Says whether a relative path lies where objects' files lie.
pub(super) fn is_ours(path: &Path, kinds: impl Fn(&str) -> bool) -> bool {
    let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
    matches!(parts[..], [_, kind, file] if kinds(kind) && file.ends_with(".yaml"))
}

fn schema_folder(schema: &str) -> String {
    let name = bounded(encoded(schema));
    if name == DATABASE || name == CLUSTER {
        name.replacen('_', "%5f", 1)
    } else {
        name
    }
}

fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => out.push(byte as char),
            b'.' if !out.is_empty() => out.push('.'),
            b'[' | b']' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02x}")),
        }
    }
    // Windows takes a dot at the end of a folder's name away.
    if out.ends_with('.') {
        out.replace_range(out.len() - 1.., "%2e");
    }
    if RESERVED.contains(&out.split('.').next().unwrap_or_default()) {
        out = format!("%{:02x}{}", out.as_bytes()[0], &out[1..]);
    }
    out
}

fn bounded(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let digest = Checksum::of(&name).to_string();
    format!("{}~{}", &name[..LONGEST], &digest[..16])
}

/// Names that Windows keeps for devices, whatever follows the first dot.
const RESERVED: &[&str] = &[
    "aux", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "con", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "nul", "prn",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_sort_are_safe_and_distinct() {
        let names = [
            "a", "A", "a b", "a/b", "..", ".a", "a.", "con", "nul.x", "ä", "💥", "a%b", "a%25b", "a\nb",
            "A%41",
        ];
        let mut seen = std::collections::BTreeSet::new();
        for name in names {
            let encoded = encoded(name);
            assert!(
                encoded
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && b != b'/' && !b.is_ascii_uppercase()),
                "{encoded}"
            );
            assert!(
                !encoded.starts_with('.') && !RESERVED.contains(&encoded.as_str()),
                "{encoded}"
            );
            assert!(seen.insert(encoded), "{name}");
        }
    }

    #[test]
    fn no_folder_ends_with_a_dot() {
        assert_eq!(schema_folder("a."), "a%2e");
        assert_eq!(schema_folder("a.b"), "a.b");
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let one = bounded(encoded(&"Ä".repeat(60)));
        let other = bounded(encoded(&format!("{}B", "Ä".repeat(59))));
        assert!(one.len() < 250 && one != other);
    }
}
