use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::linting::{self, Linted, Options};
use crate::cli::selection::Selection;
use crate::cli::{Ahead, CommandError, Context, NO_REVISION, Source, Verb, Workspace, mending};
use crate::graph::{Graph, shown_labels};
use crate::model::Revision;
use crate::report::Report;
use crate::snapshot;

/// Check the migrations without a database
///
/// Looks at files, headers and the graph, and at what each statement does to the schema that its ancestors leave: locks,
/// rewrites, row security, privileges, edges that nobody declared. A PATH in the project limits findings to it; a PATH
/// that belongs to no project is one migration per file, each on its own; "-" is standard input.
#[derive(Args)]
pub struct Lint {
    /// Files or folders; the whole project if absent
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Report only on what changed since the merge-base with this commit
    #[arg(long, value_name = "REF")]
    since: Option<String>,

    /// The schema that exists before, which nothing is reported about: a file of SQL or a snapshot folder
    #[arg(long, value_name = "SOURCE")]
    assume: Option<String>,

    /// How files of no project are run: in one transaction, or each statement by itself
    #[arg(long, value_name = "MODE", value_enum)]
    transaction: Option<Transaction>,

    /// Who runs the migrations: a role that bypasses row security, or the owner of the tables
    #[arg(long, value_name = "POLICY", value_enum)]
    role_policy: Option<RolePolicy>,

    /// Accept the findings in this file; new ones are reported
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write what is found as the baseline
    #[arg(long, conflicts_with_all = ["since", "fix"])]
    update_baseline: bool,

    /// Show edits that mend findings, as a difference
    #[arg(long)]
    fix: bool,

    /// Apply the edits to the files
    #[arg(long, requires = "fix")]
    write: bool,
}

/// The values of `--transaction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Transaction {
    /// One for the whole file.
    Single,
    /// None: each statement commits by itself.
    None,
}

/// The values of `--role-policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RolePolicy {
    /// A superuser or a role with BYPASSRLS.
    #[value(name = "p1-a")]
    P1A,
    /// The owner of the tables.
    Owner,
}

impl Verb for Lint {
    const NAME: &'static str = "lint";
    const EXAMPLE: &'static str = "zerodrift lint --since origin/main --format sarif=lint.sarif --format github\nzerodrift lint db/migrations --transaction none\nzerodrift lint --fix --write";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let selection = Selection::of(context, &self.paths, self.since.as_deref())?;
        let assume = self.assume.as_deref();
        let options = Options {
            transaction: self.transaction.map(|mode| mode == Transaction::Single),
            bypasses_row_security: self.role_policy.map(|policy| policy == RolePolicy::P1A),
            assume: assume
                .map(|source| assumed(context, &selection, source))
                .transpose()?,
        };
        let baseline = self.baseline.as_deref();
        let is_whole = selection.graph
            || selection.standard_input
            || self.fix
            || self.update_baseline
            || mending::has_baseline(&selection, context, baseline);
        let mut ahead = match is_whole {
            true => None,
            false => Ahead::begin(context, &looked_at(selection.loose.len())),
        };
        let mut linted = linting::lint(&selection, &options, ahead.as_mut())?;
        let mut said = String::new();
        if self.update_baseline {
            said.push_str(&mending::write_baseline(
                &mut linted,
                &selection,
                context,
                baseline,
            )?);
        } else {
            mending::accept(&mut linted, &selection, context, baseline)?;
        }
        if self.fix {
            said.push_str(&mending::mend(&mut linted, &selection, self.write)?);
        }
        let mut report = report(&selection, linted, said);
        if let Some(ahead) = ahead {
            report.ahead = ahead.counts();
            context.keep_ahead(ahead);
        }
        Ok(report)
    }
}

/// Reads what exists before: SQL, or a snapshot folder as SQL.
fn assumed(context: &Context, selection: &Selection, source: &str) -> Result<String, CommandError> {
    let folder = |path: &Path| -> Result<String, CommandError> {
        Ok(snapshot::script(&snapshot::read(path)?.catalog))
    };
    match Source::parse(source) {
        Source::Sql(path) => Ok(crate::load::read_sql(&context.directory, &path)?.text),
        Source::Folder(path) => folder(&context.directory.join(path)),
        Source::Snapshot => match &selection.workspace {
            Some(workspace) => folder(&workspace.project.root.join(workspace.project.snapshot())),
            None => folder(&context.directory.join(source)),
        },
        Source::Url(_) | Source::Connected | Source::Migrations => Err(CommandError::usage_with_hint(
            format!("--assume takes a file of SQL or a snapshot folder, and \"{source}\" is neither"),
            "\"zerodrift schema snapshot\" and \"pg_dump --schema-only\" write one.",
        )),
    }
}

fn report(selection: &Selection, linted: Linted, said: String) -> Report {
    let mut report = match &selection.workspace {
        Some(workspace) if selection.graph => workspace.report(Lint::NAME),
        _ => Report::new(Lint::NAME),
    };
    report.texts = linted.texts;
    report.findings = linted.findings;
    let mut data = json!({"migrations": linted.looked_at});
    report.text = match &selection.workspace {
        Some(workspace) if selection.graph => {
            graph_data(workspace, &mut data);
            summary(&workspace.graph)
        }
        _ => looked_at(linted.looked_at),
    };
    if selection.is_partial() {
        report
            .text
            .push_str(&format!("reported on {}\n", count(linted.looked_at, "revision")));
    }
    report.text.push_str(&said);
    report.data = data;
    report
}

fn looked_at(files: usize) -> String {
    format!("{}\n", count(files, "file"))
}

fn graph_data(workspace: &Workspace, data: &mut serde_json::Value) {
    let graph = &workspace.graph;
    let ids = |revisions: Vec<&Revision>| revisions.iter().map(|found| found.id.clone()).collect::<Vec<_>>();
    data["revisions"] = json!(graph.len());
    data["heads"] = json!(ids(graph.heads()));
    data["roots"] = json!(ids(graph.roots()));
}

fn count(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn summary(graph: &Graph) -> String {
    let heads = graph.heads();
    let mut summary = format!(
        "{}, {}",
        count(graph.len(), "revision"),
        count(heads.len(), "head")
    );
    if let [head] = heads[..] {
        summary.push_str(&format!(": {}", head.id));
        let labels = graph.labels(&head.id);
        if !labels.is_empty() {
            summary.push_str(&format!(" ({})", shown_labels(&labels)));
        }
    }
    summary.push('\n');
    if graph.is_empty() {
        summary.push_str(NO_REVISION);
    }
    summary
}
