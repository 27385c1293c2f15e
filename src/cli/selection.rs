//! Which files `lint` is about: revisions of the project, and files that belong to none.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{CommandError, Context, Workspace};
use crate::config::{self, ConfigError, Project};
use crate::load::{self, Changed};

/// The name of standard input.
const STANDARD_INPUT: &str = "-";

/// What is linted.
pub struct Selection {
    /// The project, if there is one.
    pub workspace: Option<Workspace>,
    /// Whether the project's graph is looked at.
    pub graph: bool,
    /// The revisions that findings are wanted of, as paths relative to the project; all if absent.
    pub limit: Option<BTreeSet<PathBuf>>,
    /// Files that are migrations of their own: where they are, and how they are shown.
    pub loose: Vec<Loose>,
    /// Whether standard input is one of them.
    pub standard_input: bool,
}

/// A file that is a migration of its own.
pub struct Loose {
    /// Where it is.
    pub path: PathBuf,
    /// How it is shown: as the user named it.
    pub shown: PathBuf,
    /// Whether it lies in the project's folder, so that the project's settings hold.
    pub in_project: bool,
}

impl Selection {
    /// Understands the paths of the command line; none means the whole project.
    pub fn of(context: &Context, paths: &[PathBuf], since: Option<&str>) -> Result<Self, CommandError> {
        let mut selection = Selection {
            workspace: project(context, paths)?.map(Workspace::of).transpose()?,
            graph: paths.is_empty(),
            limit: None,
            loose: Vec::new(),
            standard_input: false,
        };
        for path in paths {
            selection.add(context, path)?;
        }
        if let Some(reference) = since {
            let folder = match &selection.workspace {
                Some(workspace) => workspace.project.root.clone(),
                None => context.directory.clone(),
            };
            selection.narrow(&load::changed_since(&folder, reference)?);
        }
        Ok(selection)
    }

    /// Says whether findings of only a part of the project are wanted.
    pub fn is_partial(&self) -> bool {
        self.graph && self.limit.is_some()
    }

    fn add(&mut self, context: &Context, path: &Path) -> Result<(), CommandError> {
        if path.as_os_str() == STANDARD_INPUT {
            self.standard_input = true;
            return Ok(());
        }
        let absolute = context.directory.join(path);
        if std::fs::symlink_metadata(&absolute).is_err() {
            return Err(CommandError::usage_with_hint(
                format!("path \"{}\" does not exist", path.display()),
                format!("Paths are relative to \"{}\".", context.directory.display()),
            ));
        }
        let revisions = self.revisions_below(&absolute);
        if !revisions.is_empty() {
            self.graph = true;
            self.limit.get_or_insert_default().extend(revisions);
            return Ok(());
        }
        let root = self
            .workspace
            .as_ref()
            .map(|workspace| real(&workspace.project.root));
        let files = load::files_below(&absolute)
            .map_err(|error| CommandError::new(crate::model::Outcome::Usage, error.finding()))?;
        if files.is_empty() {
            return Err(CommandError::usage_with_hint(
                format!("folder \"{}\" holds no SQL file", path.display()),
                "Files that end in .down.sql or .verify.sql are linted only if they are named.",
            ));
        }
        self.loose.extend(files.into_iter().map(|file| {
            let below = file
                .strip_prefix(&absolute)
                .ok()
                .filter(|below| !below.as_os_str().is_empty());
            Loose {
                shown: below.map_or_else(|| path.to_path_buf(), |below| path.join(below)),
                in_project: root.as_ref().is_some_and(|root| real(&file).starts_with(root)),
                path: file,
            }
        }));
        Ok(())
    }

    /// Returns the revisions whose file is this path or lies below it, relative to the project.
    fn revisions_below(&self, path: &Path) -> Vec<PathBuf> {
        let Some(workspace) = &self.workspace else {
            return Vec::new();
        };
        let root = real(&workspace.project.root);
        let wanted = real(path);
        let Ok(below) = wanted.strip_prefix(&root) else {
            return Vec::new();
        };
        let files = workspace.graph.revisions().map(|revision| &revision.path);
        files
            .filter(|file| file.starts_with(below) || real(&root.join(file)) == wanted)
            .cloned()
            .collect()
    }

    /// Leaves what changed.
    fn narrow(&mut self, changed: &Changed) {
        let changed: BTreeSet<PathBuf> = changed.files.iter().map(|file| real(file)).collect();
        self.loose.retain(|loose| changed.contains(&real(&loose.path)));
        if let (true, Some(workspace)) = (self.graph, &self.workspace) {
            let root = &workspace.project.root;
            let files = workspace.graph.revisions().map(|revision| &revision.path);
            let wanted = files
                .filter(|file| self.limit.as_ref().is_none_or(|limit| limit.contains(*file)))
                .filter(|file| changed.contains(&real(&root.join(file))));
            self.limit = Some(wanted.cloned().collect());
        }
    }
}

/// Finds the project of the working directory, or else that of the first path.
fn project(context: &Context, paths: &[PathBuf]) -> Result<Option<Project>, CommandError> {
    let missing = match config::load(&context.directory, context.config.as_deref()) {
        Ok(project) => return Ok(Some(project)),
        Err(error @ ConfigError::NotFound { .. }) => error,
        Err(error) => return Err(error.into()),
    };
    if paths.is_empty() {
        return Err(missing.into());
    }
    let named = paths.iter().find(|path| path.as_os_str() != STANDARD_INPUT);
    let Some(named) = named else {
        return Ok(None);
    };
    match config::load(&context.directory.join(named), None) {
        Ok(project) => Ok(Some(project)),
        Err(ConfigError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Follows links and dots, so that two spellings of a path are one.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}
