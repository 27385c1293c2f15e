//! How the process ends: exit codes and signals.

use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::model::Outcome;

static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// Starts the thread that answers SIGINT and SIGTERM.
///
/// The first signal cancels what runs, so that the command ends by itself with the database in a clean or repairable
/// state. The second ends the process at once.
pub fn install() {
    let Ok(mut signals) = signal_hook::iterator::Signals::new([libc::SIGINT, libc::SIGTERM]) else {
        return;
    };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if SIGNAL.swap(signal, Ordering::SeqCst) != 0 {
                std::process::exit(i32::from(interrupted(signal).code()));
            }
        }
    });
}

/// Returns the exit code, which a signal decides if one came.
pub fn code(outcome: Outcome) -> ExitCode {
    let outcome = match SIGNAL.load(Ordering::SeqCst) {
        0 => outcome,
        signal => interrupted(signal),
    };
    ExitCode::from(outcome.code())
}

fn interrupted(signal: i32) -> Outcome {
    if signal == libc::SIGTERM {
        Outcome::Terminated
    } else {
        Outcome::Interrupted
    }
}
