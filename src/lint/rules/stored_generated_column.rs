//! ADD COLUMN … GENERATED ALWAYS AS (…) STORED, and SET EXPRESSION of such a column.

use crate::lint::command::Command;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{AlterCommand, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    name: "stored-generated-column",
    level: Level::Warning,
    category: Category::Rewrite,
    summary: "a stored generated column makes the server write an existing table anew",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let Some((column, verb)) = computed(&command) else {
            continue;
        };
        if !command.rewrites() {
            continue;
        }
        let table = command.quoted();
        let shown = command.shown();
        let later = if step.settings.oldest() >= 18 {
            "A VIRTUAL column (18) is computed when it is read and writes nothing. Otherwise: "
        } else {
            ""
        };
        problems.push(
            Problem::new(
                command.span(),
                format!("stored generated column \"{column}\" {verb} existing table \"{}\"", command.table.name),
            )
            .object(&command.table.name)
            .effect(format!(
                "ACCESS EXCLUSIVE on {shown} while the table and all its indexes are written anew: its readers and writers wait."
            ))
            .instead(format!(
                "{later}Add a plain column to {table}, keep it by a BEFORE INSERT OR UPDATE trigger, and fill the old rows in batches; or compute it in a view."
            )),
        );
    }
}

fn computed<'a>(command: &Command<'a>) -> Option<(&'a str, &'static str)> {
    match command.command {
        AlterCommand::AddColumn { column, .. } => column
            .constraints
            .iter()
            .any(|constraint| matches!(constraint.kind, ConstraintKind::Generated { stored: true, .. }))
            .then_some((&*column.name, "added to")),
        AlterCommand::SetExpression(column, _) => Some((&**column, "computed anew in")),
        _ => None,
    }
}
