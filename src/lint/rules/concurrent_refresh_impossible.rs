//! `concurrent-refresh-impossible`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::RelationKind;
use crate::model::{Level, quote_identifier};
use crate::sql::act::Action;

/// REFRESH CONCURRENTLY that the server refuses.
pub(super) static RULE: Rule = Rule {
    name: "concurrent-refresh-impossible",
    level: Level::Error,
    category: Category::Matview,
    summary: "REFRESH CONCURRENTLY fails: the view has no usable unique index or was never filled",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Refresh {
        name: written,
        concurrently: true,
        ..
    } = &step.act.action
    else {
        return;
    };
    let Some(view) = step.relation(written).known() else {
        return;
    };
    if view.kind != RelationKind::MaterializedView || view.only_named {
        return;
    }
    let name = &view.key;
    let quoted = format!(
        "{}.{}",
        quote_identifier(&name.schema),
        quote_identifier(&name.name)
    );
    let serves = step.schema.indexes_of(view).any(|index| index.serves_refresh());
    let (message, effect, instead) = match (view.populated, serves) {
        (true, true) => return,
        (false, _) => (
            format!("\"{name}\" was never filled and cannot be refreshed concurrently"),
            "CONCURRENTLY fails with 0A000 on a view WITH NO DATA.",
            format!("REFRESH MATERIALIZED VIEW {quoted};"),
        ),
        (true, false) => (
            format!("\"{name}\" has no unique index that REFRESH CONCURRENTLY can use"),
            "It fails with 55000. An index on expressions or with WHERE does not count.",
            format!(
                "CREATE UNIQUE INDEX ON {quoted} (<key>);\nREFRESH MATERIALIZED VIEW CONCURRENTLY {quoted};"
            ),
        ),
    };
    problems.push(
        Problem::new(step.act.span.clone(), message)
            .object(name)
            .effect(effect)
            .instead(instead),
    );
}
