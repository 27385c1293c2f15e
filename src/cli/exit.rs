//! How the process ends: exit codes and signals.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::apply::Interrupt;
use crate::model::Outcome;
use crate::pg::{cluster, interrupt};

static SIGNAL: AtomicI32 = AtomicI32::new(0);
static MIGRATING: AtomicBool = AtomicBool::new(false);

/// Says that the command ends by itself, and cleanly, once the interrupt is raised.
pub fn leave_to_the_command() {
    MIGRATING.store(true, Ordering::SeqCst);
}

/// Starts the thread that answers SIGINT and SIGTERM, and returns what it raises.
///
/// The first signal cancels what runs, so that the command ends by itself with the database in a clean or repairable
/// state; throw-away servers hold nothing worth waiting for and are stopped at once. The second signal ends the
/// process.
pub fn install() -> std::io::Result<Interrupt> {
    let raised = Interrupt::default();
    let returned = raised.clone();
    let mut signals = signal_hook::iterator::Signals::new([libc::SIGINT, libc::SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let again = SIGNAL.swap(signal, Ordering::SeqCst) != 0;
            raised.raise(signal);
            // A migration cancels its own statement and then records where it stopped; all others just stop.
            if !MIGRATING.load(Ordering::SeqCst) {
                interrupt::cancel_all();
            }
            cluster::stop_all();
            if again {
                std::process::exit(i32::from(interrupted(signal).code()));
            }
        }
    });
    Ok(returned)
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
