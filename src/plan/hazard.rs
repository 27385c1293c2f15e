//! What a person should know before a statement runs, in words. Ids never change meaning.

use std::fmt;

use serde::Serialize;

use super::foresee::{Lock, Until};
use super::size::Sizes;
use crate::lint::effects::{Effects, Sure, Work};
use crate::model::LockMode;
use crate::sql::act::object::ObjectKind;
use crate::sql::act::{Act, Action, AlterCommand};

/// One hazard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hazard {
    /// Which, for machines: `rewrite`, `scan`, `blocks-reads`, `blocks-writes`, `held-while-working`, `destroys-data`,
    /// `waits-for-snapshots`, `guard-blocks`, `reaches-outside`, `not-known`.
    pub id: &'static str,
    /// What it means here, for people.
    pub message: String,
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.message)
    }
}

impl Hazard {
    pub(super) fn new(id: &'static str, message: impl Into<String>) -> Self {
        Hazard {
            id,
            message: message.into(),
        }
    }
}

/// Finds the hazards of one statement by itself.
pub(super) fn of(act: &Act, effects: &Effects, locks: &[Lock], sizes: &Sizes) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    let sized = |work: &Work| {
        let size = sizes
            .of(&work.relation)
            .map_or_else(|| "size not known".to_owned(), |size| size.to_string());
        format!("{} ({size}), because it {}", work.relation, work.why)
    };
    for work in effects.rewrites.iter().filter(|work| work.visible) {
        hazards.push(Hazard::new("rewrite", format!("writes anew {}", sized(work))));
    }
    for work in effects.scans.iter().filter(|work| work.visible) {
        hazards.push(Hazard::new("scan", format!("reads all of {}", sized(work))));
    }
    for lock in locks {
        hazards.extend(blocking(lock));
    }
    if destroys(act) {
        hazards.push(Hazard::new(
            "destroys-data",
            "takes data away for good: no down file brings it back",
        ));
    }
    if waits_for_snapshots(act) {
        hazards.push(Hazard::new(
            "waits-for-snapshots",
            "waits for every older transaction in the database before it ends",
        ));
    }
    match effects.sure {
        Sure::Known => {}
        Sure::Assumed => hazards.push(Hazard::new(
            "not-known",
            "something that decides is not known; the worst is assumed",
        )),
        Sure::Opaque => hazards.push(Hazard::new(
            "not-known",
            "runs text that is built when it runs: what it locks is not known",
        )),
    }
    hazards
}

fn blocking(lock: &Lock) -> Option<Hazard> {
    let until = match lock.until {
        Until::Transaction => "until the transaction ends",
        Until::Statement => "while the statement works",
    };
    if lock.mode.blocks_reads() {
        let message = format!("nobody else reads or writes {} {until}", lock.relation);
        return Some(Hazard::new("blocks-reads", message));
    }
    lock.mode.conflicts_with(LockMode::RowExclusive).then(|| {
        Hazard::new(
            "blocks-writes",
            format!("nobody else writes {} {until}", lock.relation),
        )
    })
}

fn destroys(act: &Act) -> bool {
    match &act.action {
        Action::Truncate { .. } => true,
        Action::Drop(drop) => matches!(
            drop.objects.first().map(|object| object.kind),
            Some(ObjectKind::Table | ObjectKind::Schema | ObjectKind::Sequence | ObjectKind::ForeignTable)
        ),
        Action::AlterTable(table) => table
            .commands
            .iter()
            .any(|(command, _)| matches!(command, AlterCommand::DropColumn { .. })),
        _ => false,
    }
}

/// CONCURRENTLY works in several transactions and waits between them (manual, CREATE INDEX, "Building Indexes
/// Concurrently").
fn waits_for_snapshots(act: &Act) -> bool {
    match &act.action {
        Action::CreateIndex(index) => index.concurrently,
        Action::Reindex(reindex) => reindex.concurrently,
        Action::Drop(drop) => drop.concurrently,
        _ => false,
    }
}
