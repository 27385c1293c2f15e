//! A table has the same CHECK or foreign key twice.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{TableConstraint, TableConstraintKind};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "redundant-constraint",
    level: Level::Info,
    category: Category::Style,
    summary: "a table has the same CHECK or foreign key twice",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let number = Some(ended.migration.number);
    for relation in ended.changed_relations() {
        for (at, constraint) in relation.constraints.iter().enumerate() {
            let Some(text) = said(constraint) else { continue };
            if constraint.origin.migration() != number {
                continue;
            }
            let earlier = &relation.constraints[..at];
            let Some(twin) = earlier.iter().find(|other| said(other).as_ref() == Some(&text)) else {
                continue;
            };
            let Some(span) = ended.span_of(constraint.origin) else {
                continue;
            };
            problems.push(
                Problem::new(
                    span,
                    format!(
                        "constraint \"{}\" of \"{}\" says what \"{}\" says",
                        constraint.name, relation.key, twin.name
                    ),
                )
                .object(format!("{}.{}", relation.key, constraint.name))
                .effect("Every row is checked twice, and whoever drops one finds the other still there.")
                .instead("Leave it out."),
            );
        }
    }
}

/// What a constraint says, in one form.
fn said(constraint: &TableConstraint) -> Option<String> {
    match &constraint.kind {
        TableConstraintKind::Check(expr) => Some(expr.normal()),
        TableConstraintKind::ForeignKey {
            columns,
            table,
            referenced,
            ..
        } => Some(format!("{columns:?} {table} {referenced:?}")),
        _ => None,
    }
}
