//! What statements lock, scan and rewrite, compared with servers: every form of `tests/fixtures/locks/forms.sql` is run
//! and observed, and what [`effects::of`] says of the same text must be the same. `docs/locks.md` is written from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zerodrift::lint::effects::{self, Effects, Sure, Work};
use zerodrift::lint::schema::replay::{Place, replay};
use zerodrift::lint::schema::{Key, Log, Origin, Schema};
use zerodrift::lint::transaction::{SetTo, Transaction};
use zerodrift::model::LockMode;
use zerodrift::pg::Session;
use zerodrift::sql::act::session::{SetScope, SettingValue};
use zerodrift::sql::act::{self, Act, Action};

use crate::support::{self, TestDatabase};

/// The majors that `docs/locks.md` is written from.
const MAJORS: std::ops::RangeInclusive<u32> = 13..=18;

/// A statement form of the fixture.
#[derive(Debug, Default)]
struct Form {
    title: String,
    since: Option<u32>,
    until: Option<u32>,
    blocker: Option<String>,
    assumed: bool,
    beyond: bool,
    after: Option<String>,
    setup: String,
    run: String,
}

/// What a statement did, or is said to do: relations that were there before it and that others can see.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
struct Facts {
    locks: BTreeMap<String, LockMode>,
    scans: BTreeSet<String>,
    rewrites: BTreeSet<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Reads the fixture: what stands before the first form, and the forms.
fn forms() -> (String, Vec<Form>) {
    let text = std::fs::read_to_string(root().join("tests/fixtures/locks/forms.sql")).unwrap();
    let mut world = String::new();
    let mut forms: Vec<Form> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("-- form: ") {
            forms.push(Form {
                title: title.to_owned(),
                ..Form::default()
            });
            continue;
        }
        let Some(form) = forms.last_mut() else {
            world.push_str(line);
            world.push('\n');
            continue;
        };
        let number = |text: &str| Some(text.parse().unwrap_or_else(|_| panic!("{line}")));
        if let Some(major) = line.strip_prefix("-- since: ") {
            form.since = number(major);
        } else if let Some(major) = line.strip_prefix("-- until: ") {
            form.until = number(major);
        } else if let Some(sql) = line.strip_prefix("-- blocker: ") {
            form.blocker = Some(sql.to_owned());
        } else if let Some(sql) = line.strip_prefix("-- after: ") {
            form.after = Some(sql.to_owned());
        } else if line.starts_with("-- beyond: ") {
            form.beyond = true;
        } else if line == "-- assumed" {
            form.assumed = true;
        } else if line == "-- run" {
            form.setup = std::mem::take(&mut form.run);
        } else {
            form.run.push_str(line);
            form.run.push('\n');
        }
    }
    let titles: BTreeSet<&str> = forms.iter().map(|form| form.title.as_str()).collect();
    assert_eq!(titles.len(), forms.len(), "every form has a title of its own");
    (world, forms)
}

impl Form {
    fn is_for(&self, major: u32) -> bool {
        self.since.is_none_or(|since| since <= major) && self.until.is_none_or(|until| major <= until)
    }
}

/// Every relation of the project: its oid, name, table where it is an index, file, size and rows read so far.
const RELATIONS: &str = "
    SELECT c.oid::pg_catalog.text,
           CASE WHEN n.nspname LIKE 'pg\\_temp%' THEN 'pg_temp' ELSE n.nspname END || '.' || c.relname,
           i.indrelid::pg_catalog.text,
           pg_catalog.pg_relation_filenode(c.oid)::pg_catalog.text,
           pg_catalog.pg_relation_size(c.oid)::pg_catalog.text,
           (pg_catalog.pg_stat_get_xact_tuples_returned(c.oid)
               + pg_catalog.pg_stat_get_xact_tuples_fetched(c.oid))::pg_catalog.text
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'i', 'I')
       AND (n.nspname !~ '^pg_' OR n.nspname LIKE 'pg\\_temp%') AND n.nspname <> 'information_schema'
     ORDER BY c.oid";

/// A relation before or after a form.
#[derive(Debug, Clone)]
struct Seen {
    name: String,
    table: Option<String>,
    file: Option<String>,
    size: u64,
    rows_read: u64,
}

type Picture = BTreeMap<String, Seen>;

fn picture(session: &mut Session) -> Picture {
    let rows = session.text_rows(RELATIONS).unwrap();
    rows.into_iter()
        .map(|row| {
            let field = |at: usize| row[at].clone();
            let number = |at: usize| field(at).and_then(|text| text.parse().ok()).unwrap_or(0);
            let seen = Seen {
                name: field(1).unwrap(),
                table: field(2),
                file: field(3),
                size: number(4),
                rows_read: number(5),
            };
            (field(0).unwrap(), seen)
        })
        .collect()
}

/// The strongest mode that a backend has, or waits for, on each relation but indexes; ACCESS SHARE is left out.
fn locks(session: &mut Session, pid: i32, before: &Picture) -> BTreeMap<String, LockMode> {
    let sql = format!(
        "SELECT relation::pg_catalog.text, mode FROM pg_catalog.pg_locks
          WHERE pid = {pid} AND locktype = 'relation' ORDER BY relation, mode"
    );
    let mut found: BTreeMap<String, LockMode> = BTreeMap::new();
    for row in session.text_rows(&sql).unwrap() {
        let Some(seen) = row[0].as_ref().and_then(|oid| before.get(oid)) else {
            continue;
        };
        let mode = LockMode::parse(row[1].as_deref().unwrap()).unwrap();
        if seen.table.is_some() || mode == LockMode::AccessShare {
            continue;
        }
        let held = found.entry(seen.name.clone()).or_insert(mode);
        *held = mode.max(*held);
    }
    found
}

/// Compares the pictures. A relation is rewritten when it got another file with something in it; its indexes are
/// named only where they were rewritten by themselves. An index that is dropped and made again has another oid.
fn compare(before: &Picture, after: &Picture) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut scans = BTreeSet::new();
    let mut new_files: BTreeSet<&str> = BTreeSet::new();
    let by_name: BTreeMap<&str, &Seen> = after.values().map(|seen| (seen.name.as_str(), seen)).collect();
    for (oid, seen) in before {
        let again = by_name.get(seen.name.as_str()).filter(|_| seen.table.is_some());
        if let Some(later) = after.get(oid).or(again.copied())
            && later.file != seen.file
        {
            new_files.insert(oid);
        }
        let Some(later) = after.get(oid) else { continue };
        if later.rows_read > seen.rows_read {
            let table = seen.table.as_ref().and_then(|table| before.get(table));
            scans.insert(table.unwrap_or(seen).name.clone());
        }
    }
    let rewrites = new_files
        .iter()
        .filter(|oid| match &before[**oid].table {
            Some(table) => !new_files.contains(table.as_str()),
            None => after.get(**oid).is_some_and(|later| later.size > 0),
        })
        .map(|oid| before[*oid].name.clone())
        .collect();
    (scans, rewrites)
}

/// Runs a form in a transaction, looks, and rolls back.
fn observe(session: &mut Session, form: &Form) -> Facts {
    session.run("BEGIN").unwrap();
    let before = picture(session);
    session
        .run(&form.run)
        .unwrap_or_else(|error| panic!("{}: {error}", form.title));
    let pid = session.backend_pid();
    let locks = locks(session, pid, &before);
    let after = picture(session);
    session.run("ROLLBACK").unwrap();
    let (scans, rewrites) = compare(&before, &after);
    Facts {
        locks,
        scans,
        rewrites,
    }
}

/// Runs a form that refuses transactions in a session of its own, looks at its locks while it waits for the blocker,
/// and at files and counters when it has ended.
fn observe_waiting(database: &TestDatabase, session: &mut Session, form: &Form, blocker: &str) -> Facts {
    let before = picture(session);
    let counted = counters(session);
    let mut blocking = database.session();
    blocking.run("BEGIN").unwrap();
    blocking.run(blocker).unwrap();
    let mut worker = database.session();
    let pid = worker.backend_pid();
    let run = form.run.clone();
    let thread = std::thread::spawn(move || worker.run(&run));
    let waits = format!("SELECT 1 FROM pg_catalog.pg_locks WHERE pid = {pid} AND NOT granted");
    let patience = Instant::now() + Duration::from_secs(20);
    while session.text_rows(&waits).unwrap().is_empty() {
        assert!(
            Instant::now() < patience && !thread.is_finished(),
            "{}: does not wait for its blocker",
            form.title
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let locks = locks(session, pid, &before);
    blocking.run("COMMIT").unwrap();
    thread
        .join()
        .unwrap()
        .unwrap_or_else(|error| panic!("{}: {error}", form.title));
    // Its numbers are there when it is gone.
    let alive = format!("SELECT 1 FROM pg_catalog.pg_stat_activity WHERE pid = {pid}");
    while !session.text_rows(&alive).unwrap().is_empty() {
        assert!(Instant::now() < patience, "{}: its backend stays", form.title);
        std::thread::sleep(Duration::from_millis(5));
    }
    let after = picture(session);
    let (_, rewrites) = compare(&before, &after);
    Facts {
        locks,
        scans: scanned_since(session, &counted, &before),
        rewrites,
    }
}

/// How often each table was read from its beginning to its end, in sessions that have ended.
fn counters(session: &mut Session) -> BTreeMap<String, u64> {
    session
        .text_rows(
            "SELECT c.oid::pg_catalog.text, pg_catalog.pg_stat_get_tuples_returned(c.oid)::pg_catalog.text
               FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 ORDER BY c.oid",
        )
        .unwrap()
        .into_iter()
        .map(|row| (row[0].clone().unwrap(), row[1].as_ref().unwrap().parse().unwrap()))
        .collect()
}

/// Before 15 a collector gets the numbers late and may lose them, so nothing is said of scans there.
fn scanned_since(
    session: &mut Session,
    counted: &BTreeMap<String, u64>,
    before: &Picture,
) -> BTreeSet<String> {
    if session.server().major() < 15 {
        return BTreeSet::new();
    }
    counters(session)
        .into_iter()
        .filter(|(oid, count)| counted.get(oid).is_some_and(|earlier| earlier < count))
        .filter_map(|(oid, _)| before.get(&oid).map(|seen| seen.name.clone()))
        .collect()
}

/// Observes every form on a server.
fn observe_all(major: Option<u32>) -> (u32, Vec<(usize, Facts)>) {
    let (world, forms) = forms();
    let database = support::database_on(support::cluster_of(major), "lock_facts");
    let mut session = database.session();
    let major = session.server().major();
    let mut clean = false;
    let mut observed = Vec::new();
    for (at, form) in forms.iter().enumerate().filter(|(_, form)| form.is_for(major)) {
        if !clean || !form.setup.is_empty() || form.blocker.is_some() {
            session = database.session();
            session
                .run("DROP SCHEMA public CASCADE; CREATE SCHEMA public; RESET ALL")
                .unwrap();
            session.run(&world).unwrap_or_else(|error| panic!("{error}"));
        }
        session
            .run(&form.setup)
            .unwrap_or_else(|error| panic!("{}: setup: {error}", form.title));
        let facts = match &form.blocker {
            Some(blocker) => observe_waiting(&database, &mut session, form, blocker),
            None => observe(&mut session, form),
        };
        if let Some(after) = &form.after {
            session.run(after).unwrap();
        }
        clean = form.setup.is_empty() && form.blocker.is_none();
        observed.push((at, facts));
    }
    (major, observed)
}

/// Writes facts as the cells of a table; the schema `public` is left out.
fn cells(facts: &Facts) -> String {
    let short = |name: &str| name.strip_prefix("public.").unwrap_or(name).replace('|', "\\|");
    let locks: Vec<String> = facts
        .locks
        .iter()
        .map(|(name, mode)| format!("{} {mode}", short(name)))
        .collect();
    let list = |names: &BTreeSet<String>| {
        names
            .iter()
            .map(|name| short(name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(
        "{} | {} | {}",
        locks.join(", "),
        list(&facts.scans),
        list(&facts.rewrites)
    )
}

fn page_path() -> PathBuf {
    root().join("docs/locks.md")
}

/// The rows of the page: title, first and last major, cells.
fn rows_of(page: &str) -> Vec<(String, u32, u32, String)> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .filter_map(|row| {
            let (title, rest) = row.split_once(" | ")?;
            let (majors, cells) = rest.split_once(" | ")?;
            let (first, last) = majors.split_once('–').unwrap_or((majors, majors));
            Some((
                title.replace("\\|", "|"),
                first.trim().parse().ok()?,
                last.trim().parse().ok()?,
                cells.to_owned(),
            ))
        })
        .collect()
}

const HEAD: &str = "# Locks, scans and rewrites

What each statement form of `tests/fixtures/locks/forms.sql` did on servers 13 to 18, in a transaction of its own, to
relations that were there before and that others can see. `zerodrift lint` says the same of the same text, or the test
`lock_facts` fails. ACCESS SHARE and the locks of indexes and sequences are left out. A statement that refuses a
transaction was observed while it waited; what it reads is known from 15 on. For INSERT, UPDATE, DELETE, SELECT, COPY and
ANALYZE the rows read are those of the query, not of a check or build.

Written by `ZERODRIFT_BLESS=1 ZERODRIFT_TEST_MAJORS=13,14,15,16,17,18 cargo test --test integration lock_facts`.

| statement | majors | locks | reads whole | writes anew |
| --- | --- | --- | --- | --- |
";

fn page(forms: &[Form], observed: &BTreeMap<u32, BTreeMap<usize, Facts>>) -> String {
    let mut page = HEAD.to_owned();
    for (at, form) in forms.iter().enumerate() {
        let mut spans: Vec<(u32, u32, String)> = Vec::new();
        for (major, facts) in observed {
            let Some(facts) = facts.get(&at) else { continue };
            let cells = cells(facts);
            match spans.last_mut() {
                Some((_, last, earlier)) if *earlier == cells => *last = *major,
                _ => spans.push((*major, *major, cells)),
            }
        }
        for (first, last, cells) in spans {
            let majors = if first == last {
                first.to_string()
            } else {
                format!("{first}–{last}")
            };
            let _ = writeln!(
                page,
                "| {} | {majors} | {cells} |",
                form.title.replace('|', "\\|")
            );
        }
    }
    page.push_str(&lock_table());
    page
}

/// The second table of the page: what the effects go by.
fn lock_table() -> String {
    let mut table = GOES_BY.to_owned();
    for row in effects::lock_table() {
        let _ = writeln!(table, "| {} |", row.join(" | "));
    }
    table
}

const GOES_BY: &str = "
## What the linter goes by

One row per form, and one more where a newer major differs. `[M]` marks what the manual does not say and servers showed.

| form | since | lock | below | other relation | source |
| --- | --- | --- | --- | --- | --- |
";

#[test]
fn committed_lock_table_is_current() {
    let page = std::fs::read_to_string(page_path()).unwrap();
    let observed = page.split(GOES_BY).next().unwrap();
    let current = format!("{observed}{}", lock_table());
    if std::env::var_os("ZERODRIFT_BLESS").is_some() {
        std::fs::write(page_path(), &current).unwrap();
        return;
    }
    assert!(
        page == current,
        "run: ZERODRIFT_BLESS=1 cargo test --test integration committed_lock_table"
    );
}

/// What the effects say, in the words of what is observed.
#[derive(Debug)]
struct Said {
    facts: Facts,
    sure: Sure,
    /// Whether rows are read by queries too, so that what is read tells less.
    queries: bool,
    /// The relations that queries read.
    read: BTreeSet<String>,
    /// What the model believes not to exist.
    missing: Vec<String>,
}

/// Reads the same text and asks for its effects.
fn say(world: &str, form: &Form, major: u32) -> Said {
    let mut schema = Schema::empty();
    let mut log = Log::default();
    let place = |transaction, statement| Place {
        origin: Origin::Made {
            migration: transaction,
            transaction,
            statement,
        },
        conditional: false,
        in_body: false,
    };
    for act in act::read(&format!("{world}{}", form.setup)) {
        refuse_broken(&form.title, &act);
        replay(&mut schema, &act, place(0, 0), &mut log);
    }
    let mut transaction = Transaction {
        number: 1,
        shared: true,
        ..Transaction::default()
    };
    let mut said = Said {
        facts: Facts::default(),
        sure: Sure::Known,
        queries: false,
        read: BTreeSet::new(),
        missing: Vec::new(),
    };
    for (at, act) in act::read(&form.run).iter().enumerate() {
        refuse_broken(&form.title, act);
        let effects = effects::of(act, &schema, &transaction, major);
        said.add(&effects, &schema);
        said.queries |= matches!(
            act.action,
            Action::Dml(_) | Action::Select(_) | Action::Copy(_) | Action::Do(_) | Action::Call { .. }
        );
        let views = match &act.action {
            Action::Refresh { name, .. } => schema.relation(name).known().map(|view| view.reads.clone()),
            _ => None,
        };
        let named = act
            .uses
            .reads
            .iter()
            .filter_map(|(name, _)| schema.relation(name).known());
        said.read.extend(named.map(|relation| relation.key.to_string()));
        said.read
            .extend(views.into_iter().flatten().map(|key| key.to_string()));
        if let Action::Set(setting) = &act.action {
            let value = match &setting.value {
                Some(SettingValue::Text(text)) => Some(text.clone()),
                _ => None,
            };
            transaction.settings.insert(
                setting.name.clone(),
                SetTo {
                    value,
                    local: setting.scope == SetScope::Local,
                    statement: at,
                },
            );
        }
        replay(&mut schema, act, place(1, at as u32), &mut log);
    }
    let missing: Vec<_> = log
        .absences
        .iter()
        // What may be there all the same, as rows and what the server brings, is not missed.
        .filter(|absence| !absence.conditional && !absence.unsure)
        .collect();
    said.missing = missing.iter().map(|absence| absence.name.to_string()).collect();
    said
}

fn refuse_broken(title: &str, act: &Act) {
    assert!(!matches!(act.action, Action::Broken { .. }), "{title}: {act:?}");
}

impl Said {
    fn add(&mut self, effects: &Effects, schema: &Schema) {
        for lock in effects.locks.iter().filter(|lock| lock.visible) {
            let held = self
                .facts
                .locks
                .entry(lock.relation.to_string())
                .or_insert(lock.mode);
            *held = lock.mode.max(*held);
        }
        let visible = |work: &&Work| work.visible;
        let table_of = |key: &Key| {
            schema
                .index_at(key)
                .map_or(key.to_string(), |index| index.relation.to_string())
        };
        for work in effects.scans.iter().filter(visible) {
            self.facts.scans.insert(work.relation.to_string());
        }
        for work in effects.rewrites.iter().filter(visible) {
            self.facts.rewrites.insert(work.relation.to_string());
            // What is written anew is read for it.
            self.facts.scans.insert(table_of(&work.relation));
        }
        self.sure = self.sure.max(effects.sure);
    }

    /// Returns how it differs from what was observed.
    fn differs(&self, form: &Form, observed: &Facts, major: u32) -> Option<String> {
        if !self.missing.is_empty() {
            return Some(format!("the model misses {:?}", self.missing));
        }
        let mut seen = observed.clone();
        seen.locks.retain(|name, _| !name.starts_with("pg_temp."));
        seen.rewrites.retain(|name| !name.starts_with("pg_temp."));
        seen.scans.retain(|name| {
            !name.starts_with("pg_temp.") && (self.facts.scans.contains(name) || !self.read.contains(name))
        });
        let mut said = self.facts.clone();
        if self.queries {
            seen.scans.retain(|name| said.scans.contains(name));
        }
        if form.blocker.is_some() && major < 15 {
            said.scans.clear();
        }
        if form.assumed {
            if self.sure == Sure::Known {
                return Some("it is said to be known".to_owned());
            }
            // More may be said than happens, but not less.
            said.locks
                .retain(|name, mode| seen.locks.get(name).is_some_and(|seen| seen >= mode));
            said.scans.retain(|name| seen.scans.contains(name));
            said.rewrites.retain(|name| seen.rewrites.contains(name));
        } else if self.sure != Sure::Known {
            return Some(format!("it is said to be {:?}", self.sure));
        }
        (said != seen).then(|| format!("said {}, observed {}", cells(&said), cells(&seen)))
    }
}

/// Compares what is said with what was observed, form by form.
fn agrees_with_effects(world: &str, forms: &[Form], observed: &BTreeMap<u32, BTreeMap<usize, Facts>>) {
    let mut wrong = Vec::new();
    for (major, facts) in observed {
        for (at, facts) in facts {
            let form = &forms[*at];
            if form.beyond {
                continue;
            }
            if let Some(why) = say(world, form, *major).differs(form, facts, *major) {
                wrong.push(format!("{} on {major}: {why}", form.title));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "effects::of differs from servers in {} forms:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn lock_facts_are_those_of_servers() {
    let (world, forms) = forms();
    assert!(forms.len() >= 250, "{} forms", forms.len());
    let mut observed: BTreeMap<u32, BTreeMap<usize, Facts>> = BTreeMap::new();
    for major in support::majors() {
        let (major, facts) = observe_all(major);
        observed.insert(major, facts.into_iter().collect());
    }
    let path = page_path();
    if std::env::var_os("ZERODRIFT_BLESS").is_some() {
        let missing: Vec<u32> = MAJORS.filter(|major| !observed.contains_key(major)).collect();
        assert!(
            missing.is_empty(),
            "the page needs every major; missing: {missing:?}"
        );
        std::fs::write(&path, page(&forms, &observed)).unwrap();
    }
    agrees_with_effects(&world, &forms, &observed);
    agrees_with_page(&path, &forms, &observed);
}

/// The page shows what was observed.
fn agrees_with_page(path: &Path, forms: &[Form], observed: &BTreeMap<u32, BTreeMap<usize, Facts>>) {
    let rows = rows_of(&std::fs::read_to_string(path).unwrap());
    let mut wrong = Vec::new();
    for (major, facts) in observed {
        for (at, facts) in facts {
            let title = &forms[*at].title;
            let shown = rows
                .iter()
                .find(|(shown, first, last, _)| shown == title && (first..=last).contains(&major))
                .map(|(.., cells)| cells.as_str());
            let cells = cells(facts);
            if shown != Some(cells.as_str()) {
                wrong.push(format!(
                    "{title} on {major}: observed {cells}, the page has {shown:?}"
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "docs/locks.md differs from servers:\n{}",
        wrong.join("\n")
    );
}
