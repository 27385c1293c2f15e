//! CREATE TABLE … PARTITION OF, which locks the parent.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "partition-created-in-place",
    level: Level::Info,
    category: Category::Lock,
    summary: "CREATE TABLE … PARTITION OF takes ACCESS EXCLUSIVE on the partitioned table",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::CreateTable(table) = &step.act.action else {
        return;
    };
    let Some(parent) = table
        .partition_of
        .as_ref()
        .filter(|parent| step.is_busy_name(parent))
    else {
        return;
    };
    let (part, quoted) = (table.name.quoted(), parent.quoted());
    let bound = table.bound.as_deref().unwrap_or("FOR VALUES …");
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("partition \"{}\" created in place of \"{parent}\"", table.name),
        )
        .object(&table.name)
        .effect(format!(
            "ACCESS EXCLUSIVE on \"{parent}\": short, but it waits for every running query and everything waits behind it."
        ))
        .instead(format!(
            "CREATE TABLE {part} (LIKE {quoted} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);\nALTER TABLE {quoted} ATTACH PARTITION {part} {bound};  -- SHARE UPDATE EXCLUSIVE on {quoted}"
        )),
    );
}
