//! The commands: one file each, listed here in alphabetical order.

mod graph;
mod heads;
mod history;
mod init;
mod lint;
mod merge;
mod new;
mod rehearse;
mod show;

use super::Entry;

/// Every command, sorted by name.
pub const COMMANDS: &[Entry] = &[
    Entry::of::<graph::Draw>(),
    Entry::of::<heads::Heads>(),
    Entry::of::<history::History>(),
    Entry::of::<init::Init>(),
    Entry::of::<lint::Lint>(),
    Entry::of::<merge::Merge>(),
    Entry::of::<new::New>(),
    Entry::of::<rehearse::Rehearse>(),
    Entry::of::<show::Show>(),
];
