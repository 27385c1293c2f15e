//! `owner-bound-by-row-security`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Relation, RelationKind};
use crate::lint::view::{protected_below, span_of_owner};
use crate::model::Level;

/// A materialized view whose owner sees none, or one tenant's, of the rows that it is made of.
pub(super) static RULE: Rule = Rule {
    name: "owner-bound-by-row-security",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "a materialized view belongs to a role that row security of its sources binds, so that a refresh empties it",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let is_view = |found: &&std::sync::Arc<Relation>| found.kind == RelationKind::MaterializedView;
    for view in ended.changed_relations().filter(is_view) {
        let Some(owner) = &view.owner else { continue };
        let is_migrator = ended
            .settings
            .migration_roles
            .iter()
            .any(|role| **role == **owner);
        let was_so = ended.before.relation_at(&view.key).is_some_and(|before| {
            before.owner == view.owner && before.query == view.query && !before.only_named
        });
        if is_migrator || was_so {
            continue;
        }
        let bound = protected_below(ended.after, view)
            .into_iter()
            .find(|table| table.row_security_binds(table.owner.as_ref() == Some(owner)));
        let (Some(table), Some(span)) = (bound, span_of_owner(ended, view)) else {
            continue;
        };
        let name = &view.key;
        problems.push(
            Problem::new(
                span,
                format!("materialized view \"{name}\" belongs to \"{owner}\", which row security of \"{}\" binds", table.key),
            )
            .object(name)
            .effect(format!(
                "REFRESH runs as \"{owner}\" whoever calls it, a superuser too: without a tenant set it empties the view, with one it \
                 keeps that tenant's rows and drops the others'."
            ))
            .instead(format!("ALTER ROLE <owner of {name}> BYPASSRLS;  -- a role of its own, without LOGIN\nALTER MATERIALIZED VIEW {name} OWNER TO <that role>;")),
        );
    }
}
