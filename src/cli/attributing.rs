//! Who touched what differs: finds the history of the project's revisions and what the ledgers have of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{CommandError, Connection, Context, Source};
use crate::apply;
use crate::catalog::Reach;
use crate::config::Project;
use crate::diff::{Change, Diff, LastTouch};
use crate::load;
use crate::matview::Registry;
use crate::model::{Finding, Level, RevisionId};
use crate::pg::cluster::{self, Cluster, ClusterOptions};
use crate::pg::{PgError, ServerVersion, Session};
use crate::rehearse::{self, Rehearsal, Replayed};

/// What came of the question who touched what.
pub enum Attributed {
    /// There is nothing that counts.
    NotNeeded,
    /// Nobody wanted to know.
    Off,
    /// It cannot be known, and why.
    Impossible(String),
    /// Every change has its answer.
    Done {
        /// How many revisions the project has.
        revisions: usize,
        /// How many of them were replayed for this; none where all was remembered.
        ran: usize,
        /// What is to be known of the ledgers.
        notes: Vec<String>,
    },
}

/// One side of a comparison, for the ledger that it may have.
pub struct Side<'a> {
    /// The word that messages call it by.
    pub name: &'static str,
    /// Where it comes from.
    pub source: &'a Source,
}

/// Names the revision that last touched each changed object. What makes that impossible is no error: it is said.
pub fn attribute(
    context: &Context,
    project: &Project,
    connection: &Connection,
    sides: &[Side<'_>],
    diff: &mut Diff,
) -> Attributed {
    let counts = |change: &Change| change.accepted.is_none() && change.level >= Level::Warning;
    if !diff.changes.iter().any(counts) {
        return Attributed::NotNeeded;
    }
    let (migrations, replayed) = match replayed(context, project) {
        Ok(found) => found,
        Err(reason) => return Attributed::Impossible(reason),
    };
    let mut notes = Vec::new();
    let mut pending: BTreeMap<RevisionId, Vec<&'static str>> = BTreeMap::new();
    for side in sides {
        match ledger(side, project, connection, &migrations) {
            Ok(Some(status)) => {
                for id in status.pending {
                    pending.entry(id).or_default().push(side.name);
                }
                notes.extend(unknown(side.name, &status.unknown));
            }
            Ok(None) => {}
            Err(error) => notes.push(format!(
                "which revisions {} has is not known: {}",
                side.name,
                first(&error.findings)
            )),
        }
    }
    diff.attribute(&replayed.history, &|id| {
        pending.get(id).cloned().unwrap_or_default()
    });
    Attributed::Done {
        revisions: migrations.graph.len(),
        ran: replayed.ran,
        notes,
    }
}

/// Finds the history of the revisions, or the reason why there is none.
fn replayed(context: &Context, project: &Project) -> Result<(apply::Project, Replayed), String> {
    let folder = project.root.join(project.migrations());
    if !folder.is_dir() {
        return Err(format!("there is no folder {}", context.shown(&folder).display()));
    }
    let (graph, findings) = load::load_graph(&project.layout()).map_err(|error| error.finding().message)?;
    if let Some(error) = findings.iter().find(|finding| finding.level == Level::Error) {
        return Err(format!("the migrations cannot be run: {}", error.message));
    }
    if graph.is_empty() {
        return Err("the project has no revision".to_owned());
    }
    let migrations = apply::Project {
        root: project.root.clone(),
        graph,
    };
    let progress = context.progress();
    let (options, version) = server(project).map_err(|error| error.to_string())?;
    let mut settings = project.apply_settings();
    settings.interrupt = context.interrupt();
    let rehearsal = Rehearsal {
        project: &migrations,
        settings: &settings,
        seeds: &[],
        roles: &project.environment_roles(),
        scope: &project.scope(Reach::Cluster),
        compare: &project.comparison(&context.today()),
        snapshot: None,
        registry: &Registry {
            entries: Vec::new(),
            schemas: Vec::new(),
        },
    };
    let replayed = rehearse::history(
        &rehearsal,
        version,
        cluster::cache_folder(&options).as_deref(),
        &|| Cluster::start(&options),
        &mut |what| progress.doing(what),
    );
    let replayed = replayed.map_err(|error| match settings.interrupt.raised() {
        Some(_) => "the replay was interrupted".to_owned(),
        None => first(&CommandError::from(error).findings),
    })?;
    Ok((migrations, replayed))
}

/// Chooses the first configured major that is installed, else any.
fn server(project: &Project) -> Result<(ClusterOptions, ServerVersion), PgError> {
    let mut wanted: Vec<Option<u32>> = project.servers().into_iter().map(Some).collect();
    wanted.push(None);
    let mut refused = None;
    for major in wanted {
        let options = ClusterOptions {
            major,
            ..ClusterOptions::default()
        };
        match cluster::version(&options) {
            Ok(version) => return Ok((options, version)),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.expect("the list is not empty"))
}

/// Reads what a side's ledger says of the project, if the side is a database with one.
fn ledger(
    side: &Side<'_>,
    project: &Project,
    connection: &Connection,
    migrations: &apply::Project,
) -> Result<Option<apply::Status>, CommandError> {
    let Some(target) = side.source.target(connection)? else {
        return Ok(None);
    };
    let mut session = Session::open(&target, "zerodrift schema")?;
    let status = apply::status(&mut session, migrations, &project.apply_settings())?;
    // A database that was never migrated has none of them and lacks none.
    let is_empty = status.applied.is_empty() && status.unknown.is_empty();
    Ok((!is_empty).then_some(status))
}

fn unknown(side: &str, ids: &[RevisionId]) -> Option<String> {
    let shown: Vec<&str> = ids.iter().map(RevisionId::as_str).take(5).collect();
    let rest = match ids.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!ids.is_empty()).then(|| {
        format!(
            "{side} has revisions that this project does not know, whose changes count as outside any revision: {}{rest}",
            shown.join(", ")
        )
    })
}

fn first(findings: &[Finding]) -> String {
    findings
        .first()
        .map_or_else(String::new, |finding| finding.message.clone())
}

impl Attributed {
    /// Says what was found out, for people.
    pub fn text(&self, diff: &Diff) -> String {
        match self {
            Attributed::NotNeeded | Attributed::Off => String::new(),
            Attributed::Impossible(reason) => {
                format!("Who touched it last could not be found out: {reason}\n")
            }
            Attributed::Done {
                revisions,
                ran,
                notes,
            } => {
                let last = diff
                    .changes
                    .iter()
                    .filter_map(|change| change.attribution.as_ref());
                let outside = last.filter(|attribution| attribution.last.is_none()).count();
                let how = if *ran > 0 { "replayed" } else { "remembered" };
                let mut text = format!(
                    "Touched last by a revision: {} of {}; outside any revision: {outside} ({revisions} revisions {how})\n",
                    diff.changes.len() - outside,
                    diff.changes.len(),
                );
                notes.iter().for_each(|note| text += &format!("Note: {note}\n"));
                text
            }
        }
    }

    /// Says it for machines.
    pub fn data(&self) -> Value {
        match self {
            Attributed::NotNeeded => json!({ "status": "not-needed" }),
            Attributed::Off => json!({ "status": "off" }),
            Attributed::Impossible(reason) => json!({ "status": "impossible", "reason": reason }),
            Attributed::Done {
                revisions,
                ran,
                notes,
            } => json!({
                "status": "done", "revisions": revisions, "replayed": ran, "notes": notes,
            }),
        }
    }
}

/// A revision that touched something, for machines.
pub fn touch(touch: Option<&LastTouch>) -> Value {
    touch.map_or(Value::Null, |touch| {
        json!({
            "revision": touch.revision, "file": touch.file, "what": touch.what.as_str(),
            "not_applied_in": touch.not_applied_in,
        })
    })
}
