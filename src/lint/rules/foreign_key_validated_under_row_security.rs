//! `foreign-key-validated-under-row-security`.

use crate::lint::context::Step;
use crate::lint::row_security::{Hold, hold, in_guarded_section};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Relation, TableConstraintKind};
use crate::model::Level;
use crate::sql::act::{Action, AlterCommand, ConstraintKind};

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
        let validates = match command {
            AlterCommand::AddConstraint(constraint) => {
                matches!(constraint.kind, ConstraintKind::ForeignKey(_)) && !constraint.not_valid
            }
            AlterCommand::ValidateConstraint(name) => relation.constraint(name).is_some_and(|found| {
                !found.valid && matches!(found.kind, TableConstraintKind::ForeignKey { .. })
            }),
            _ => false,
        };
        if validates && hides_rows(step, relation) {
            let name = &relation.key;
            problems.push(
                Problem::new(span.clone(), format!("foreign key of \"{name}\" is validated under its row security"))
                    .object(name)
                    .effect(
                        "The check runs as the table's owner, whom forced row security binds: it sees no row, and the \
                         constraint is marked valid although rows may violate it.",
                    )
                    .instead(format!(
                        "ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;\n… VALIDATE CONSTRAINT …;\nALTER TABLE {name} FORCE ROW LEVEL SECURITY;"
                    )),
            );
            return;
        }
    }
}

fn hides_rows(step: &Step<'_>, relation: &Relation) -> bool {
    let is_empty = step.transaction.made(relation.origin) && !relation.may_have_rows;
    hold(step, relation) == Hold::Bound && !is_empty && !in_guarded_section(step, &relation.key, true)
}
