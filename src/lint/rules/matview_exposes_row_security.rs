//! `matview-exposes-row-security`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Relation, RelationKind};
use crate::lint::view::{protected_below, span_of_definition};
use crate::model::Level;

/// A materialized view that holds the rows of every tenant and that the application may read.
pub(super) static RULE: Rule = Rule {
    name: "matview-exposes-row-security",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a materialized view over a table with row security shows the rows of every tenant to whoever may read it",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let is_view = |found: &&std::sync::Arc<Relation>| found.kind == RelationKind::MaterializedView;
    for view in ended.changed_relations().filter(is_view) {
        let readers = readers(ended, view);
        let before = ended.before.relation_at(&view.key);
        let was_so =
            before.is_some_and(|before| !before.only_named && self::readers(ended, before) == readers);
        let is_bound = view.owner.as_ref().is_some_and(|owner| {
            !ended
                .settings
                .migration_roles
                .iter()
                .any(|role| **role == **owner)
        });
        if was_so || is_bound {
            continue;
        }
        // In a project a later revision may grant it; a file by itself is judged by what it makes.
        if readers.is_empty() && ended.migration.revision.is_some() {
            continue;
        }
        let Some(table) = protected_below(ended.after, view).first().copied() else {
            continue;
        };
        let Some(span) = span_of_definition(ended, view) else {
            continue;
        };
        let name = &view.key;
        let who = match readers.is_empty() {
            true => "whoever may read it".to_owned(),
            false => readers
                .iter()
                .map(|role| format!("\"{role}\""))
                .collect::<Vec<_>>()
                .join(", "),
        };
        problems.push(
            Problem::new(
                span,
                format!("materialized view \"{name}\" shows rows of \"{}\" past its row security", table.key),
            )
            .object(name)
            .effect(format!(
                "A materialized view holds what its owner saw and has no row security of its own: {who} reads the rows of every \
                 tenant. Under FORCE, filled by an owner that row security binds, it is empty."
            ))
            .instead(format!(
                "REVOKE ALL ON {name} FROM <application role>;\nCREATE VIEW <name> WITH (security_barrier) AS\nSELECT * FROM {name} WHERE <tenant column> = nullif(current_setting('<tenant setting>', true), '')::uuid;"
            )),
        );
    }
}

/// The roles besides those that migrate that may read it.
fn readers(ended: &Ended<'_>, view: &Relation) -> Vec<String> {
    view.grants
        .granted
        .iter()
        .filter(|(role, held)| {
            held.contains("SELECT")
                && !ended
                    .settings
                    .migration_roles
                    .iter()
                    .any(|name| **name == ***role)
        })
        .map(|(role, _)| role.to_string())
        .collect()
}
