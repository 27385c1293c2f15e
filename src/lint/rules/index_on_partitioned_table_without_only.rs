//! CREATE INDEX on a partitioned table, all its partitions in one go.

use super::index_without_concurrently::{builds_on_busy, is_partitioned};
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "index-on-partitioned-table-without-only",
    level: Level::Warning,
    category: Category::Lock,
    summary: "an index is built on every partition of an existing table while writers wait",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::CreateIndex(index) = &step.act.action else {
        return;
    };
    if index.concurrently || index.only || !is_partitioned(step, index) || !builds_on_busy(step, index) {
        return;
    }
    let table = index.relation.quoted();
    let shown = format!("\"{}\"", index.relation);
    let base = index
        .name
        .clone()
        .unwrap_or_else(|| format!("{}_idx", index.relation.name).into());
    let name = quote_identifier(&base);
    let partition = step
        .relation(&index.relation)
        .known()
        .and_then(|found| found.children.first())
        .map_or_else(
            || format!("{}_p1", index.relation.name),
            |key| key.name.to_string(),
        );
    let part = quote_identifier(&format!("{base}_{partition}"));
    let partition = quote_identifier(&partition);
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("index on existing partitioned table \"{}\" without ONLY", index.relation),
        )
        .object(&index.relation)
        .effect(format!(
            "SHARE on {shown} and every partition at once: INSERT, UPDATE and DELETE wait until the last partition is built."
        ))
        .instead(format!(
            "CREATE INDEX {name} ON ONLY {table} (…);\n-- for each partition, in a file with `transaction: false`:\nCREATE INDEX CONCURRENTLY {part} ON {partition} (…);\nALTER INDEX {name} ATTACH PARTITION {part};"
        )),
    );
}
