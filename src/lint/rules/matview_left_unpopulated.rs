//! `matview-left-unpopulated`.

use std::sync::Arc;

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Relation, RelationKind};
use crate::lint::walk::every_act;
use crate::model::{Level, quote_identifier};
use crate::sql::act::Action;

/// A materialized view that no query can read.
pub(super) static RULE: Rule = Rule {
    name: "matview-left-unpopulated",
    level: Level::Warning,
    category: Category::Matview,
    summary: "a materialized view is left WITH NO DATA, so that every query of it fails",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let is_view = |found: &&Arc<Relation>| found.kind == RelationKind::MaterializedView && !found.populated;
    for view in ended.changed_relations().filter(is_view) {
        let is = |name: &crate::sql::WrittenName| {
            ended
                .after
                .relation(name)
                .known()
                .is_some_and(|found| found.key == view.key)
        };
        let made = every_act(ended.migration)
            .into_iter()
            .rev()
            .find(|walked| match &walked.act.action {
                Action::CreateView(made) => made.no_data && is(&made.name),
                Action::Refresh { name, no_data, .. } => *no_data && is(name),
                _ => false,
            });
        let Some(made) = made else { continue };
        let name = &view.key;
        problems.push(
            Problem::new(made.act.span.clone(), format!("materialized view \"{name}\" is left without data"))
                .object(name)
                .effect(
                    "Every query of it fails with 55000 until somebody refreshes it, and the first REFRESH cannot be CONCURRENTLY.",
                )
                .instead(format!(
                    "REFRESH MATERIALIZED VIEW {}.{};",
                    quote_identifier(&name.schema),
                    quote_identifier(&name.name)
                )),
        );
    }
}
