//! `repair`: shows what a crash or an edit left, asks, and mends it.
//!
//! Every offer is looked up first and mended only if whoever calls says yes to it. What nobody can know, a user has to
//! say: `--done`, `--retry`, `--rebless`.

use std::time::{Duration, Instant};

use super::doubt::{self, State};
use super::effect::Found;
use super::error::ApplyError;
use super::preflight::{self, Facts};
use super::progress::Progress;
use super::project::Project;
use super::rebless::{self, Edit};
use super::retry::Blocker;
use super::settings::Settings;
use super::work::Work;
use super::{lock, settle, upgrade};
use crate::ledger::{Applied, Attempted, Entry};
use crate::model::{Finding, Level, Outcome, RevisionId};
use crate::pg::Session;
use crate::plan::Step;

/// A step as a user names it: `REV` or `REV:N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepName {
    /// The revision, or its beginning.
    pub revision: String,
    /// The step of its file, from 1; none where only one is in doubt.
    pub number: Option<usize>,
}

impl std::str::FromStr for StepName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (revision, number) = match text.rsplit_once(':') {
            Some((revision, number)) => {
                let number = number.parse().ok().filter(|number| *number > 0);
                let number = number.ok_or_else(|| format!("\"{text}\" does not end with a step from 1"))?;
                (revision, Some(number))
            }
            None => (text, None),
        };
        if revision.is_empty() {
            return Err("no revision is named".to_owned());
        }
        Ok(StepName {
            revision: revision.to_owned(),
            number,
        })
    }
}

/// What a user knows and the catalog does not.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Steps that are complete.
    pub done: Vec<StepName>,
    /// Steps that shall run again.
    pub retry: Vec<StepName>,
    /// Revisions whose edit is accepted.
    pub rebless: Vec<String>,
    /// The backend that may be ended without being asked about.
    pub terminate: Option<i32>,
}

/// Something that can be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What kind of mending it is.
    pub mending: Mending,
    /// The revision, where it is about one.
    pub revision: Option<RevisionId>,
    /// What is there.
    pub found: String,
    /// What would be done, in the infinitive.
    pub would: String,
}

/// A kind of mending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mending {
    /// End a session that holds the migrator lock.
    Terminate(i32),
    /// Settle a half-done step.
    Settle,
    /// Record revisions that plain refinery applied.
    Adopt,
    /// Accept an edit.
    Rebless,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Repaired {
    /// What was offered, and whether it was done.
    pub offers: Vec<(Offer, bool)>,
    /// What cannot be mended here, with what to do about it.
    pub findings: Vec<Finding>,
    /// Half-done revisions with which the next upgrade goes on by itself.
    pub resumable: Vec<RevisionId>,
}

/// How long an ended session is waited for.
const GONE_WITHIN: Duration = Duration::from_secs(30);

/// Shows and mends. `ask` decides about each offer.
pub fn repair(
    session: &mut Session,
    project: &Project,
    wishes: &Wishes,
    settings: &Settings,
    progress: &mut dyn Progress,
    ask: &mut dyn FnMut(&Offer) -> bool,
) -> Result<Repaired, ApplyError> {
    let facts = preflight::fit(session, settings)?;
    let mut repaired = Repaired::default();
    let presence = loop {
        match preflight::exclusive(session, settings, progress) {
            Ok(presence) => break presence,
            Err(error) if error.outcome() == Outcome::Locked => {
                let holders = lock::holders(session, settings.lock_key())?;
                if !end(session, &holders, wishes, ask, &mut repaired)? {
                    repaired.findings.extend(error.findings());
                    return Ok(repaired);
                }
            }
            Err(error) => return Err(error),
        }
    };
    let facts = Facts { presence, ..facts };
    let result = locked(
        session,
        project,
        wishes,
        settings,
        progress,
        facts,
        ask,
        &mut repaired,
    );
    upgrade::leave(session, settings);
    result.map(|()| repaired)
}

/// Offers to end the sessions that hold the lock; says whether they are gone.
fn end(
    session: &mut Session,
    holders: &[Blocker],
    wishes: &Wishes,
    ask: &mut dyn FnMut(&Offer) -> bool,
    repaired: &mut Repaired,
) -> Result<bool, ApplyError> {
    let failed = |error| ApplyError::Database {
        doing: "end a session",
        error,
    };
    for holder in holders {
        let offer = Offer {
            mending: Mending::Terminate(holder.pid),
            revision: None,
            found: format!(
                "A session holds the migrator lock: {holder}. If its client is alive, a migration is at work."
            ),
            would: format!(
                "end it with pg_terminate_backend({}), which rolls its transaction back",
                holder.pid
            ),
        };
        let yes = wishes.terminate == Some(holder.pid) || ask(&offer);
        repaired.offers.push((offer, yes));
        if !yes {
            return Ok(false);
        }
        let sql = format!("SELECT pg_catalog.pg_terminate_backend({})", holder.pid);
        session.run(&sql).map_err(failed)?;
        let alive = format!(
            "SELECT pg_catalog.count(*)::text FROM pg_catalog.pg_stat_activity AS a WHERE a.pid = {}",
            holder.pid
        );
        let begun = Instant::now();
        loop {
            let rows = session.text_rows(&alive).map_err(failed)?;
            if rows.first().and_then(|row| row.first()?.as_deref()) == Some("0") {
                break;
            }
            if begun.elapsed() > GONE_WITHIN {
                return Ok(false);
            }
            std::thread::sleep(lock::POLL);
        }
    }
    Ok(true)
}

#[allow(clippy::too_many_arguments)]
fn locked(
    session: &mut Session,
    project: &Project,
    wishes: &Wishes,
    settings: &Settings,
    progress: &mut dyn Progress,
    facts: Facts,
    ask: &mut dyn FnMut(&Offer) -> bool,
    repaired: &mut Repaired,
) -> Result<(), ApplyError> {
    let mut work = Work::new(session, settings, progress, facts, "repair", "");
    let read = |work: &mut Work<'_>| {
        let (history, presence) = (&work.settings.history_table, work.facts.presence);
        Applied::read(work.session, history, presence).map_err(ApplyError::from)
    };
    let applied = read(&mut work)?;
    if applied.format > 0 {
        upgrade::ledger(&mut work, applied.format)?;
    }
    let mut mender = Mender {
        work,
        project,
        wishes,
        ask,
        repaired,
    };
    mender.check(&applied)?;
    mender.steps(&applied)?;
    mender.adopt(&applied)?;
    let applied = read(&mut mender.work)?;
    mender.rebless(&applied)
}

struct Mender<'a, 'b> {
    work: Work<'a>,
    project: &'b Project,
    wishes: &'b Wishes,
    ask: &'b mut dyn FnMut(&Offer) -> bool,
    repaired: &'b mut Repaired,
}

impl Mender<'_, '_> {
    /// Refuses wishes that name nothing, before anything is mended.
    fn check(&self, applied: &Applied) -> Result<(), ApplyError> {
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
    fn steps(&mut self, applied: &Applied) -> Result<(), ApplyError> {
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
        if state == State::Running {
            self.repaired.findings.push(doubt::running(step, entry));
            return Ok(());
        }
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
    fn adopt(&mut self, applied: &Applied) -> Result<(), ApplyError> {
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
    fn rebless(&mut self, applied: &Applied) -> Result<(), ApplyError> {
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

#[cfg(test)]
mod tests {
    use super::StepName;

    #[test]
    fn steps_are_named_by_revision_and_number() {
        let read = |text: &str| text.parse::<StepName>().map(|name| (name.revision, name.number));
        assert_eq!(read("a1"), Ok(("a1".to_owned(), None)));
        assert_eq!(read("a1:12"), Ok(("a1".to_owned(), Some(12))));
        for wrong in ["", ":1", "a1:", "a1:0", "a1:x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
