//! Lints migrations: replays each from where its ancestors leave the schema, and asks every rule.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::context::{Ended, Migration, Settings, Step};
use super::digest::Digest;
use super::effects::{self, Effects};
use super::house;
use super::one_hazard;
use super::order::{self, Ordered};
use super::rule::{Check, Problem, Rule};
use super::rules;
use super::schema::replay::{Place, replay_expression};
use super::schema::{Key, Log, Origin, Relation, Schema, Touched, replay};
use super::transaction::{SetTo, Transaction};
use crate::model::{Level, RevisionId};
use crate::sql::act::routine::BodyKind;
use crate::sql::act::session::SettingValue;
use crate::sql::act::{self, Act, Action, SetScope, TransactionAct};
use crate::sql::script::{Script, Section};

/// What is linted together.
#[derive(Debug)]
pub struct Input {
    /// The migrations in the order in which they run; [`Migration::number`] is the place here.
    pub migrations: Vec<Migration>,
    /// For each, the places of those that it directly follows: parents and `depends-on`.
    pub prerequisites: Vec<Vec<u32>>,
    /// The schema that everything begins with.
    pub base: Schema,
    /// Which migrations are reported on; the others are replayed only.
    pub reported: Vec<bool>,
    /// What the project says.
    pub settings: Settings,
}

/// A problem with the migration that it stands in and the rule that found it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The migration, by its place in the input.
    pub migration: u32,
    /// The rule.
    pub rule: &'static Rule,
    /// What it found.
    pub problem: Problem,
}

impl Found {
    /// Returns its level where nothing is configured.
    pub fn level(&self) -> Level {
        self.problem.level.unwrap_or(self.rule.level)
    }
}

/// What a revision says of itself, for [`migration`].
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its id.
    pub revision: Option<RevisionId>,
    /// Whether its file runs in one transaction.
    pub transactional: bool,
    /// `approval` in the header.
    pub approval: Option<String>,
    /// Whether there is a down file.
    pub has_down: bool,
    /// Whether it joins two or more parents.
    pub is_merge: bool,
}

/// Reads a file for linting. Directives that are wrong are the loader's business and leave no section here.
pub fn migration(number: u32, path: &Path, source: &str, about: About) -> Migration {
    let acts = act::read(source);
    let sections = match source.contains("--:") {
        true => Script::read(path, source)
            .map(|script| sections(script, &acts))
            .unwrap_or_default(),
        false => Vec::new(),
    };
    Migration {
        number,
        path: path.into(),
        revision: about.revision,
        source: source.into(),
        digest: Digest::of(&acts),
        acts: acts.into(),
        transactional: about.transactional,
        sections,
        approval: about.approval,
        has_down: about.has_down,
        is_merge: about.is_merge,
    }
}

/// Returns the sections with the places of their acts: CREATE SCHEMA and lines for psql are acts of their own, so acts
/// are not counted as statements are.
fn sections(script: Script, acts: &[Act]) -> Vec<Section> {
    let act_at = |byte: usize| acts.partition_point(|act| (act.span.start as usize) < byte);
    let statements = &script.statements;
    let mut sections = script.sections;
    for section in &mut sections {
        let (first, last) = (section.statements.start, section.statements.end);
        let start = statements
            .get(first)
            .map_or(usize::MAX, |statement| statement.range.start);
        let end = last
            .checked_sub(1)
            .and_then(|last| statements.get(last))
            .map_or(start, |last| last.range.end);
        section.statements = act_at(start)..act_at(end);
    }
    sections
}

/// Returns the schema that SQL text leaves behind, as something that was there before.
pub fn schema_of(source: &str, base: &Schema) -> Schema {
    let mut schema = base.clone();
    let place = Place {
        origin: Origin::Before,
        conditional: false,
        in_body: false,
    };
    for act in act::read(source) {
        replay(&mut schema, &act, place, &mut Log::default());
    }
    schema.end_session(base.search_path().to_vec());
    schema
}

/// Lints a file by itself, with what exists before it.
pub fn alone(migration: &Migration, base: &Schema, settings: &Settings) -> Vec<Found> {
    let mut found = Vec::new();
    let walked = Walk::new(migration, base.clone(), settings, Some(&mut found)).walk();
    let linted = [Linted {
        migration,
        log: walked.log,
    }];
    order::check(&linted, &[Vec::new()], &[true], base.complete(), &mut found);
    one_hazard::settle(&mut found);
    sort(&mut found);
    found
}

/// Lints migrations that follow each other.
pub fn together(input: &Input) -> Vec<Found> {
    let mut found = Vec::new();
    let mut states = States::new(input);
    let mut logs = Vec::with_capacity(input.migrations.len());
    for (at, migration) in input.migrations.iter().enumerate() {
        let schema = states.before(at);
        let problems = input.reported[at].then_some(&mut found);
        let walked = Walk::new(migration, schema, &input.settings, problems).walk();
        states.after(at, walked.schema);
        logs.push(Linted {
            migration,
            log: walked.log,
        });
    }
    order::check(
        &logs,
        &input.prerequisites,
        &input.reported,
        input.base.complete(),
        &mut found,
    );
    one_hazard::settle(&mut found);
    sort(&mut found);
    found
}

/// A migration with what it touched.
pub(super) struct Linted<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// What it touched and missed, each with the statement that did.
    pub log: Log,
}

/// By migration, place and rule.
fn sort(found: &mut [Found]) {
    found.sort_by(|left, right| {
        let key = |found: &Found| (found.migration, found.problem.span.start, found.rule.name);
        key(left)
            .cmp(&key(right))
            .then_with(|| left.problem.message.cmp(&right.problem.message))
    });
}

/// The schemas that migrations leave, kept as long as somebody follows them.
struct States<'a> {
    input: &'a Input,
    after: HashMap<u32, Schema>,
    waiting: Vec<u32>,
}

impl<'a> States<'a> {
    fn new(input: &'a Input) -> Self {
        let mut waiting = vec![0; input.migrations.len()];
        for prerequisite in input.prerequisites.iter().flatten() {
            waiting[*prerequisite as usize] += 1;
        }
        States {
            input,
            after: HashMap::new(),
            waiting,
        }
    }

    /// Returns the schema before a migration: that after its prerequisite, with whatever others bring replayed on it.
    fn before(&mut self, at: usize) -> Schema {
        let prerequisites = &self.input.prerequisites[at];
        let Some(first) = prerequisites.iter().max() else {
            return self.input.base.clone();
        };
        let mut schema = self
            .after
            .get(first)
            .cloned()
            .unwrap_or_else(|| self.input.base.clone());
        for missing in Ordered::new(&self.input.prerequisites).beyond(prerequisites, *first) {
            replay_whole(&self.input.migrations[missing as usize], &mut schema);
        }
        for prerequisite in prerequisites {
            let waiting = &mut self.waiting[*prerequisite as usize];
            *waiting -= 1;
            if *waiting == 0 {
                self.after.remove(prerequisite);
            }
        }
        schema
    }

    fn after(&mut self, at: usize, schema: Schema) {
        if self.waiting[at] > 0 {
            self.after.insert(at as u32, schema);
        }
    }
}

/// Replays a migration that was looked at before, in another branch.
fn replay_whole(migration: &Migration, schema: &mut Schema) {
    let path = schema.search_path().to_vec();
    let mut log = Log::default();
    for (statement, act) in migration.acts.iter().enumerate() {
        let place = Place {
            origin: Origin::Made {
                migration: migration.number,
                transaction: transaction_number(migration, 0),
                statement: statement as u32,
            },
            conditional: false,
            in_body: false,
        };
        replay(schema, act, place, &mut log);
    }
    schema.end_session(path);
}

/// The setting whose default is to wait for ever.
const LOCK_TIMEOUT: &str = "lock_timeout";

/// A number for each transaction of a run: migrations have up to 2^20 statements that count here.
fn transaction_number(migration: &Migration, nth: u32) -> u32 {
    migration.number.wrapping_mul(4096).wrapping_add(nth.min(4095))
}

/// One migration on its way.
struct Walk<'a, 'f> {
    migration: &'a Migration,
    settings: &'a Settings,
    found: Option<&'f mut Vec<Found>>,
    before: Schema,
    schema: Schema,
    log: Log,
    done: Vec<Transaction>,
    current: Transaction,
    /// Inside BEGIN … COMMIT of a file that has no transaction of its own.
    in_group: bool,
    statement: usize,
    /// The savepoints of the transaction, with the schema at each.
    savepoints: Vec<(Box<str>, Schema)>,
}

struct Walked {
    schema: Schema,
    log: Log,
}

impl<'a, 'f> Walk<'a, 'f> {
    fn new(
        migration: &'a Migration,
        mut schema: Schema,
        settings: &'a Settings,
        found: Option<&'f mut Vec<Found>>,
    ) -> Self {
        schema.set_search_path(settings.search_path.iter().cloned());
        let mut walk = Walk {
            migration,
            settings,
            found,
            before: schema.clone(),
            schema,
            log: Log::default(),
            done: Vec::new(),
            current: Transaction::default(),
            in_group: false,
            statement: 0,
            savepoints: Vec::new(),
        };
        walk.begin(migration.transactional);
        walk
    }

    fn begin(&mut self, shared: bool) {
        self.current = Transaction {
            number: transaction_number(self.migration, self.done.len() as u32),
            shared,
            settings: std::mem::take(&mut self.current.settings),
            ..Transaction::default()
        };
        self.current.settings.retain(|_, set| !set.local);
        self.savepoints.clear();
    }

    fn end(&mut self) {
        let ended = std::mem::take(&mut self.current);
        self.current.settings.clone_from(&ended.settings);
        if !ended.statements.is_empty() {
            self.done.push(ended);
        }
    }

    fn walk(mut self) -> Walked {
        let migration = self.migration;
        for (statement, act) in migration.acts.iter().enumerate() {
            self.statement = statement;
            if !migration.transactional && self.is_boundary(act) {
                continue;
            }
            let touches = self.log.mark();
            self.statement(act);
            self.log.number(touches, statement as u32);
            if !migration.transactional && !self.in_group {
                self.end();
                self.begin(false);
            }
        }
        self.end();
        if self.found.is_some() {
            self.at_end();
        }
        let mut schema = self.schema;
        schema.end_session(self.settings.search_path.iter().cloned());
        Walked {
            schema,
            log: self.log,
        }
    }

    /// In a file without a transaction, BEGIN and COMMIT make one.
    fn is_boundary(&mut self, act: &Act) -> bool {
        match act.action {
            Action::Transaction(TransactionAct::Begin) => {
                self.statement_rules(act);
                self.end();
                self.begin(true);
                self.in_group = true;
            }
            Action::Transaction(TransactionAct::Commit | TransactionAct::Rollback) => {
                self.statement_rules(act);
                self.end();
                self.begin(false);
                self.in_group = false;
            }
            _ => return false,
        }
        true
    }

    fn statement(&mut self, act: &Act) {
        match &act.action {
            Action::Do(body) => {
                self.statement_rules(act);
                for inner in &body.statements {
                    match &inner.kind {
                        BodyKind::Sql(act) | BodyKind::Dynamic(act) => self.one(act, Some(inner)),
                        BodyKind::Expression(expr) if !inner.conditional && !inner.caught => {
                            let place = self.place(Some(inner));
                            replay_expression(&mut self.schema, expr, place, &mut self.log);
                        }
                        _ => {}
                    }
                }
            }
            _ => self.one(act, None),
        }
    }

    fn statement_rules(&mut self, act: &Act) {
        if self.found.is_some() {
            self.check(act, None, &Effects::default());
        }
        if self.current.statements.last() != Some(&self.statement) {
            self.current.statements.push(self.statement);
        }
    }

    /// Where a statement stands while it is replayed.
    fn place(&self, inside: Option<&act::BodyStatement>) -> Place {
        Place {
            origin: Origin::Made {
                migration: self.migration.number,
                transaction: self.current.number,
                statement: self.statement as u32,
            },
            conditional: inside.is_some_and(|inside| inside.conditional || inside.caught),
            in_body: inside.is_some(),
        }
    }

    /// Looks at one statement and replays it.
    fn one(&mut self, act: &Act, inside: Option<&act::BodyStatement>) {
        let major = self.settings.oldest();
        let effects = effects::of(act, &self.schema, &self.current, major);
        if self.found.is_some() {
            self.check(act, inside, &effects);
        }
        self.current.add(self.statement, &effects);
        self.set(act);
        let place = self.place(inside);
        replay(&mut self.schema, act, place, &mut self.log);
        if let Action::Transaction(control) = &act.action {
            self.savepoint(control);
        }
    }

    /// ROLLBACK TO takes back what was done since.
    fn savepoint(&mut self, control: &TransactionAct) {
        match control {
            TransactionAct::Savepoint(name) => self.savepoints.push((name.clone(), self.schema.clone())),
            TransactionAct::RollbackTo(name) => {
                if let Some(at) = self.savepoints.iter().rposition(|(own, _)| own == name) {
                    self.savepoints.truncate(at + 1);
                    self.schema = self.savepoints[at].1.clone();
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, act: &Act) {
        let Action::Set(setting) = &act.action else { return };
        if &*setting.name == "all" {
            return self.current.settings.clear();
        }
        let value = match &setting.value {
            Some(SettingValue::Text(text)) => Some(text.clone()),
            // What whoever runs the migrations has set is gone as well.
            None if &*setting.name == LOCK_TIMEOUT => Some("0".into()),
            _ => None,
        };
        if setting.scope == SetScope::Reset && &*setting.name != LOCK_TIMEOUT {
            self.current.settings.remove(&setting.name);
            return;
        }
        let set = SetTo {
            value,
            local: setting.scope == SetScope::Local,
            statement: self.statement,
        };
        self.current.settings.insert(setting.name.clone(), set);
    }

    fn check(&mut self, act: &Act, inside: Option<&act::BodyStatement>, effects: &Effects) {
        let Some(found) = self.found.as_deref_mut() else {
            return;
        };
        let step = Step {
            migration: self.migration,
            statement: self.statement,
            act,
            inside,
            schema: &self.schema,
            transaction: &self.current,
            effects,
            settings: self.settings,
        };
        let mut problems = Vec::new();
        for rule in rules::ALL {
            let Check::Statement(check) = rule.check else {
                continue;
            };
            check(&step, &mut problems);
            if !problems.is_empty() {
                take(found, self.migration, rule, &mut problems);
            }
        }
    }

    fn at_end(&mut self) {
        let Some(found) = self.found.as_deref_mut() else {
            return;
        };
        let changed = changed(&self.before, &self.schema, &self.log);
        let ended = Ended {
            migration: self.migration,
            before: &self.before,
            after: &self.schema,
            changed: &changed,
            transactions: &self.done,
            settings: self.settings,
        };
        let mut problems = Vec::new();
        for rule in rules::ALL {
            let Check::Migration(check) = rule.check else {
                continue;
            };
            check(&ended, &mut problems);
            take(found, self.migration, rule, &mut problems);
        }
        house::check(&ended, found);
    }
}

/// Returns the relations that a migration touched and that are not what they were. Only a grant on a whole schema asks
/// every relation; the rest is as much work as the file is long.
fn changed(before: &Schema, after: &Schema, log: &Log) -> Vec<Arc<Relation>> {
    let is_changed = |relation: &&Arc<Relation>| {
        before
            .relation_at(&relation.key)
            .is_none_or(|earlier| !Arc::ptr_eq(earlier, relation))
    };
    let mut keys: BTreeSet<&Key> = BTreeSet::new();
    for touch in &log.touches {
        match &touch.what {
            Touched::Relation(key)
            | Touched::Column(key, _)
            | Touched::Constraint(key, _)
            | Touched::Trigger(key, _)
            | Touched::Policy(key, _)
            | Touched::Rule(key, _)
            | Touched::Rows(key)
            | Touched::Row(key, _)
            | Touched::UniqueKey(key, _) => {
                keys.insert(key);
            }
            Touched::Index(key) => keys.extend(
                [after.index_at(key), before.index_at(key)]
                    .into_iter()
                    .flatten()
                    .map(|index| &index.relation),
            ),
            Touched::AllIn(..) => return after.relations().filter(is_changed).cloned().collect(),
            _ => {}
        }
    }
    keys.into_iter()
        .filter_map(|key| after.relation_at(key))
        .filter(is_changed)
        .cloned()
        .collect()
}

fn take(found: &mut Vec<Found>, migration: &Migration, rule: &'static Rule, problems: &mut Vec<Problem>) {
    found.extend(problems.drain(..).map(|problem| Found {
        migration: migration.number,
        rule,
        problem,
    }));
}
