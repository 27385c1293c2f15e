//! How the process ends: exit codes and signals.

use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::apply::Interrupt;
use crate::model::Outcome;
use crate::pg::{cluster, interrupt};

static SIGNAL: AtomicI32 = AtomicI32::new(0);

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
            interrupt::cancel_all();
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
