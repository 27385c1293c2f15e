//! `policy-dropped-without-replacement`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Policy, Relation};
use crate::lint::toggle::{Switch, toggles};
use crate::lint::walk::every_act;
use crate::model::Level;
use crate::sql::act::object::ObjectName;
use crate::sql::act::{Action, ObjectKind, Span};

/// A policy that goes while nothing takes its place.
pub(super) static RULE: Rule = Rule {
    name: "policy-dropped-without-replacement",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a policy is dropped and no other takes its place in the same file",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for walked in every_act(ended.migration) {
        let Action::Drop(drop) = &walked.act.action else {
            continue;
        };
        for object in drop
            .objects
            .iter()
            .filter(|object| object.kind == ObjectKind::Policy)
        {
            problems.extend(problem(ended, object, walked.act.span.clone()));
        }
    }
}

fn problem(ended: &Ended<'_>, object: &ObjectName, span: Span) -> Option<Problem> {
    let on = object.on.as_ref()?;
    let after = ended.after.relation(on).known()?;
    let before = ended.before.relation(on).known();
    let is_open = toggles(ended.migration)
        .iter()
        .rev()
        .find(|toggle| toggle.switch == Switch::RowSecurity && toggle.table.name == on.name)
        .is_some_and(|toggle| !toggle.on);
    if is_open || ended.before.relation(on).is_absent() || after.policy(&object.name.name).is_some() {
        return None;
    }
    let known = before.filter(|before| !before.only_named);
    let dropped = known.and_then(|before| before.policy(&object.name.name));
    let (widens, effect) = match (known, dropped) {
        (Some(before), _) if !before.row_security && !after.row_security => return None,
        (Some(_), None) => return None,
        (_, Some(policy)) if !policy.permissive => {
            let kept = after
                .policies
                .iter()
                .any(|other| !other.permissive && covers(other, &policy.command));
            if kept {
                return None;
            }
            (
                true,
                "The policy was restrictive: what it kept out of every other policy's reach is open from the commit on.",
            )
        }
        (_, policy) => {
            let is_replaced = match policy {
                Some(policy) => has_cover(after, &policy.command),
                // What the table has besides is not known; a new policy is taken for the replacement.
                None => after.policies.iter().any(|other| other.permissive),
            };
            if is_replaced {
                return None;
            }
            (
                false,
                "No permissive policy is left for it: whoever row security binds sees no row and cannot write, from the commit on.",
            )
        }
    };
    let name = &after.key;
    Some(
        Problem::new(
            span,
            format!("policy \"{}\" on \"{name}\" is dropped and nothing takes its place", object.name.name),
        )
        .object(name)
        .effect(effect)
        .instead(format!(
            "DROP POLICY {policy} ON {table};\nCREATE POLICY {policy} ON {table} …;\n\nin the same transaction, or ALTER POLICY {policy} ON {table} …;",
            policy = crate::model::quote_identifier(&object.name.name),
            table = on.quoted()
        ))
        .level(if widens { Level::Error } else { Level::Warning }),
    )
}

fn covers(policy: &Policy, command: &str) -> bool {
    &*policy.command == "ALL" || &*policy.command == command
}

fn has_cover(relation: &Relation, command: &str) -> bool {
    const COMMANDS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];
    let covered = |command: &str| {
        relation
            .policies
            .iter()
            .any(|policy| policy.permissive && covers(policy, command))
    };
    match command {
        "ALL" => COMMANDS.iter().all(|command| covered(command)),
        one => covered(one),
    }
}
