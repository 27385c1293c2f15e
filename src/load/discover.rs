//! Finds the files of the migrations folder.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{Layout, LoadError};
use crate::graph::{nearest, rules};
use crate::model::{Finding, Location};

/// A migration file and its siblings, all relative to the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The first folder below the migrations; empty in a flat layout.
    pub branch: String,
    /// The name of the file without `.sql`.
    pub stem: String,
    /// The file.
    pub path: PathBuf,
    /// The down file.
    pub down: Option<PathBuf>,
    /// The verify file.
    pub verify: Option<PathBuf>,
}

/// Lists the migration files by branch folder and path, byte by byte.
///
/// Every file that ends with `.sql`, in any case and at any depth, counts, except in hidden folders. Links are
/// followed. Whatever cannot be read is a finding.
pub fn discover(layout: &Layout) -> Result<(Vec<Source>, Vec<Finding>), LoadError> {
    let folder = layout.root.join(&layout.migrations);
    let metadata = std::fs::metadata(&folder).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => LoadError::FolderMissing {
            path: layout.migrations.clone(),
        },
        _ => LoadError::Unreadable {
            path: layout.migrations.clone(),
            cause,
        },
    })?;
    if !metadata.is_dir() {
        return Err(LoadError::NotAFolder {
            path: layout.migrations.clone(),
        });
    }
    let mut findings = Vec::new();
    let mut files = Vec::new();
    let walk = WalkDir::new(&folder).follow_links(true).min_depth(1);
    for entry in walk.into_iter().filter_entry(|entry| !is_hidden(entry)) {
        match entry {
            Ok(entry) => take(entry, &folder, layout, &mut files, &mut findings),
            // A lock of Emacs is a link to nowhere.
            Err(error) if error.path().and_then(Path::file_name).is_some_and(is_left_behind) => {}
            Err(error) => findings.push(unreadable(&error, &folder, layout)),
        }
    }
    findings.sort_by(|a, b| a.location.cmp(&b.location));
    files.sort_unstable_by(|a, b| (&a.branch, bytes(&a.path)).cmp(&(&b.branch, bytes(&b.path))));
    let (sources, orphans) = group(files);
    findings.extend(orphans);
    findings.extend(missing_branches(layout, &folder, &sources));
    Ok((sources, findings))
}

struct Found {
    branch: String,
    role: Role,
    /// How much of the path is the stem with its folders.
    stem_end: usize,
    path: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Up,
    Down,
    Verify,
}

/// Hidden folders, and the files that macOS (`._a1.sql`) and Emacs (`.#a1.sql`) leave beside others. Any other name
/// with a dot in front may be an id.
fn is_hidden(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    if entry.file_type().is_dir() {
        bytes(name).starts_with(b".")
    } else {
        is_left_behind(name)
    }
}

fn is_left_behind(name: &OsStr) -> bool {
    bytes(name).starts_with(b"._") || bytes(name).starts_with(b".#")
}

fn take(
    entry: DirEntry,
    folder: &Path,
    layout: &Layout,
    files: &mut Vec<Found>,
    findings: &mut Vec<Finding>,
) {
    let Some((role, suffix)) = role(bytes(entry.file_name())) else {
        return;
    };
    if entry.file_type().is_dir() {
        return;
    }
    let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
    let path = layout.migrations.join(below);
    if !entry.file_type().is_file() {
        // Opening a pipe would wait for somebody to write into it.
        findings.push(LoadError::NotAFile { path }.finding());
        return;
    }
    let branch = match entry.depth() {
        1 => String::new(),
        _ => below
            .iter()
            .next()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    };
    let stem_end = bytes(&path).len() - suffix;
    files.push(Found {
        branch,
        role,
        stem_end,
        path,
    });
}

/// Returns what a file name says the file is, and the length of the suffix that says so.
fn role(name: &[u8]) -> Option<(Role, usize)> {
    let ends = |suffix: &str| {
        let at = name.len().checked_sub(suffix.len())?;
        name[at..]
            .eq_ignore_ascii_case(suffix.as_bytes())
            .then_some(suffix.len())
    };
    let down = ends(".down.sql").map(|length| (Role::Down, length));
    let verify = ends(".verify.sql").map(|length| (Role::Verify, length));
    down.or(verify).or(ends(".sql").map(|length| (Role::Up, length)))
}

/// Joins down and verify files with theirs. Those that are alone are findings.
fn group(files: Vec<Found>) -> (Vec<Source>, Vec<Finding>) {
    let (ups, siblings): (Vec<Found>, Vec<Found>) =
        files.into_iter().partition(|found| found.role == Role::Up);
    let mut sources: Vec<Source> = Vec::with_capacity(ups.len());
    let mut by_stem: HashMap<Vec<u8>, usize> = HashMap::new();
    for (at, up) in ups.into_iter().enumerate() {
        if !siblings.is_empty() {
            by_stem.insert(bytes(&up.path)[..up.stem_end].to_vec(), at);
        }
        let name = up.path.file_name().unwrap_or_default().to_string_lossy();
        let stem = name[..name.len() - ".sql".len()].to_owned();
        sources.push(Source {
            branch: up.branch,
            stem,
            path: up.path,
            down: None,
            verify: None,
        });
    }
    let mut findings = Vec::new();
    for sibling in siblings {
        let Some(at) = by_stem.get(&bytes(&sibling.path)[..sibling.stem_end]) else {
            findings.push(orphan(&sibling, &sources));
            continue;
        };
        match sibling.role {
            Role::Down => sources[*at].down = Some(sibling.path),
            _ => sources[*at].verify = Some(sibling.path),
        }
    }
    (sources, findings)
}

fn orphan(sibling: &Found, sources: &[Source]) -> Finding {
    let (kind, suffix) = match sibling.role {
        Role::Down => ("down", ".down.sql"),
        _ => ("verify", ".verify.sql"),
    };
    let name = sibling.path.file_name().unwrap_or_default().to_string_lossy();
    let stem = &name[..name.len() - suffix.len()];
    let beside = |source: &&Source| source.path.parent() == sibling.path.parent();
    // Often only the slug was forgotten or changed.
    let id = stem.split('_').next().unwrap_or(stem);
    let meant = sources
        .iter()
        .filter(beside)
        .find(|source| source.stem.split('_').next() == Some(id));
    let hint = match meant {
        Some(meant) => format!(
            "Rename it to {}{suffix}, so that it stands beside {}.sql.",
            meant.stem, meant.stem
        ),
        None => format!("Add {stem}.sql, or remove this file."),
    };
    rules::ORPHANED_SIBLING
        .finding(format!("{kind} file \"{name}\" belongs to no revision"))
        .detail(format!(
            "There is no {stem}.sql in the same folder, so it never runs."
        ))
        .hint(hint)
        .at(Location::file(&sibling.path))
}

fn unreadable(error: &walkdir::Error, folder: &Path, layout: &Layout) -> Finding {
    let path = error.path().unwrap_or(folder);
    let path = layout.migrations.join(path.strip_prefix(folder).unwrap_or(path));
    if let Some(ancestor) = error.loop_ancestor() {
        let ancestor = layout
            .migrations
            .join(ancestor.strip_prefix(folder).unwrap_or(ancestor));
        return rules::UNREADABLE_FILE
            .finding(format!(
                "link \"{}\" leads back to a folder above it",
                path.display()
            ))
            .detail(format!("It points at {}.", ancestor.display()))
            .hint("Remove the link.")
            .at(Location::file(path));
    }
    let cause = error
        .io_error()
        .map_or_else(|| error.to_string(), ToString::to_string);
    rules::UNREADABLE_FILE
        .finding(format!("could not read \"{}\": {cause}", path.display()))
        .hint("Check that it exists, if it is a link, and that this user may read it.")
        .at(Location::file(path))
}

fn missing_branches(layout: &Layout, folder: &Path, sources: &[Source]) -> Vec<Finding> {
    let configured = layout.branches.iter().flatten();
    let missing = configured.filter(|branch| !folder.join(branch).is_dir());
    let mut folders: Vec<&str> = sources
        .iter()
        .map(|source| source.branch.as_str())
        .filter(|b| !b.is_empty())
        .collect();
    folders.dedup();
    missing
        .map(|branch| {
            let path = layout.migrations.join(branch);
            let finding = rules::BRANCH_FOLDER_MISSING
                .finding(format!("branch folder \"{branch}\" does not exist"))
                .detail(format!(
                    "The configuration lists it under branches; {} is no folder.",
                    path.display()
                ));
            match nearest(branch, folders.iter().copied()) {
                Some(meant) => finding.hint(format!("Write \"{meant}\", or create the folder.")),
                None => finding.hint("Create the folder, or remove it from branches."),
            }
        })
        .collect()
}

fn bytes(text: &(impl AsRef<OsStr> + ?Sized)) -> &[u8] {
    text.as_ref().as_encoded_bytes()
}
