//! The verify file of a revision: statements that must be true after it.

use std::path::Path;

use super::error::{ApplyError, Failure, Refusal};
use super::retry;
use super::rls_guard::Guard;
use super::work::{Trouble, Work};
use crate::load::read_sql;
use crate::model::{Checksum, Finding, Level, Location, Outcome, Revision};
use crate::pg::PgError;
use crate::plan::{Step, Unit};
use crate::sql::{WrittenName, relations};

/// The verify file of a revision, taken apart.
pub(super) struct Verify(pub(super) Step);

impl Verify {
    /// Reads the file, if the revision has one.
    pub fn read(root: &Path, revision: &Revision, major: u32) -> Result<Option<Verify>, ApplyError> {
        let Some(path) = &revision.verify else {
            return Ok(None);
        };
        let file =
            read_sql(root, path).map_err(|error| ApplyError::refused(Outcome::Usage, error.finding()))?;
        let of_file = Revision {
            path: path.clone(),
            transaction: true,
            ..revision.clone()
        };
        let refused = |findings| {
            ApplyError::Refused(Refusal {
                outcome: Outcome::Findings,
                findings,
            })
        };
        let step = Step::build(&of_file, file.text, Checksum::of([]), major).map_err(refused)?;
        if step.script.statements.is_empty() {
            let finding = Finding::new(
                "verify-empty",
                Level::Error,
                format!("verify file of revision \"{}\" has no statement", revision.id),
            )
            .object(revision.id.as_str())
            .detail("A check that cannot fail is none.")
            .hint("Write a SELECT that is true only after the revision, or remove the file.")
            .at(Location::file(path));
            return Err(refused(vec![finding]));
        }
        match step.script.sections.first() {
            None => Ok(Some(Verify(step))),
            Some(section) => {
                let finding = Finding::new(
                    "backfill-in-verify-file",
                    Level::Error,
                    "verify file has a backfill",
                )
                .object(step.revision.id.as_str())
                .detail("It verifies what is there; nothing between the directives would be checked.")
                .hint("Remove the directives: a verify file sees every row, or fails.")
                .at(step.place(section.range.clone()));
                Err(refused(vec![finding]))
            }
        }
    }

    /// Runs the statements in the open transaction. Each must return at least one row, and in each row a single boolean
    /// column that is true: a check that cannot fail is none.
    pub fn run(&self, work: &mut Work<'_>) -> Result<(), Trouble> {
        let step = &self.0;
        let settings = work.settings_sql("LOCAL ");
        work.queue(&settings);
        for unit in &step.units {
            let Unit::Statement(index) = unit else { continue };
            let range = step.statement(*index).range.clone();
            let guard = self.guard(work, *index)?;
            let rows = work
                .typed(step.text(*index), Some(&range), "verify")
                .map_err(|trouble| self.rejected(trouble, *index, work.settings.interrupt.raised()))?;
            if let Some(guard) = guard {
                guard.leave(work, step)?;
            }
            let wrong = match rows.iter().find_map(what_is_wrong) {
                Some(wrong) => Some(wrong),
                None if rows.is_empty() => Some("it returned no row".to_owned()),
                None => None,
            };
            if let Some(wrong) = wrong {
                return Err(self.failed(step.place(range), wrong));
            }
        }
        Ok(())
    }

    /// A role that row security binds would see too few rows, or none, of what it has to verify. Around one statement
    /// only, because the next one may verify row security itself.
    fn guard(&self, work: &mut Work<'_>, index: usize) -> Result<Option<Guard>, Trouble> {
        if work.facts.bypasses {
            return Ok(None);
        }
        let reads: Vec<WrittenName> = relations::touched(self.0.text(index)).reads.into_iter().collect();
        Guard::for_reading(work, &reads, self.0.statement(index).range.clone())
    }

    fn failed(&self, place: Location, wrong: String) -> Trouble {
        let id = &self.0.revision.id;
        ApplyError::Failed(Box::new(Failure {
            outcome: Outcome::Unverified,
            revision: id.clone(),
            rule: "verify-failed",
            message: format!("revision \"{id}\" failed its verify file: {wrong}"),
            place: Some(place),
            excerpt: None,
            sqlstate: None,
            statement: None,
            details: vec![
                "Each statement must return at least one row with a single boolean column that is true."
                    .to_owned(),
            ],
            hint: Some(
                "Correct the revision or its verify file; nothing of a transactional revision was kept."
                    .to_owned(),
            ),
        }))
        .into()
    }

    /// An error in a verify file is a failed check, with its place in that file.
    fn rejected(&self, trouble: Trouble, index: usize, interrupted: Option<Outcome>) -> Trouble {
        match (trouble, interrupted) {
            (Trouble::Sql(rejected), Some(outcome)) if rejected.error.sqlstate() == Some("57014") => {
                super::explain::interrupted(&self.0, outcome).into()
            }
            // Nothing is wrong with what was verified: the transaction is repeated as a whole, or the session ended. The
            // places are those of another file than the revision's.
            (Trouble::Sql(mut rejected), _) if judges_nothing(&rejected.error) => {
                let place = self.0.place(self.0.statement(index).range.clone());
                rejected.at = None;
                rejected.statement = None;
                rejected.doing = Some(format!("verify ({place})"));
                Trouble::Sql(rejected)
            }
            (Trouble::Sql(mut rejected), _) => {
                rejected.statement = Some(index);
                rejected.doing = None;
                let mut failure = super::explain::failure(&self.0, &rejected, Outcome::Unverified);
                failure.rule = "verify-failed";
                ApplyError::Failed(Box::new(failure)).into()
            }
            (stop, _) => stop,
        }
    }
}

/// Says whether an error is about the session or those beside it, and not about what the statement asked.
///
/// 57P01 to 57P05 end a session: a stop of the server, a crash, `pg_terminate_backend` (manual, appendix A).
fn judges_nothing(error: &PgError) -> bool {
    let Some(sqlstate) = error.sqlstate() else {
        return true;
    };
    retry::is_repeatable(Some(sqlstate)) || sqlstate.starts_with("57P")
}

fn what_is_wrong(row: &crate::pg::Row) -> Option<String> {
    if row.columns().len() != 1 {
        return Some(format!("a row has {} columns", row.columns().len()));
    }
    match row.try_get::<_, Option<bool>>(0) {
        Ok(Some(true)) => None,
        Ok(Some(false)) => Some("a row is false".to_owned()),
        Ok(None) => Some("a row is null".to_owned()),
        Err(_) => Some(format!(
            "its column is of type {}, not boolean",
            row.columns()[0].type_()
        )),
    }
}
