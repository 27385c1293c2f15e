//! SET LOGGED, UNLOGGED, ACCESS METHOD, TABLESPACE.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "table-storage-rewrites",
    level: Level::Warning,
    category: Category::Rewrite,
    summary: "an existing table changes how or where it is stored and is copied whole under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let verb = match command.command {
            AlterCommand::Logged(true) => "SET LOGGED",
            AlterCommand::Logged(false) => "SET UNLOGGED",
            AlterCommand::AccessMethod => "SET ACCESS METHOD",
            AlterCommand::Tablespace(_) => "SET TABLESPACE",
            _ => continue,
        };
        if !command.rewrites() {
            continue;
        }
        let table = command.quoted();
        let shown = command.shown();
        problems.push(
            Problem::new(command.span(), format!("{verb} of existing table \"{}\"", command.table.name))
                .object(&command.table.name)
                .effect(format!(
                    "ACCESS EXCLUSIVE on {shown} while it is copied whole: its readers and writers wait."
                ))
                .instead(format!(
                    "Make a new table with the storage wanted, copy {table} in batches, keep both alike with a trigger, and swap their names; or do it in a maintenance window and allow this rule."
                )),
        );
    }
}
