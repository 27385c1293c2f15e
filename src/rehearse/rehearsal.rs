//! The paths of a rehearsal and what they prove.

use std::path::Path;
use std::time::Instant;

use super::compared::{self, Reached};
use super::host::Database;
use super::step::StepProgress;
use super::{Host, RehearseError, Seed, Step, Stop, roles};
use crate::apply::{self, ApplyError};
use crate::catalog::{Catalog, Scope};
use crate::diff;
use crate::introspect::{self, Introspection};
use crate::matview::{self, Registry};
use crate::model::{Finding, Level, RoleName};
use crate::pg::{Session, Target};

/// What is rehearsed, and against what.
pub struct Rehearsal<'a> {
    /// The migrations.
    pub project: &'a apply::Project,
    /// How they are applied.
    pub settings: &'a apply::Settings,
    /// States of existing databases to start from.
    pub seeds: &'a [Seed],
    /// Roles that exist before the first revision.
    pub roles: &'a [RoleName],
    /// What of the catalog counts.
    pub scope: &'a Scope,
    /// How catalogs are compared.
    pub compare: &'a diff::Options,
    /// The canonical snapshot; none if the project has none yet.
    pub snapshot: Option<&'a Catalog>,
    /// The declared materialized views.
    pub registry: &'a Registry,
}

impl Rehearsal<'_> {
    /// Says whether the configuration or a file of the project names a role.
    fn names(&self, role: &RoleName) -> bool {
        let revisions = self.project.graph.revisions();
        let files = revisions.flat_map(|revision| {
            [
                Some(&revision.path),
                revision.down.as_ref(),
                revision.verify.as_ref(),
            ]
        });
        let paths = files.flatten().chain(self.seeds.iter().map(|seed| &seed.sql));
        let mut texts = paths.filter_map(|path| std::fs::read_to_string(self.project.root.join(path)).ok());
        self.roles.contains(role) || texts.any(|text| text.contains(&role.0))
    }
}

/// Rehearses every path and compares what they end in.
pub fn run(
    host: &Host<'_>,
    rehearsal: &Rehearsal<'_>,
    progress: &mut dyn StepProgress,
) -> Result<Vec<Step>, RehearseError> {
    let mut run = Run {
        host,
        rehearsal,
        progress,
        steps: Vec::new(),
        reached: Vec::new(),
    };
    run.fresh()?;
    for seed in rehearsal.seeds {
        run.existing(seed)?;
    }
    run.convergence();
    run.drift();
    Ok(run.steps)
}

/// Builds a database from the migrations and returns its catalog, without any proof.
pub fn build(
    host: &Host<'_>,
    rehearsal: &Rehearsal<'_>,
    target: &str,
) -> Result<Introspection, RehearseError> {
    prepared(host, rehearsal, |at| {
        let mut session = Session::open(at, "zerodrift")?;
        apply::upgrade(
            &mut session,
            rehearsal.project,
            target,
            rehearsal.settings,
            &mut apply::Silent,
        )
        .map_err(Box::new)?;
        Ok(introspect::read(&mut session, rehearsal.scope)?)
    })
}

/// Does some work in an empty database where the roles of the environment are, and removes both.
pub(super) fn prepared<T>(
    host: &Host<'_>,
    rehearsal: &Rehearsal<'_>,
    work: impl FnOnce(&Target) -> Result<T, RehearseError>,
) -> Result<T, RehearseError> {
    let before = prepare(host, rehearsal)?;
    let database = host.create()?;
    tidied(host, database, &before, |role| rehearsal.names(role), work)
}

/// Does some work in a database and drops it with the roles that appeared.
pub(super) fn tidied<T>(
    host: &Host<'_>,
    database: Database,
    before: &[RoleName],
    named: impl Fn(&RoleName) -> bool,
    work: impl FnOnce(&Target) -> Result<T, RehearseError>,
) -> Result<T, RehearseError> {
    let result = work(&database.target);
    let tidy = tidy(host, database, before, named);
    // Where the work failed, what it says matters more than what could not be removed after it.
    let done = result?;
    tidy?;
    Ok(done)
}

/// Makes the roles of the environment and returns those that were there already.
fn prepare(host: &Host<'_>, rehearsal: &Rehearsal<'_>) -> Result<Vec<RoleName>, RehearseError> {
    let mut session = host.session()?;
    let before = roles::present(&mut session)?;
    roles::ensure(&mut session, rehearsal.roles)?;
    Ok(before)
}

/// Drops the database and the roles that appeared with it.
///
/// On a server of the user's others may make roles meanwhile: there a role has to be `named` by what was rehearsed.
fn tidy(
    host: &Host<'_>,
    database: Database,
    before: &[RoleName],
    named: impl Fn(&RoleName) -> bool,
) -> Result<(), RehearseError> {
    database.drop()?;
    let mut session = host.session()?;
    let mut appeared = roles::present(&mut session)?;
    appeared.retain(|role| !before.contains(role));
    if matches!(host, Host::Server(_)) {
        appeared.retain(named);
    }
    roles::drop(&mut session, &appeared)?;
    Ok(())
}

struct Run<'a> {
    host: &'a Host<'a>,
    rehearsal: &'a Rehearsal<'a>,
    progress: &'a mut dyn StepProgress,
    steps: Vec<Step>,
    reached: Vec<Reached>,
}

impl Run<'_> {
    fn step(&mut self, name: &str, since: Instant, seen: impl Into<String>, findings: Vec<Finding>) {
        let step = Step {
            name: name.to_owned(),
            seen: seen.into(),
            took: since.elapsed(),
            findings,
        };
        self.progress.done(&step);
        self.steps.push(step);
    }

    /// An empty database to the head, the materialized views there, and down to nothing and up again.
    fn fresh(&mut self) -> Result<(), RehearseError> {
        let before = prepare(self.host, self.rehearsal)?;
        let database = self.host.create()?;
        let result = self.on_fresh(&database);
        tidy(self.host, database, &before, |role| self.rehearsal.names(role))?;
        result
    }

    fn on_fresh(&mut self, database: &Database) -> Result<(), RehearseError> {
        let since = Instant::now();
        self.progress.doing("fresh database to the head");
        let mut session = Session::open(&database.target, "zerodrift rehearse")?;
        match self.upgrade(&mut session, "head") {
            Ok(upgraded) => {
                let read = self.read(&mut session)?;
                let seen = format!("{} revisions applied", upgraded.applied.len());
                self.step("fresh", since, seen, upgraded.findings);
                self.reached.push(Reached {
                    name: "fresh".to_owned(),
                    read,
                });
            }
            Err(error) => {
                let findings = error.findings();
                self.step("fresh", since, "the upgrade stopped", findings);
                return Ok(());
            }
        }
        let since = Instant::now();
        let findings = matview::check(&mut session, self.rehearsal.registry)?;
        let declared = self.rehearsal.registry.entries.len();
        self.step(
            "materialized views",
            since,
            format!("{declared} declared"),
            findings,
        );
        self.down_and_up(&mut session)
    }

    fn down_and_up(&mut self, session: &mut Session) -> Result<(), RehearseError> {
        let since = Instant::now();
        self.progress.doing("down to nothing and up again");
        // The rows that go are those that the migrations themselves put into an empty database.
        let settings = apply::Settings {
            data_loss: apply::DataLoss::Allow,
            ..self.rehearsal.settings.clone()
        };
        let down = apply::downgrade(
            session,
            self.rehearsal.project,
            "base",
            &settings,
            &mut Listening {
                progress: self.progress,
            },
        );
        let undone = match down {
            Ok(downgraded) => downgraded.reverted.len(),
            Err(error) => {
                self.step(
                    "down and up again",
                    since,
                    "the downgrade stopped",
                    error.findings(),
                );
                return Ok(());
            }
        };
        if let Err(error) = self.upgrade(session, "head") {
            self.step(
                "down and up again",
                since,
                "the second upgrade stopped",
                error.findings(),
            );
            return Ok(());
        }
        let again = self.read(session)?;
        let findings = compared::differences(
            "down-not-inverse",
            &self.reached[0].read,
            &again,
            self.rehearsal.compare,
            "after going down to base and up again",
        );
        self.step(
            "down and up again",
            since,
            format!("{undone} revisions reverted and applied again"),
            findings,
        );
        Ok(())
    }

    /// A database at the seed's revision with its rows, to the head.
    fn existing(&mut self, seed: &Seed) -> Result<(), RehearseError> {
        let before = prepare(self.host, self.rehearsal)?;
        let database = self.host.create()?;
        let result = self.on_existing(&database, seed);
        tidy(self.host, database, &before, |role| self.rehearsal.names(role))?;
        result
    }

    fn on_existing(&mut self, database: &Database, seed: &Seed) -> Result<(), RehearseError> {
        let since = Instant::now();
        self.progress
            .doing(&format!("existing database {} from {}", seed.name, seed.at));
        let mut session = Session::open(&database.target, "zerodrift rehearse")?;
        if let Err(error) = self.upgrade(&mut session, &seed.at) {
            let findings = error.findings();
            self.step(
                &seed.name,
                since,
                format!("{} was not reached", seed.at),
                findings,
            );
            return Ok(());
        }
        if let Some(finding) = plant(&mut session, &self.rehearsal.project.root, seed)? {
            self.step(&seed.name, since, "the seed could not be planted", vec![finding]);
            return Ok(());
        }
        let upgraded = self.upgrade(&mut session, "head");
        let (seen, findings) = match (&seed.stops, upgraded) {
            (Some(stop), Err(error)) => stopped(seed, stop, &error),
            (Some(stop), Ok(_)) => (
                "the upgrade did not stop".to_owned(),
                vec![not_stopped(seed, stop)],
            ),
            (None, Err(error)) => (format!("from {}: the upgrade stopped", seed.at), error.findings()),
            (None, Ok(upgraded)) => {
                let read = self.read(&mut session)?;
                self.reached.push(Reached {
                    name: seed.name.clone(),
                    read,
                });
                let mut findings = upgraded.findings;
                findings.extend(values(&mut session, seed)?);
                let (applied, values) = (upgraded.applied.len(), seed.rows.len());
                (
                    format!(
                        "from {}: {applied} revisions applied, {values} values checked",
                        seed.at
                    ),
                    findings,
                )
            }
        };
        self.step(&seed.name, since, seen, findings);
        Ok(())
    }

    fn upgrade(&mut self, session: &mut Session, target: &str) -> Result<apply::Upgraded, ApplyError> {
        let Rehearsal {
            project, settings, ..
        } = self.rehearsal;
        apply::upgrade(
            session,
            project,
            target,
            settings,
            &mut Listening {
                progress: self.progress,
            },
        )
    }

    fn read(&mut self, session: &mut Session) -> Result<Introspection, RehearseError> {
        Ok(introspect::read(session, self.rehearsal.scope)?)
    }

    /// Every path has to end in the same catalog; a single path has nothing to be compared with.
    fn convergence(&mut self) {
        let since = Instant::now();
        if let [first, others @ ..] = self.reached.as_slice()
            && !others.is_empty()
        {
            let (seen, findings) = compared::convergence(first, others, self.rehearsal.compare);
            self.step("convergence", since, seen, findings);
        }
    }

    /// The head has to be what the snapshot says.
    fn drift(&mut self) {
        let since = Instant::now();
        let (seen, findings) = compared::drift(
            self.reached.first(),
            self.rehearsal.snapshot,
            self.rehearsal.compare,
        );
        self.step("drift", since, seen, findings);
    }
}

/// Runs the seed's file in one transaction.
fn plant(session: &mut Session, root: &Path, seed: &Seed) -> Result<Option<Finding>, RehearseError> {
    let path = root.join(&seed.sql);
    let sql = std::fs::read_to_string(&path).map_err(|cause| RehearseError::Seed { path, cause })?;
    match session.run(&format!("BEGIN;\n{sql}\n;COMMIT")) {
        Ok(_) => Ok(None),
        Err(error) => {
            let Some(sql) = error.sql() else {
                return Err(error.into());
            };
            let finding = Finding::new(
                "seed-not-planted",
                Level::Error,
                format!("seed \"{}\" failed at revision \"{}\": {sql}", seed.name, seed.at),
            )
            .at(crate::model::Location::file(&seed.sql));
            session.run("ROLLBACK")?;
            Ok(Some(finding))
        }
    }
}

fn values(session: &mut Session, seed: &Seed) -> Result<Vec<Finding>, RehearseError> {
    let mut findings = Vec::new();
    for expectation in &seed.rows {
        findings.extend(expectation.check(session, &seed.name)?);
    }
    Ok(findings)
}

/// The upgrade stopped and had to: at the right revision, for the right reason.
fn stopped(seed: &Seed, stop: &Stop, error: &ApplyError) -> (String, Vec<Finding>) {
    let message = error.to_string();
    let (at, sqlstate) = match error {
        ApplyError::Failed(failure) => (
            failure.revision.as_str(),
            failure.sqlstate.as_deref().unwrap_or("no SQLSTATE"),
        ),
        _ => ("no revision", "no SQLSTATE"),
    };
    if at == stop.at && sqlstate == stop.sqlstate && message.contains(&stop.like) {
        return (
            format!("from {}: stops at {at} with {sqlstate}, as it has to", seed.at),
            Vec::new(),
        );
    }
    let finding = Finding::new(
        "seed-stopped-elsewhere",
        Level::Error,
        format!(
            "seed \"{}\" stopped at \"{at}\" with {sqlstate}, expected \"{}\" with {}",
            seed.name, stop.at, stop.sqlstate
        ),
    )
    .object(format!("seed {}", seed.name))
    .detail(message);
    ("the upgrade stopped elsewhere".to_owned(), vec![finding])
}

fn not_stopped(seed: &Seed, stop: &Stop) -> Finding {
    Finding::new(
        "seed-not-stopped",
        Level::Error,
        format!(
            "seed \"{}\" was upgraded, expected a stop at \"{}\" with {}",
            seed.name, stop.at, stop.sqlstate
        ),
    )
    .object(format!("seed {}", seed.name))
    .detail("Data that the revision must refuse went through.")
}

/// Passes what the apply engine says on to the rehearsal's listener.
struct Listening<'a> {
    progress: &'a mut dyn StepProgress,
}

impl apply::Progress for Listening<'_> {
    fn event(&mut self, event: apply::Event<'_>) {
        match event {
            apply::Event::Began { revision, .. } => self.progress.doing(&format!("revision {revision}")),
            apply::Event::Retrying { revision, error, .. } => {
                self.progress
                    .doing(&format!("revision {revision} again, after: {error}"));
            }
            _ => {}
        }
    }
}
