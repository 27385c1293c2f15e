//! TRUNCATE empties a table that stood before the migration.

use crate::lint::context::Step;
use crate::lint::removal::unless_approved;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "table-truncated",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "TRUNCATE empties a table that stood before the migration",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Truncate { tables, cascade } = &step.act.action else {
        return;
    };
    for table in tables.iter().filter(|table| step.is_busy_name(table)) {
        let more = if *cascade {
            " CASCADE empties every table that refers to it as well, unnamed."
        } else {
            ""
        };
        let problem = Problem::new(
            step.act.span.clone(),
            format!("all rows of existing table \"{table}\" removed by TRUNCATE"),
        )
        .object(table)
        .effect(format!(
            "Its rows are gone, triggers for DELETE and row security are not asked; ACCESS EXCLUSIVE on it to the end of the transaction.{more}"
        ))
        .instead(format!(
            "Delete what is not needed, in batches that commit one by one:\nDELETE FROM {0} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {0} WHERE … LIMIT 5000));",
            table.quoted()
        ));
        problems.push(unless_approved(step.migration, problem));
    }
}
