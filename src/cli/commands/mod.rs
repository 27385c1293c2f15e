//! The commands: one file each, listed here in alphabetical order.

mod doctor;
mod downgrade;
mod explain;
mod graph;
mod heads;
mod history;
mod init;
mod lint;
mod merge;
mod new;
mod plan;
mod rehearse;
mod repair;
mod schema;
mod show;
mod stamp;
mod status;
mod upgrade;

use super::Entry;

/// Every command, sorted by name.
pub const COMMANDS: &[Entry] = &[
    Entry::of::<doctor::Doctor>(),
    Entry::of::<downgrade::Downgrade>(),
    Entry::of::<explain::Explain>(),
    Entry::of::<graph::Draw>(),
    Entry::of::<heads::Heads>(),
    Entry::of::<history::History>(),
    Entry::of::<init::Init>(),
    Entry::of::<lint::Lint>(),
    Entry::of::<merge::Merge>(),
    Entry::of::<new::New>(),
    Entry::of::<plan::Plan>(),
    Entry::of::<rehearse::Rehearse>(),
    Entry::of::<repair::Repair>(),
    Entry::of::<schema::Schema>(),
    Entry::of::<show::Show>(),
    Entry::of::<stamp::Stamp>(),
    Entry::of::<status::Status>(),
    Entry::of::<upgrade::Upgrade>(),
];
