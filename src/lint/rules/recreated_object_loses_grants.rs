//! `recreated-object-loses-grants`.

use std::sync::Arc;

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Grants;
use crate::lint::walk::every_act;
use crate::model::{Level, quote_identifier};
use crate::sql::WrittenName;
use crate::sql::act::object::ObjectName;
use crate::sql::act::{Action, ObjectKind};

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
    let walked = every_act(ended.migration);
    for (at, drop) in walked.iter().enumerate() {
        let Action::Drop(dropped) = &drop.act.action else {
            continue;
        };
        for object in &dropped.objects {
            let made = walked[at + 1..]
                .iter()
                .find(|later| makes(&later.act.action, object));
            let Some(made) = made else { continue };
            let Some((before, after)) = grants(ended, object) else {
                continue;
            };
            let Some(lost) = lost(&before, &after) else {
                continue;
            };
            let name = &object.name;
            let (what, instead) = match lost {
                Lost::Granted(role, privileges) => (
                    format!("\"{role}\" no longer has {}", privileges.join(", ")),
                    format!(
                        "GRANT {} ON {} TO {};",
                        privileges.join(", "),
                        name.quoted(),
                        if &*role == "public" {
                            "PUBLIC".to_owned()
                        } else {
                            quote_identifier(&role)
                        }
                    ),
                ),
                Lost::Revoked => (
                    "PUBLIC may call it again".to_owned(),
                    format!("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC;", name.quoted()),
                ),
            };
            problems.push(
                Problem::new(made.act.span.clone(), format!("\"{name}\" is created again without its privileges: {what}"))
                    .object(name)
                    .effect("DROP takes every GRANT and REVOKE with it: queries that worked fail with 42501, or calls that were refused work.")
                    .instead(instead),
            );
        }
    }
}

fn makes(action: &Action, object: &ObjectName) -> bool {
    let is = |name: &WrittenName| name.name == object.name.name;
    match action {
        Action::CreateView(view) => is(&view.name),
        Action::CreateTable(table) => is(&table.name) && !table.temporary,
        Action::CreateRoutine(routine) => is(&routine.name),
        Action::CreateSequence(sequence) => is(&sequence.name),
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
        _ => Some((
            ended.before.relation(&object.name).known()?.grants.clone(),
            ended.after.relation(&object.name).known()?.grants.clone(),
        )),
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
