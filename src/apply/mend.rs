//! Goes through what is half-done or edited, offers what mends it, and does what was agreed to.

use super::doubt::{self, State};
use super::effect::Found;
use super::error::ApplyError;
use super::project::Project;
use super::rebless::{self, Edit};
use super::repair::{self, Mending, Offer, Repaired, StepName, Wishes};
use super::work::Work;
use super::{settle, upgrade};
use crate::ledger::{Applied, Attempted, Entry};
use crate::model::{Finding, Level, Outcome, RevisionId};
use crate::plan::Step;

/// A repair at work, under the migrator lock.
pub(super) struct Mender<'a, 'b> {
    pub work: Work<'a>,
    pub project: &'b Project,
    pub wishes: &'b Wishes,
    pub ask: &'b mut dyn FnMut(&Offer) -> bool,
    pub repaired: &'b mut Repaired,
}

impl Mender<'_, '_> {
    /// Refuses wishes that name nothing, before anything is mended.
    pub fn check(&self, applied: &Applied) -> Result<(), ApplyError> {
        for name in self.wishes.done.iter().chain(&self.wishes.retry) {
            let matching: Vec<&Entry> = applied
                .journal
                .iter()
                .filter(|entry| named(name, entry))
                .collect();
            let open: Vec<&Entry> = matching
                .iter()
                .copied()
                .filter(|entry| self.is_open(entry))
                .collect();
            let message = match (name.number, open.as_slice(), matching.as_slice()) {
                (_, [_], _) | (Some(_), _, [_]) => continue,
                (_, _, []) => format!("no journalled step is named by \"{}\"", shown(name)),
                (_, [], _) => format!("no step of revision \"{}\" is in doubt", name.revision),
                _ => format!("several steps are named by \"{}\"", shown(name)),
            };
            let finding = Finding::new("step-not-found", Level::Error, message)
                .hint("Write REV:N; \"zerodrift status\" lists the steps of half-done revisions.");
            return Err(ApplyError::refused(Outcome::Usage, finding));
        }
        Ok(())
    }

    fn is_open(&self, entry: &Entry) -> bool {
        match self.step(&entry.revision) {
            Some(step) => doubt::state(&step, entry) == State::HalfDone,
            None => true,
        }
    }

    fn step(&self, id: &RevisionId) -> Option<Step> {
        let revision = self.project.graph.get(id)?;
        self.project.step(revision, self.work.facts.major).ok()
    }

    /// Goes through the journal of half-done revisions.
    pub fn steps(&mut self, applied: &Applied) -> Result<(), ApplyError> {
        let mut begun: Vec<RevisionId> = applied.batched.iter().map(|(id, _)| id.clone()).collect();
        for entry in &applied.journal {
            begun.push(entry.revision.clone());
            let wish = self.wish(entry, applied);
            match self.step(&entry.revision) {
                Some(step) => self.journalled(&step, entry, wish)?,
                None => self.homeless(entry, wish)?,
            }
        }
        begun.sort();
        begun.dedup();
        begun.retain(|id| self.project.graph.get(id).is_some());
        self.repaired.resumable = begun;
        Ok(())
    }

    fn wish(&self, entry: &Entry, applied: &Applied) -> Option<Attempt> {
        let means = |name: &StepName| {
            named(name, entry)
                && (name.number.is_some()
                    || self.is_open(entry)
                    || applied.journal.iter().filter(|other| named(name, other)).count() == 1)
        };
        if self.wishes.done.iter().any(means) {
            Some(Attempt::Done)
        } else if self.wishes.retry.iter().any(means) {
            Some(Attempt::Retry)
        } else {
            None
        }
    }

    fn journalled(&mut self, step: &Step, entry: &Entry, wish: Option<Attempt>) -> Result<(), ApplyError> {
        let state = doubt::state(step, entry);
        if state == State::Running && !self.ended(entry)? {
            self.repaired.findings.push(doubt::running(step, entry));
            return Ok(());
        }
        // Ended just now: the statement is as one that a crash left.
        let entry = &Entry {
            running: false,
            ..entry.clone()
        };
        let state = doubt::state(step, entry);
        if state != State::HalfDone && wish.is_none() {
            return Ok(());
        }
        let found = settle::find(&mut self.work, step, entry);
        let found = found.map_err(|trouble| doubt::stopped(&mut self.work, trouble))?;
        match wish {
            Some(wish) => self.as_wished(entry, wish, &found),
            None => match &found {
                Found::Unclear(why) => {
                    let refusal = doubt::unclear(step, entry, why);
                    self.repaired.findings.extend(refusal.findings());
                    Ok(())
                }
                found => self.settle(entry, found, doubt::told(found)),
            },
        }
    }

    /// Offers to end the backend of a step that still runs; says whether it is gone.
    fn ended(&mut self, entry: &Entry) -> Result<bool, ApplyError> {
        let pid = entry.backend_pid;
        let found = format!(
            "Step {} of revision \"{}\" is still running, backend {pid} works on: {}",
            entry.number, entry.revision, entry.excerpt
        );
        let offer = repair::termination(pid, Some(entry.revision.clone()), found);
        let yes = self.wishes.terminate == Some(pid) || (self.ask)(&offer);
        self.repaired.offers.push((offer, yes));
        Ok(yes && repair::terminate(self.work.session, pid)?)
    }

    /// A journalled revision that has no file here.
    fn homeless(&mut self, entry: &Entry, wish: Option<Attempt>) -> Result<(), ApplyError> {
        if let Some(wish) = wish {
            let why = "The revision has no file here.".to_owned();
            return self.as_wished(entry, wish, &Found::Unclear(why));
        }
        let finding = Finding::new(
            "half-done-revision-unknown",
            Level::Error,
            format!("half-done revision \"{}\" is not in the graph", entry.revision),
        )
        .object(entry.revision.as_str())
        .detail(format!("Its step {} ran as: {}", entry.number, entry.excerpt))
        .hint("Check out the commit that has its file.");
        self.repaired.findings.push(finding);
        Ok(())
    }

    fn as_wished(&mut self, entry: &Entry, wish: Attempt, found: &Found) -> Result<(), ApplyError> {
        match wish {
            Attempt::Done => {
                let found = Found::Complete("A user said that it is complete.".to_owned());
                self.settle(entry, &found, "You say that it is complete.".to_owned())
            }
            // What is known to be in the way goes first.
            Attempt::Retry => match found {
                Found::Leftover { .. } => self.settle(entry, found, doubt::told(found)),
                _ => {
                    let found = Found::Nothing("A user said that it shall run again.".to_owned());
                    self.settle(entry, &found, "You say that it shall run again.".to_owned())
                }
            },
        }
    }

    fn settle(&mut self, entry: &Entry, found: &Found, told: String) -> Result<(), ApplyError> {
        let would = match found {
            Found::Complete(_) => "write down that it is done".to_owned(),
            Found::Nothing(_) | Found::Unclear(_) => "let the next upgrade run it again".to_owned(),
            Found::Leftover { sql, .. } => {
                format!("run {}, and let the next upgrade run it again", sql.join("; "))
            }
            Found::Unfinished { sql, .. } => format!("run {sql}, and write down that it is done"),
        };
        let offer = Offer {
            mending: Mending::Settle,
            revision: Some(entry.revision.clone()),
            found: format!(
                "Step {} of revision \"{}\" ran as: {}. {told}",
                entry.number, entry.revision, entry.excerpt
            ),
            would,
        };
        if !self.offered(offer) {
            return Ok(());
        }
        let id = &entry.revision;
        settle::mend(&mut self.work, id, entry.number, found)
            .map_err(|trouble| doubt::stopped(&mut self.work, trouble))?;
        let target = format!("{id}:{}", entry.number);
        let mut attempt = self.work.attempt(Some(id), Attempted::Settled);
        attempt.target = Some(&target);
        let insert = attempt.insert();
        self.run(&insert)
    }

    /// Offers to record what plain refinery applied.
    pub fn adopt(&mut self, applied: &Applied) -> Result<(), ApplyError> {
        let adoption = rebless::adoption(&mut self.work, self.project, applied)?;
        self.repaired.findings.extend(adoption.findings);
        let Some(sql) = adoption.sql else {
            return Ok(());
        };
        let offer = Offer {
            mending: Mending::Adopt,
            revision: None,
            found: format!("Plain refinery applied {}.", adoption.shown.join(", ")),
            would: "record them in the ledger as stamped".to_owned(),
        };
        if !self.offered(offer) {
            return Ok(());
        }
        upgrade::ledger(&mut self.work, applied.format)?;
        self.run(&sql)
    }

    /// Accepts edits that were named; names those that were not.
    pub fn rebless(&mut self, applied: &Applied) -> Result<(), ApplyError> {
        let mut wanted = self.wishes.rebless.clone();
        for Edit {
            revision,
            found,
            finding,
            sql,
        } in rebless::edits(&mut self.work, self.project, applied)?
        {
            let wish = wanted
                .iter()
                .position(|name| revision.as_str().starts_with(name.as_str()));
            let Some(wish) = wish else {
                if finding.level == Level::Error {
                    let hint = format!(
                        "Restore the file and put the change into a new revision, or accept the edit with \"zerodrift \
                         repair --rebless {revision}\"."
                    );
                    self.repaired.findings.push(finding.hint(hint));
                }
                continue;
            };
            wanted.remove(wish);
            let offer = Offer {
                mending: Mending::Rebless,
                revision: Some(revision),
                found,
                would: "accept the file as it is now for what was applied".to_owned(),
            };
            if self.offered(offer) {
                self.run(&sql)?;
            }
        }
        match wanted.first() {
            None => Ok(()),
            Some(name) => {
                let message = format!("no edited revision is named by \"{name}\"");
                let finding = Finding::new("revision-not-edited", Level::Error, message)
                    .hint("\"zerodrift status\" lists what was edited since it was applied.");
                Err(ApplyError::refused(Outcome::Usage, finding))
            }
        }
    }

    fn offered(&mut self, offer: Offer) -> bool {
        let yes = (self.ask)(&offer);
        self.repaired.offers.push((offer, yes));
        yes
    }

    fn run(&mut self, sql: &str) -> Result<(), ApplyError> {
        self.work.session.run(sql).map_err(|error| {
            self.work.rollback();
            ApplyError::Database {
                doing: "write the ledger",
                error,
            }
        })?;
        Ok(())
    }
}

/// What a user says about a step.
#[derive(Clone, Copy)]
enum Attempt {
    Done,
    Retry,
}

fn named(name: &StepName, entry: &Entry) -> bool {
    entry.revision.as_str().starts_with(name.revision.as_str())
        && name.number.is_none_or(|number| number == entry.number)
}

fn shown(name: &StepName) -> String {
    match name.number {
        Some(number) => format!("{}:{number}", name.revision),
        None => name.revision.clone(),
    }
}
