//! The places that a catalog can come from: a snapshot folder, a database, SQL, the project's migrations.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::remembering::{Kept, Remember};
use super::{CommandError, Connection, Context, Workspace};
use crate::apply;
use crate::catalog::{Catalog, Kind, Scope, kinds};
use crate::config::Project;
use crate::introspect::{self, Introspection};
use crate::matview::Registry;
use crate::model::{Checksum, Finding, Level, Location, Outcome};
use crate::pg::cluster::{Cluster, ClusterOptions};
use crate::pg::{Session, Target};
use crate::rehearse::{self, Host, Rehearsal, RehearseError};
use crate::snapshot::{self, Folder, Meta, Snapshot};

/// Where a catalog comes from, as users write it.
///
/// `migrations` and `schema` alone are words; `./migrations` is a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `postgres://…`
    Url(String),
    /// The database that options and environment name.
    Connected,
    /// A file that ends in `.sql`, built on a throw-away server.
    Sql(PathBuf),
    /// The word `migrations`: the project's, built on a throw-away server.
    Migrations,
    /// The word `schema`: the project's snapshot.
    Snapshot,
    /// A snapshot folder.
    Folder(PathBuf),
}

/// A catalog with what is known of its origin.
pub struct Loaded {
    /// The objects in scope.
    pub catalog: Catalog,
    /// What the snapshot of it says about itself.
    pub meta: Meta,
    /// Sorts of objects that exist there and are not compared.
    pub not_compared: Vec<(&'static str, u64)>,
    /// Kinds that could not be read there, with the number of objects where it is known, and why.
    pub refused: Vec<(&'static Kind, Option<u64>, String)>,
    /// Schemas that exist there and are not among the configured ones.
    pub other_schemas: Vec<String>,
    /// What was strange.
    pub diagnostics: Vec<Finding>,
    /// Where it came from, for people.
    pub shown: String,
    /// What the other side of a comparison is known to have too; it is then no part of `catalog`.
    pub equal: Equal,
}

/// What both sides of a comparison have.
#[derive(Clone)]
pub enum Equal {
    /// These objects.
    Objects(Arc<Catalog>),
    /// Everything, as an earlier comparison found.
    All(Arc<Kept>),
}

impl Equal {
    fn none() -> Self {
        Equal::Objects(Arc::default())
    }
}

impl Loaded {
    /// Returns how many objects there are.
    pub fn objects(&self) -> usize {
        self.catalog.objects.len()
            + match &self.equal {
                Equal::Objects(catalog) => catalog.objects.len(),
                Equal::All(kept) => kept.objects,
            }
    }

    /// Returns the fingerprint of all of them.
    pub fn fingerprint(&self) -> Checksum {
        match &self.equal {
            Equal::Objects(catalog) => self.catalog.fingerprint_with(catalog),
            Equal::All(kept) => kept.fingerprint.unwrap_or_else(|| self.catalog.fingerprint()),
        }
    }
}

impl Source {
    /// Understands what a user wrote.
    pub fn parse(text: &str) -> Self {
        // Whatever looks like a URL is judged, and shown without its password, as a URL.
        if text.contains("://") {
            return Source::Url(text.to_owned());
        }
        match text {
            "migrations" => Source::Migrations,
            "schema" => Source::Snapshot,
            path if path.ends_with(".sql") => Source::Sql(path.into()),
            path => Source::Folder(path.into()),
        }
    }

    /// Returns the database that the source is, if it is one.
    pub fn target(&self, connection: &Connection) -> Result<Option<Target>, CommandError> {
        Ok(match self {
            Source::Url(url) => Some(Target::parse(url)?),
            Source::Connected => Some(connection.migration_target()?),
            _ => None,
        })
    }

    /// Reads the catalog.
    pub fn load(
        &self,
        context: &Context,
        project: &Project,
        connection: &Connection,
        scope: &Scope,
    ) -> Result<Loaded, CommandError> {
        match self {
            Source::Url(url) => database(&Target::parse(url)?, scope),
            Source::Connected => database(&connection.migration_target()?, scope),
            Source::Snapshot => folder(&project.root.join(project.snapshot()), scope),
            Source::Folder(path) => folder(&context.directory.join(path), scope),
            Source::Sql(path) => sql(&context.directory.join(path), project, scope),
            Source::Migrations => migrations(context, scope),
        }
    }

    /// Returns the snapshot folder, if it is one.
    pub fn folder(&self, context: &Context, project: &Project) -> Option<PathBuf> {
        match self {
            Source::Snapshot => Some(project.root.join(project.snapshot())),
            Source::Folder(path) => Some(context.directory.join(path)),
            _ => None,
        }
    }
}

/// Reads two catalogs to be compared, both at once: the one waits for a server or a disk while the other is decoded.
///
/// Of a snapshot folder only those files are parsed whose text is not what would be written of the other side. A database
/// that `remember` returns is not read where it was found equal before and has not changed.
pub fn load_both(
    sources: [&Source; 2],
    scope: &Scope,
    folder: impl Fn(&Source) -> Option<PathBuf>,
    remember: impl Fn(&Source) -> Option<Remember>,
    load: impl Fn(&Source) -> Result<Loaded, CommandError> + Sync,
) -> Result<[Loaded; 2], CommandError> {
    let [from, to] = sources;
    match (folder(from), folder(to)) {
        (Some(path), None) => {
            if let Some(remember) = remember(to) {
                return remember.load(&path, scope);
            }
            let (opened, other) = both(|| snapshot::open(&path), || load(to));
            against(opened?, &path, other?, scope)
        }
        (None, Some(path)) => {
            if let Some(remember) = remember(from) {
                let [folder, other] = remember.load(&path, scope)?;
                return Ok([other, folder]);
            }
            let (opened, other) = both(|| snapshot::open(&path), || load(from));
            let [folder, other] = against(opened?, &path, other?, scope)?;
            Ok([other, folder])
        }
        _ => {
            let (from, to) = both(|| load(from), || load(to));
            Ok([from?, to?])
        }
    }
}

pub(super) fn against(
    folder: Folder,
    path: &Path,
    mut other: Loaded,
    scope: &Scope,
) -> Result<[Loaded; 2], CommandError> {
    let parts = folder.differing(std::mem::take(&mut other.catalog))?;
    let mut loaded = from_folder(parts.snapshot, path, scope);
    loaded.equal = Equal::Objects(Arc::new(parts.equal));
    other.equal = loaded.equal.clone();
    other.catalog = parts.catalog;
    Ok([loaded, other])
}

pub(super) fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        let one = one.join();
        (
            one.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            other,
        )
    })
}

fn database(target: &Target, scope: &Scope) -> Result<Loaded, CommandError> {
    let mut session = Session::open(target, "zerodrift schema")?;
    let read = introspect::read(&mut session, scope)?;
    let mut loaded = introspected(read, scope, target.to_string());
    loaded.other_schemas = other_schemas(&mut session, scope)?;
    Ok(loaded)
}

const SCHEMAS: &str = "SELECT n.nspname FROM pg_catalog.pg_namespace AS n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname";

/// Returns the schemas that a list of schemas leaves out.
pub(super) fn other_schemas(session: &mut Session, scope: &Scope) -> Result<Vec<String>, CommandError> {
    if scope.schemas.is_empty() {
        return Ok(Vec::new());
    }
    let names = session.text_rows(SCHEMAS)?.into_iter().flatten().flatten();
    let is_other = |name: &String| !scope.schemas.contains(name) && !scope.hidden_schemas.contains(name);
    Ok(names.filter(is_other).collect())
}

pub(super) fn introspected(read: Introspection, scope: &Scope, shown: String) -> Loaded {
    let meta = Meta {
        major: read.server.major(),
        reach: scope.reach,
        schemas: scope.schemas.clone(),
        roles: scope.roles.clone(),
        not_read: read
            .refused
            .iter()
            .map(|refusal| refusal.kind.name.to_owned())
            .collect(),
    };
    let refused = read
        .refused
        .into_iter()
        .map(|refusal| (refusal.kind, refusal.count, refusal.reason));
    Loaded {
        catalog: read.catalog,
        meta,
        not_compared: read.not_compared,
        refused: refused.collect(),
        other_schemas: Vec::new(),
        diagnostics: read.diagnostics,
        shown,
        equal: Equal::none(),
    }
}

fn folder(path: &Path, scope: &Scope) -> Result<Loaded, CommandError> {
    Ok(from_folder(snapshot::read(path)?, path, scope))
}

pub(super) fn from_folder(mut read: Snapshot, path: &Path, scope: &Scope) -> Loaded {
    read.catalog.narrow(scope);
    let reason = "whoever wrote the snapshot could not read it";
    let refused = read.meta.not_read.iter().filter_map(|name| kinds::named(name));
    let refused = refused.map(|kind| (kind, None, reason.to_owned())).collect();
    Loaded {
        refused,
        catalog: read.catalog,
        meta: read.meta,
        not_compared: Vec::new(),
        other_schemas: Vec::new(),
        diagnostics: Vec::new(),
        shown: path.display().to_string(),
        equal: Equal::none(),
    }
}

fn sql(path: &Path, project: &Project, scope: &Scope) -> Result<Loaded, CommandError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| CommandError::usage(format!("could not read {shown}: {error}")))?;
    let cluster = cluster(project)?;
    let roles = project.environment_roles();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let read = rehearse::build_from_sql(&Host::Cluster(&cluster), &roles, scope, text);
    let read = read.map_err(|error| match error {
        RehearseError::Script { line, message, hint } => {
            let finding = Finding::new(
                "sql-file",
                Level::Error,
                format!("cannot build {shown}: {message}"),
            );
            let place = Location::point(path, line, 1);
            CommandError::new(Outcome::Usage, finding.hint(hint).at(place))
        }
        other => other.into(),
    })?;
    Ok(introspected(read, scope, shown))
}

fn migrations(context: &Context, scope: &Scope) -> Result<Loaded, CommandError> {
    let Workspace { project, graph, .. } = Workspace::load_sound(context)?;
    let cluster = cluster(&project)?;
    let migrations = apply::Project {
        root: project.root.clone(),
        graph,
    };
    let mut settings = project.apply_settings();
    settings.interrupt = context.interrupt();
    let rehearsal = Rehearsal {
        project: &migrations,
        settings: &settings,
        seeds: &[],
        roles: &project.environment_roles(),
        scope,
        compare: &project.comparison(&context.today()),
        snapshot: None,
        registry: &Registry {
            entries: Vec::new(),
            schemas: Vec::new(),
        },
    };
    let read = rehearse::build(&Host::Cluster(&cluster), &rehearsal, "heads")?;
    Ok(introspected(read, scope, "migrations".to_owned()))
}

/// Starts a throw-away server of the first configured major that is installed, else of any.
fn cluster(project: &Project) -> Result<Cluster, CommandError> {
    let configured = project.servers();
    let mut refused = None;
    for major in &configured {
        match Cluster::start(&ClusterOptions {
            major: Some(*major),
            ..ClusterOptions::default()
        }) {
            Ok(cluster) => return Ok(cluster),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    match refused {
        Some(error) => Err(error.into()),
        None => Ok(Cluster::start(&ClusterOptions::default())?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_urls_files_and_folders() {
        for (text, expected) in [
            ("migrations", Source::Migrations),
            ("./migrations", Source::Folder("./migrations".into())),
            ("schema", Source::Snapshot),
            ("schema/", Source::Folder("schema/".into())),
            ("dump.sql", Source::Sql("dump.sql".into())),
            ("postgresql://h/d", Source::Url("postgresql://h/d".into())),
            (
                "sqla+postgresql://h/d",
                Source::Url("sqla+postgresql://h/d".into()),
            ),
            ("postgresql_dump", Source::Folder("postgresql_dump".into())),
        ] {
            assert_eq!(Source::parse(text), expected, "{text}");
        }
    }
}
