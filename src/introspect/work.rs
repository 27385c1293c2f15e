//! Through the queries, on one session or on two.
//!
//! Most of what a large catalog costs is work of the server, which one backend does on one processor. So where queries
//! are streamed, a second session opens the same snapshot, and each takes the next task when it is done with one. Small
//! catalogs are read by one session in one message. A second session that cannot be had is done without.
//!
//! ```text
//! columns of relations ──┐ (names for definitions)
//! kinds without definitions ├─→ kinds with definitions ─→ each session asks for what its rows do not tell
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::catalog::{Attributes, Decoder, Query, Question};
use crate::pg::{PgError, Session, Target};

use super::read::{BEGIN, IntrospectError, TOGETHER, failed};

/// What a session does in one go.
pub(super) enum Task {
    /// One query whose rows are decoded as they come.
    Stream(Query),
    /// Queries in one message.
    Together(Vec<Query>),
}

impl Task {
    fn queries(&self) -> &[Query] {
        match self {
            Task::Stream(query) => std::slice::from_ref(query),
            Task::Together(queries) => queries,
        }
    }

    fn brings_columns(&self) -> bool {
        self.queries().iter().any(Query::brings_columns)
    }

    /// Says whether only the session that read the columns can do it.
    fn completes_columns(&self) -> bool {
        self.queries().iter().any(Query::completes_columns)
    }

    fn names_columns(&self) -> bool {
        !self.brings_columns() && self.queries().iter().any(Query::names_columns)
    }
}

/// Puts queries in order: what brings columns, what needs none, what names them.
pub(super) fn tasks(queries: Vec<Query>, is_streamed: impl Fn(&Query) -> bool) -> VecDeque<Task> {
    let (streamed, mut together): (Vec<Query>, Vec<Query>) = queries.into_iter().partition(is_streamed);
    let mut tasks: Vec<Task> = streamed.into_iter().map(Task::Stream).collect();
    together.sort_by_key(|query| (!query.brings_columns(), query.names_columns()));
    if tasks.is_empty() {
        return VecDeque::from([Task::Together(together)]);
    }
    let (named, plain): (Vec<Query>, Vec<Query>) = together.into_iter().partition(Query::names_columns);
    let messages = [plain, named].into_iter().filter(|queries| !queries.is_empty());
    tasks.extend(messages.map(Task::Together));
    tasks.sort_by_key(|task| match () {
        () if task.brings_columns() => 0,
        () if task.completes_columns() => 1,
        () if !task.names_columns() => 2,
        () => 3,
    });
    tasks.into()
}

/// What the sessions share.
struct Shared {
    tasks: Mutex<VecDeque<Task>>,
    columns: Mutex<Columns>,
    changed: Condvar,
}

/// The columns of relations, for the session that did not read them.
enum Columns {
    Awaited,
    Read(Arc<Attributes>),
    /// The session that was to read them has failed.
    Failed,
}

/// Works through all tasks and returns a decoder with everything in it.
pub(super) fn through(
    session: &mut Session,
    tasks: VecDeque<Task>,
    decoder: impl Fn() -> Decoder + Sync,
    may_share: bool,
) -> Result<Decoder, IntrospectError> {
    let is_large = tasks
        .iter()
        .any(|task| matches!(task, Task::Stream(query) if query.brings_columns()));
    let shared = Shared {
        tasks: Mutex::new(tasks),
        columns: Mutex::new(Columns::Awaited),
        changed: Condvar::new(),
    };
    let other = if is_large && may_share {
        invite(session)?
    } else {
        None
    };
    let Some((target, snapshot)) = other else {
        return work(session, &shared, decoder(), true);
    };
    std::thread::scope(|scope| {
        let helper = scope.spawn(|| match join_snapshot(&target, &snapshot) {
            Ok(mut session) => work(&mut session, &shared, decoder(), false).map(Some),
            // No connection is free, or the server is another behind a pooler.
            Err(_) => Ok(None),
        });
        let own = work(session, &shared, decoder(), true);
        let other = helper
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut decoder = own?;
        if let Some(other) = other? {
            decoder.absorb(other);
        }
        Ok(decoder)
    })
}

/// Exports the snapshot for another session to the same place. Where that is refused, everything is read again alone.
fn invite(session: &mut Session) -> Result<Option<(Target, String)>, IntrospectError> {
    let rows = session
        .text_rows("SELECT pg_catalog.pg_export_snapshot()")
        .map_err(failed(TOGETHER))?;
    let name = rows.into_iter().flatten().flatten().next();
    Ok(name.map(|name| (session.target().clone(), name)))
}

fn join_snapshot(target: &Target, snapshot: &str) -> Result<Session, PgError> {
    let mut session = Session::open(target, "zerodrift schema")?;
    let (begin, settings) = BEGIN.split_once(';').unwrap_or((BEGIN, ""));
    let name = crate::model::quote_literal(snapshot);
    session.run(&format!("{begin};\nSET TRANSACTION SNAPSHOT {name};{settings}"))?;
    Ok(session)
}

/// Takes tasks until none is left. Only the first session takes what brings columns, so that it never waits.
fn work(
    session: &mut Session,
    shared: &Shared,
    mut decoder: Decoder,
    is_first: bool,
) -> Result<Decoder, IntrospectError> {
    let promise = is_first.then(|| Promise(shared));
    take_tasks(session, shared, &mut decoder, is_first)?;
    drop(promise);
    ask(session, &mut decoder)?;
    Ok(decoder)
}

fn take_tasks(
    session: &mut Session,
    shared: &Shared,
    decoder: &mut Decoder,
    is_first: bool,
) -> Result<(), IntrospectError> {
    let mut knows = is_first;
    while let Some(task) = next(shared, is_first) {
        if task.names_columns() && !knows {
            let Some(columns) = await_columns(shared) else {
                return Ok(());
            };
            decoder.know(columns);
            knows = true;
        }
        match &task {
            Task::Stream(query) => stream(session, query, decoder)?,
            Task::Together(queries) => read_together(session, queries, decoder)?,
        }
        if task.brings_columns() {
            publish(shared, Columns::Read(decoder.columns()));
        }
    }
    Ok(())
}

fn next(shared: &Shared, is_first: bool) -> Option<Task> {
    let mut tasks = shared.tasks.lock().unwrap_or_else(PoisonError::into_inner);
    let first = tasks
        .iter()
        .position(|task| is_first || !(task.brings_columns() || task.completes_columns()))?;
    tasks.remove(first)
}

/// Held by the session that reads the columns: whoever waits for them hears of its end, however it ends.
struct Promise<'a>(&'a Shared);

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        let columns = self.0.columns.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = !matches!(*columns, Columns::Awaited);
        drop(columns);
        if !kept {
            publish(self.0, Columns::Failed);
        }
    }
}

fn publish(shared: &Shared, columns: Columns) {
    *shared.columns.lock().unwrap_or_else(PoisonError::into_inner) = columns;
    shared.changed.notify_all();
}

fn await_columns(shared: &Shared) -> Option<Arc<Attributes>> {
    let mut columns = shared.columns.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match &*columns {
            Columns::Read(columns) => return Some(Arc::clone(columns)),
            Columns::Failed => return None,
            Columns::Awaited => {
                columns = shared
                    .changed
                    .wait(columns)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

fn stream(session: &mut Session, query: &Query, decoder: &mut Decoder) -> Result<(), IntrospectError> {
    let mut error = None;
    session
        .stream_text_rows(&query.sql, |row| {
            if error.is_none() {
                error = decoder.row(query, row).err();
            }
        })
        .map_err(failed(query.kind.plural))?;
    error.map_or(Ok(()), |error| Err(error.into()))
}

/// Runs queries in one message.
fn read_together(
    session: &mut Session,
    queries: &[Query],
    decoder: &mut Decoder,
) -> Result<(), IntrospectError> {
    let statements: Vec<&str> = queries.iter().map(|query| query.sql.as_str()).collect();
    if statements.is_empty() {
        return Ok(());
    }
    let message = session.message(&statements).map_err(failed(TOGETHER))?;
    let mut error = None;
    session
        .each_text_row(&message, |statement, row| {
            if error.is_none() {
                error = decoder.row(&queries[statement], row).err();
            }
        })
        .map_err(failed(TOGETHER))?;
    error.map_or(Ok(()), |error| Err(error.into()))
}

/// From this many objects on, the answers to a question are streamed.
const MANY: usize = 1000;

/// Has deparsed what the rows alone do not tell.
fn ask(session: &mut Session, decoder: &mut Decoder) -> Result<(), IntrospectError> {
    loop {
        let questions = decoder.questions();
        if questions.is_empty() {
            return Ok(());
        }
        let (many, few): (Vec<Question>, Vec<Question>) = questions
            .into_iter()
            .partition(|question| question.size() >= MANY);
        let mut error = None;
        for question in &many {
            session
                .stream_text_rows(&question.sql, |row| {
                    if error.is_none() {
                        error = decoder.answer(question, row).err();
                    }
                })
                .map_err(failed("definitions"))?;
        }
        let statements: Vec<&str> = few.iter().map(|question| &*question.sql).collect();
        if !statements.is_empty() {
            session
                .each_text_row(&statements.join(";\n"), |statement, row| {
                    if error.is_none() {
                        error = decoder.answer(&few[statement], row).err();
                    }
                })
                .map_err(failed("definitions"))?;
        }
        error.map_or(Ok(()), |error| Err(IntrospectError::Row(error)))?;
    }
}
