//! `runtime-role-owns-table`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::walk::every_act;
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, AlterCommand};

/// A table that belongs to the role that the application works with.
pub(super) static RULE: Rule = Rule {
    name: "runtime-role-owns-table",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "a table belongs to a role that the application works with",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for walked in every_act(ended.migration) {
        let (name, owner) = match &walked.act.action {
            Action::Owner { object, owner } => (&object.name, owner),
            Action::AlterTable(alter) => {
                let owner = alter.commands.iter().find_map(|(command, _)| match command {
                    AlterCommand::Owner(owner) => Some(owner),
                    _ => None,
                });
                let Some(owner) = owner else { continue };
                (&alter.name, owner)
            }
            Action::CreateTable(table) => {
                let relation = ended.after.relation(&table.name).known();
                let owner = relation.and_then(|relation| relation.owner.as_ref());
                let is_runtime = owner
                    .is_some_and(|owner| ended.settings.runtime_roles.iter().any(|role| **role == **owner));
                if let (Some(relation), Some(owner), true) = (relation, owner, is_runtime) {
                    problems.push(problem(
                        walked.act.span.clone(),
                        &relation.key.to_string(),
                        &table.name.quoted(),
                        owner,
                    ));
                }
                continue;
            }
            _ => continue,
        };
        let Some(relation) = ended.after.relation(name).known() else {
            continue;
        };
        let is_runtime = ended.settings.runtime_roles.iter().any(|role| **role == **owner);
        // Where no role of the application is configured, one that is granted rows or named by a policy is taken for one.
        let works_with_it = ended.settings.runtime_roles.is_empty()
            && relation.row_security
            && !relation.forced
            && (relation.grants.granted.contains_key(&**owner)
                || relation
                    .policies
                    .iter()
                    .any(|policy| policy.roles.iter().any(|role| **role == **owner)));
        let is_unknown = ended.settings.runtime_roles.is_empty();
        let is_application = is_unknown && works_with_tables(ended, owner);
        if relation.is_table() && (is_runtime || works_with_it || is_application) {
            problems.push(problem(
                walked.act.span.clone(),
                &relation.key.to_string(),
                &name.quoted(),
                owner,
            ));
        }
    }
}

/// Says whether a role may change rows of tables that belong to others, and not more: nobody grants an owner that.
fn works_with_tables(ended: &Ended<'_>, role: &str) -> bool {
    let is_migrating = ended.settings.migration_roles.iter().any(|own| own == role);
    !is_migrating
        && ended.before.relations().any(|relation| {
            let held = relation.grants.granted.get(role);
            relation.is_table()
                && relation.owner.as_deref() != Some(role)
                && held.is_some_and(|held| held.contains("INSERT") && !held.contains("TRUNCATE"))
        })
}

fn problem(span: crate::sql::act::Span, name: &str, table: &str, owner: &str) -> Problem {
    Problem::new(span, format!("table \"{name}\" belongs to \"{owner}\", which the application works with"))
        .object(name)
        .effect(
            "The owner is bound by row security only under FORCE, and can take FORCE, policies and guard triggers away, drop the \
             table and grant it to others; REVOKE does not hold against it.",
        )
        .instead(format!(
            "ALTER TABLE {table} OWNER TO <migration role>;\nGRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {};",
            quote_identifier(owner)
        ))
}
