//! `schema`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::catalog::{self, Deparse, Kind, Reach};
use crate::cli::attributing::{Attributed, Side, attribute, touch};
use crate::cli::narrowing::Narrow;
use crate::cli::{CommandError, Connection, Context, Loaded, Remember, Source, Verb, load_both};
use crate::diff::{self, Built, Diff};
use crate::model::{Checksum, Finding, Level};
use crate::report::Report;
use crate::snapshot::{self, Written};

/// Read, write and compare the catalog: snapshot, diff, inspect
///
/// A SOURCE is a snapshot folder, a postgres:// URL, a .sql file, or one of the words "schema" (the project's
/// snapshot) and "migrations"; .sql files and migrations are built on a throw-away server.
#[derive(Args, Clone, Debug)]
pub struct Schema {
    #[command(subcommand)]
    action: Action,

    /// How far to look: schema, database or cluster
    #[arg(long, value_name = "SCOPE", default_value = "database", global = true)]
    scope: Reach,

    /// Have the server deparse every expression, not one of each: slower, with the same answer
    #[arg(long, global = true)]
    no_tree_hash: bool,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Subcommand, Clone, Debug)]
enum Action {
    /// Write the canonical snapshot
    Snapshot {
        /// What to read; otherwise the connected database
        source: Option<String>,
        /// The folder; otherwise the project's
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Compare two catalogs; "added" means only in TO
    Diff {
        /// FROM and TO; one alone is TO. Otherwise the project's snapshot and the connected database
        #[arg(value_name = "SOURCE", num_args = 0..=2)]
        sources: Vec<String>,
        /// Take what could not be compared as advice; otherwise it is an error
        #[arg(long)]
        allow_incomplete: bool,
        /// Do not find out which revision last touched what differs
        #[arg(long, visible_alias = "no-blame")]
        no_attribution: bool,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Show a catalog as the snapshot would hold it
    Inspect {
        /// What to read
        source: String,
        #[command(flatten)]
        narrow: Narrow,
    },
}

impl Action {
    /// Says whether the arguments name every source and none of them is the project's: then no project is needed.
    fn names_all_sources(&self) -> bool {
        let is_own = |text: &String| matches!(Source::parse(text), Source::Migrations | Source::Snapshot);
        match self {
            Action::Snapshot { .. } => false,
            Action::Diff { sources, .. } => sources.len() == 2 && !sources.iter().any(is_own),
            Action::Inspect { source, .. } => !is_own(source),
        }
    }
}

impl Verb for Schema {
    const NAME: &'static str = "schema";
    const EXAMPLE: &'static str = "zerodrift schema snapshot\nzerodrift schema diff\nzerodrift schema diff migrations postgres://app@db/app\nzerodrift schema inspect dump.sql";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let project = if self.action.names_all_sources() {
            context.project_if_any()?
        } else {
            context.project()?
        };
        let mut scope = project.scope(self.scope);
        if self.no_tree_hash {
            scope.deparse = Deparse::EachTree;
        }
        let load = |source: &Source| source.load(context, &project, &self.connection, &scope);
        // Whoever wants every expression deparsed wants it done now.
        let remember = |source: &Source| {
            let target = source.target(&self.connection).ok().flatten();
            target
                .filter(|_| !self.no_tree_hash)
                .and_then(|target| Remember::new(target, context.wants_data()))
        };
        let mut report = Report::new(Self::NAME);
        match &self.action {
            Action::Snapshot { source, out } => {
                let source = source.as_deref().map_or(Source::Connected, Source::parse);
                let dir = match out {
                    Some(dir) => context.directory.join(dir),
                    None => project.root.join(project.snapshot()),
                };
                let remember = remember(&source);
                let (loaded, imprint) = match &remember {
                    Some(remember) => remember.read(&scope)?,
                    None => (load(&source)?, None),
                };
                let written = snapshot::write(&dir, &loaded.catalog, &loaded.meta)?;
                if let (Some(remember), Some(imprint)) = (&remember, imprint) {
                    remember.written(&dir, &loaded, imprint)?;
                }
                report.text = format!("{}: {}", context.shown(&dir).display(), summary(&written));
                report.data = json!({
                    "added": written.added, "changed": written.changed, "removed": written.removed,
                    "unchanged": written.unchanged, "foreign": written.foreign,
                    "fingerprint": loaded.catalog.fingerprint(), "not_compared": counts(&loaded),
                });
                report.text += &omitted(&[&loaded]);
                report.findings = loaded
                    .refused
                    .iter()
                    .map(|entry| refusal(&loaded.shown, entry))
                    .collect();
                report.findings.extend(loaded.diagnostics);
                report
                    .findings
                    .extend(written.foreign.iter().map(|path| foreign(path)));
                report.warnings_count = false;
            }
            Action::Diff {
                sources,
                allow_incomplete,
                no_attribution,
                narrow,
            } => {
                let (one, other) = match sources.as_slice() {
                    [] => (Source::Snapshot, Source::Connected),
                    [to] => (Source::Snapshot, Source::parse(to)),
                    [from, to, ..] => (Source::parse(from), Source::parse(to)),
                };
                // What the options leave out is counted, so then all of both sides has to be at hand.
                let folder = |source: &Source| match narrow.is_active() {
                    true => None,
                    false => source.folder(context, &project),
                };
                let [mut from, mut to] = load_both(
                    [&one, &other],
                    &scope,
                    folder,
                    |source| remember(source).filter(|_| !narrow.is_active()),
                    load,
                )?;
                let scope = meet(&mut from, &mut to, &scope);
                let left_out = narrow.apply(&mut [&mut from, &mut to], &scope)?;
                let refused = incomplete(&mut [&mut from, &mut to], *allow_incomplete);
                let mut diff =
                    diff::compare(&from.catalog, &to.catalog, &project.comparison(&context.today()));
                let sides = [("FROM", &one), ("TO", &other)].map(|(name, source)| Side { name, source });
                let attributed = if *no_attribution {
                    Attributed::Off
                } else {
                    attribute(context, &project, &self.connection, &sides, &mut diff)
                };
                report.text = differences(&diff, &from, &to);
                report.text += &attributed.text(&diff);
                report.text += &omitted(&[&from, &to]);
                report.text += &left_out.text();
                if context.wants_data() {
                    report.data = data(&diff, &from, &to);
                    report.data["attribution"] = attributed.data();
                    report.data["left_out"] = left_out.data();
                }
                report.findings = refused;
                report.findings.extend(diff.findings());
                let strange = [&mut from, &mut to].map(|side| std::mem::take(&mut side.diagnostics));
                report.findings.extend(strange.into_iter().flatten());
                // The program ends here; giving back a large catalog piece by piece takes longer than comparing it.
                std::mem::forget((from, to, diff));
            }
            Action::Inspect { source, narrow } => {
                let mut loaded = load(&Source::parse(source))?;
                let left_out = narrow.apply(&mut [&mut loaded], &scope)?;
                let documents = snapshot::documents(&loaded.catalog);
                report.text = documents
                    .iter()
                    .map(|(path, text)| format!("# {}\n{text}", path.display()))
                    .collect::<Vec<_>>()
                    .join("---\n");
                report.data = json!({
                    "documents": documents, "fingerprint": loaded.catalog.fingerprint(),
                    "fingerprints": fingerprints(&loaded),
                    "not_compared": counts(&loaded), "left_out": left_out.data(),
                });
                report.findings = loaded.diagnostics;
            }
        }
        Ok(report)
    }
}

/// Narrows both to what both looked at: a snapshot may reach less far than was asked for.
fn meet(from: &mut Loaded, to: &mut Loaded, scope: &catalog::Scope) -> catalog::Scope {
    let reach = from.meta.reach.min(to.meta.reach).min(scope.reach);
    if reach == scope.reach {
        return scope.clone();
    }
    let scope = catalog::Scope {
        reach,
        ..scope.clone()
    };
    from.catalog.narrow(&scope);
    to.catalog.narrow(&scope);
    scope
}

fn summary(written: &Written) -> String {
    format!(
        "{} added, {} changed, {} removed, {} unchanged\n",
        written.added.len(),
        written.changed.len(),
        written.removed.len(),
        written.unchanged
    )
}

fn differences(diff: &Diff, from: &Loaded, to: &Loaded) -> String {
    let accepted = diff
        .changes
        .iter()
        .filter(|change| change.accepted.is_some())
        .count();
    let open = diff.changes.len() - accepted;
    let objects = from.objects().max(to.objects());
    let mut text = match open {
        0 if !from.refused.is_empty() || !to.refused.is_empty() => format!(
            "No difference from {} to {} in what could be compared: {objects} objects",
            from.shown, to.shown
        ),
        0 if accepted > 0 => format!(
            "No drift from {} to {} but what is accepted: {objects} objects",
            from.shown, to.shown
        ),
        0 => format!(
            "No drift from {} to {}: {objects} objects are equal",
            from.shown, to.shown
        ),
        1 => format!("1 difference from {} to {}", from.shown, to.shown),
        many => format!("{many} differences from {} to {}", from.shown, to.shown),
    };
    if accepted > 0 {
        text += &format!(", {accepted} accepted");
    }
    text + "\n"
}

/// Takes kinds that one side could not read out of both, and says so: what is not compared is no drift and not equal.
fn incomplete(sides: &mut [&mut Loaded], allowed: bool) -> Vec<Finding> {
    let mut findings: Vec<Finding> = sides
        .iter()
        .flat_map(|side| side.refused.iter().map(|entry| refusal(&side.shown, entry)))
        .collect();
    let kinds: Vec<&str> = sides
        .iter()
        .flat_map(|side| side.refused.iter().map(|(kind, ..)| kind.name))
        .collect();
    for side in sides {
        side.catalog
            .objects
            .retain(|id, _| !kinds.contains(&id.kind.name));
    }
    if allowed {
        for finding in &mut findings {
            finding.level = Level::Info;
        }
    }
    findings
}

fn refusal(shown: &str, (kind, count, reason): &(&'static Kind, Option<u64>, String)) -> Finding {
    let number = count.map_or_else(|| "an unknown number".to_owned(), |count| count.to_string());
    let message = format!("not compared: {}, {number}: {reason} in {shown}", kind.plural);
    Finding::new("not-compared", Level::Error, message)
        .object(kind.name)
        .hint("Connect as a role that may read it, or accept the gap with --allow-incomplete.")
}

/// Says what exists and was not looked at, so that silence about it is not taken for equality.
fn omitted(loaded: &[&Loaded]) -> String {
    let counted = loaded
        .iter()
        .flat_map(|loaded| &loaded.not_compared)
        .map(|(name, count)| format!("{name}: {count}"));
    let refused = loaded.iter().flat_map(|loaded| &loaded.refused);
    let refused = refused.map(|(kind, count, _)| match count {
        Some(count) => format!("{}: {count}", kind.plural),
        None => format!("{}: unknown", kind.plural),
    });
    let mut parts: Vec<String> = counted.chain(refused).collect();
    parts.sort();
    parts.dedup();
    if parts.is_empty() {
        String::new()
    } else {
        format!("Not compared: {}\n", parts.join(", "))
    }
}

/// One fingerprint for each top-level object with everything in it.
fn fingerprints(loaded: &Loaded) -> Value {
    let each = loaded.catalog.fingerprints();
    each.into_iter()
        .map(|(id, fingerprint)| (id.to_string(), json!(fingerprint)))
        .collect()
}

fn counts(loaded: &Loaded) -> Value {
    loaded
        .not_compared
        .iter()
        .map(|(name, count)| ((*name).to_owned(), json!(count)))
        .collect()
}

fn data(diff: &Diff, from: &Loaded, to: &Loaded) -> Value {
    let (left, right) = if from.catalog == to.catalog {
        let both = to.fingerprint();
        (both, both)
    } else {
        std::thread::scope(|scope| {
            let other = scope.spawn(|| from.fingerprint());
            let right = to.fingerprint();
            let left = other.join();
            (
                left.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                right,
            )
        })
    };
    let side = |loaded: &Loaded, fingerprint: Checksum| {
        json!({
            "source": loaded.shown, "major": loaded.meta.major, "fingerprint": fingerprint,
            "not_compared": counts(loaded),
            "refused": loaded.refused.iter().map(|(kind, count, reason)| {
                json!({ "kind": kind.name, "count": count, "reason": reason })
            }).collect::<Vec<_>>(),
        })
    };
    let changes = diff.changes.iter().map(|change| {
        let attribution = change.attribution.as_ref();
        json!({
            "object": change.object.to_string(), "kind": change.object.kind.name, "what": change.what.as_str(),
            "facet": change.what.facet(), "level": change.level, "invariants": change.invariants,
            "accepted": change.accepted.as_ref().map(|accepted| &accepted.because),
            "accepted_until": change.accepted.as_ref().and_then(|accepted| accepted.until.as_ref()),
            "renamed": change.other_name.as_ref().map(ToString::to_string),
            "last_touched": touch(attribution.and_then(|found| found.last.as_ref())),
            "facet_last_set": touch(attribution.and_then(|found| found.facet.as_ref())),
            "revisions_build": attribution.and_then(|found| found.built).map(Built::as_str),
        })
    });
    json!({ "from": side(from, left), "to": side(to, right), "changes": changes.collect::<Vec<_>>() })
}

fn foreign(path: &Path) -> Finding {
    let message = format!(
        "file \"{}\" in the snapshot folder is not part of it",
        path.display()
    );
    Finding::new("foreign-file", Level::Info, message).hint("It was left alone; move it elsewhere.")
}
