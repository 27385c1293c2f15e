//! Through the queries, on one session or on two.
//!
//! Most of what a large catalog costs is work of the server, which one backend does on one processor. So where queries
//! are streamed, a second session opens the same snapshot, and each takes the next task when it is done with one. Small
//! catalogs are read by one session in one message. A second session that cannot be had is done without.
//!
//! ```text
//! first:  columns of relations ──┐ (names for definitions)
//! second: what is bound to relations ├─→ other kinds ─→ kinds with definitions ─→ each asks for what its rows do not tell
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::catalog::{Attributes, Bound, Decoder, Query, Question, Texts};
use crate::pg::{PgError, Session, Target};

use super::read::{BEGIN, IntrospectError, TOGETHER, failed};

/// What a session does in one go.
pub(super) enum Task {
    /// One query whose rows are decoded as they come.
    Stream(Query),
    /// Queries in one message.
    Together(Vec<Query>),
    /// Definitions that are asked for before it is known who wants them.
    Bound(Bound),
}

impl Task {
    fn queries(&self) -> &[Query] {
        match self {
            Task::Stream(query) => std::slice::from_ref(query),
            Task::Together(queries) => queries,
            Task::Bound(_) => &[],
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

/// Puts queries in order: what brings columns, what needs none, what names them. Where all are in one message, nothing
/// is asked for beforehand.
pub(super) fn tasks(
    queries: Vec<Query>,
    bound: Vec<Bound>,
    is_streamed: impl Fn(&Query) -> bool,
) -> VecDeque<Task> {
    let (streamed, mut together): (Vec<Query>, Vec<Query>) = queries.into_iter().partition(is_streamed);
    let mut tasks: Vec<Task> = streamed.into_iter().map(Task::Stream).collect();
    together.sort_by_key(|query| (!query.brings_columns(), query.names_columns()));
    if tasks.is_empty() {
        return VecDeque::from([Task::Together(together)]);
    }
    let (named, plain): (Vec<Query>, Vec<Query>) = together.into_iter().partition(Query::names_columns);
    let messages = [plain, named].into_iter().filter(|queries| !queries.is_empty());
    tasks.extend(messages.map(Task::Together));
    tasks.extend(bound.into_iter().map(Task::Bound));
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
    texts: Mutex<Awaited>,
    heard: Condvar,
}

/// Definitions that are asked for beforehand.
struct Awaited {
    /// How many statements have not been answered.
    open: usize,
    texts: Texts,
    /// What each session takes when all are there.
    all: Option<Arc<Texts>>,
    /// A session has failed, and its statements with it.
    failed: bool,
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
    let open = tasks.iter().filter(|task| matches!(task, Task::Bound(_))).count();
    let shared = Shared {
        tasks: Mutex::new(tasks),
        columns: Mutex::new(Columns::Awaited),
        changed: Condvar::new(),
        texts: Mutex::new(Awaited {
            open,
            texts: Texts::default(),
            all: None,
            failed: false,
        }),
        heard: Condvar::new(),
    };
    let other = if is_large && may_share {
        invite(session).map_err(failed(TOGETHER))?
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
pub(super) fn invite(session: &mut Session) -> Result<Option<(Target, String)>, PgError> {
    let rows = session.text_rows("SELECT pg_catalog.pg_export_snapshot()")?;
    let name = rows.into_iter().flatten().flatten().next();
    Ok(name.map(|name| (session.target().clone(), name)))
}

pub(super) fn join_snapshot(target: &Target, snapshot: &str) -> Result<Session, PgError> {
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
    let answers = Answers(shared);
    take_tasks(session, shared, &mut decoder, is_first)?;
    drop(promise);
    // What the other session has failed to ask for is asked for once more; its error ends the read anyway.
    decoder.take_texts(await_texts(shared));
    std::mem::forget(answers);
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
            Task::Bound(bound) => read_bound(session, bound, shared)?,
        }
        if task.brings_columns() {
            publish(shared, Columns::Read(decoder.columns()));
        }
    }
    Ok(())
}

fn next(shared: &Shared, is_first: bool) -> Option<Task> {
    let mut tasks = shared.tasks.lock().unwrap_or_else(PoisonError::into_inner);
    let is_bound = |task: &Task| matches!(task, Task::Bound(_));
    let mine = |task: &Task| is_first || !(task.brings_columns() || task.completes_columns());
    // One session alone is to learn of relations, so each takes first what the other would take last.
    let preferred = tasks
        .iter()
        .position(|task| mine(task) && is_bound(task) != is_first);
    let place = preferred.or_else(|| tasks.iter().position(mine))?;
    tasks.remove(place)
}

/// Held while a session takes tasks: if it fails, nobody waits for its answers.
struct Answers<'a>(&'a Shared);

impl Drop for Answers<'_> {
    fn drop(&mut self) {
        let mut awaited = self.0.texts.lock().unwrap_or_else(PoisonError::into_inner);
        awaited.failed = true;
        drop(awaited);
        self.0.heard.notify_all();
    }
}

fn await_texts(shared: &Shared) -> Arc<Texts> {
    let awaited = shared.texts.lock().unwrap_or_else(PoisonError::into_inner);
    let mut awaited = shared
        .heard
        .wait_while(awaited, |awaited| awaited.open > 0 && !awaited.failed)
        .unwrap_or_else(PoisonError::into_inner);
    let awaited = &mut *awaited;
    let all = awaited
        .all
        .get_or_insert_with(|| Arc::new(std::mem::take(&mut awaited.texts)));
    Arc::clone(all)
}

fn read_bound(session: &mut Session, bound: &Bound, shared: &Shared) -> Result<(), IntrospectError> {
    let mut texts = Texts::default();
    session
        .stream_text_rows(&bound.sql, |row| texts.add(bound, row))
        .map_err(failed("definitions"))?;
    let mut awaited = shared.texts.lock().unwrap_or_else(PoisonError::into_inner);
    awaited.texts.absorb(texts);
    awaited.open -= 1;
    drop(awaited);
    shared.heard.notify_all();
    Ok(())
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
