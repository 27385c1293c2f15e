//! One connection that is ours alone.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::{Arc, Mutex};

use postgres::error::{DbError, Error, ErrorPosition};
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{ToSql, Type};
use postgres::{CancelToken, Client, Row, SimpleQueryMessage};

use super::connect::{Encryption, NoticeSink};
use super::interrupt::{self, Registration};
use super::{PgError, SqlError, Target};

/// The version of a server, as `server_version_num` gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion(pub u32);

impl ServerVersion {
    /// Returns the major version: 15 for 150020.
    pub fn major(self) -> u32 {
        self.0 / 10_000
    }

    /// Returns the minor version: 20 for 150020.
    pub fn minor(self) -> u32 {
        self.0 % 10_000
    }
}

impl std::fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major(), self.minor())
    }
}

/// The oldest major version that zerodrift works with.
pub(super) const OLDEST_MAJOR: u32 = 13;

/// A notice or warning that the server sent beside results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// NOTICE, WARNING, INFO, …, untranslated where the server says so.
    pub severity: String,
    /// The text.
    pub message: String,
}

/// Cancels the running statement of a session from another thread.
#[derive(Clone)]
pub struct Canceller {
    token: CancelToken,
    encryption: Encryption,
}

impl Canceller {
    /// Asks the server to cancel; whether anything was running is not known.
    pub fn cancel(&self) -> Result<(), PgError> {
        self.encryption
            .cancel(&self.token)
            .map_err(|error| error_of(&error, "the server"))
    }
}

/// One connection to one backend.
pub struct Session {
    client: Client,
    encryption: Encryption,
    notices: Arc<Mutex<Vec<Notice>>>,
    target: Target,
    server: ServerVersion,
    backend_pid: i32,
    registration: Registration,
    plans: Option<Plans>,
}

/// Statements that are prepared in a session, by their text, and how many names were given away.
#[derive(Default)]
struct Plans {
    known: HashMap<String, usize>,
    named: usize,
}

impl Session {
    /// Connects. `application` becomes `application_name` and is what a DBA sees in `pg_stat_activity`.
    pub fn open(target: &Target, application: &str) -> Result<Self, PgError> {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&notices);
        let sink: NoticeSink = Arc::new(move |notice: DbError| {
            if let Ok(mut sink) = sink.lock() {
                sink.push(Notice {
                    severity: notice.severity().to_owned(),
                    message: notice.message().to_owned(),
                });
            }
        });
        let (client, encryption) = target.connect(application, &sink)?;
        let canceller = Canceller {
            token: client.cancel_token(),
            encryption: encryption.clone(),
        };
        let mut session = Session {
            registration: interrupt::register(canceller, application),
            client,
            encryption,
            notices,
            target: target.clone(),
            server: ServerVersion(0),
            backend_pid: 0,
            plans: None,
        };
        let rows = session.text_rows(
            "SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.pg_backend_pid()::text",
        )?;
        let field = |index: usize| {
            rows.first()
                .and_then(|row| row.get(index).cloned().flatten())
                .unwrap_or_default()
        };
        session.server = ServerVersion(field(0).parse().unwrap_or(0));
        session.backend_pid = field(1).parse().unwrap_or(0);
        if session.server.major() < OLDEST_MAJOR {
            return Err(PgError::Connect {
                target: target.to_string(),
                cause: format!("PostgreSQL {} is not supported", session.server),
                sqlstate: None,
                hint: Some(format!(
                    "Upgrade the server to major version {OLDEST_MAJOR} or newer."
                )),
            });
        }
        Ok(session)
    }

    /// Makes the session fit for work that may take hours: no timeout of the role or database ends it between
    /// statements, and the server notices when we are gone instead of finishing the statement (14 and newer).
    ///
    /// TCP keepalives, which tell us that the server is gone, are set for every session (see `connect`).
    pub fn prepare_for_work(&mut self) -> Result<(), PgError> {
        let major = self.server.major();
        let mut settings = vec!["SET idle_in_transaction_session_timeout = 0"];
        if major >= 14 {
            settings.push("SET idle_session_timeout = 0");
        }
        if major >= 17 {
            settings.push("SET transaction_timeout = 0");
        }
        self.run(&settings.join("; "))?;
        if major < 14 {
            return Ok(());
        }
        match self.run("SET client_connection_check_interval = '2s'") {
            // Not every operating system can tell the server (manual, section 20.3.2): it then does without.
            Err(error) if error.sqlstate() == Some("22023") => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Keeps the plans of what [`Session::message`] is asked for: worth it where the same statements run many times.
    pub fn keep_plans(&mut self) {
        self.plans.get_or_insert_default();
    }

    /// Puts statements without parameters into one message. Where plans are kept, they are prepared at first use.
    pub fn message(&mut self, statements: &[&str]) -> Result<String, PgError> {
        let Some(plans) = &mut self.plans else {
            return Ok(statements.join(";\n"));
        };
        let mut fresh: Vec<(&str, usize)> = Vec::new();
        let mut numbers = Vec::with_capacity(statements.len());
        for statement in statements {
            let in_hand = fresh.iter().find(|(text, _)| text == statement);
            let known = plans.known.get(*statement).copied();
            numbers.push(known.or(in_hand.map(|(_, number)| *number)).unwrap_or_else(|| {
                // A name is not used again even where preparing fails: those before it in the message stay prepared.
                plans.named += 1;
                fresh.push((statement, plans.named));
                plans.named
            }));
        }
        if !fresh.is_empty() {
            let prepare = fresh
                .iter()
                .map(|(text, number)| format!("PREPARE zerodrift_{number} AS {text};\n"));
            self.run(&prepare.collect::<String>())?;
        }
        if let Some(plans) = &mut self.plans {
            let fresh = fresh.into_iter().map(|(text, number)| (text.to_owned(), number));
            plans.known.extend(fresh);
        }
        let execute = numbers.iter().map(|number| format!("EXECUTE zerodrift_{number}"));
        Ok(execute.collect::<Vec<_>>().join(";\n"))
    }

    /// Returns where the session is connected to.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the version of the server.
    pub fn server(&self) -> ServerVersion {
        self.server
    }

    /// Returns the process id of our backend.
    pub fn backend_pid(&self) -> i32 {
        self.backend_pid
    }

    /// Runs one or more statements as one simple-query message and returns the row count of each.
    pub fn run(&mut self, sql: &str) -> Result<Vec<u64>, PgError> {
        let _working = self.registration.working(sql);
        let messages = self
            .client
            .simple_query(sql)
            .map_err(|error| self.error(&error))?;
        Ok(messages
            .into_iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::CommandComplete(rows) => Some(rows),
                _ => None,
            })
            .collect())
    }

    /// Runs statements by the simple protocol and returns all rows of all of them as text.
    pub fn text_rows(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, PgError> {
        let _working = self.registration.working(sql);
        let messages = self
            .client
            .simple_query(sql)
            .map_err(|error| self.error(&error))?;
        Ok(messages
            .into_iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(
                    (0..row.len())
                        .map(|index| row.get(index).map(str::to_owned))
                        .collect(),
                ),
                _ => None,
            })
            .collect())
    }

    /// Runs statements by the simple protocol, all in one message, and gives each row as text to `each`, with the
    /// number of its statement from 0.
    ///
    /// Many queries cost one round trip this way.
    pub fn each_text_row(
        &mut self,
        sql: &str,
        mut each: impl FnMut(usize, &[Option<&str>]),
    ) -> Result<(), PgError> {
        let _working = self.registration.working(sql);
        let messages = self
            .client
            .simple_query(sql)
            .map_err(|error| self.error(&error))?;
        let mut statement = 0;
        for message in messages {
            match message {
                SimpleQueryMessage::Row(row) => {
                    let fields: Vec<Option<&str>> = (0..row.len()).map(|index| row.get(index)).collect();
                    each(statement, &fields);
                }
                SimpleQueryMessage::CommandComplete(_) => statement += 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// Runs one statement whose columns are all of type `text` and gives each row to `each` while the server works on
    /// the next ones; no more than what is on its way is held in memory.
    pub fn stream_text_rows(
        &mut self,
        sql: &str,
        mut each: impl FnMut(&[Option<&str>]),
    ) -> Result<(), PgError> {
        let _working = self.registration.working(sql);
        let target = &self.target;
        let failed = |error: Error| error_of(&error, &target.to_string());
        let mut rows = self
            .client
            .query_typed_raw(sql, std::iter::empty::<(&str, Type)>())
            .map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let fields = (0..row.len())
                .map(|index| row.try_get(index))
                .collect::<Result<Vec<Option<&str>>, Error>>();
            each(&fields.map_err(failed)?);
        }
        Ok(())
    }

    /// Runs one `COPY … TO STDOUT` and gives its bytes to `each` as they come, in pieces of any length.
    pub fn copy_out(&mut self, sql: &str, mut each: impl FnMut(&[u8])) -> Result<(), PgError> {
        let _working = self.registration.working(sql);
        let target = &self.target;
        let failed = |error: Error| error_of(&error, &target.to_string());
        let mut reader = self.client.copy_out(sql).map_err(failed)?;
        loop {
            let bytes = reader
                .fill_buf()
                .map_err(|error| match error.downcast::<Error>() {
                    Ok(error) => failed(error),
                    Err(error) => PgError::Lost {
                        target: target.to_string(),
                        cause: error.to_string(),
                    },
                })?;
            if bytes.is_empty() {
                return Ok(());
            }
            each(bytes);
            let length = bytes.len();
            reader.consume(length);
        }
    }

    /// Runs one statement with parameters and returns its rows.
    pub fn query(&mut self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, PgError> {
        let _working = self.registration.working(sql);
        self.client
            .query(sql, parameters)
            .map_err(|error| self.error(&error))
    }

    /// Takes the notices received since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        self.notices
            .lock()
            .map(|mut notices| std::mem::take(&mut *notices))
            .unwrap_or_default()
    }

    /// Returns a handle that cancels what this session runs.
    pub fn canceller(&self) -> Canceller {
        Canceller {
            token: self.client.cancel_token(),
            encryption: self.encryption.clone(),
        }
    }

    /// Says whether the connection is known to be gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Gives the session back as it was opened: user, role and settings. What was done with it stands whether that works or
    /// not, and a connection that is lost takes its settings with it.
    pub fn give_back(&mut self) {
        if !self.is_closed() {
            let _ = self.run("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL");
        }
    }

    fn error(&self, error: &Error) -> PgError {
        error_of(error, &self.target.to_string())
    }
}

fn error_of(error: &Error, target: &str) -> PgError {
    let Some(db) = error.as_db_error() else {
        return PgError::Lost {
            target: target.to_owned(),
            cause: error.to_string(),
        };
    };
    let (position, internal) = match db.position() {
        Some(ErrorPosition::Original(position)) => (Some(*position as usize), None),
        Some(ErrorPosition::Internal { position, query }) => {
            (None, Some((*position as usize, query.clone())))
        }
        None => (None, None),
    };
    let parts = [
        db.schema(),
        db.table(),
        db.column(),
        db.datatype(),
        db.constraint(),
    ];
    let object = parts.iter().flatten().copied().collect::<Vec<_>>().join(".");
    PgError::Sql(Box::new(SqlError {
        sqlstate: db.code().code().to_owned(),
        message: db.message().to_owned(),
        detail: db.detail().map(str::to_owned),
        hint: db.hint().map(str::to_owned),
        position,
        internal,
        context: db.where_().map(str::to_owned),
        object: (!object.is_empty()).then_some(object),
    }))
}
