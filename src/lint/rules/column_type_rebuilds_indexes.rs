//! ALTER COLUMN … TYPE that keeps the rows but builds indexes anew.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "column-type-rebuilds-indexes",
    level: Level::Warning,
    category: Category::Rewrite,
    summary: "a new column type or collation makes the server build indexes of an existing table anew",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let AlterCommand::Type { column, .. } = command.command else {
            continue;
        };
        if !command.rewrites() || command.rewrites_table() {
            continue;
        }
        let effects = command.effects();
        let indexes: Vec<String> = step
            .busy_rewrites(&effects)
            .map(|work| format!("\"{}\"", work.relation.name))
            .collect();
        let table = command.quoted();
        let shown = command.shown();
        problems.push(
            Problem::new(
                command.span(),
                format!(
                    "new type of column \"{column}\" of existing table \"{}\" builds index {} anew",
                    command.table.name,
                    indexes.join(", ")
                ),
            )
            .object(&command.table.name)
            .effect(format!(
                "ACCESS EXCLUSIVE on {shown} while the indexes are built: its readers and writers wait."
            ))
            .instead(format!(
                "Drop the indexes with DROP INDEX CONCURRENTLY, change the type (catalog only then), and build them with CREATE INDEX CONCURRENTLY; or add a new column to {table}, backfill it in batches and swap the names."
            )),
        );
    }
}
