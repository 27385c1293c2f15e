//! What the commands share that change or compare a database.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{CommandError, Connection, Context, Progress, Workspace};
use crate::apply::{self, Event, Ran, Settings, Unguarded};
use crate::catalog::{Reach, Scope};
use crate::config::Project;
use crate::model::{RevisionId, parse_duration};
use crate::pg::Session;
use crate::report::Report;

/// Options of every command that works with migrations on a database.
#[derive(Args, Clone, Debug, Default)]
pub struct Migrating {
    #[command(flatten)]
    connection: Connection,

    /// Who may migrate: p1-a is a superuser or a role with BYPASSRLS, owner any role whose statements are guarded
    #[arg(long, value_enum, value_name = "POLICY")]
    role_policy: Option<Policy>,

    /// With --role-policy owner: run statements on tables with row security outside a guard; they see every row or fail
    #[arg(long)]
    allow_unguarded: bool,

    /// Change a server of a major version that is newer than the newest tested one
    #[arg(long)]
    allow_untested_server: bool,

    /// Wait so long for another migrator, for example 30s or 10min
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    wait: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Policy {
    #[value(name = "p1-a")]
    P1A,
    Owner,
}

/// A connection, a project and the settings of a run.
pub struct Opened {
    /// The project.
    pub project: apply::Project,
    /// How to apply.
    pub settings: Settings,
    /// The connection.
    pub session: Session,
    /// What of the catalog a plan is made for.
    pub scope: Scope,
}

impl Migrating {
    /// Loads the project and connects.
    pub fn open(&self, context: &Context, verb: &str) -> Result<Opened, CommandError> {
        let project = context.project()?;
        let root = project.root.clone();
        // The disk, git and the server answer at the same time. What is wrong with the project is told first.
        let (workspace, commit, session) = std::thread::scope(|scope| {
            let session = scope.spawn(|| self.connect(verb));
            let commit = scope.spawn(|| commit(&root));
            let workspace = Workspace::of(project).and_then(Workspace::sound);
            (workspace, joined(commit.join()), joined(session.join()))
        });
        let workspace = workspace?;
        let settings = self.settings_at(context, &workspace.project, commit)?;
        let session = session?;
        let scope = workspace.project.scope(Reach::Database);
        let project = apply::Project {
            root: workspace.project.root,
            graph: workspace.graph,
        };
        Ok(Opened {
            project,
            settings,
            session,
            scope,
        })
    }

    /// Connects as the role that migrates.
    pub fn connect(&self, verb: &str) -> Result<Session, CommandError> {
        let target = self.connection.migration_target()?;
        Ok(Session::open(&target, &format!("zerodrift {verb}"))?)
    }

    /// Returns how to apply: what the project says, and what the options say.
    pub fn settings(&self, context: &Context, project: &Project) -> Result<Settings, CommandError> {
        self.settings_at(context, project, commit(&project.root))
    }

    fn settings_at(
        &self,
        context: &Context,
        project: &Project,
        commit: Option<String>,
    ) -> Result<Settings, CommandError> {
        let mut settings = project.apply_settings();
        match self.role_policy {
            Some(Policy::P1A) => settings.role_policy = apply::RolePolicy::P1A,
            Some(Policy::Owner) => settings.role_policy = apply::RolePolicy::Owner,
            None => {}
        }
        if self.allow_unguarded {
            if settings.role_policy != apply::RolePolicy::Owner {
                return Err(CommandError::usage("--allow-unguarded needs --role-policy owner"));
            }
            settings.unguarded = Unguarded::Allow;
        }
        settings.allow_untested_server = self.allow_untested_server;
        settings.wait = self.wait;
        settings.interrupt = context.interrupt();
        settings.commit = commit;
        Ok(settings)
    }
}

impl Opened {
    /// Makes an empty report whose places are in this project.
    pub fn report(&self, command: &'static str) -> Report {
        let mut report = Report::new(command);
        report.root = self.project.root.clone();
        report
    }
}

/// Returns what a thread made; its panic goes on here.
fn joined<T>(result: std::thread::Result<T>) -> T {
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Asks git for the commit of the project; without git or outside a repository there is none.
fn commit(root: &Path) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["rev-parse", "HEAD"])
        .output();
    let output = output.ok().filter(|output| output.status.success())?;
    let commit = String::from_utf8(output.stdout).ok()?;
    Some(commit.trim().to_owned()).filter(|commit| !commit.is_empty())
}

/// Turns what was run into lines for people.
pub fn lines(ran: &[(RevisionId, Ran)], verb: &str) -> String {
    let mut text = String::new();
    for (id, ran) in ran {
        text.push_str(&format!("{verb} {id} ({})\n", took(ran.took)));
        for section in &ran.sections {
            let of = section
                .present
                .map_or(String::new(), |rows| format!(" of {rows}"));
            text.push_str(&format!(
                "  backfill {}: {}{of} rows\n",
                section.table, section.touched
            ));
            if let Some(note) = &section.note {
                text.push_str(&format!("    {note}\n"));
            }
        }
    }
    text
}

/// Turns what was run into data for machines.
pub fn data(ran: &[(RevisionId, Ran)]) -> Vec<Value> {
    ran.iter()
        .map(|(id, ran)| {
            json!({
                "revision": id,
                "duration_ms": ran.took.as_millis() as u64,
                "attempts": ran.attempts,
                "sections": ran.sections,
            })
        })
        .collect()
}

fn took(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

impl apply::Progress for Progress {
    fn event(&mut self, event: Event<'_>) {
        match event {
            // What a person should still see afterwards stays.
            Event::Retrying { .. }
            | Event::Notice { .. }
            | Event::Settling { .. }
            | Event::WillWaitFor { .. } => self.done(event.to_string()),
            Event::Section { .. } | Event::Done { .. } => {}
            _ => self.doing(event.to_string()),
        }
    }
}
