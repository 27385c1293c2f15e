//! A temporary table is left to the end of the session.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "temporary-table-in-migration",
    level: Level::Info,
    category: Category::Style,
    summary: "a temporary table is left to the end of the session",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for act in ended.migration.acts.iter() {
        let Action::CreateTable(table) = &act.action else {
            continue;
        };
        let is_left = ended
            .after
            .relation(&table.name)
            .known()
            .is_some_and(|found| found.temporary);
        let text = || ended.migration.text(act).to_ascii_lowercase();
        if !table.temporary || !is_left || text().contains("on commit drop") {
            continue;
        }
        problems.push(
            Problem::new(act.span.clone(), format!("temporary table \"{}\" outlives the migration", table.name))
                .object(&table.name)
                .effect("The next migration of the session sees it before a table of the same name: its changes go to the wrong table.")
                .instead(format!("CREATE TEMPORARY TABLE {} (…) ON COMMIT DROP;", table.name.quoted())),
        );
    }
}
