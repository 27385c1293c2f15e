//! Points at which a test interrupts the program: before, during and after every message that a session sends.
//!
//! Everything that changes a database, the ledger's rows included, is such a message, so a sweep over all points is one
//! over all moments that a crash can be told apart by. Only programs with debug assertions have it: the tests start
//! that program, and a released one does not know the variable.
//!
//! ```text
//! ZERODRIFT_FAULT_POINT=count:FILE                     appends a line to FILE for each message
//! ZERODRIFT_FAULT_POINT=NUMBER:MOMENT:kill             dies by SIGKILL at that message
//! ZERODRIFT_FAULT_POINT=NUMBER:MOMENT:ask:SOCKET       connects to SOCKET and waits until the other side closes it
//!                              MOMENT                  before, after, or the microseconds after the message was begun
//! ```
//!
//! Whoever is asked stops the server or cuts the connection. Side sessions, which come and go with the time that things
//! take, are not counted.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

const VARIABLE: &str = "ZERODRIFT_FAULT_POINT";
/// Looks at the work from time to time (`apply/watch.rs`).
const SIDE: &str = "zerodrift watch";

enum Wanted {
    Count(PathBuf),
    Fault(Fault),
}

#[derive(Clone)]
struct Fault {
    number: u64,
    moment: Moment,
    action: Action,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    During(Duration),
    After,
}

#[derive(Clone)]
enum Action {
    Kill,
    Ask(PathBuf),
}

/// A message on its way; what belongs to its end happens when this is dropped.
pub(super) struct Passing {
    after: Option<Fault>,
    during: Option<JoinHandle<()>>,
}

/// Passes the point in front of a message.
pub(super) fn pass(application: &str, message: &str) -> Passing {
    let mut passing = Passing {
        after: None,
        during: None,
    };
    let Some(wanted) = wanted().filter(|_| application != SIDE) else {
        return passing;
    };
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let number = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    match wanted {
        Wanted::Count(file) => note(file, number, message),
        Wanted::Fault(fault) if fault.number == number => match fault.moment {
            Moment::Before => fault.strike(),
            Moment::During(delay) => {
                let fault = fault.clone();
                passing.during = Some(std::thread::spawn(move || {
                    std::thread::sleep(delay);
                    fault.strike();
                }));
            }
            Moment::After => passing.after = Some(fault.clone()),
        },
        Wanted::Fault(_) => {}
    }
    passing
}

impl Drop for Passing {
    fn drop(&mut self) {
        if let Some(thread) = self.during.take()
            && thread.join().is_err()
        {
            std::process::abort();
        }
        if let Some(fault) = &self.after {
            fault.strike();
        }
    }
}

impl Fault {
    fn strike(&self) {
        let struck = match &self.action {
            Action::Kill => kill_process(getpid(), Signal::KILL).map_err(std::io::Error::from),
            Action::Ask(socket) => ask(socket),
        };
        if struck.is_err() {
            // A sweep must not take a fault that did not happen for one that did no harm.
            std::process::abort();
        }
    }
}

fn ask(socket: &PathBuf) -> std::io::Result<()> {
    let mut asked = UnixStream::connect(socket)?;
    asked.read_to_end(&mut Vec::new()).map(|_| ())
}

fn note(file: &PathBuf, number: u64, message: &str) {
    let words: Vec<&str> = message.split_whitespace().collect();
    let line = format!("{number} {}\n", words.join(" "));
    let opened = OpenOptions::new().append(true).create(true).open(file);
    if opened
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .is_err()
    {
        std::process::abort();
    }
}

fn wanted() -> Option<&'static Wanted> {
    static WANTED: OnceLock<Option<Wanted>> = OnceLock::new();
    WANTED
        .get_or_init(|| {
            let text = std::env::var(VARIABLE).ok()?;
            // What cannot be read must not look like a run without faults.
            Some(read(&text).unwrap_or_else(|| std::process::abort()))
        })
        .as_ref()
}

fn read(text: &str) -> Option<Wanted> {
    if let Some(file) = text.strip_prefix("count:") {
        return Some(Wanted::Count(file.into()));
    }
    let mut parts = text.splitn(4, ':');
    let number = parts.next()?.parse().ok()?;
    let moment = match parts.next()? {
        "before" => Moment::Before,
        "after" => Moment::After,
        micros => Moment::During(Duration::from_micros(micros.parse().ok()?)),
    };
    let action = match (parts.next()?, parts.next()) {
        ("kill", None) => Action::Kill,
        ("ask", Some(socket)) => Action::Ask(socket.into()),
        _ => return None,
    };
    Some(Wanted::Fault(Fault {
        number,
        moment,
        action,
    }))
}
