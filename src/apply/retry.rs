//! When a transaction is repeated, and who held it up.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

use super::settings::{Interrupt, Retries};
use crate::pg::{Backend, PgError, Session, backend};
use crate::sql::mask;

/// SQLSTATEs after which the same transaction may succeed (manual, appendix A).
const REPEATABLE: [&str; 3] = [
    "55P03", // lock_not_available
    "40P01", // deadlock_detected
    "40001", // serialization_failure
];

/// A session that holds a lock which ours waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// The backend.
    pub pid: i32,
    /// Its role.
    pub role: String,
    /// Its `application_name`.
    pub application: String,
    /// `active`, `idle in transaction`, …
    pub state: String,
    /// How old its transaction is, or how long it has been in that state.
    pub age: String,
    /// The first line of its query, without secrets.
    pub query: String,
}

impl Blocker {
    /// Asks who blocks a backend.
    pub fn of_backend(session: &mut Session, backend: i32) -> Result<Vec<Blocker>, PgError> {
        Ok(backend::blocking(session, backend)?
            .into_iter()
            .map(Blocker::from)
            .collect())
    }
}

impl From<Backend> for Blocker {
    fn from(backend: Backend) -> Self {
        let query = mask::secrets(&backend.query.unwrap_or_default());
        let age = backend.transaction_age.unwrap_or(backend.state_age);
        Blocker {
            pid: backend.pid,
            role: backend.user.unwrap_or_default(),
            application: backend.application.unwrap_or_default(),
            state: backend.state.unwrap_or_default(),
            age: format!("{} s", age.as_secs()),
            query: first_line(&query).to_owned(),
        }
    }
}

/// Returns the first line of a query that says something. A migrator sends the settings of a transaction in one message
/// with the first statement.
fn first_line(query: &str) -> &str {
    let sets = |line: &str| {
        let begins = |word| line.starts_with(word);
        line.ends_with(';') && (begins("RESET ") || begins("SET ") || line == "BEGIN;")
    };
    let lines = || query.trim().lines().map(str::trim_end);
    let telling = lines().find(|line| !sets(line));
    telling.or_else(|| lines().next()).unwrap_or_default()
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}", self.pid)?;
        for (name, value) in [("role", &self.role), ("application", &self.application)] {
            if !value.is_empty() {
                write!(f, ", {name} {value}")?;
            }
        }
        write!(
            f,
            ", {} for {}",
            if self.state.is_empty() {
                "working"
            } else {
                &self.state
            },
            self.age
        )?;
        if !self.query.is_empty() {
            write!(f, ": {}", self.query)?;
        }
        Ok(())
    }
}

/// The budget of one revision.
pub struct Budget {
    retries: Retries,
    begun: Instant,
    attempts: u32,
}

impl Budget {
    /// Starts a budget.
    pub fn new(retries: Retries) -> Self {
        Budget {
            retries,
            begun: Instant::now(),
            attempts: 0,
        }
    }

    /// Returns how many attempts were made.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Decides after a failed attempt: the pause before the next one, or none.
    ///
    /// `worked` is how long the attempt had worked before the statement that failed. Pauses are drawn evenly between
    /// the shortest and a bound that doubles each time ("full jitter"), so that two migrators do not meet again.
    pub fn pause_after(&mut self, sqlstate: Option<&str>, worked: Duration) -> Option<Duration> {
        self.attempts += 1;
        let may = sqlstate.is_some_and(|state| REPEATABLE.contains(&state))
            && self.attempts < self.retries.attempts
            && worked <= self.retries.worked_at_most;
        if !may {
            return None;
        }
        let bound =
            (self.retries.pause_from * 2u32.saturating_pow(self.attempts.min(16))).min(self.retries.pause_to);
        let span = bound.saturating_sub(self.retries.pause_from).as_millis() as u64;
        let pause = self.retries.pause_from + Duration::from_millis(random() % (span + 1));
        (self.begun.elapsed() + pause <= self.retries.within).then_some(pause)
    }
}

/// Says whether an error is one after which a transaction may be repeated.
pub fn is_repeatable(sqlstate: Option<&str>) -> bool {
    sqlstate.is_some_and(|state| REPEATABLE.contains(&state))
}

/// Sleeps, but not longer than until somebody interrupts.
pub fn sleep(pause: Duration, interrupt: &Interrupt) {
    let until = Instant::now() + pause;
    while Instant::now() < until && interrupt.raised().is_none() {
        std::thread::sleep(Duration::from_millis(20).min(until.saturating_duration_since(Instant::now())));
    }
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_known_by_what_they_do() {
        let sent = "RESET ROLE;\nSET row_security = 'off';\nBEGIN;\nSET LOCAL lock_timeout = 2000;\nUPDATE t\nSET a = 1";
        assert_eq!(first_line(sent), "UPDATE t");
        assert_eq!(first_line("\n  SET x = 1;\n"), "SET x = 1;");
        assert_eq!(first_line("SET x = 1"), "SET x = 1");
        assert_eq!(first_line(""), "");
    }

    #[test]
    fn attempts_and_time_are_bounded() {
        let retries = Retries {
            attempts: 3,
            ..Retries::default()
        };
        let mut budget = Budget::new(retries);
        assert!(budget.pause_after(Some("55P03"), Duration::ZERO).is_some());
        assert!(budget.pause_after(Some("40P01"), Duration::ZERO).is_some());
        assert!(budget.pause_after(Some("55P03"), Duration::ZERO).is_none());
        let mut other = Budget::new(retries);
        assert!(other.pause_after(Some("23505"), Duration::ZERO).is_none());
        assert!(
            Budget::new(retries)
                .pause_after(Some("55P03"), Duration::from_secs(31))
                .is_none()
        );
        let short = Retries {
            within: Duration::from_millis(100),
            ..retries
        };
        assert!(
            Budget::new(short)
                .pause_after(Some("55P03"), Duration::ZERO)
                .is_none()
        );
        for _ in 0..100 {
            let pause = Budget::new(retries)
                .pause_after(Some("55P03"), Duration::ZERO)
                .expect("a pause");
            assert!(
                (retries.pause_from..=retries.pause_to).contains(&pause),
                "{pause:?}"
            );
        }
    }
}
