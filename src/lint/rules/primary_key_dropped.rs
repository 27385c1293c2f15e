//! The primary key of a table that stood before the migration is dropped and there is none at its end.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Found, TableConstraintKind};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::{Action, AlterCommand};

pub(super) static RULE: Rule = Rule {
    name: "primary-key-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "the primary key of a table that stood before the migration is dropped and there is none at its end",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for act in ended.migration.acts.iter() {
        let Action::AlterTable(table) = &act.action else {
            continue;
        };
        for (command, _) in &table.commands {
            let AlterCommand::DropConstraint { name, .. } = command else {
                continue;
            };
            let Found::Known(before) = ended.before.relation(&table.name) else {
                continue;
            };
            let is_primary = before
                .constraint(name)
                .is_some_and(|found| matches!(found.kind, TableConstraintKind::PrimaryKey(_)));
            let has_one = ended
                .after
                .relation(&table.name)
                .known()
                .is_none_or(|after| after.primary_key().is_some());
            if !is_primary || has_one {
                continue;
            }
            problems.push(
                Problem::new(
                    act.span.clone(),
                    format!("primary key \"{name}\" of existing table \"{}\" dropped", table.name),
                )
                .object(&table.name)
                .effect("Rows may repeat; UPDATE and DELETE fail on a table that is published, for want of a replica identity (55000); INSERT … ON CONFLICT on the key fails with 42P10.")
                .instead(format!(
                    "Build the new key first, then change both in one statement:\nCREATE UNIQUE INDEX CONCURRENTLY new_pkey ON {0} (…);\nALTER TABLE {0} DROP CONSTRAINT {1}, ADD PRIMARY KEY USING INDEX new_pkey;",
                    table.name.quoted(),
                    quote_identifier(name)
                )),
            );
        }
    }
}
