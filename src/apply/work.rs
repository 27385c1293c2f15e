//! What every part of a run needs: the connection, the settings, whom to tell.

use std::ops::Range;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::error::ApplyError;
use super::lock;
use super::preflight::Facts;
use super::prepared::{Names, Prepared};
use super::progress::{Event, Progress};
use super::settings::Settings;
use super::watch::Watch;
use crate::ledger::{Attempt, Attempted, LedgerError};
use crate::model::{Checksum, RevisionId, quote_literal};
use crate::pg::{PgError, Row, Session};
use crate::plan::Step;

/// How often a patient statement is told of.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// A run at work.
pub(super) struct Work<'a> {
    pub session: &'a mut Session,
    pub settings: &'a Settings,
    pub progress: &'a mut dyn Progress,
    pub facts: Facts,
    pub watch: Watch,
    pub run: String,
    pub action: &'static str,
    pub target: String,
    /// SQL that goes in front of the next message.
    prefix: String,
    prepared: Prepared,
}

/// Why a step stopped.
pub(super) enum Trouble {
    /// The server rejected something.
    Sql(Box<Rejected>),
    /// Something of ours refused or failed.
    Stop(ApplyError),
}

/// What the server rejected.
pub(super) struct Rejected {
    pub error: PgError,
    /// The statement, or the directive on whose behalf something was sent.
    pub at: Option<Range<usize>>,
    /// Characters in front of the statement in the message.
    pub prefix: usize,
    /// The index of the statement, if it was one of the file.
    pub statement: Option<usize>,
    /// What was being done, if it was no statement of the file.
    pub doing: Option<String>,
    /// How long the message ran.
    pub ran: Duration,
}

const ROLE: &str = "zerodrift: role is ";
const ROW_SECURITY: &str = "zerodrift: row_security is on for ";
const LOCK: &str = "zerodrift: migrator lock was lost by ";

/// What the check before the commit found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Switched {
    Role,
    RowSecurity,
    Lock,
}

/// Reads what [`Work::check_sql`] said.
pub(super) fn switched(error: &PgError) -> Option<Switched> {
    let message = &error.sql().filter(|sql| sql.sqlstate == "22P02")?.message;
    [
        (ROLE, Switched::Role),
        (ROW_SECURITY, Switched::RowSecurity),
        (LOCK, Switched::Lock),
    ]
    .into_iter()
    .find(|(text, _)| message.contains(text))
    .map(|(_, switched)| switched)
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        Trouble::Stop(ApplyError::Ledger(error))
    }
}

impl From<ApplyError> for Trouble {
    fn from(error: ApplyError) -> Self {
        Trouble::Stop(error)
    }
}

impl Drop for Work<'_> {
    /// Takes out of the session what was prepared.
    fn drop(&mut self) {
        let sql = self.prepared.drop_all();
        if !sql.is_empty() && !self.session.is_closed() {
            // What is left would be in nobody's way: no other run has these names.
            let _ = self.session.run(&sql);
        }
    }
}

impl<'a> Work<'a> {
    pub fn new(
        session: &'a mut Session,
        settings: &'a Settings,
        progress: &'a mut dyn Progress,
        facts: Facts,
        action: &'static str,
        target: &str,
    ) -> Self {
        let watch = Watch::start(session, settings.interrupt.clone());
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let run = Checksum::of(format!(
            "{}:{}:{}",
            std::process::id(),
            session.backend_pid(),
            now.as_nanos()
        ))
        .to_string();
        let run = run[..16].to_owned();
        Work {
            prepared: Prepared::new(&run),
            session,
            settings,
            progress,
            facts,
            watch,
            run,
            action,
            target: target.to_owned(),
            prefix: String::new(),
        }
    }

    /// Puts SQL in front of the next message.
    pub fn queue(&mut self, sql: &str) {
        self.prefix.push_str(sql);
    }

    /// Forgets what was queued.
    pub fn forget(&mut self) {
        self.prefix.clear();
    }

    /// Sends a statement of the file inside the open transaction and returns the number of its rows.
    pub fn statement(&mut self, step: &Step, index: usize) -> Result<u64, Trouble> {
        let timeouts = step.script.timeouts.get(&index).copied().unwrap_or_default();
        for (name, limit) in [
            ("lock_timeout", timeouts.lock),
            ("statement_timeout", timeouts.statement),
        ] {
            if let Some(limit) = limit {
                self.prefix
                    .push_str(&format!("SET LOCAL {name} = {};\n", limit.as_millis()));
            }
        }
        let rows = self.one(step, index, false)?;
        if timeouts != Default::default() {
            self.prefix.push_str(&self.timeouts("LOCAL "));
        }
        Ok(rows)
    }

    /// Sends a statement as a message of its own, so that no transaction is around it. A patient one works as long as
    /// it has to, and waits for others no longer than the wait budget.
    pub fn statement_alone(&mut self, step: &Step, index: usize, patient: bool) -> Result<u64, Trouble> {
        let timeouts = step.script.timeouts.get(&index).copied().unwrap_or_default();
        for (name, limit) in [
            ("lock_timeout", timeouts.lock),
            ("statement_timeout", timeouts.statement),
        ] {
            if let Some(limit) = limit {
                self.own(
                    &format!("SET {name} = {};", limit.as_millis()),
                    None,
                    "set the timeouts",
                )?;
            }
        }
        self.flush(None)?;
        self.one(step, index, patient)
    }

    fn one(&mut self, step: &Step, index: usize, patient: bool) -> Result<u64, Trouble> {
        let revision = &step.revision.id;
        self.progress.event(Event::Statement {
            revision,
            number: index + 1,
        });
        if let Some(signal) = self.settings.interrupt.raised() {
            return Err(super::explain::interrupted(step, signal).into());
        }
        let range = step.statement(index).range.clone();
        let patience = patient.then(|| format!("{revision}, statement {}", index + 1));
        let counts = self.send(step.text(index), patience, Some(range), Some(index), None)?;
        for notice in self.session.take_notices() {
            self.progress.event(Event::Notice {
                revision,
                notice: &notice,
            });
        }
        if step
            .statement(index)
            .is("CREATE UNIQUE ? INDEX CONCURRENTLY ? IF NOT EXISTS")
        {
            super::invalid_index::refuse(self, step, index)?;
        }
        Ok(counts.last().copied().unwrap_or(0))
    }

    /// Sends a statement of the file that was rewritten; places in it are those of its beginning.
    pub fn rewritten(&mut self, step: &Step, index: usize, sql: &str) -> Result<u64, Trouble> {
        let range = step.statement(index).range.clone();
        let counts = self.send(sql, None, Some(range), None, Some("run a batch"))?;
        Ok(counts.last().copied().unwrap_or(0))
    }

    /// Sends a statement of the file that was rewritten to return rows.
    pub fn rewritten_rows(
        &mut self,
        step: &Step,
        index: usize,
        sql: &str,
    ) -> Result<Vec<Vec<Option<String>>>, Trouble> {
        let range = step.statement(index).range.clone();
        self.rows(sql, Some(&range), "run a batch")
    }

    /// Sends SQL of our own on behalf of a place in the file.
    pub fn own(&mut self, sql: &str, at: Option<&Range<usize>>, doing: &str) -> Result<(), Trouble> {
        self.send(sql, None, at.cloned(), None, Some(doing)).map(|_| ())
    }

    /// Sends SQL of our own that works as long as it has to, and waits for others no longer than the wait budget.
    pub fn patient(&mut self, sql: &str, doing: &str) -> Result<(), Trouble> {
        self.flush(None)?;
        self.send(sql, Some(doing.to_owned()), None, None, Some(doing))
            .map(|_| ())
    }

    /// Sends what is queued.
    pub fn flush(&mut self, at: Option<&Range<usize>>) -> Result<(), Trouble> {
        if self.prefix.is_empty() {
            return Ok(());
        }
        self.own("", at, "begin the transaction")
    }

    fn send(
        &mut self,
        sql: &str,
        patient: Option<String>,
        at: Option<Range<usize>>,
        statement: Option<usize>,
        doing: Option<&str>,
    ) -> Result<Vec<u64>, Trouble> {
        let prefix = std::mem::take(&mut self.prefix);
        let begun = Instant::now();
        let message = if prefix.is_empty() {
            sql.into()
        } else {
            std::borrow::Cow::Owned(format!("{prefix}{sql}"))
        };
        let result = match patient {
            Some(doing) => self.patiently(&message, &doing),
            None => {
                let session = &mut *self.session;
                self.watch.during(|| session.run(&message))
            }
        };
        result.map_err(|error| {
            let prefix = prefix.chars().count();
            let doing = doing.map(str::to_owned);
            Trouble::Sql(Box::new(Rejected {
                error,
                at,
                prefix,
                statement,
                doing,
                ran: begun.elapsed(),
            }))
        })
    }

    /// Runs a message on a thread of its own, and tells meanwhile what it is at.
    fn patiently(&mut self, message: &str, doing: &str) -> Result<Vec<u64>, PgError> {
        let Work {
            session,
            progress,
            watch,
            settings,
            ..
        } = self;
        let session = &mut **session;
        watch.patiently(settings.wait_budget, || {
            std::thread::scope(|scope| {
                let (send, receive) = std::sync::mpsc::channel();
                let running = scope.spawn(move || {
                    // The receiver lives until it has the answer.
                    let _ = send.send(session.run(message));
                });
                loop {
                    match receive.recv_timeout(TELL_EVERY) {
                        Ok(result) => return result,
                        Err(RecvTimeoutError::Timeout) => {
                            if let Some(stage) = watch.stage() {
                                progress.event(Event::Working { doing, stage: &stage });
                            }
                        }
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
                match running.join() {
                    Err(panic) => std::panic::resume_unwind(panic),
                    Ok(()) => unreachable!("a thread that ends has sent its answer"),
                }
            })
        })
    }

    /// Reads rows as text, on behalf of a place in the file.
    pub fn rows(
        &mut self,
        sql: &str,
        at: Option<&Range<usize>>,
        doing: &str,
    ) -> Result<Vec<Vec<Option<String>>>, Trouble> {
        self.flush(at)?;
        let begun = Instant::now();
        let session = &mut *self.session;
        let result = self.watch.during(|| session.text_rows(sql));
        result.map_err(|error| self.rejected(error, at, doing, begun))
    }

    /// Reads rows as text in one message with what is queued, which must not return rows itself.
    pub fn rows_at_once(
        &mut self,
        sql: &str,
        at: Option<&Range<usize>>,
        doing: &str,
    ) -> Result<Vec<Vec<Option<String>>>, Trouble> {
        let message = format!("{}{sql}", std::mem::take(&mut self.prefix));
        self.rows(&message, at, doing)
    }

    /// Reads typed rows of one statement.
    pub fn typed(&mut self, sql: &str, at: Option<&Range<usize>>, doing: &str) -> Result<Vec<Row>, Trouble> {
        self.flush(at)?;
        let begun = Instant::now();
        let session = &mut *self.session;
        let result = self.watch.during(|| session.query(sql, &[]));
        result.map_err(|error| self.rejected(error, at, doing, begun))
    }

    fn rejected(&self, error: PgError, at: Option<&Range<usize>>, doing: &str, begun: Instant) -> Trouble {
        Trouble::Sql(Box::new(Rejected {
            error,
            at: at.cloned(),
            prefix: 0,
            statement: None,
            doing: Some(doing.to_owned()),
            ran: begun.elapsed(),
        }))
    }

    /// Returns what makes the session ours again, whatever the file before has set.
    pub fn reset(&self) -> String {
        format!(
            "RESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\nSET application_name = {};\n{}",
            quote_literal(&self.facts.application),
            self.facts.session_settings
        )
    }

    /// Returns our settings; `local` is `LOCAL ` inside a transaction and empty outside.
    pub fn settings_sql(&self, local: &str) -> String {
        format!(
            "{}SET {local}row_security = off;\nSET {local}search_path = {};\n",
            self.timeouts(local),
            self.settings.search_path
        )
    }

    fn timeouts(&self, local: &str) -> String {
        format!(
            "SET {local}lock_timeout = {};\nSET {local}statement_timeout = {};\n",
            self.settings.lock_timeout.as_millis(),
            self.settings.statement_timeout.as_millis()
        )
    }

    /// Returns the names of the statements that end a transaction, after queueing what prepares them.
    pub fn at_end_of(&mut self, step: &Step) -> Names {
        let check = self.check();
        let (names, prepare) = self.prepared.at_end_of(step, &check);
        self.queue(&prepare);
        names
    }

    /// Returns a statement that fails where the session is no longer what the run relies on.
    ///
    /// It stands between the ledger rows and COMMIT in one message, so that no commit slips through. The cast fails
    /// with the text that [`switched`] reads.
    pub fn check_sql(&self) -> String {
        format!("{};\n", self.check())
    }

    fn check(&self) -> String {
        format!(
            "SELECT (CASE WHEN current_user <> {} THEN '{ROLE}' || current_user \
             WHEN pg_catalog.current_setting('row_security') <> 'off' THEN '{ROW_SECURITY}' || current_user \
             WHEN NOT {} THEN '{LOCK}' || current_user ELSE '0' END)::integer",
            quote_literal(&self.facts.role),
            lock::held_expression(self.settings.lock_key())
        )
    }

    /// Gives up the transaction and comes back to a clean session.
    pub fn rollback(&mut self) {
        self.forget();
        self.prepared.forget();
        if !self.session.is_closed() {
            let clean = format!("ROLLBACK;\n{}", self.reset());
            let _ = self.session.run(&clean);
        }
    }

    /// Returns the row of an attempt.
    pub fn attempt<'b>(&'b self, revision: Option<&'b RevisionId>, outcome: Attempted) -> Attempt<'b> {
        Attempt {
            run: &self.run,
            action: self.action,
            revision,
            outcome,
            target: Some(&self.target),
            commit: self.settings.commit.as_deref(),
            duration_ms: None,
            failure: None,
            before: None,
        }
    }
}
