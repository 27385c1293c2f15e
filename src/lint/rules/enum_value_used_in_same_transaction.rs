//! A label that ALTER TYPE adds is used in the same transaction, and that fails.

use crate::lint::context::Ended;
use crate::lint::expressions::walk_action;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Key, TypeKind};
use crate::lint::walk::{Walked, every_act};
use crate::model::Level;
use crate::model::quote_literal;
use crate::sql::WrittenName;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Act, Action, Literal};

pub(super) static RULE: Rule = Rule {
    name: "enum-value-used-in-same-transaction",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a label that ALTER TYPE adds is used in the same transaction, and that fails",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let adds = |act: &crate::sql::act::Act| matches!(act.action, Action::AddEnumValue { .. } | Action::Do(_));
    if !ended.migration.acts.iter().any(adds) {
        return;
    }
    let walked = every_act(ended.migration);
    for transaction in ended.transactions {
        let (Some(first), Some(last)) = (transaction.statements.first(), transaction.statements.last())
        else {
            continue;
        };
        let mut added: Vec<Added<'_>> = Vec::new();
        let from = walked.partition_point(|walked| walked.statement < *first);
        for walked in walked[from..]
            .iter()
            .take_while(|walked| walked.statement <= *last)
        {
            if let Action::AddEnumValue { name, value, .. } = &walked.act.action {
                added.extend(Added::of(ended, name, value));
                continue;
            }
            let mut told = Vec::new();
            for new in &added {
                if !told.contains(&new.value) && uses(ended, walked.act, new) {
                    told.push(new.value);
                    problems.push(problem(walked, new));
                }
            }
        }
    }
}

/// A label that the transaction added to an enum.
struct Added<'a> {
    name: &'a WrittenName,
    value: &'a str,
    key: Option<Key>,
}

impl<'a> Added<'a> {
    fn of(ended: &Ended<'a>, name: &'a WrittenName, value: &'a str) -> Option<Self> {
        let before = ended.before.type_(name);
        // Since 17 the labels of a type that the transaction made itself are safe.
        if before.known().is_none() && is_made(ended, name) && ended.settings.oldest() >= 17 {
            return None;
        }
        let has_label = before.known().is_some_and(|found| {
            matches!(&found.kind, TypeKind::Enum(labels) if labels.iter().any(|label| **label == *value))
        });
        (!has_label).then(|| Added {
            name,
            value,
            key: before
                .known()
                .or_else(|| ended.after.type_(name).known())
                .map(|found| found.key.clone()),
        })
    }
}

fn is_made(ended: &Ended<'_>, name: &WrittenName) -> bool {
    ended
        .migration
        .acts
        .iter()
        .any(|act| matches!(&act.action, Action::CreateType(made) if made.name.name == name.name))
}

/// Says whether the server reads the label as one of the type when it reads the statement.
fn uses(ended: &Ended<'_>, act: &Act, new: &Added<'_>) -> bool {
    let mut is_written = false;
    let mut is_cast = false;
    walk_action(&act.action, &mut |expr| match &expr.kind {
        ExprKind::Literal(Literal::Text(text)) => is_written |= **text == *new.value,
        ExprKind::Cast { operand, target } => {
            let is_label = matches!(operand.as_literal(), Some(Literal::Text(text)) if **text == *new.value);
            is_cast |= is_label && target.name.name == new.name.name;
        }
        _ => {}
    });
    is_cast
        || (is_written
            && relations_of(act)
                .into_iter()
                .any(|name| has_column(ended, name, new)))
}

fn relations_of(act: &Act) -> Vec<&WrittenName> {
    let mut names: Vec<&WrittenName> = act.uses.reads.iter().map(|(name, _)| name).collect();
    match &act.action {
        Action::Dml(change) => names.push(&change.target),
        Action::AlterTable(table) => names.push(&table.name),
        Action::CreateIndex(index) => names.push(&index.relation),
        Action::CreateTable(table) => names.push(&table.name),
        Action::CreateTrigger(trigger) => names.push(&trigger.relation),
        Action::Policy(policy) => names.push(&policy.relation),
        _ => {}
    }
    names
}

/// Says whether a relation has a column of the type. One of which nothing is known has, for the label says so.
fn has_column(ended: &Ended<'_>, name: &WrittenName, new: &Added<'_>) -> bool {
    // Where the schema is known in the main, so would be a table with the type.
    let is_unknown = || !ended.after.complete() && ended.before.relations().next().is_none();
    let Some(relation) = ended.after.relation(name).known() else {
        return is_unknown();
    };
    if relation.only_named || !relation.columns_known {
        return is_unknown();
    }
    relation.columns.iter().any(|column| {
        column.data_type.as_ref().is_some_and(|of| match &new.key {
            Some(key) => *of.name == *key.to_string(),
            None => of.name.rsplit('.').next() == Some(new.name.name.as_str()),
        })
    })
}

fn problem(walked: &Walked<'_>, new: &Added<'_>) -> Problem {
    Problem::new(
        walked.act.span.clone(),
        format!(
            "label \"{}\" is used in the transaction that adds it to enum \"{}\"",
            new.value, new.name
        ),
    )
    .object(new.name)
    .effect("The server refuses it with 55P04 (unsafe use of new value), and the whole transaction is rolled back.")
    .instead(format!(
        "In a file of its own, which commits before this one:\nALTER TYPE {} ADD VALUE IF NOT EXISTS {};",
        new.name.quoted(),
        quote_literal(new.value)
    ))
}
