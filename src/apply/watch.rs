//! A second pair of eyes while a statement runs: cancels it when asked to, and notes who holds it up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::retry::Blocker;
use super::settings::Interrupt;
use super::stage::Stage;
use crate::pg::{Canceller, Session, Target};

/// How often the thread looks.
const TICK: Duration = Duration::from_millis(25);
/// A statement that runs longer than this may be waiting for a lock: `lock_timeout` is 2 s by default.
const SLOW: Duration = Duration::from_millis(600);
/// How often the stage of a patient statement is asked for.
const STAGE_EVERY: Duration = Duration::from_millis(250);
/// How often blockers are asked for.
const BLOCKERS_EVERY: Duration = Duration::from_millis(500);

/// Watches one work connection from a thread of its own. The thread ends with the value.
pub struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    started: Instant,
    /// Milliseconds since `started`, plus one, at which the running statement began; 0 while none runs.
    running_since: AtomicU64,
    /// Milliseconds of waiting after which the running statement is cancelled; 0 for never, and nobody looks then.
    patience: AtomicU64,
    /// Milliseconds that it has waited for locks and old snapshots. Work is not counted.
    waited: AtomicU64,
    /// Whether it was cancelled because of that.
    impatient: AtomicBool,
    stage: Mutex<Option<Stage>>,
    ended: AtomicBool,
    blockers: Mutex<Vec<Blocker>>,
}

impl Watch {
    /// Starts to watch the backend of `session`.
    pub fn start(session: &Session, interrupt: Interrupt) -> Self {
        let shared = Arc::new(Shared {
            started: Instant::now(),
            running_since: AtomicU64::new(0),
            patience: AtomicU64::new(0),
            waited: AtomicU64::new(0),
            impatient: AtomicBool::new(false),
            stage: Mutex::new(None),
            ended: AtomicBool::new(false),
            blockers: Mutex::new(Vec::new()),
        });
        let watcher = Watcher {
            shared: Arc::clone(&shared),
            interrupt,
            canceller: session.canceller(),
            target: session.target().clone(),
            backend: session.backend_pid(),
            side: None,
        };
        // Without a thread the run still works; it only cannot be cancelled in the middle of a statement.
        let thread = std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || watcher.run())
            .ok();
        Watch { shared, thread }
    }

    /// Does some work on the watched connection.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        self.patiently(Duration::ZERO, work)
    }

    /// Does some work on the watched connection that may wait for others only so long; how long it works does not count.
    pub fn patiently<T>(&self, patience: Duration, work: impl FnOnce() -> T) -> T {
        let now = self.shared.started.elapsed().as_millis() as u64;
        let patience = patience.as_millis() as u64;
        self.shared.waited.store(0, Ordering::Relaxed);
        self.shared.impatient.store(false, Ordering::Relaxed);
        self.shared.patience.store(patience, Ordering::Relaxed);
        self.shared.running_since.store(now + 1, Ordering::Release);
        let result = work();
        self.shared.running_since.store(0, Ordering::Release);
        result
    }

    /// Returns what the running patient statement is doing, as far as that is known.
    pub fn stage(&self) -> Option<Stage> {
        self.shared.stage.lock().ok()?.clone()
    }

    /// Says that the last statement was cancelled because it had waited too long.
    pub fn told(&self) -> Option<String> {
        let waited = self.shared.waited.load(Ordering::Relaxed) / 1000;
        self.shared.impatient.load(Ordering::Relaxed).then(|| {
            format!("It was cancelled after it had waited {waited} s for locks and old snapshots; its work does not count.")
        })
    }

    /// Takes the blockers seen since the last call, the latest sighting of each.
    pub fn take_blockers(&self) -> Vec<Blocker> {
        self.shared
            .blockers
            .lock()
            .map(|mut blockers| std::mem::take(&mut *blockers))
            .unwrap_or_default()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

struct Watcher {
    shared: Arc<Shared>,
    interrupt: Interrupt,
    canceller: Canceller,
    target: Target,
    backend: i32,
    side: Option<Session>,
}

impl Watcher {
    fn run(mut self) {
        let mut looked = Instant::now();
        let mut staged = Instant::now();
        let mut cancelled = None::<Instant>;
        while !self.shared.ended.load(Ordering::Acquire) {
            std::thread::park_timeout(TICK);
            let since = self.shared.running_since.load(Ordering::Acquire);
            if since == 0 {
                continue;
            }
            let ran = self
                .shared
                .started
                .elapsed()
                .saturating_sub(Duration::from_millis(since - 1));
            let patience = self.shared.patience.load(Ordering::Relaxed);
            if patience > 0 && staged.elapsed() > STAGE_EVERY {
                // What was not seen is not counted: of a long gap only as much as the usual.
                self.measure(staged.elapsed().min(2 * STAGE_EVERY));
                staged = Instant::now();
            }
            let too_long = patience > 0 && self.shared.waited.load(Ordering::Relaxed) > patience;
            // A cancel request may arrive before the statement: it is repeated.
            let again = cancelled.is_none_or(|at| at.elapsed() > Duration::from_millis(200));
            if (too_long || self.interrupt.raised().is_some()) && again {
                self.shared.impatient.fetch_or(too_long, Ordering::Relaxed);
                let _ = self.canceller.cancel();
                cancelled = Some(Instant::now());
            }
            if ran > SLOW && looked.elapsed() > BLOCKERS_EVERY {
                looked = Instant::now();
                self.look();
            }
        }
    }

    /// Asks a side connection what the statement does, and counts the time if it waits. Where nobody can be asked,
    /// nothing is counted: a build that works is worth more than the budget.
    fn measure(&mut self, passed: Duration) {
        let backend = self.backend;
        let Some(side) = self.side() else { return };
        match Stage::of_backend(side, backend) {
            Ok(stage) => {
                if stage.waiting {
                    let passed = passed.as_millis() as u64;
                    self.shared.waited.fetch_add(passed, Ordering::Relaxed);
                }
                if let Ok(mut shown) = self.shared.stage.lock() {
                    *shown = Some(stage);
                }
            }
            Err(_) => self.side = None,
        }
    }

    fn side(&mut self) -> Option<&mut Session> {
        if self.side.is_none() {
            self.side = Session::open(&self.target, "zerodrift watch").ok();
        }
        self.side.as_mut()
    }

    /// Asks a side connection who blocks us. Failing to ask is no error: only the names are missing then.
    fn look(&mut self) {
        let backend = self.backend;
        let Some(side) = self.side() else { return };
        match Blocker::of_backend(side, backend) {
            Ok(found) if !found.is_empty() => {
                if let Ok(mut blockers) = self.shared.blockers.lock() {
                    *blockers = found;
                }
            }
            Ok(_) => {}
            Err(_) => self.side = None,
        }
    }
}
