//! `recreated-object-loses-grants`.

use std::sync::Arc;

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Grants;
use crate::lint::walk::every_act;
use crate::model::{Level, quote_identifier};
use crate::sql::WrittenName;
use crate::sql::act::object::ObjectName;
use crate::sql::act::{Action, ObjectKind, Span};

/// An object that is dropped and made again, without what was granted on it.
pub(super) static RULE: Rule = Rule {
    name: "recreated-object-loses-grants",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "an object is dropped and created again without the privileges that were granted on it",
    check: Check::Migration(check),
};

/// What was lost: a grantee's privileges, or what PUBLIC gets back.
enum Lost {
    Granted(Arc<str>, Vec<Box<str>>),
    Revoked,
}

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for after in ended.changed_relations() {
        let Some(before) = ended.before.relation_at(&after.key) else {
            continue;
        };
        let (Some(span), true) = (ended.span_of(after.origin), after.origin != before.origin) else {
            continue;
        };
        if let Some(lost) = lost(&before.grants, &after.grants) {
            let name = WrittenName {
                schema: Some(after.key.schema.to_string()),
                name: after.key.name.to_string(),
            };
            problems.push(problem(span, &name, lost));
        }
    }
    let walked = every_act(ended.migration);
    for (at, drop) in walked.iter().enumerate() {
        let Action::Drop(dropped) = &drop.act.action else {
            continue;
        };
        for object in &dropped.objects {
            let made = walked[at + 1..]
                .iter()
                .find(|later| makes(&later.act.action, object));
            let lost = grants(ended, object).and_then(|(before, after)| lost(&before, &after));
            if let (Some(made), Some(lost)) = (made, lost) {
                problems.push(problem(made.act.span.clone(), &object.name, lost));
            }
        }
    }
}

fn problem(span: Span, name: &WrittenName, lost: Lost) -> Problem {
    let (what, instead) = match lost {
        Lost::Granted(role, privileges) => {
            let privileges = privileges.join(", ");
            let grantee = match &*role {
                "public" => "PUBLIC".to_owned(),
                named => quote_identifier(named),
            };
            (
                format!("\"{role}\" no longer has {privileges}"),
                format!("GRANT {privileges} ON {} TO {grantee};", name.quoted()),
            )
        }
        Lost::Revoked => (
            "PUBLIC may call it again".to_owned(),
            format!("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC;", name.quoted()),
        ),
    };
    Problem::new(
        span,
        format!("\"{name}\" is created again without its privileges: {what}"),
    )
    .object(name)
    .effect(
        "DROP takes every GRANT and REVOKE with it: queries that worked fail with 42501, or calls that were refused work.",
    )
    .instead(instead)
}

/// Functions and sequences; a relation is told by where it comes from, so that renaming one into place counts too.
fn makes(action: &Action, object: &ObjectName) -> bool {
    match action {
        Action::CreateRoutine(routine) => {
            routine.name.name == object.name.name
                && matches!(
                    object.kind,
                    ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine
                )
        }
        Action::CreateSequence(sequence) => {
            sequence.name.name == object.name.name && object.kind == ObjectKind::Sequence
        }
        _ => false,
    }
}

/// The grants of an object before and after the file.
fn grants(ended: &Ended<'_>, object: &ObjectName) -> Option<(Grants, Grants)> {
    match object.kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
            let before = ended.before.routines(&object.name);
            let after = ended.after.routines(&object.name);
            Some((before.first()?.grants.clone(), after.first()?.grants.clone()))
        }
        ObjectKind::Sequence => Some((
            ended.before.sequence(&object.name).known()?.grants.clone(),
            ended.after.sequence(&object.name).known()?.grants.clone(),
        )),
        _ => None,
    }
}

fn lost(before: &Grants, after: &Grants) -> Option<Lost> {
    for (role, held) in &before.granted {
        let missing: Vec<Box<str>> = held
            .iter()
            .filter(|privilege| {
                !after
                    .granted
                    .get(role)
                    .is_some_and(|now| now.contains(*privilege))
            })
            .cloned()
            .collect();
        if !missing.is_empty() {
            return Some(Lost::Granted(Arc::clone(role), missing));
        }
    }
    (before.revoked_from_public && !after.revoked_from_public).then_some(Lost::Revoked)
}
