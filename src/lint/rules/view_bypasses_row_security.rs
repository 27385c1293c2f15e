//! `view-bypasses-row-security`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Relation, RelationKind};
use crate::lint::tenancy::settings_read;
use crate::lint::view::{is_invoker, protected_below, span_of_definition};
use crate::lint::walk::every_act;
use crate::model::{Level, quote_identifier};
use crate::sql::act::Action;

/// A view that reads a table with row security as its owner.
pub(super) static RULE: Rule = Rule {
    name: "view-bypasses-row-security",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a view without security_invoker reads a table with row security as the view's owner",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for view in ended
        .changed_relations()
        .filter(|found| found.kind == RelationKind::View)
    {
        let before = ended.before.relation_at(&view.key);
        let was_so = before.is_some_and(|before| {
            !is_invoker(before)
                && before.owner == view.owner
                && before.query == view.query
                && !before.only_named
        });
        // What a replacement lost has a rule of its own.
        let lost = before.is_some_and(|before| is_invoker(before) && before.origin == view.origin)
            && is_replaced(ended, view);
        let is_bound = view.owner.as_ref().is_some_and(|owner| {
            !ended
                .settings
                .migration_roles
                .iter()
                .any(|role| **role == **owner)
        });
        if is_invoker(view) || was_so || lost || view.temporary || is_bound || chooses_tenant(view) {
            continue;
        }
        let Some(table) = protected_below(ended.after, view).first().copied() else {
            continue;
        };
        let Some(span) = span_of_definition(ended, view) else {
            continue;
        };
        let name = &view.key;
        let view_name = format!(
            "{}.{}",
            quote_identifier(&name.schema),
            quote_identifier(&name.name)
        );
        let instead = match ended.settings.oldest() >= 15 {
            true => format!("ALTER VIEW {view_name} SET (security_invoker = true);"),
            false => format!(
                "ALTER VIEW {view_name} SET (security_invoker = true);  -- 15 and later\nALTER VIEW {view_name} OWNER TO <a role that row security binds>;  -- before"
            ),
        };
        problems.push(
            Problem::new(span, format!("view \"{name}\" reads \"{}\" past its row security", table.key))
                .object(name)
                .effect(
                    "A view reads as its owner: where the owner bypasses row security, whoever may read the view sees the rows of \
                     every tenant.",
                )
                .instead(instead),
        );
    }
}

fn is_replaced(ended: &Ended<'_>, view: &Relation) -> bool {
    every_act(ended.migration)
        .iter()
        .any(|walked| match &walked.act.action {
            Action::CreateView(made) => made.or_replace && made.name.name == *view.key.name,
            _ => false,
        })
}

/// Says whether the view itself keeps tenants apart by a setting.
fn chooses_tenant(view: &Relation) -> bool {
    view.query.as_ref().is_some_and(|query| {
        let mut reads = false;
        for arm in &query.arms {
            reads |= arm
                .condition
                .iter()
                .any(|condition| !settings_read(condition).is_empty());
        }
        reads
    })
}
