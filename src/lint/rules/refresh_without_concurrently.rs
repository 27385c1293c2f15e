//! REFRESH MATERIALIZED VIEW while readers wait.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::Level;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "refresh-without-concurrently",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a materialized view in use is refreshed while its readers wait",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Refresh {
        name,
        concurrently: false,
        no_data: false,
    } = &step.act.action
    else {
        return;
    };
    let known = step.relation(name).known();
    // Nobody reads what is not populated, so nobody waits.
    if !step.is_busy_name(name) || known.is_some_and(|view| !view.populated) {
        return;
    }
    let has_key = known.is_none_or(|view| {
        view.only_named || step.schema.indexes_of(view).any(|index| index.serves_refresh())
    });
    let quoted = name.quoted();
    let refresh = format!("REFRESH MATERIALIZED VIEW CONCURRENTLY {quoted};");
    let instead = if has_key {
        refresh
    } else {
        format!(
            "CREATE UNIQUE INDEX CONCURRENTLY … ON {quoted} (…);  -- on columns alone, without WHERE\n{refresh}"
        )
    };
    let index_note = match step.relation(name) {
        Found::Known(_) if !has_key => " It has no unique index that CONCURRENTLY could use.",
        _ => "",
    };
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("materialized view \"{name}\" refreshed without CONCURRENTLY"),
        )
        .object(name)
        .effect(format!(
            "ACCESS EXCLUSIVE on \"{name}\": every reader waits until its query has run and the result is written.{index_note}"
        ))
        .instead(instead),
    );
}
