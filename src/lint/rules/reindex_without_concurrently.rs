//! REINDEX of a table in use, without CONCURRENTLY.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::Level;
use crate::sql::act::{Action, Reindex};

pub(super) static RULE: Rule = Rule {
    name: "reindex-without-concurrently",
    level: Level::Warning,
    category: Category::Lock,
    summary: "indexes of an existing table are built anew while writers, and readers of the index, wait",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Reindex(reindex) = &step.act.action else {
        return;
    };
    if reindex.concurrently || &*reindex.target == "SYSTEM" || !is_busy(step, reindex) {
        return;
    }
    // Whole schemas and databases refuse a transaction; that is the other rule's to say.
    let is_table_or_index = matches!(&*reindex.target, "TABLE" | "INDEX");
    if !is_table_or_index && step.is_in_transaction() {
        return;
    }
    let name = reindex
        .name
        .as_ref()
        .map(|name| format!(" {}", name.quoted()))
        .unwrap_or_default();
    let shown = reindex
        .name
        .as_ref()
        .map(|name| format!(" \"{name}\""))
        .unwrap_or_default();
    let target = reindex.target.to_lowercase();
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("{target}{shown} reindexed without CONCURRENTLY"),
        )
        .object(shown.trim().trim_matches('"'))
        .effect(
            "SHARE on the table and ACCESS EXCLUSIVE on each index: writers, and every query that would use the index, wait for the whole build.",
        )
        .instead(format!(
            "In a file of its own with `transaction: false`:\nREINDEX {} CONCURRENTLY{name};",
            reindex.target
        )),
    );
}

fn is_busy(step: &Step<'_>, reindex: &Reindex) -> bool {
    match (&*reindex.target, &reindex.name) {
        ("TABLE", Some(name)) => step.is_busy_name(name),
        ("INDEX", Some(name)) => match step.schema.index(name) {
            Found::Known(index) => step.is_busy_at(&index.relation),
            Found::Unknown => true,
            Found::Absent | Found::System => false,
        },
        _ => true,
    }
}
