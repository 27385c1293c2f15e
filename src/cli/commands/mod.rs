//! The commands: one file each, listed here in alphabetical order.

use super::Entry;

/// Every command, sorted by name.
pub const COMMANDS: &[Entry] = &[];
