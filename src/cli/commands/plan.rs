use std::path::{Path, PathBuf};

use clap::Args;

use crate::apply::{self, Look, Planned, Transactions};
use crate::catalog::Reach;
use crate::cli::{CommandError, Context, Migrating, NO_REVISION, Verb, planning};
use crate::model::Outcome;
use crate::plan::Sizes;
use crate::report::Report;

/// Show what an upgrade would run and what that does to others, without changing anything
///
/// For every statement: its locks and until when they are held, what it reads whole or writes anew and how big that is
/// on this database, its timeouts and hazards; for every transaction all its locks together. docs/plan.md explains the
/// output, the plan file and the file of --stats.
#[derive(Args)]
pub struct Plan {
    /// head, heads, a revision or its beginning, LABEL@head, +N
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,

    #[command(flatten)]
    migrating: Migrating,

    /// One transaction per revision, or one for all
    #[arg(long, value_parser = ["each", "all"], default_value = "each")]
    tx: String,

    /// Write the plan to a file, for upgrade --plan
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Print the script that psql runs to the same result, ledger rows included
    #[arg(long)]
    sql: bool,

    /// Take the sizes of relations from a file instead of the database
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,

    /// Connect to no database: what --from is built of counts as applied
    #[arg(long)]
    offline: bool,

    /// With --offline: the revision that the database is at
    #[arg(long, value_name = "REV", default_value = "base", requires = "offline")]
    from: String,
}

impl Verb for Plan {
    const NAME: &'static str = "plan";
    const EXAMPLE: &'static str = "zerodrift plan\nzerodrift plan +1 --out plan.json\nzerodrift plan --offline --from 202511151400 --sql > upgrade.sql";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let (mut report, planned, settings) = self.planned(context)?;
        report.warnings_count = false;
        report.findings = planned.findings.clone();
        report.data = planning::document(&planned);
        if let Some(file) = &self.out {
            write(context, file, &format!("{:#}\n", report.data))?;
        }
        if self.sql {
            report.text = apply::script(&planned, &report.root, &self.target, &settings)?;
            report.data["sql"] = report.text.clone().into();
            // They stand in the script as comments; behind it psql would read them.
            report.findings.clear();
            return Ok(report);
        }
        if planned.steps.is_empty() {
            report.text = "Nothing to do: the database is at the target.\n".to_owned();
            return Ok(report);
        }
        self.show(&mut report, &planned);
        Ok(report)
    }
}

impl Plan {
    fn planned(&self, context: &Context) -> Result<(Report, Planned, apply::Settings), CommandError> {
        let sizes = self.stats.as_ref().map(|file| sizes(context, file)).transpose()?;
        let workspace = crate::cli::Workspace::load_sound(context)?;
        let look = Look {
            target: self.target.clone(),
            scope: workspace.project.scope(Reach::Database),
            migrating: workspace
                .project
                .migration_roles()
                .into_iter()
                .map(|role| role.0)
                .collect(),
            sizes,
        };
        let together = if self.tx == "all" {
            Transactions::All
        } else {
            Transactions::Each
        };
        if self.offline {
            let major = workspace.project.servers().into_iter().min().unwrap_or(15);
            let mut settings = self.migrating.settings(context, &workspace.project)?;
            settings.transactions = together;
            let report = workspace.report(Self::NAME);
            let project = apply::Project {
                root: workspace.project.root,
                graph: workspace.graph,
            };
            let planned = apply::plan_offline(&project, &look, &self.from, &settings, major)?;
            return Ok((report, planned, settings));
        }
        let mut opened = self.migrating.open(context, Self::NAME)?;
        opened.settings.transactions = together;
        let planned = apply::plan(&mut opened.session, &opened.project, &look, &opened.settings)?;
        let mut report = opened.report(Self::NAME);
        if opened.project.graph.is_empty() {
            report.text = NO_REVISION.to_owned();
        }
        Ok((report, planned, opened.settings))
    }

    fn show(&self, report: &mut Report, planned: &Planned) {
        let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        report.text = format!(
            "{} in {}\n",
            plural(planned.steps.len(), "revision"),
            plural(planned.transactions.len(), "transaction")
        );
        let hazards = planning::hazards(planned);
        if !hazards.is_empty() {
            report.text.push_str(&format!("Hazards:\n{hazards}"));
        }
        report.tables.push(planning::revisions(planned));
        for table in [planning::statements(planned), planning::totals(planned)] {
            if !table.rows.is_empty() {
                report.tables.push(table);
            }
        }
        report.conclusion = format!("plan {}", planned.agreement.hash);
        if let Some(fingerprint) = &planned.agreement.fingerprint {
            report
                .conclusion
                .push_str(&format!(", made for catalog {fingerprint}"));
        }
    }
}

fn sizes(context: &Context, file: &Path) -> Result<Sizes, CommandError> {
    let path = context.directory.join(file);
    let refused = |why: String| {
        CommandError::usage_with_hint(
            format!(
                "cannot read the sizes of relations from \"{}\": {why}",
                file.display()
            ),
            "docs/plan.md has the query that makes such a file.",
        )
    };
    let text = std::fs::read_to_string(&path).map_err(|error| refused(error.to_string()))?;
    Sizes::parse(&text).map_err(refused)
}

fn write(context: &Context, file: &Path, text: &str) -> Result<(), CommandError> {
    std::fs::write(context.directory.join(file), text).map_err(|error| {
        CommandError::new(
            Outcome::Usage,
            crate::model::Finding::new(
                "usage",
                crate::model::Level::Error,
                format!("cannot write the plan to \"{}\": {error}", file.display()),
            ),
        )
    })
}
