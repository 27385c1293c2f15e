//! Reads migrations, replays them in the order of the graph, and asks every rule.

use std::path::Path;
use std::sync::Arc;

use super::context::{Ended, Migration, Settings, Step};
use super::effects;
use super::found::Found;
use super::house::{self, HouseRule};
use super::rule::Check;
use super::rules;
use super::schema::replay::Place;
use super::schema::{Log, Origin, Schema, replay};
use super::transaction::Transaction;
use crate::model::{Finding, RevisionId};
use crate::sql::Script;
use crate::sql::act::{self, Act, Span};

/// Everything that is linted together.
#[derive(Clone, Debug)]
pub struct Input {
    /// The migrations, in an order in which everything comes after what it needs.
    pub migrations: Vec<Source>,
    /// The schema that everything begins with.
    pub before: Schema,
    /// What the project says.
    pub settings: Settings,
    /// The project's own rules.
    pub house: Vec<HouseRule>,
}

/// A migration as it was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file, relative to the project.
    pub path: Arc<Path>,
    /// The revision; nothing for a file of no project.
    pub revision: Option<RevisionId>,
    /// Its text.
    pub text: Arc<str>,
    /// What it follows and depends on, by place in the list.
    pub earlier: Vec<usize>,
    /// Whether the file runs in one transaction.
    pub transactional: bool,
    /// `approval` in the header.
    pub approval: Option<String>,
    /// Whether there is a down file.
    pub has_down: bool,
    /// Whether it joins two or more parents.
    pub is_merge: bool,
    /// Whether findings are wanted; otherwise it is replayed only.
    pub reported: bool,
}

/// What was found in a migration.
#[derive(Clone, Debug, Default)]
pub struct Linted {
    /// The places of its statements.
    pub statements: Vec<Span>,
    /// What the rules found.
    pub found: Vec<Found>,
    /// What is wrong with its directives.
    pub findings: Vec<Finding>,
}

/// Returns the schema that SQL text leaves behind.
pub fn schema_of(text: &str, before: &Schema) -> Schema {
    let mut schema = before.clone();
    let place = Place {
        origin: Origin::Before,
        conditional: false,
    };
    for act in act::read(text) {
        replay(&mut schema, &act, place, &mut Log::default());
    }
    schema
}

/// Lints migrations; the results come in the same order.
pub fn lint(input: &Input) -> Vec<Linted> {
    let mut after: Vec<Schema> = Vec::with_capacity(input.migrations.len());
    let mut read: Vec<Arc<[Act]>> = Vec::with_capacity(input.migrations.len());
    let mut transaction = 0;
    let mut linted = Vec::with_capacity(input.migrations.len());
    for (number, source) in input.migrations.iter().enumerate() {
        let before = match source.earlier[..] {
            [] => input.before.clone(),
            [only] => after[only].clone(),
            _ => joined(input, number, &read),
        };
        let acts: Arc<[Act]> = act::read(&source.text).into();
        read.push(Arc::clone(&acts));
        let (schema, result) = one(input, number, before, acts, &mut transaction);
        after.push(schema);
        linted.push(result);
    }
    linted
}

/// Replays all ancestors of a merge.
fn joined(input: &Input, number: usize, read: &[Arc<[Act]>]) -> Schema {
    let mut ancestors = vec![false; number];
    let mut open = input.migrations[number].earlier.clone();
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut ancestors[at], true) {
            open.extend(&input.migrations[at].earlier);
        }
    }
    let mut schema = input.before.clone();
    for (at, acts) in read.iter().enumerate().filter(|(at, _)| ancestors[*at]) {
        for (statement, act) in acts.iter().enumerate() {
            let origin = Origin::Made {
                migration: at as u32,
                transaction: u32::MAX - at as u32,
                statement: statement as u32,
            };
            let place = Place {
                origin,
                conditional: false,
            };
            replay(&mut schema, act, place, &mut Log::default());
        }
    }
    schema
}

fn one(
    input: &Input,
    number: usize,
    before: Schema,
    acts: Arc<[Act]>,
    transaction: &mut u32,
) -> (Schema, Linted) {
    let source = &input.migrations[number];
    let mut linted = Linted {
        statements: acts.iter().map(|act| act.span.clone()).collect(),
        ..Linted::default()
    };
    let sections = match Script::read(&source.path, &source.text) {
        Ok(script) => script.sections,
        Err(findings) => {
            linted.findings = findings;
            Vec::new()
        }
    };
    let migration = Migration {
        number: number as u32,
        path: Arc::clone(&source.path),
        revision: source.revision.clone(),
        source: Arc::clone(&source.text),
        acts: Arc::clone(&acts),
        transactional: source.transactional,
        sections,
        approval: source.approval.clone(),
        has_down: source.has_down,
        is_merge: source.is_merge,
    };
    let mut schema = before.clone();
    let mut done: Vec<Transaction> = Vec::new();
    for (statement, act) in acts.iter().enumerate() {
        if done.is_empty() || !migration.transactional {
            *transaction += 1;
            done.push(Transaction {
                number: *transaction,
                shared: migration.transactional,
                ..Transaction::default()
            });
        }
        let running = done.last_mut().expect("one was just begun");
        let effects = effects::of(act, &schema, running, input.settings.oldest());
        let step = Step {
            migration: &migration,
            statement,
            act,
            inside: None,
            schema: &schema,
            transaction: running,
            effects: &effects,
            settings: &input.settings,
        };
        if source.reported {
            for rule in rules::ALL {
                if let Check::Statement(check) = rule.check {
                    let mut problems = Vec::new();
                    check(&step, &mut problems);
                    linted.found.extend(problems.into_iter().map(|problem| Found::by(rule, problem)));
                }
            }
        }
        running.add(statement, &effects);
        let origin = Origin::Made {
            migration: number as u32,
            transaction: running.number,
            statement: statement as u32,
        };
        let place = Place {
            origin,
            conditional: false,
        };
        replay(&mut schema, act, place, &mut Log::default());
    }
    let ended = Ended {
        migration: &migration,
        before: &before,
        after: &schema,
        transactions: &done,
        settings: &input.settings,
    };
    if source.reported {
        for rule in rules::ALL {
            if let Check::Migration(check) = rule.check {
                let mut problems = Vec::new();
                check(&ended, &mut problems);
                linted.found.extend(problems.into_iter().map(|problem| Found::by(rule, problem)));
            }
        }
        linted.found.extend(house::check(&input.house, &ended));
    }
    (schema, linted)
}
