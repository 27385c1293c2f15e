//! `foreign-key-validated-under-row-security`.

use crate::lint::context::Step;
use crate::lint::row_security::{Hold, hold, in_guarded_section};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Relation, TableConstraint, TableConstraintKind};
use crate::model::Level;
use crate::sql::act::{Action, AlterCommand, ConstraintKind, Span};

/// A foreign key that is marked valid although row security hid the rows from its check.
pub(super) static RULE: Rule = Rule {
    name: "foreign-key-validated-under-row-security",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "a foreign key is validated while row security hides rows from the check",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::AlterTable(alter) = &step.act.action else {
        return;
    };
    let Some(relation) = step.relation(&alter.name).known() else {
        return;
    };
    for (command, span) in &alter.commands {
        let Some(referenced) = validated(step, relation, command) else {
            continue;
        };
        if hides_rows(step, relation) {
            problems.push(of_child(span.clone(), relation));
            return;
        }
        let is_empty = step.transaction.made(relation.origin) && !relation.may_have_rows;
        let hidden = referenced.filter(|parent| {
            hold(step, parent) == Hold::Bound && !is_empty && !in_guarded_section(step, &parent.key, false)
        });
        if let Some(parent) = hidden {
            problems.push(of_parent(span.clone(), relation, parent));
            return;
        }
    }
}

/// Returns the referenced table, as far as it is known, where a command checks every row against a foreign key.
fn validated<'a>(
    step: &Step<'a>,
    relation: &Relation,
    command: &AlterCommand,
) -> Option<Option<&'a Relation>> {
    match command {
        AlterCommand::AddConstraint(constraint) if !constraint.not_valid => match &constraint.kind {
            ConstraintKind::ForeignKey(key) => Some(step.relation(&key.table).known().map(|found| &**found)),
            _ => None,
        },
        AlterCommand::ValidateConstraint(name) => match relation.constraint(name)? {
            TableConstraint {
                valid: false,
                kind: TableConstraintKind::ForeignKey { table, .. },
                ..
            } => Some(step.schema.relation_at(table).map(|found| &**found)),
            _ => None,
        },
        _ => None,
    }
}

fn of_child(span: Span, relation: &Relation) -> Problem {
    let name = &relation.key;
    Problem::new(span, format!("foreign key of \"{name}\" is validated under its row security"))
        .object(name)
        .effect(
            "The check runs as the table's owner, whom forced row security binds: it sees no row, and the constraint is marked \
             valid although rows may violate it.",
        )
        .instead(format!(
            "ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;\n… VALIDATE CONSTRAINT …;\nALTER TABLE {name} FORCE ROW LEVEL SECURITY;"
        ))
}

fn of_parent(span: Span, relation: &Relation, parent: &Relation) -> Problem {
    let name = &parent.key;
    Problem::new(
        span,
        format!("foreign key of \"{}\" is validated under the row security of \"{name}\"", relation.key),
    )
    .object(name)
    .effect(
        "The check runs as the owner, whom forced row security binds: it finds no referenced row, and fails with 23503 although \
         every one is there.",
    )
    .instead(format!(
        "ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;\n… VALIDATE CONSTRAINT …;\nALTER TABLE {name} FORCE ROW LEVEL SECURITY;"
    ))
}

fn hides_rows(step: &Step<'_>, relation: &Relation) -> bool {
    let is_empty = step.transaction.made(relation.origin) && !relation.may_have_rows;
    hold(step, relation) == Hold::Bound && !is_empty && !in_guarded_section(step, &relation.key, true)
}
