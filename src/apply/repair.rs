//! `repair`: shows what a crash or an edit left, asks, and mends it.
//!
//! Every offer is looked up first and mended only if whoever calls says yes to it. What nobody can know, a user has to
//! say: `--done`, `--retry`, `--rebless`.

use std::time::{Duration, Instant};

use super::error::ApplyError;
use super::mend::Mender;
use super::preflight::{self, Facts};
use super::progress::Progress;
use super::project::Project;
use super::retry::Blocker;
use super::settings::Settings;
use super::work::Work;
use super::{lock, upgrade};
use crate::ledger::Applied;
use crate::model::{Finding, Outcome, RevisionId};
use crate::pg::Session;

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
    for holder in holders {
        let found = format!(
            "A session holds the migrator lock: {holder}. If its client is alive, a migration is at work."
        );
        let offer = termination(holder.pid, None, found);
        let yes = wishes.terminate == Some(holder.pid) || ask(&offer);
        repaired.offers.push((offer, yes));
        if !yes || !terminate(session, holder.pid)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The offer to end a session.
pub(super) fn termination(pid: i32, revision: Option<RevisionId>, found: String) -> Offer {
    Offer {
        mending: Mending::Terminate(pid),
        revision,
        found,
        would: format!("end it with pg_terminate_backend({pid}), which rolls its transaction back"),
    }
}

/// Ends a session and waits for its end; says whether it came.
pub(super) fn terminate(session: &mut Session, pid: i32) -> Result<bool, ApplyError> {
    let failed = |error| ApplyError::Database {
        doing: "end a session",
        error,
    };
    let end = format!("SELECT pg_catalog.pg_terminate_backend({pid})");
    session.run(&end).map_err(failed)?;
    let alive =
        format!("SELECT pg_catalog.count(*)::text FROM pg_catalog.pg_stat_activity AS a WHERE a.pid = {pid}");
    let begun = Instant::now();
    while begun.elapsed() < GONE_WITHIN {
        let rows = session.text_rows(&alive).map_err(failed)?;
        if rows.first().and_then(|row| row.first()?.as_deref()) == Some("0") {
            return Ok(true);
        }
        std::thread::sleep(lock::POLL);
    }
    Ok(false)
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
