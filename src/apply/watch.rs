//! A second pair of eyes while a statement runs: cancels it when asked to, and notes who holds it up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::retry::Blocker;
use super::settings::Interrupt;
use crate::pg::{Canceller, Session, Target};

/// How often the thread looks.
const TICK: Duration = Duration::from_millis(25);
/// A statement that runs longer than this may be waiting for a lock: `lock_timeout` is 2 s by default.
const SLOW: Duration = Duration::from_millis(600);
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
    /// Milliseconds after which the running statement is cancelled; 0 for never.
    budget: AtomicU64,
    ended: AtomicBool,
    blockers: Mutex<Vec<Blocker>>,
}

impl Watch {
    /// Starts to watch the backend of `session`.
    pub fn start(session: &Session, interrupt: Interrupt) -> Self {
        let shared = Arc::new(Shared {
            started: Instant::now(),
            running_since: AtomicU64::new(0),
            budget: AtomicU64::new(0),
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

    /// Does some work on the watched connection. `budget` ends it after a while.
    pub fn during<T>(&self, budget: Option<Duration>, work: impl FnOnce() -> T) -> T {
        let now = self.shared.started.elapsed().as_millis() as u64;
        let budget = budget.map_or(0, |budget| budget.as_millis() as u64);
        self.shared.budget.store(budget, Ordering::Relaxed);
        self.shared.running_since.store(now + 1, Ordering::Release);
        let result = work();
        self.shared.running_since.store(0, Ordering::Release);
        result
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
            let budget = self.shared.budget.load(Ordering::Relaxed);
            let too_long = budget > 0 && ran.as_millis() as u64 > budget;
            // A cancel request may arrive before the statement: it is repeated.
            let again = cancelled.is_none_or(|at| at.elapsed() > Duration::from_millis(200));
            if (too_long || self.interrupt.raised().is_some()) && again {
                let _ = self.canceller.cancel();
                cancelled = Some(Instant::now());
            }
            if ran > SLOW && looked.elapsed() > BLOCKERS_EVERY {
                looked = Instant::now();
                self.look();
            }
        }
    }

    /// Asks a side connection who blocks us. Failing to ask is no error: only the names are missing then.
    fn look(&mut self) {
        if self.side.is_none() {
            self.side = Session::open(&self.target, "zerodrift watch").ok();
        }
        let Some(side) = &mut self.side else { return };
        match Blocker::of_backend(side, self.backend) {
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
