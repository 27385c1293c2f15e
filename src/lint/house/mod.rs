//! Rules that a project declares: conditions on the objects of the model, and on the text of statements. Pure.
//!
//! In: rules as data, and a migration that was replayed. Out: what they found. Only what the migration makes or changes
//! is judged, and only where the rule held before: a rule that an old table breaks says so once, at the revision that
//! broke it, and not again at every later change.

mod condition;
mod subject;

pub use condition::{ColumnCondition, Condition, PolicyCondition, type_name};
pub use subject::Subject;

use subject::Thing;

use super::context::Ended;
use super::rule::{Problem, Rule};
use super::run::Found;
use super::schema::{Relation, Schema};
use crate::sql::act::{Act, Action, Span};
use crate::sql::parse::tokens;

/// A rule of the project.
#[derive(Clone, Debug)]
pub struct HouseRule {
    /// Its name, level and summary. They live as long as the program, because findings carry them.
    pub rule: &'static Rule,
    /// What sort of object it looks at.
    pub subject: Subject,
    /// Which of them.
    pub select: Condition,
    /// What has to hold for them.
    pub require: Option<Condition>,
    /// What must not hold for them.
    pub forbid: Option<Condition>,
    /// The message, with `{object}`, `{name}`, `{table}`, `{schema}` and `{type}` filled in.
    pub message: String,
    /// What to do instead.
    pub hint: Option<String>,
    /// Objects that are let off.
    pub exempt: Vec<Exemption>,
}

/// An object that a rule lets off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// The object, with or without its schema.
    pub object: String,
    /// Why.
    pub because: String,
}

/// Judges what a migration made and changed.
pub fn check(ended: &Ended<'_>, found: &mut Vec<Found>) {
    for rule in ended.settings.house.iter() {
        if rule.subject == Subject::Statement {
            of_statements(rule, ended, found);
        } else {
            of_objects(rule, ended, found);
        }
    }
}

impl HouseRule {
    /// Says whether a rule finds something about an object as the schema has it.
    fn finds(&self, thing: &Thing<'_>, ended: &Ended<'_>) -> bool {
        let exempt = || {
            let (full, short) = (thing.full_name(), thing.short_name());
            self.exempt
                .iter()
                .any(|one| one.object == full || one.object == short)
        };
        if !self.select.holds(thing, ended.settings) || exempt() {
            return false;
        }
        match (&self.require, &self.forbid) {
            (None, None) => true,
            (require, forbid) => {
                require
                    .as_ref()
                    .is_some_and(|required| !required.holds(thing, ended.settings))
                    || forbid
                        .as_ref()
                        .is_some_and(|forbidden| forbidden.holds(thing, ended.settings))
            }
        }
    }

    fn found(&self, migration: u32, problem: Problem) -> Found {
        Found {
            migration,
            rule: self.rule,
            problem,
        }
    }
}

/// Rules are told apart by their names.
impl PartialEq for HouseRule {
    fn eq(&self, other: &Self) -> bool {
        self.rule.name == other.rule.name
    }
}

fn of_objects(rule: &HouseRule, ended: &Ended<'_>, found: &mut Vec<Found>) {
    for relation in ended.changed_relations() {
        // Of a relation that is only named nothing is known; a partition is what its parent is.
        if relation.only_named
            || !relation.columns_known
            || relation.temporary
            || relation.partition.is_some()
        {
            continue;
        }
        for thing in rule.subject.things(ended.after, relation) {
            let broken_before = || {
                thing
                    .same_in(ended.before)
                    .is_some_and(|before| rule.finds(&before, ended))
            };
            if rule.finds(&thing, ended) && !broken_before() {
                let span = place(&thing, ended);
                let mut problem = Problem::new(span, thing.fill(&rule.message)).object(thing.full_name());
                problem.instead = rule.hint.as_ref().map(|hint| thing.fill(hint));
                found.push(rule.found(ended.migration.number, problem));
            }
        }
    }
}

fn of_statements(rule: &HouseRule, ended: &Ended<'_>, found: &mut Vec<Found>) {
    for act in ended.migration.acts.iter() {
        let text = without_comments(ended.migration.text(act));
        let matches = |condition: &Condition| {
            condition
                .text
                .as_ref()
                .is_none_or(|text_is| text_is.is_match(&text))
        };
        let broken = match (&rule.require, &rule.forbid) {
            (None, None) => true,
            (require, forbid) => {
                require.as_ref().is_some_and(|required| !matches(required))
                    || forbid.as_ref().is_some_and(&matches)
            }
        };
        if matches(&rule.select) && broken {
            let mut problem = Problem::new(act.span.clone(), rule.message.clone());
            problem.instead.clone_from(&rule.hint);
            found.push(rule.found(ended.migration.number, problem));
        }
    }
}

/// Blanks comments, so that a pattern is about what the statement does.
fn without_comments(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for token in tokens(text) {
        match token.is_trivia() {
            true => shown.push(' '),
            false => shown.push_str(token.text(text)),
        }
    }
    shown
}

/// Returns the statement to point at: the one that made the object, else the last that names its relation.
fn place(thing: &Thing<'_>, ended: &Ended<'_>) -> Span {
    if let Some(span) = ended.span_of(thing.origin()) {
        return span;
    }
    let acts = &ended.migration.acts;
    let of_relation = acts
        .iter()
        .rev()
        .find(|act| names(act, ended.after, thing.relation));
    of_relation
        .or_else(|| acts.last())
        .map_or(0..0, |act| act.span.clone())
}

fn names(act: &Act, schema: &Schema, relation: &Relation) -> bool {
    let named = match &act.action {
        Action::AlterTable(alter) => &alter.name,
        Action::CreateIndex(index) => &index.relation,
        Action::Policy(policy) => &policy.relation,
        Action::Rename(rename) => rename.object.on.as_ref().unwrap_or(&rename.object.name),
        Action::Comment(comment) => comment.object.on.as_ref().unwrap_or(&comment.object.name),
        Action::Owner { object, .. } | Action::SetSchema { object, .. } => &object.name,
        Action::Drop(drop) => {
            let on = drop.objects.iter().filter_map(|object| object.on.as_ref());
            return on.into_iter().any(|on| is(schema, on, relation));
        }
        _ => return false,
    };
    is(schema, named, relation)
}

fn is(schema: &Schema, name: &crate::sql::WrittenName, relation: &Relation) -> bool {
    schema
        .relation(name)
        .known()
        .is_some_and(|found| found.key == relation.key)
}
