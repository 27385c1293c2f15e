//! `owner-cannot-read-sources`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Relation, RelationKind};
use crate::lint::view::{is_invoker, span_of_owner};
use crate::model::{Level, quote_identifier};

/// A view whose owner may not read what it is made of.
pub(super) static RULE: Rule = Rule {
    name: "owner-cannot-read-sources",
    level: Level::Error,
    category: Category::Privilege,
    summary: "a view or materialized view belongs to a role without SELECT on its sources",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for view in ended.changed_relations() {
        let is_view =
            matches!(view.kind, RelationKind::View | RelationKind::MaterializedView) && !is_invoker(view);
        let Some(owner) = view.owner.as_ref().filter(|_| is_view) else {
            continue;
        };
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
        let missing: Vec<&Relation> = view
            .reads
            .iter()
            .filter_map(|key| ended.after.relation_at(key))
            .map(|found| &**found)
            .filter(|source| !may_read(source, owner))
            .collect();
        let (Some(first), Some(span)) = (missing.first(), span_of_owner(ended, view)) else {
            continue;
        };
        let name = &view.key;
        let tables: Vec<String> = missing
            .iter()
            .map(|source| {
                format!(
                    "{}.{}",
                    quote_identifier(&source.key.schema),
                    quote_identifier(&source.key.name)
                )
            })
            .collect();
        let verb = if view.kind == RelationKind::View {
            "Every query of the view"
        } else {
            "REFRESH"
        };
        problems.push(
            Problem::new(
                span,
                format!(
                    "owner \"{owner}\" of \"{name}\" has no SELECT on \"{}\"",
                    first.key
                ),
            )
            .object(name)
            .effect(format!(
                "{verb} runs with its owner's privileges and fails with 42501."
            ))
            .instead(format!(
                "GRANT SELECT ON {} TO {};",
                tables.join(", "),
                quote_identifier(owner)
            )),
        );
    }
}

/// Nothing can be said of a table of which only the name is known.
fn may_read(source: &Relation, owner: &str) -> bool {
    source.only_named || source.owner.as_deref() == Some(owner) || source.grants.has(owner, "SELECT")
}
