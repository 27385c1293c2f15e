//! Which files changed since a commit, asked of git.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Files that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Absolute paths: added, edited or renamed with an edit since the merge-base, committed or not, and untracked.
    pub files: BTreeSet<PathBuf>,
    /// The commit that the files are compared with.
    pub base: String,
}

/// Why git could not tell what changed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program cannot be started.
    #[error("cannot run git: {cause}")]
    Missing {
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The folder is in no working tree.
    #[error("folder \"{}\" is in no git repository", folder.display())]
    NoRepository {
        /// The folder.
        folder: PathBuf,
        /// What git said.
        said: String,
    },
    /// The name stands for no commit.
    #[error("git knows no commit \"{reference}\"")]
    NoCommit {
        /// The name.
        reference: String,
        /// Whether the clone is shallow.
        shallow: bool,
    },
    /// HEAD and the commit have no common ancestor here.
    #[error("\"{reference}\" and HEAD have no common ancestor in this clone")]
    NoMergeBase {
        /// The name.
        reference: String,
        /// Whether the clone is shallow.
        shallow: bool,
    },
    /// Another command failed.
    #[error("git {command} failed: {said}")]
    Failed {
        /// The command.
        command: &'static str,
        /// What git said.
        said: String,
    },
}

impl GitError {
    /// Returns what to do next.
    pub fn hint(&self) -> String {
        match self {
            GitError::Missing { .. } => "--since needs git in PATH; without it, name the files.".to_owned(),
            GitError::NoRepository { said, .. } => {
                format!("--since compares with a commit; without a repository, name the files. git says: {said}")
            }
            GitError::NoCommit { shallow: true, .. } | GitError::NoMergeBase { shallow: true, .. } => {
                "The clone is shallow. Run \"git fetch --unshallow\", or have CI clone with full history (fetch-depth: 0).".to_owned()
            }
            GitError::NoCommit { reference, .. } => match reference.split_once('/') {
                Some((remote, branch)) => format!("Run \"git fetch {remote} {branch}\" first, or name another commit."),
                None => "Fetch it first, or name another commit.".to_owned(),
            },
            GitError::NoMergeBase { .. } => "Name a commit that HEAD descends from.".to_owned(),
            GitError::Failed { .. } => "Run the command yourself to see what is wrong with the repository.".to_owned(),
        }
    }
}

/// Lists what changed since the merge-base of `reference` and HEAD, in the repository around `folder`.
pub fn changed_since(folder: &Path, reference: &str) -> Result<Changed, GitError> {
    let top = run(folder, &["rev-parse", "--show-toplevel"])?;
    if !top.status.success() {
        return Err(GitError::NoRepository {
            folder: folder.to_path_buf(),
            said: said(&top),
        });
    }
    let top = PathBuf::from(path_of(top.stdout.strip_suffix(b"\n").unwrap_or(&top.stdout)));
    let shallow = || -> Result<bool, GitError> {
        let output = run(&top, &["rev-parse", "--is-shallow-repository"])?;
        Ok(output.stdout.starts_with(b"true"))
    };
    let commit = format!("{reference}^{{commit}}");
    // A name that begins with a dash is an option to git, never a commit.
    let known = !reference.starts_with('-')
        && run(&top, &["rev-parse", "--verify", "--quiet", &commit])?
            .status
            .success();
    if !known {
        return Err(GitError::NoCommit {
            reference: reference.to_owned(),
            shallow: shallow()?,
        });
    }
    let base = run(&top, &["merge-base", &commit, "HEAD"])?;
    if !base.status.success() {
        return Err(GitError::NoMergeBase {
            reference: reference.to_owned(),
            shallow: shallow()?,
        });
    }
    let base = String::from_utf8_lossy(&base.stdout).trim().to_owned();
    let diff = done(
        &top,
        "diff",
        &["diff", "--no-ext-diff", "--name-status", "-z", "-M", &base, "--"],
    )?;
    let untracked = done(
        &top,
        "ls-files",
        &["ls-files", "--others", "--exclude-standard", "-z"],
    )?;
    let mut files: BTreeSet<PathBuf> = renamed_and_edited(&diff).map(|path| top.join(path)).collect();
    files.extend(parts(&untracked).map(|path| top.join(path_of(path))));
    Ok(Changed { files, base })
}

/// Reads `status NUL path NUL`, with two paths for renames and copies. A rename without an edit changes no migration.
fn renamed_and_edited(output: &[u8]) -> impl Iterator<Item = PathBuf> {
    let mut parts = parts(output);
    let mut files = Vec::new();
    while let (Some(status), Some(mut path)) = (parts.next(), parts.next()) {
        let first = status.first().copied().unwrap_or_default();
        if matches!(first, b'R' | b'C') {
            path = parts.next().unwrap_or(path);
        }
        if first != b'D' && status != b"R100" {
            files.push(PathBuf::from(path_of(path)));
        }
    }
    files.into_iter()
}

fn parts(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output.split(|byte| *byte == 0).filter(|part| !part.is_empty())
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

fn done(folder: &Path, command: &'static str, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    let output = run(folder, arguments)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(GitError::Failed {
        command,
        said: said(&output),
    })
}

fn run(folder: &Path, arguments: &[&str]) -> Result<Output, GitError> {
    Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .output()
        .map_err(|cause| GitError::Missing { cause })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ")
}
