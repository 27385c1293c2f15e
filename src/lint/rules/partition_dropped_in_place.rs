//! DROP TABLE of a partition, which locks the parent.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "partition-dropped-in-place",
    level: Level::Warning,
    category: Category::Lock,
    summary: "DROP TABLE of a partition takes ACCESS EXCLUSIVE on the partitioned table",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Drop(drop) = &step.act.action else {
        return;
    };
    for object in drop
        .objects
        .iter()
        .filter(|object| object.kind == ObjectKind::Table)
    {
        let Found::Known(relation) = step.relation(&object.name) else {
            continue;
        };
        let Some(place) = relation.partition.as_ref().filter(|_| step.is_busy(relation)) else {
            continue;
        };
        if !step.is_busy_at(&place.parent)
            || drop
                .objects
                .iter()
                .any(|other| step.key_of(&other.name) == place.parent)
        {
            continue;
        }
        let parent = quote_identifier(&place.parent.name);
        let part = object.name.quoted();
        problems.push(
            Problem::new(
                step.act.span.clone(),
                format!("partition \"{}\" dropped while it is attached to \"{}\"", object.name, place.parent.name),
            )
            .object(&object.name)
            .effect(format!(
                "ACCESS EXCLUSIVE on {parent} to the end of the transaction: every query on any partition waits."
            ))
            .instead(format!(
                "In a file of its own with `transaction: false` (14 and later):\nALTER TABLE {parent} DETACH PARTITION {part} CONCURRENTLY;\nDROP TABLE {part};"
            )),
        );
    }
}
