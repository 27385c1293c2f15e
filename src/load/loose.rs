//! SQL files that belong to no project: found by path, read one by one.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::comment::{self, Comment};
use super::header::{Header, Problem};
use super::{LoadError, file, reader};
use crate::graph::rules;
use crate::model::{AcceptedFinding, Finding, Location};
use crate::sql::placeholder::filled;
use crate::sql::up_part::up_part;

/// A file that is a migration of its own.
#[derive(Clone, Debug)]
pub struct LooseFile {
    /// The file, as it is shown.
    pub path: PathBuf,
    /// The part of its text that runs forwards, with names for placeholders; the rest is blanked.
    pub text: String,
    /// Whether it says itself that it runs in a transaction, or without one.
    pub transaction: Option<bool>,
    /// Whether what runs it opens no transaction for statements that refuse one.
    pub may_refuse_transaction: bool,
    /// `allow` in its header, if it has one.
    pub allow: Vec<AcceptedFinding>,
    /// `approval` in its header, if it has one.
    pub approval: Option<String>,
    /// What is wrong with its header.
    pub problems: Vec<Finding>,
}

/// Endings of files that run backwards or only look.
const NOT_FORWARDS: [&str; 5] = [
    ".down.sql",
    ".verify.sql",
    ".revert.sql",
    ".rollback.sql",
    ".undo.sql",
];

/// Endings that say so where a file beside them has the other one.
const PAIRS: [(&str, &str); 2] = [("_down.sql", "_up.sql"), ("-down.sql", "-up.sql")];

/// Folders of what runs backwards or only looks, and the folder beside them that runs forwards.
const FOLDERS: [(&str, &str); 3] = [("revert", "deploy"), ("verify", "deploy"), ("down", "up")];

/// Lists the SQL files at or below a path, numbers by their value; what runs backwards is left out of folders.
///
/// Hidden files and folders are left out, as are Flyway's undo files (`U1__x.sql`), what diesel calls `down.sql`, and
/// the folders `revert` and `verify` of sqitch.
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
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0
            || !(name.starts_with('.')
                || entry.file_type().is_dir() && has_counterpart(entry.path(), &name, &FOLDERS))
    };
    for entry in walkdir::WalkDir::new(path).into_iter().filter_entry(shown) {
        let entry = entry.map_err(|error| {
            let at = error.path().unwrap_or(path).to_path_buf();
            unreadable(&at, error.into())
        })?;
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        if !entry.file_type().is_dir()
            && name.ends_with(".sql")
            && runs_forwards(&name)
            && !has_counterpart(entry.path(), &name, &PAIRS)
        {
            files.push(entry.into_path());
        }
    }
    files.sort_by_cached_key(|file| by_numbers(&file.to_string_lossy()));
    Ok(files)
}

/// Says whether what has the first ending of a pair has a counterpart with the second beside it.
fn has_counterpart(path: &Path, name: &str, pairs: &[(&str, &str)]) -> bool {
    pairs.iter().any(|(backwards, forwards)| {
        name.strip_suffix(backwards)
            .is_some_and(|stem| path.with_file_name(format!("{stem}{forwards}")).exists())
    })
}

/// A part of a path: a number by its value, or text. Equal values are told apart by how they are written.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(usize, String),
    Text(String),
}

/// Takes a path apart, so that `V10__b.sql` comes behind `V9__a.sql`.
fn by_numbers(path: &str) -> (Vec<Part>, String) {
    let mut parts = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest
            .find(|c: char| c.is_ascii_digit() != is_number)
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(if is_number {
            let digits = part.trim_start_matches('0');
            Part::Number(digits.len(), digits.to_owned())
        } else {
            Part::Text(part.to_owned())
        });
        rest = after;
    }
    (parts, path.to_owned())
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
    let (header, problems) = match comment::find(&text) {
        Comment::Header { yaml, .. } => reader::read(&text, yaml),
        _ => <(Header, Vec<Problem>)>::default(),
    };
    let problems = of_header(&header, problems)
        .map(|problem| {
            let place = Location::of_bytes(shown, &text, problem.range);
            let finding = problem.rule.finding(problem.message).at(place);
            Finding {
                detail: problem.detail,
                hint: problem.hint,
                ..finding
            }
        })
        .collect();
    let up = up_part(&text);
    let transaction = header.transaction.or(up.without_transaction.then_some(false));
    let forwards = match (filled(&up.text), &up.text) {
        (Cow::Owned(text), _) => Some(text),
        (_, Cow::Owned(text)) => Some(text.clone()),
        _ => None,
    };
    LooseFile {
        path: shown.to_path_buf(),
        text: forwards.unwrap_or(text),
        transaction,
        may_refuse_transaction: may_refuse_transaction(shown),
        allow: header.allow,
        approval: header.approval,
        problems,
    }
}

/// Says whether a file is one of Prisma's (`…/migration.sql`), which opens no transaction, or of Flyway's (`V1__x.sql`),
/// which looks first whether statements refuse one.
fn may_refuse_transaction(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let version = name
        .strip_prefix(['V', 'R'])
        .and_then(|rest| rest.split_once("__"))
        .map(|(version, _)| version);
    name == "migration.sql"
        || version.is_some_and(|version| {
            version
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_'))
        })
}

/// Returns what is wrong with a header. A file of no project need not name its revision, and what looks like a header
/// may be somebody's comment: it is ours if a key is known, or nearly.
fn of_header(header: &Header, problems: Vec<Problem>) -> impl Iterator<Item = Problem> {
    let is_meant = |problem: &Problem| {
        problem.rule.name == rules::HEADER_UNKNOWN_KEY.name
            && problem
                .hint
                .as_deref()
                .is_some_and(|hint| hint.starts_with("Write "))
    };
    let is_ours = *header != Header::default() || problems.iter().any(is_meant);
    problems
        .into_iter()
        .filter(move |problem| is_ours && problem.rule.name != rules::HEADER_WITHOUT_REVISION.name)
}

#[cfg(test)]
mod tests {
    use super::{by_numbers, runs_forwards};

    #[test]
    fn numbers_are_ordered_by_their_value() {
        let mut files = [
            "V10__b.sql",
            "V9__a.sql",
            "a/010_y.sql",
            "a/2_x.sql",
            "V09__z.sql",
        ];
        files.sort_by_cached_key(|file| by_numbers(file));
        assert_eq!(
            files,
            [
                "V9__a.sql",
                "V09__z.sql",
                "V10__b.sql",
                "a/2_x.sql",
                "a/010_y.sql"
            ]
        );
    }

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
            ("0001_init.rollback.sql", false),
        ] {
            assert_eq!(runs_forwards(name), expected, "{name}");
        }
    }
}
