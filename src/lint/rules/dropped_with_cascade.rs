//! CASCADE drops objects that the statement does not name.

use crate::lint::context::Step;
use crate::lint::removal::unless_approved;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Found, Key, Relation, TableConstraintKind};
use crate::model::Level;
use crate::sql::act::{Action, Drop, ObjectKind, ObjectName};

pub(super) static RULE: Rule = Rule {
    name: "dropped-with-cascade",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "CASCADE drops objects that the statement does not name",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Drop(drop) = &step.act.action else {
        return;
    };
    if !drop.cascade {
        return;
    }
    for object in &drop.objects {
        let mut needing = dependants(step, drop, object);
        if needing.is_empty() {
            continue;
        }
        let rest = needing.len().saturating_sub(3);
        needing.truncate(3);
        let mut named = needing.join(", ");
        if rest > 0 {
            named.push_str(&format!(" and {rest} more"));
        }
        let problem = Problem::new(
            step.act.span.clone(),
            format!("CASCADE of \"{}\" drops {named}", object.name),
        )
        .object(&object.name)
        .effect("They are gone without being named: reviewers do not see them, and clients that use them fail.")
        .instead("Drop or change each of them by a statement of its own, then drop without CASCADE: what was forgotten stops the statement with 2BP01.");
        problems.push(unless_approved(step.migration, problem));
    }
}

/// Returns what stood before the migration, needs the object, and is not dropped by the same statement.
fn dependants(step: &Step<'_>, drop: &Drop, object: &ObjectName) -> Vec<String> {
    match object.kind {
        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable => {
            match step.relation(&object.name) {
                Found::Known(relation) => of_relation(step, drop, relation),
                _ => Vec::new(),
            }
        }
        ObjectKind::Type | ObjectKind::Domain => match step.schema.type_(&object.name) {
            Found::Known(found) => of_type(step, &found.key),
            _ => Vec::new(),
        },
        ObjectKind::Function | ObjectKind::Routine => {
            let keys: Vec<&Key> = step
                .schema
                .routines(&object.name)
                .into_iter()
                .map(|routine| &routine.key)
                .collect();
            keys.first().map_or_else(Vec::new, |key| of_function(step, key))
        }
        _ => Vec::new(),
    }
}

fn of_relation(step: &Step<'_>, drop: &Drop, relation: &Relation) -> Vec<String> {
    let is_dropped = |key: &Key| {
        drop.objects
            .iter()
            .any(|object| step.key_of(&object.name) == *key)
    };
    let others = step
        .schema
        .relations()
        .filter(|other| !step.is_made_here(other) && !other.temporary && !is_dropped(&other.key));
    let mut found = Vec::new();
    for other in others {
        if other.reads.contains(&relation.key) {
            found.push(format!("{} \"{}\"", other.kind.as_str(), other.key));
        }
        for constraint in &other.constraints {
            if matches!(&constraint.kind, TableConstraintKind::ForeignKey { table, .. } if *table == relation.key)
            {
                found.push(format!(
                    "foreign key \"{}\" of \"{}\"",
                    constraint.name, other.key
                ));
            }
        }
    }
    found
}

fn of_type(step: &Step<'_>, key: &Key) -> Vec<String> {
    let name = key.to_string();
    let columns = step.schema.relations().flat_map(|relation| {
        relation
            .columns
            .iter()
            .filter(|column| column.data_type.as_ref().is_some_and(|of| *of.name == *name))
            .map(move |column| (relation, column))
    });
    columns
        .filter(|(relation, _)| relation.is_table() && !step.is_made_here(relation))
        .map(|(relation, column)| format!("column \"{}\" of \"{}\"", column.name, relation.key))
        .collect()
}

fn of_function(step: &Step<'_>, key: &Key) -> Vec<String> {
    let triggers = step.schema.relations().flat_map(|relation| {
        let of_function = relation
            .triggers
            .iter()
            .filter(|trigger| trigger.function == *key);
        of_function.map(move |trigger| (relation, trigger))
    });
    triggers
        .filter(|(relation, _)| !step.is_made_here(relation))
        .map(|(relation, trigger)| format!("trigger \"{}\" of \"{}\"", trigger.name, relation.key))
        .collect()
}
