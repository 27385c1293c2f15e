//! The command line: the only folder that prints.
//!
//! In: arguments, environment, terminal. Out: one rendered report per format, and the exit code. A command is one file
//! in `commands/` that implements [`Verb`] and one line in the list of `commands/mod.rs`; it parses arguments, calls
//! the library and returns a [`Report`](crate::report::Report). No command prints by itself.

mod ahead;
mod args;
mod attributing;
pub mod commands;
mod connection;
mod context;
mod drafting;
mod error;
mod exit;
mod linting;
mod mending;
mod migrating;
mod narrowing;
mod output;
mod planning;
mod progress;
mod remembering;
mod selection;
mod source;
mod verb;
mod workspace;

use std::process::ExitCode;

pub use ahead::Ahead;
pub use connection::Connection;
pub use context::Context;
pub use drafting::written;
pub use error::CommandError;
pub use migrating::{Migrating, Opened};
pub use progress::Progress;
pub use remembering::Remember;
pub use source::{Loaded, Source, load_both};
pub use verb::{Entry, Verb};
pub use workspace::{NO_REVISION, Workspace};

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    let parsed = match args::parse() {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    exit::code(run(&parsed))
}

fn run(parsed: &args::Parsed) -> crate::model::Outcome {
    let interrupt =
        exit::install().map_err(|error| CommandError::usage(format!("cannot listen for signals: {error}")));
    let context = match interrupt.and_then(|interrupt| Context::new(&parsed.global, parsed.entry, interrupt))
    {
        Ok(context) => context,
        Err(error) => return output::failure(&error, &parsed.global, parsed.entry.name),
    };
    match (parsed.entry.run)(&parsed.matches, &context) {
        Ok(report) => output::write(&report, &context),
        Err(error) => output::failure(&error, &parsed.global, parsed.entry.name),
    }
}
