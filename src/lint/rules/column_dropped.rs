//! A column of a table that stood before the migration is dropped with all its values.

use crate::lint::context::Step;
use crate::lint::removal::unless_approved;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "column-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a column of a table that stood before the migration is dropped with all its values",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let AlterCommand::DropColumn { name, if_exists, .. } = command.command else {
            continue;
        };
        let known = command
            .relation()
            .filter(|relation| relation.columns_known && !relation.only_named);
        let column = known.and_then(|relation| relation.column(name));
        let is_absent = known.is_some() && column.is_none();
        let is_new = column.is_some_and(|column| column.origin.migration() == Some(step.migration.number));
        if (is_absent && *if_exists) || is_new {
            continue;
        }
        let table = command.quoted();
        let problem = Problem::new(
            command.span(),
            format!("column \"{name}\" of existing table \"{}\" dropped", command.table.name),
        )
        .object(format!("{}.{name}", command.table.name))
        .effect(format!(
            "Its values are gone, its indexes and constraints with it, and clients that still name it fail with 42703; ACCESS EXCLUSIVE on {table} while the catalog changes."
        ))
        .instead(format!(
            "First release code that does not name the column, and keep the values:\nALTER TABLE {table} ALTER COLUMN {0} DROP NOT NULL;\n-- then, with `approval: …` in the header:\nALTER TABLE {table} DROP COLUMN {0};",
            quote_identifier(name)
        ));
        problems.push(unless_approved(step.migration, problem));
    }
}
