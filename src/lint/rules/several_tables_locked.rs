//! Two or more tables in use locked ACCESS EXCLUSIVE in one transaction.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Key, RelationKind};
use crate::model::{Level, LockMode};
use crate::sql::act::{Action, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "several-tables-locked",
    level: Level::Warning,
    category: Category::Lock,
    summary: "one transaction locks several existing tables ACCESS EXCLUSIVE, which deadlocks with clients that use both",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if !step.transaction.shared {
        return;
    }
    let Some(own) = own_target(step) else {
        return;
    };
    let own = root(step, &own);
    let mut earlier = step
        .busy_locks(LockMode::AccessExclusive)
        .filter(|held| is_meant(step, held.statement, &held.relation))
        .map(|held| root(step, &held.relation));
    let Some(first) = earlier.next().filter(|first| *first != own) else {
        return;
    };
    // Told once, at the second table.
    if earlier.any(|other| other != first) {
        return;
    }
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("\"{}\" locked ACCESS EXCLUSIVE while \"{}\" is", own.name, first.name),
        )
        .object(&own)
        .effect(format!(
            "ACCESS EXCLUSIVE on \"{}\" is held while this waits for \"{}\"; a client that uses them in the other order waits for us, and one of the two is ended with 40P01.",
            first.name, own.name
        ))
        .instead("Give each table a migration of its own, or lock them first, in one LOCK TABLE, in the order in which clients use them."),
    );
}

/// Returns the table that the statement is about and locks ACCESS EXCLUSIVE, if others work with it.
fn own_target(step: &Step<'_>) -> Option<Key> {
    let mut locked = step.effects.locks.iter().filter(|lock| {
        lock.visible
            && lock.mode == LockMode::AccessExclusive
            && step.is_busy_at(&lock.relation)
            && is_table(step, &lock.relation)
    });
    let key = match &step.act.action {
        Action::AlterTable(table) => step.key_of(&table.name),
        Action::Policy(policy) => step.key_of(&policy.relation),
        Action::Rename(rename) => step.key_of(rename.object.on.as_ref().unwrap_or(&rename.object.name)),
        Action::Drop(drop) if drop.objects.first()?.kind != ObjectKind::Table => {
            return locked.next().map(|lock| lock.relation.clone());
        }
        Action::Truncate { tables, .. } => step.key_of(tables.first()?),
        _ => return None,
    };
    locked
        .find(|lock| lock.relation == key)
        .map(|lock| lock.relation.clone())
}

/// Says whether an earlier statement locked the relation because it is about it, and not as the other end of a foreign
/// key, as a partition, or in order to drop it.
fn is_meant(step: &Step<'_>, statement: usize, relation: &Key) -> bool {
    if !is_table(step, relation) {
        return false;
    }
    let Some(act) = step.migration.acts.get(statement) else {
        return false;
    };
    match &act.action {
        Action::AlterTable(table) => *table.name.name == *relation.name,
        Action::Policy(policy) => *policy.relation.name == *relation.name,
        Action::Rename(_) => true,
        Action::Drop(drop) => drop
            .objects
            .first()
            .is_some_and(|object| object.kind != ObjectKind::Table),
        Action::Truncate { tables, .. } => tables.iter().any(|table| *table.name == *relation.name),
        _ => false,
    }
}

fn is_table(step: &Step<'_>, key: &Key) -> bool {
    step.schema
        .relation_at(key)
        .is_none_or(|found| matches!(found.kind, RelationKind::Table | RelationKind::PartitionedTable))
}

/// Returns the top of the tree of partitions or heirs that a table belongs to.
fn root(step: &Step<'_>, key: &Key) -> Key {
    let mut at = key.clone();
    // A tree is never this deep; the bound is for schemas that contradict themselves.
    for _ in 0..32 {
        let Some(relation) = step.schema.relation_at(&at) else {
            break;
        };
        let parent = relation
            .partition
            .as_ref()
            .map(|place| &place.parent)
            .or_else(|| relation.inherits.first());
        match parent {
            Some(parent) => at = parent.clone(),
            None => break,
        }
    }
    at
}
