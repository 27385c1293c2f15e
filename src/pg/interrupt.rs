//! What an interrupt does to running statements: it asks the server to cancel them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Canceller;

/// A session that may be running a statement.
struct Entry {
    id: u64,
    busy: Arc<AtomicBool>,
    canceller: Canceller,
}

static SESSIONS: Mutex<Vec<Entry>> = Mutex::new(Vec::new());
static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Cancels what every session of this process is running just now, and remembers that it was asked to.
///
/// For the thread that handles SIGINT and SIGTERM. Statements sent afterwards, such as those that record where the
/// work stopped, are left alone; whoever would begin new work asks [`requested`] before.
pub fn cancel_all() {
    REQUESTED.store(true, Ordering::SeqCst);
    let is_busy = |entry: &&Entry| entry.busy.load(Ordering::SeqCst);
    let cancellers: Vec<Canceller> = sessions()
        .iter()
        .filter(is_busy)
        .map(|entry| entry.canceller.clone())
        .collect();
    // Each over a connection of its own: a host that does not answer must not delay the others.
    std::thread::scope(|scope| {
        for canceller in &cancellers {
            // A request that does not arrive changes nothing; the statement timeout is behind it.
            scope.spawn(|| canceller.cancel());
        }
    });
}

/// Says whether [`cancel_all`] was called.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// The place of one session in the list; leaves it when dropped.
pub(super) struct Registration {
    id: u64,
    busy: Arc<AtomicBool>,
    #[cfg(debug_assertions)]
    application: String,
}

/// Enters a session that goes by the name `application`.
#[cfg_attr(not(debug_assertions), allow(unused_variables))]
pub(super) fn register(canceller: Canceller, application: &str) -> Registration {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let (id, busy) = (
        NEXT.fetch_add(1, Ordering::Relaxed),
        Arc::new(AtomicBool::new(false)),
    );
    sessions().push(Entry {
        id,
        busy: Arc::clone(&busy),
        canceller,
    });
    Registration {
        id,
        busy,
        #[cfg(debug_assertions)]
        application: application.to_owned(),
    }
}

impl Registration {
    /// Marks the session as busy with `message` until the returned value is dropped.
    #[cfg_attr(not(debug_assertions), allow(unused_variables))]
    pub(super) fn working(&self, message: &str) -> Working {
        self.busy.store(true, Ordering::SeqCst);
        Working {
            busy: Arc::clone(&self.busy),
            #[cfg(debug_assertions)]
            _passing: super::fault_point::pass(&self.application, message),
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        sessions().retain(|entry| entry.id != self.id);
    }
}

/// A statement is running.
pub(super) struct Working {
    busy: Arc<AtomicBool>,
    #[cfg(debug_assertions)]
    _passing: super::fault_point::Passing,
}

impl Drop for Working {
    fn drop(&mut self) {
        self.busy.store(false, Ordering::SeqCst);
    }
}

fn sessions() -> MutexGuard<'static, Vec<Entry>> {
    SESSIONS.lock().unwrap_or_else(PoisonError::into_inner)
}
