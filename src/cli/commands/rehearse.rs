//! `rehearse`

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde_json::json;

use crate::apply;
use crate::catalog::Reach;
use crate::cli::{CommandError, Context, Progress, Verb, Workspace};
use crate::config::Project;
use crate::graph::Graph;
use crate::model::{Finding, Level};
use crate::pg::Target;
use crate::pg::cluster::{Cluster, ClusterOptions};
use crate::rehearse::{self, Guest, Host, Rehearsal, Step, StepProgress};
use crate::report::{Report, Table};
use crate::snapshot;

/// Prove the migrations on a throw-away server: fresh and existing databases, convergence, drift
#[derive(Args, Clone, Debug)]
pub struct Rehearse {
    /// Create and drop the databases on this server instead of a throw-away one
    #[arg(long, value_name = "URL", conflicts_with_all = ["major", "pg_bin"])]
    server: Option<String>,

    /// Major version of the throw-away server; otherwise the first of "server" in zerodrift.yaml that is installed
    #[arg(long, value_name = "MAJOR")]
    major: Option<u32>,

    /// Folder of the PostgreSQL programs
    #[arg(long, value_name = "DIR")]
    pg_bin: Option<PathBuf>,
}

impl Verb for Rehearse {
    const NAME: &'static str = "rehearse";
    const EXAMPLE: &'static str = "zerodrift rehearse\nzerodrift rehearse --major 17 --format json";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let since = Instant::now();
        let workspace = Workspace::load(context)?;
        let mut progress = Shown {
            progress: context.progress(),
        };
        let mut steps = vec![graph_step(&workspace, since)];
        progress.done(&steps[0]);
        let broken = workspace
            .findings
            .iter()
            .any(|finding| finding.level == Level::Error);
        let mut server = None;
        let Workspace { project, graph, .. } = workspace;
        if !broken {
            let (proven, version) = self.prove(&project, graph, context, &mut progress)?;
            steps.extend(proven);
            server = Some(version);
        }
        drop(progress);
        Ok(report(project.root, &steps, server.as_deref(), since))
    }
}

impl Rehearse {
    /// Provides the server and runs every proof on it.
    fn prove(
        &self,
        project: &Project,
        graph: Graph,
        context: &Context,
        progress: &mut Shown,
    ) -> Result<(Vec<Step>, String), CommandError> {
        let snapshot = match snapshot::read(&project.root.join(project.snapshot())) {
            Ok(snapshot) => Some(snapshot.catalog),
            Err(snapshot::SnapshotError::Missing { .. }) => None,
            Err(error) => return Err(CommandError::from(error)),
        };
        let migrations = apply::Project {
            root: project.root.clone(),
            graph,
        };
        let mut settings = project.apply_settings();
        settings.interrupt = context.interrupt();
        let (seeds, roles, registry) = (project.seeds(), project.environment_roles(), project.registry());
        let (scope, compare) = (
            project.scope(Reach::Database),
            project.comparison(&context.today()),
        );
        let rehearsal = Rehearsal {
            project: &migrations,
            settings: &settings,
            seeds: &seeds,
            roles: &roles,
            scope: &scope,
            compare: &compare,
            snapshot: snapshot.as_ref(),
            registry: &registry,
        };
        progress.doing("starting a server");
        let cluster;
        let host = match &self.server {
            Some(url) => Host::Server(Guest::enter(Target::parse(url)?)?),
            None => {
                cluster = self.cluster(&project.servers())?;
                Host::Cluster(&cluster)
            }
        };
        let version = host.session()?.server().to_string();
        let steps = rehearse::run(&host, &rehearsal, progress)?;
        Ok((steps, version))
    }

    /// Starts a throw-away server of the wanted major, else of the first configured one that is installed.
    fn cluster(&self, configured: &[u32]) -> Result<Cluster, CommandError> {
        let options = ClusterOptions {
            bin_dir: self.pg_bin.clone(),
            ..ClusterOptions::default()
        };
        if self.major.is_some() || self.pg_bin.is_some() || configured.is_empty() {
            return Ok(Cluster::start(&ClusterOptions {
                major: self.major,
                ..options
            })?);
        }
        let mut refused = None;
        for major in configured {
            match Cluster::start(&ClusterOptions {
                major: Some(*major),
                ..options.clone()
            }) {
                Ok(cluster) => return Ok(cluster),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.expect("at least one major is configured").into())
    }
}

fn graph_step(workspace: &Workspace, since: Instant) -> Step {
    let heads: Vec<&str> = workspace
        .graph
        .heads()
        .iter()
        .map(|head| head.id.as_str())
        .collect();
    let plural = if heads.len() == 1 { "" } else { "s" };
    Step {
        name: "graph".to_owned(),
        seen: format!(
            "{} revisions, {} head{plural}: {}",
            workspace.graph.len(),
            heads.len(),
            heads.join(", ")
        ),
        took: since.elapsed(),
        findings: workspace.checked(),
    }
}

fn report(root: PathBuf, steps: &[Step], server: Option<&str>, since: Instant) -> Report {
    let mut report = Report::new(Rehearse::NAME);
    report.root = root;
    report.findings = steps
        .iter()
        .flat_map(|step| step.findings.clone())
        .collect::<Vec<Finding>>();
    let rows = steps.iter().map(|step| {
        let took = format!("{:.2} s", step.took.as_secs_f64());
        vec![
            step.verdict().to_owned(),
            step.name.clone(),
            took,
            step.seen.clone(),
        ]
    });
    let columns = ["verdict", "proof", "time", "seen"].map(str::to_owned).to_vec();
    report.tables = vec![Table {
        columns,
        rows: rows.collect(),
    }];
    let passed = steps.iter().filter(|step| step.passed()).count();
    let took = since.elapsed().as_secs_f64();
    let place = server
        .map(|version| format!(" on PostgreSQL {version}"))
        .unwrap_or_default();
    report.conclusion = format!("{passed} of {} proofs passed{place} in {took:.2} s", steps.len());
    report.data = json!({
        "server": server,
        "passed": passed,
        "steps": steps.iter().map(|step| {
            json!({
                "name": step.name,
                "verdict": step.verdict(),
                "seen": step.seen,
                "seconds": (step.took.as_secs_f64() * 1000.0).round() / 1000.0,
                "findings": step.findings.len(),
            })
        }).collect::<Vec<_>>(),
    });
    report
}

/// Shows a rehearsal on a terminal.
struct Shown {
    progress: Progress,
}

impl StepProgress for Shown {
    fn doing(&mut self, what: &str) {
        self.progress.doing(what.to_owned());
    }

    fn done(&mut self, step: &Step) {
        self.progress
            .done(format!("{} {:<20} {}", step.verdict(), step.name, step.seen));
    }
}
