//! ALTER TABLE after a data change whose deferred constraints are still to be checked: 55006.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Key, Relation, TableConstraintKind};
use crate::model::Level;
use crate::sql::WrittenName;
use crate::sql::act::{Action, Dml, DmlAction, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "pending-trigger-events",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a table is altered while deferred constraints of changed rows are still to be checked, and it fails",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if !step.transaction.shared {
        return;
    }
    let Some((name, verb)) = altered(&step.act.action) else {
        return;
    };
    let Some(relation) = step.relation(name).known() else {
        return;
    };
    let Some(pending) = pending(step, relation) else {
        return;
    };
    let table = name.quoted();
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("{verb} of \"{name}\" while {pending} is still to be checked"),
        )
        .object(name)
        .effect(format!(
            "The server refuses it with 55006 (\"{}\" has pending trigger events), and the whole transaction is rolled back.",
            name.name
        ))
        .instead(format!(
            "SET CONSTRAINTS ALL IMMEDIATE;  -- before the change of {table}\n-- and afterwards, if more data follows:\nSET CONSTRAINTS ALL DEFERRED;"
        )),
    );
}

/// Returns the table that a statement needs for itself (`CheckTableNotInUse`).
fn altered(action: &Action) -> Option<(&WrittenName, &'static str)> {
    match action {
        Action::AlterTable(table) if table.kind == ObjectKind::Table => Some((&table.name, "ALTER TABLE")),
        Action::Truncate { tables, .. } => tables.first().map(|name| (name, "TRUNCATE")),
        Action::CreateIndex(index) => Some((&index.relation, "CREATE INDEX")),
        Action::Drop(drop) => {
            let object = drop
                .objects
                .first()
                .filter(|object| object.kind == ObjectKind::Table)?;
            Some((&object.name, "DROP TABLE"))
        }
        _ => None,
    }
}

/// Returns what an earlier statement of the transaction left to be checked at its end.
fn pending(step: &Step<'_>, relation: &Relation) -> Option<String> {
    let statement = *step.transaction.changed_rows.get(&relation.key)?;
    let Action::Dml(change) = &step.migration.acts.get(statement)?.action else {
        return None;
    };
    own_constraint(relation, change)
        .or_else(|| own_trigger(relation, change))
        .or_else(|| referring_constraint(step, relation, change))
        .filter(|_| !is_checked_at_once(step, statement))
}

fn own_constraint(relation: &Relation, change: &Dml) -> Option<String> {
    relation
        .constraints
        .iter()
        .filter(|constraint| constraint.initially_deferred)
        .find(|constraint| match &constraint.kind {
            TableConstraintKind::ForeignKey { columns, .. } => match change.action {
                DmlAction::Insert => true,
                DmlAction::Update => sets(change, columns),
                DmlAction::Delete | DmlAction::Merge => false,
            },
            _ => false,
        })
        .map(|constraint| format!("constraint \"{}\"", constraint.name))
}

fn own_trigger(relation: &Relation, change: &Dml) -> Option<String> {
    relation
        .triggers
        .iter()
        .filter(|trigger| trigger.constraint && trigger.initially_deferred)
        .find(|trigger| {
            trigger
                .events
                .iter()
                .any(|event| **event == *change.action.as_str())
        })
        .map(|trigger| format!("constraint trigger \"{}\"", trigger.name))
}

/// Says whether an UPDATE gives one of the columns a value. NULL refers to nothing, so nothing is left to be checked.
fn sets(change: &Dml, columns: &[std::sync::Arc<str>]) -> bool {
    let is_null = |at: usize| {
        change.values.len() == change.columns.len()
            && change.values[at].as_literal() == Some(&crate::sql::act::Literal::Null)
    };
    change
        .columns
        .iter()
        .enumerate()
        .any(|(at, set)| columns.iter().any(|column| **column == **set) && !is_null(at))
}

/// A deferred foreign key of another table that a DELETE or a change of the referenced columns leaves to be checked.
fn referring_constraint(step: &Step<'_>, relation: &Relation, change: &Dml) -> Option<String> {
    let is_referred = |columns: &[std::sync::Arc<str>]| match change.action {
        DmlAction::Delete => true,
        DmlAction::Update => sets(change, columns),
        DmlAction::Insert | DmlAction::Merge => false,
    };
    let refers = |table: &Key| *table == relation.key;
    step.schema
        .relations()
        .flat_map(|other| other.constraints.iter())
        .filter(|constraint| constraint.initially_deferred)
        .find(|constraint| {
            matches!(&constraint.kind, TableConstraintKind::ForeignKey { table, referenced, .. }
                if refers(table) && is_referred(referenced))
        })
        .map(|constraint| format!("constraint \"{}\"", constraint.name))
}

/// Says whether SET CONSTRAINTS … IMMEDIATE stands between the data change and here, or before both.
fn is_checked_at_once(step: &Step<'_>, changed: usize) -> bool {
    let acts = &step.migration.acts;
    let sets = |range: std::ops::Range<usize>| {
        acts.get(range)
            .unwrap_or_default()
            .iter()
            .rev()
            .find_map(|act| match &act.action {
                Action::Set(setting) if &*setting.name == "constraints" => {
                    let text = step.migration.text(act).to_ascii_uppercase();
                    Some(text.contains("IMMEDIATE"))
                }
                _ => None,
            })
    };
    let first = step.transaction.statements.first().copied().unwrap_or(0);
    sets(changed..step.statement) == Some(true)
        || (sets(changed..step.statement).is_none() && sets(first..changed) == Some(true))
}
