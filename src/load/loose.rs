//! SQL files that belong to no project: found by path, read one by one.

use std::path::{Path, PathBuf};

use super::comment::{self, Comment};
use super::{LoadError, file, reader};
use crate::model::{AcceptedFinding, Location};
use crate::sql::up_part::up_part;

/// A file that is a migration of its own.
#[derive(Clone, Debug)]
pub struct LooseFile {
    /// The file, as it is shown.
    pub path: PathBuf,
    /// The part of its text that runs forwards; the rest is blanked.
    pub text: String,
    /// Whether it says itself that it runs in a transaction, or without one.
    pub transaction: Option<bool>,
    /// `allow` in its header, if it has one.
    pub allow: Vec<AcceptedFinding>,
    /// `approval` in its header, if it has one.
    pub approval: Option<String>,
}

/// Endings of files that run backwards or only look.
const NOT_FORWARDS: [&str; 4] = [".down.sql", ".verify.sql", ".revert.sql", ".undo.sql"];

/// Lists the SQL files at or below a path, in byte order; what runs backwards is left out of folders.
///
/// Hidden files and folders are left out, as are Flyway's undo files (`U1__x.sql`) and what diesel calls `down.sql`.
pub fn files_below(path: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable = |path: &Path, cause: std::io::Error| LoadError::Unreadable {
        path: path.to_path_buf(),
        cause,
    };
    let metadata = std::fs::metadata(path).map_err(|cause| unreadable(path, cause))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    let shown = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
    };
    for entry in walkdir::WalkDir::new(path).into_iter().filter_entry(shown) {
        let entry = entry.map_err(|error| {
            let at = error.path().unwrap_or(path).to_path_buf();
            unreadable(&at, error.into())
        })?;
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        if !entry.file_type().is_dir() && name.ends_with(".sql") && runs_forwards(&name) {
            files.push(entry.into_path());
        }
    }
    files.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    Ok(files)
}

fn runs_forwards(name: &str) -> bool {
    let is_undo = name
        .strip_prefix('u')
        .and_then(|rest| rest.split_once("__"))
        .is_some_and(|(version, _)| {
            !version.is_empty()
                && version
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b'.' || b == b'_')
        });
    name != "down.sql" && !is_undo && !NOT_FORWARDS.iter().any(|ending| name.ends_with(ending))
}

/// Reads a file; `shown` is what findings call it.
pub fn read_loose(path: &Path, shown: &Path) -> Result<LooseFile, LoadError> {
    let renamed = |error: LoadError| match error {
        LoadError::NotUtf8 { place, found } => LoadError::NotUtf8 {
            place: Location {
                file: shown.to_path_buf(),
                ..place
            },
            found,
        },
        LoadError::Unreadable { cause, .. } => LoadError::Unreadable {
            path: shown.to_path_buf(),
            cause,
        },
        other => other,
    };
    let read = file::read_sql(Path::new(""), path).map_err(renamed)?;
    Ok(understood(shown, read.text))
}

/// Takes text that came from elsewhere, as from standard input, for a file.
pub fn sql_from(bytes: Vec<u8>, shown: &Path) -> Result<LooseFile, LoadError> {
    if let Some(error) = file::not_text(shown, &bytes) {
        return Err(error);
    }
    let text = String::from_utf8(bytes).unwrap_or_default();
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(understood(shown, text))
}

fn understood(shown: &Path, text: String) -> LooseFile {
    let header = match comment::find(&text) {
        Comment::Header { yaml, .. } => reader::read(&text, yaml).0,
        _ => super::header::Header::default(),
    };
    let up = up_part(&text);
    let transaction = header.transaction.or(up.without_transaction.then_some(false));
    LooseFile {
        path: shown.to_path_buf(),
        text: up.text.into_owned(),
        transaction,
        allow: header.allow,
        approval: header.approval,
    }
}

#[cfg(test)]
mod tests {
    use super::runs_forwards;

    #[test]
    fn what_runs_backwards_is_known_by_its_name() {
        for (name, expected) in [
            ("v1__users.sql", true),
            ("u1__users.sql", false),
            ("u1.2__users.sql", false),
            ("users__all.sql", true),
            ("0001_init.up.sql", true),
            ("0001_init.down.sql", false),
            ("down.sql", false),
            ("shut_down.sql", true),
        ] {
            assert_eq!(runs_forwards(name), expected, "{name}");
        }
    }
}
