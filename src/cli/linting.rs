//! From files to findings: reads what is selected, lints it, settles what was found.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::ahead::{Ahead, Rendered};
use super::selection::{Loose, Selection};
use super::{CommandError, Workspace};
use crate::graph::Graph;
use crate::lint;
use crate::lint::context::{Migration, Settings};
use crate::lint::registry::Names;
use crate::lint::rules::named;
use crate::lint::run::{self, About, Found, Input};
use crate::lint::schema::Schema;
use crate::lint::settle::{self, Policy};
use crate::load::{self, LoadError, LooseFile};
use crate::model::{AcceptedFinding, Finding, Level, Location, Outcome, Revision};
use crate::sql::Script;
use crate::sql::act::Span;

/// How files that belong to no project run, and what exists before.
pub struct Options {
    /// Whether a file runs in one transaction; as the file itself says if absent.
    pub transaction: Option<bool>,
    /// Whether the migrating role bypasses row security; as the project says if absent.
    pub bypasses_row_security: Option<bool>,
    /// The schema that exists before; nothing is reported about it.
    pub assume: Option<String>,
}

/// What was found, with the edits that mend it.
#[derive(Default)]
pub struct Linted {
    /// In the order of the migrations, and in each in the order of the file.
    pub findings: Vec<Finding>,
    /// Edits by the file as it is shown.
    pub edits: BTreeMap<PathBuf, Vec<(Span, String)>>,
    /// How many migrations were looked at.
    pub looked_at: usize,
    /// Their files, as they are shown.
    pub files: BTreeSet<PathBuf>,
    /// Texts that stand in no file.
    pub texts: HashMap<PathBuf, String>,
}

/// How many files are looked at before what was found in them is written.
const WRITTEN_AT_ONCE: usize = 256;

/// Lints everything that is selected; with `ahead`, findings in files of no project are written as they are found.
pub fn lint(
    selection: &Selection,
    options: &Options,
    ahead: Option<&mut Ahead>,
) -> Result<Linted, CommandError> {
    let mut linted = Linted::default();
    let (mut settings, mut policy) = (Settings::default(), outside_policy());
    if let Some(workspace) = &selection.workspace {
        let house = workspace.project.house_rules()?;
        policy = workspace.project.lint_policy(&house)?;
        settings = workspace.project.lint_settings();
        settings.house = house.into();
    }
    let mut outside = Settings::default();
    if let Some(bypasses) = options.bypasses_row_security {
        settings.bypasses_row_security = bypasses;
        outside.bypasses_row_security = bypasses;
    }
    let assumed = |empty: Schema| match &options.assume {
        Some(sql) => run::schema_of(sql, &empty),
        None => empty,
    };
    if let (true, Some(workspace)) = (selection.graph, &selection.workspace) {
        let mut base = assumed(Schema::empty());
        let roles = workspace.project.environment_roles();
        base.know_roles(roles.iter().map(|role| role.0.as_str()));
        of_project(workspace, selection, &settings, &policy, base, &mut linted);
    }
    // What is given to begin with is all that exists.
    let base = match options.assume {
        Some(_) => assumed(Schema::empty()),
        None => Schema::unknown(),
    };
    let outside_policy = outside_policy();
    let loose = |loose: &Loose| {
        let (settings, policy) = match loose.in_project {
            true => (&settings, &policy),
            false => (&outside, &outside_policy),
        };
        match load::read_loose(&loose.path, &loose.shown) {
            Ok(file) => (of_file(&file, settings, policy, &base, options), Some(file.text)),
            Err(error) => (settle::Settled::of(error.finding()), None),
        }
    };
    match ahead {
        Some(ahead) => linted.looked_at += written_ahead(&selection.loose, loose, ahead),
        None => {
            let files = selection.loose.par_iter().with_min_len(16);
            let settled: Vec<settle::Settled> = files.map(|file| loose(file).0).collect();
            for (loose, settled) in selection.loose.iter().zip(settled) {
                linted.add(loose.shown.clone(), settled);
            }
        }
    }
    if selection.standard_input {
        let shown = Path::new("-");
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| CommandError::usage(format!("could not read standard input: {error}")))?;
        match load::sql_from(bytes, shown) {
            Ok(file) => {
                let (settings, policy) = match selection.workspace.is_some() {
                    true => (&settings, &policy),
                    false => (&outside, &outside_policy),
                };
                let settled = of_file(&file, settings, policy, &base, options);
                linted.add(shown.to_path_buf(), settled);
                linted.texts.insert(shown.to_path_buf(), file.text);
            }
            Err(error) => linted.findings.push(error.finding()),
        }
    }
    Ok(linted)
}

/// Lints files and writes what was found in each, in their order. Returns how many there are.
fn written_ahead(
    files: &[Loose],
    lint: impl Fn(&Loose) -> (settle::Settled, Option<String>) + Sync,
    ahead: &mut Ahead,
) -> usize {
    for some in files.chunks(WRITTEN_AT_ONCE) {
        let render = |file: &Loose| {
            let (settled, text) = lint(file);
            ahead.render(&settled.findings, &file.shown, text.as_deref())
        };
        let rendered: Vec<Rendered> = some.par_iter().with_min_len(8).map(render).collect();
        rendered.iter().for_each(|rendered| ahead.write(rendered));
    }
    files.len()
}

fn outside_policy() -> Policy {
    Policy {
        names: Names::default(),
        ..Policy::default()
    }
}

impl Linted {
    fn add(&mut self, path: PathBuf, settled: settle::Settled) {
        self.looked_at += 1;
        self.findings.extend(settled.findings);
        if !settled.edits.is_empty() {
            self.edits.insert(path.clone(), settled.edits);
        }
        self.files.insert(path);
    }
}

/// Lints a file by itself.
fn of_file(
    file: &LooseFile,
    settings: &Settings,
    policy: &Policy,
    base: &Schema,
    options: &Options,
) -> settle::Settled {
    let about = About {
        transactional: options.transaction.or(file.transaction).unwrap_or(true),
        approval: file.approval.clone(),
        ..About::default()
    };
    let mut migration = run::migration(0, &file.path, &file.text, about);
    if file.may_refuse_transaction && options.transaction.or(file.transaction).is_none() {
        migration.transactional = !migration.refuses_any_transaction(settings.oldest());
    }
    let found = run::alone(&migration, base, settings);
    let mut settled = settled(policy, &migration, found, &file.allow, &[]);
    settled.findings.splice(0..0, file.problems.iter().cloned());
    settled
}

/// Settles what was found in a migration, with what is wrong with its directives.
fn settled(
    policy: &Policy,
    migration: &Migration,
    found: Vec<Found>,
    allow: &[AcceptedFinding],
    found_in_graph: &[&'static str],
) -> settle::Settled {
    let statements: Vec<Span> = migration.acts.iter().map(|act| act.span.clone()).collect();
    let file = settle::File {
        number: migration.number,
        path: &migration.path,
        source: &migration.source,
        statements: &statements,
        revision: migration.revision.as_ref(),
        allow,
        found_in_graph,
    };
    let mut settled = policy.settle(&file, found);
    if migration.source.contains("--:")
        && let Err(wrong) = Script::read(&migration.path, &migration.source)
    {
        settled.findings.extend(wrong);
        settled
            .findings
            .sort_by_key(|finding| finding.location.as_ref().map(|place| (place.line, place.column)));
    }
    settled
}

fn of_project(
    workspace: &Workspace,
    selection: &Selection,
    settings: &Settings,
    policy: &Policy,
    base: Schema,
    linted: &mut Linted,
) {
    let graph = &workspace.graph;
    let wanted = |file: &Path| selection.limit.as_ref().is_none_or(|limit| limit.contains(file));
    let revisions: Vec<&Revision> = graph.revisions().collect();
    let read: Vec<Result<Migration, LoadError>> = revisions
        .par_iter()
        .enumerate()
        .with_min_len(16)
        .map(|(number, revision)| read(workspace, number as u32, revision))
        .collect();
    let mut migrations = Vec::with_capacity(read.len());
    let mut of_graph = workspace.checked();
    for (result, revision) in read.into_iter().zip(&revisions) {
        migrations.push(result.unwrap_or_else(|error| {
            of_graph.push(error.finding());
            run::migration(migrations.len() as u32, &revision.path, "", About::default())
        }));
    }
    let input = Input {
        prerequisites: prerequisites(graph, &revisions),
        base,
        reported: revisions.iter().map(|revision| wanted(&revision.path)).collect(),
        settings: settings.clone(),
        migrations,
    };
    let mut found: Vec<Vec<Found>> = revisions.iter().map(|_| Vec::new()).collect();
    for one in run::together(&input) {
        found[one.migration as usize].push(one);
    }
    let by_revision = graph_rules(&of_graph);
    let mut used: BTreeSet<usize> = BTreeSet::new();
    settle_graph(&mut of_graph, graph, policy, &mut used);
    of_graph.retain(|finding| finding.location.as_ref().is_none_or(|place| wanted(&place.file)));
    linted.findings.extend(of_graph);
    for ((revision, migration), found) in revisions.iter().zip(&input.migrations).zip(found) {
        if wanted(&revision.path) {
            let in_graph = by_revision
                .get(revision.id.as_str())
                .map_or(&[][..], Vec::as_slice);
            let settled = settled(policy, migration, found, &revision.allow, in_graph);
            used.extend(&settled.used);
            linted.add(revision.path.clone(), settled);
        }
    }
    if selection.limit.is_none() {
        linted.findings.extend(unused(policy, &used, graph));
    }
}

fn read(workspace: &Workspace, number: u32, revision: &Revision) -> Result<Migration, LoadError> {
    let file = load::read_sql(&workspace.project.root, &revision.path)?;
    let about = About {
        revision: Some(revision.id.clone()),
        transactional: revision.transaction,
        approval: revision.approval.clone(),
        has_down: revision.down.is_some(),
        is_merge: revision.is_merge(),
    };
    Ok(run::migration(number, &revision.path, &file.text, about))
}

/// What each revision follows, by place; an edge that goes backwards is part of a cycle, which is reported.
fn prerequisites(graph: &Graph, revisions: &[&Revision]) -> Vec<Vec<u32>> {
    let of_one = |(at, revision): (usize, &&Revision)| {
        let places = revision.prerequisites().filter_map(|id| graph.position(id));
        let mut places: Vec<u32> = places
            .filter(|place| *place < at)
            .map(|place| place as u32)
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    };
    revisions.iter().enumerate().map(of_one).collect()
}

/// The rules that the graph's findings are of, by the revision that they are about.
fn graph_rules(findings: &[Finding]) -> BTreeMap<String, Vec<&'static str>> {
    let mut rules: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for finding in findings {
        if let Some(object) = &finding.object {
            rules.entry(object.clone()).or_default().push(finding.rule);
        }
    }
    rules
}

/// Sets levels and takes out what is accepted, among findings about files and edges.
fn settle_graph(findings: &mut Vec<Finding>, graph: &Graph, policy: &Policy, used: &mut BTreeSet<usize>) {
    for finding in findings.iter_mut() {
        let path = finding
            .location
            .as_ref()
            .map_or(Path::new(""), |place| &place.file);
        if let Some(level) = policy.level(path, finding.rule) {
            finding.level = level;
        }
        finding.category.get_or_insert("graph");
    }
    lint::accept(findings, graph);
    for finding in findings.iter_mut() {
        let accepted = policy.accept.iter().position(|accepted| {
            accepted.rule == finding.rule && Some(&accepted.revision) == finding.object.as_ref()
        });
        // A graph that is none cannot be wished away.
        if let Some(at) = accepted.filter(|_| finding.level < Level::Error) {
            used.insert(at);
            finding.level = Level::Off;
        }
    }
    findings.retain(|finding| finding.level != Level::Off);
}

/// Says which entries of `lint.accept` nothing matched.
fn unused<'p>(
    policy: &'p Policy,
    used: &'p BTreeSet<usize>,
    graph: &'p Graph,
) -> impl Iterator<Item = Finding> + 'p {
    let rule = named("unused-suppression").expect("the rule is listed");
    let level = policy.levels.get(rule.name).copied().unwrap_or(rule.level);
    let unused = policy
        .accept
        .iter()
        .enumerate()
        .filter(move |(at, _)| !used.contains(at) && level != Level::Off);
    unused.map(move |(_, accepted)| {
        let exists = crate::model::RevisionId::new(accepted.revision.as_str())
            .is_ok_and(|id| graph.get(&id).is_some());
        let message = match exists {
            true => format!(
                "revision \"{}\" accepts \"{}\", which is not found in it",
                accepted.revision, accepted.rule
            ),
            false => format!(
                "lint.accept names revision \"{}\", which does not exist",
                accepted.revision
            ),
        };
        let mut finding = Finding::new(rule.name, level, message)
            .object(accepted.revision.as_str())
            .hint("Remove the entry from lint.accept.")
            .at(Location::file(crate::config::FILE_NAME));
        finding.category = Some(rule.category.as_str());
        finding
    })
}

impl From<load::GitError> for CommandError {
    fn from(error: load::GitError) -> Self {
        let finding = Finding::new("git", Level::Error, error.to_string()).hint(error.hint());
        CommandError::new(Outcome::Usage, finding)
    }
}
