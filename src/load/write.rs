//! Writes new files: revisions, merges, a first project.
//!
//! The texts are made by pure functions; [`create`] is the only one that touches the disk, and it never overwrites.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::LoadError;
use crate::model::RevisionId;

/// A file that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where, relative to the project.
    pub path: PathBuf,
    /// The content.
    pub text: String,
}

/// A revision that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRevision {
    /// Its id.
    pub id: RevisionId,
    /// The revisions that it follows.
    pub parents: Vec<RevisionId>,
    /// The revisions that must run before.
    pub depends_on: Vec<RevisionId>,
    /// Its labels.
    pub labels: Vec<String>,
    /// One line about the change.
    pub message: String,
    /// The branch folder; empty in a flat layout.
    pub branch: String,
    /// What follows the id in the file name; may be empty.
    pub slug: String,
}

impl NewRevision {
    /// Returns the header, ready to stand at the top of a file.
    pub fn header(&self) -> String {
        let list = |names: Vec<&str>| {
            format!(
                "[{}]",
                names.into_iter().map(scalar).collect::<Vec<_>>().join(", ")
            )
        };
        let ids = |ids: &[RevisionId]| list(ids.iter().map(RevisionId::as_str).collect());
        let mut lines = vec!["/*---".to_owned()];
        lines.push(format!("revision: {}", scalar(self.id.as_str())));
        lines.push(format!("parents: {}", ids(&self.parents)));
        if !self.depends_on.is_empty() {
            lines.push(format!("depends-on: {}", ids(&self.depends_on)));
        }
        if !self.labels.is_empty() {
            lines.push(format!(
                "labels: {}",
                list(self.labels.iter().map(String::as_str).collect())
            ));
        }
        // A message is one line, whatever it was typed or pasted as.
        let breaks = |c: char| c.is_whitespace() || c.is_control();
        let words: Vec<&str> = self
            .message
            .split(breaks)
            .filter(|word| !word.is_empty())
            .collect();
        let message = words.join(" ");
        if !message.is_empty() {
            lines.push(format!("message: {}", scalar(&message)));
        }
        lines.push("---*/\n".to_owned());
        lines.join("\n")
    }

    /// Returns the files of an ordinary revision: SQL, the way back, and the proof.
    pub fn drafts(&self, migrations: &Path) -> Vec<Draft> {
        let draft = |suffix: &str, text: String| Draft {
            path: self.path(migrations, suffix),
            text,
        };
        vec![
            draft(
                "",
                format!(
                    "{}\n-- Write the change here. It runs in one transaction.\n",
                    self.header()
                ),
            ),
            draft(
                ".down",
                "-- Write the way back here, or remove this file if there is none.\n".to_owned(),
            ),
        ]
    }

    /// Returns the one file of a merge, which changes nothing.
    pub fn merge_draft(&self, migrations: &Path) -> Draft {
        let text = format!("{}\n-- Joins its parents. Nothing to change.\n", self.header());
        Draft {
            path: self.path(migrations, ""),
            text,
        }
    }

    fn path(&self, migrations: &Path, suffix: &str) -> PathBuf {
        let join = if self.slug.is_empty() { "" } else { "_" };
        migrations
            .join(&self.branch)
            .join(format!("{}{join}{}{suffix}.sql", self.id, self.slug))
    }
}

/// Makes a slug of words: lower case, everything that is no letter or digit becomes `_`. May be empty.
pub fn slug(words: &str) -> String {
    let parts = words
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty());
    let mut slug = parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_");
    // Ids and slugs share one file name, of which most file systems take 255 bytes.
    slug.truncate(80);
    slug.trim_end_matches('_').to_owned()
}

/// Returns the files of a first project.
pub fn project(baseline: &NewRevision) -> Vec<Draft> {
    let migrations = Path::new("migrations");
    let text = format!("{}\n-- The state before the first change.\n", baseline.header());
    vec![
        Draft {
            path: PathBuf::from("zerodrift.yaml"),
            text: CONFIGURATION.to_owned(),
        },
        Draft {
            path: baseline.path(migrations, ""),
            text,
        },
    ]
}

const CONFIGURATION: &str = "\
# The project's configuration. Every key may be left out; an unknown one is an error.

# Major versions of PostgreSQL that the migrations must work on.
server: [15]

# The folder of the migrations. With sub-folders, each is a branch; list those that count:
migrations: migrations
# branches: [001_core, 002_billing]

# Who migrates, and who must never see another tenant's rows.
# roles:
#   migration: [postgres]
#   runtime: [app_user]

# How tenants are told apart in tables with row security.
# tenancy:
#   column: tenant_id
#   setting: app.current_tenant_id
";

/// Writes all files or none: if one of them exists already, or cannot be written, those written before are removed.
pub fn create(root: &Path, drafts: &[Draft]) -> Result<(), LoadError> {
    let mut written = Vec::new();
    for draft in drafts {
        let path = root.join(&draft.path);
        if let Err(cause) = write_new(&path, &draft.text) {
            for path in written {
                // What cannot be removed again is named by the error that follows anyway.
                let _ = std::fs::remove_file(path);
            }
            let path = draft.path.clone();
            return Err(match cause.kind() {
                ErrorKind::AlreadyExists => LoadError::Exists { path },
                _ => LoadError::Unwritable { path, cause },
            });
        }
        written.push(path);
    }
    Ok(())
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes()).inspect_err(|_| {
        // Half a file is worse than none; if it cannot be removed, the error that is returned names it.
        let _ = std::fs::remove_file(path);
    })
}

/// Writes a text as one YAML value in a comment of SQL: in quotes unless it is plainly text, and never with a mark that
/// PostgreSQL would take as the beginning or end of a comment.
fn scalar(text: &str) -> String {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | '-' | '(' | ')' | '/' | '+' | ';');
    let starts_well = text.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    if starts_well && !text.ends_with(' ') && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '/' if before == '*' => quoted.push_str("\\/"),
            '*' if before == '/' => quoted.push_str("\\x2A"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => quoted.push(c),
        }
        before = c;
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::load::comment::{self, Comment};
    use crate::load::{header, reader};

    fn revision(message: &str) -> NewRevision {
        let id = |text: &str| RevisionId::new(text).expect("a legal id");
        NewRevision {
            id: id("1e10"),
            parents: vec![id("-"), id("null"), id("0123")],
            depends_on: vec![id("no")],
            labels: vec!["true".to_owned()],
            message: message.to_owned(),
            branch: "core".to_owned(),
            slug: "add".to_owned(),
        }
    }

    fn read_back(message: &str) -> header::Header {
        let text = revision(message).header();
        let Comment::Header { yaml, .. } = comment::find(&text) else {
            panic!("no header in {text}")
        };
        let (header, problems) = reader::read(&text, yaml);
        assert_eq!(problems, [], "in {text}");
        header
    }

    #[test]
    fn ids_that_look_like_other_things_stay_text() {
        let header = read_back("a message");
        let ids: Vec<&str> = header.parents.iter().map(|id| id.value.as_str()).collect();
        assert_eq!(ids, ["-", "null", "0123"]);
        assert_eq!(header.id.map(|id| id.value.to_string()).as_deref(), Some("1e10"));
    }

    #[test]
    fn slug_is_made_of_words() {
        assert_eq!(slug("Add  Invoices, (v2)!"), "add_invoices_v2");
        assert_eq!(slug("—"), "");
    }

    proptest! {
        #[test]
        fn any_message_is_read_back(message in "[^\\p{C}]{1,60}|.*[*/]{2,4}.*|.*---\\*/.*") {
            let words: Vec<&str> =
                message.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
            prop_assume!(!words.is_empty());
            let header = read_back(&message);
            prop_assert_eq!(header.message, Some(words.join(" ")));
        }
    }
}
