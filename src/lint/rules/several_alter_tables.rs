//! Statements in a row alter one table: one would take the lock once.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::WrittenName;
use crate::sql::act::{Action, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "several-alter-tables",
    level: Level::Info,
    category: Category::Style,
    summary: "statements in a row alter one table: one would take the lock once",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let mut last: Option<(&WrittenName, bool)> = None;
    for act in ended.migration.acts.iter() {
        let Action::AlterTable(table) = &act.action else {
            last = None;
            continue;
        };
        let stood = ended
            .before
            .relation(&table.name)
            .known()
            .is_some_and(|relation| !relation.temporary);
        let follows = last.as_ref().is_some_and(|(name, _)| **name == table.name);
        if follows && stood && table.kind == ObjectKind::Table && !last.is_some_and(|(_, told)| told) {
            problems.push(
                Problem::new(act.span.clone(), format!("ALTER TABLE of \"{}\" again", table.name))
                    .object(&table.name)
                    .effect("Each statement reads or writes the table by itself, where it has to; one would do all in one pass.")
                    .instead(format!("ALTER TABLE {} …, …;", table.name.quoted())),
            );
            last = Some((&table.name, true));
        } else if !follows {
            last = Some((&table.name, false));
        }
    }
}
