//! ADD EXCLUDE, for which there is no way beside.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::ConstraintKind;

pub(super) static RULE: Rule = Rule {
    name: "exclusion-constraint-builds-index",
    level: Level::Warning,
    category: Category::Lock,
    summary: "an exclusion constraint builds its index on an existing table under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        for (constraint, _) in command.added_constraints() {
            if !matches!(constraint.kind, ConstraintKind::Exclude) || !command.builds_index() {
                continue;
            }
            let table = command.quoted();
            let shown = command.shown();
            problems.push(
                Problem::new(
                    command.span(),
                    format!("exclusion constraint on existing table \"{}\"", command.table.name),
                )
                .object(&command.table.name)
                .effect(format!(
                    "ACCESS EXCLUSIVE on {shown} while its index is built and every pair of rows is tested: its readers and writers wait."
                ))
                .instead(format!(
                    "There is no NOT VALID and no USING INDEX for it. Make a new table with the constraint, copy {table} in batches, keep both alike with a trigger, and swap their names; or do it in a maintenance window and allow this rule."
                )),
            );
        }
    }
}
