//! `disable-trigger-all`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::{Level, quote_identifier};
use crate::sql::act::table::FiringState;
use crate::sql::act::{Action, AlterCommand};

/// DISABLE TRIGGER ALL, which switches off foreign keys too.
pub(super) static RULE: Rule = Rule {
    name: "disable-trigger-all",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "every trigger of a table is disabled, those that check foreign keys too",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::AlterTable(alter) = &step.act.action else {
        return;
    };
    if !step.is_visible_to_others(&alter.name) {
        return;
    }
    for (command, span) in &alter.commands {
        let is_all = matches!(command, AlterCommand::Trigger { name, state: FiringState::Disabled } if &**name == "ALL");
        if !is_all {
            continue;
        }
        let name = &alter.name;
        let guard = match step.relation(name) {
            Found::Known(relation) => relation
                .triggers
                .first()
                .map_or_else(|| "…".to_owned(), |trigger| quote_identifier(&trigger.name)),
            _ => "…".to_owned(),
        };
        problems.push(
            Problem::new(span.clone(), format!("every trigger of \"{name}\" is disabled, foreign keys among them"))
                .object(name)
                .effect(
                    "Rows that break a foreign key get in and are never checked again; ENABLE TRIGGER ALL also switches on \
                     triggers that were off. Only a superuser may do it.",
                )
                .instead(format!(
                    "ALTER TABLE {table} DISABLE TRIGGER {guard};\n…\nALTER TABLE {table} ENABLE TRIGGER {guard};",
                    table = name.quoted()
                )),
        );
    }
}
