//! `security-definer-for-public`.

use crate::lint::context::Ended;
use crate::lint::routine::{changed_routines, is_pinned};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Key, Routine};
use crate::lint::walk::every_act;
use crate::model::Level;
use crate::sql::act::{Action, ObjectKind, Span};

/// A SECURITY DEFINER function that everybody may call.
pub(super) static RULE: Rule = Rule {
    name: "security-definer-for-public",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "every role may call a SECURITY DEFINER function",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let mut told: Vec<&Key> = Vec::new();
    for changed in changed_routines(ended) {
        let routine = changed.routine;
        let was_so = changed
            .before
            .is_some_and(|before| before.security_definer && is_public(before));
        // Without search_path it is found as that.
        if is_open(routine) && is_pinned(routine) && !was_so {
            told.push(&routine.key);
            problems.push(problem(changed.span.clone(), routine, &changed.signature()));
        }
    }
    for walked in every_act(ended.migration) {
        let Action::Grant(grant) = &walked.act.action else {
            continue;
        };
        let to_public = !grant.revoke && grant.grantees.iter().any(|grantee| &**grantee == "public");
        if !to_public {
            continue;
        }
        for object in &grant.objects {
            let is_routine = matches!(
                object.kind,
                ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine
            );
            let found = ended.after.routines(&object.name).into_iter();
            let open =
                found.filter(|routine| is_routine && is_open(routine) && !told.contains(&&routine.key));
            for routine in open {
                problems.push(problem(walked.act.span.clone(), routine, &object.name.quoted()));
            }
        }
    }
}

/// A trigger function cannot be called.
fn is_open(routine: &Routine) -> bool {
    routine.security_definer && !routine.is_trigger && is_public(routine)
}

fn is_public(routine: &Routine) -> bool {
    let granted = routine.grants.granted.get("public");
    !routine.grants.revoked_from_public || granted.is_some_and(|held| held.contains("EXECUTE"))
}

fn problem(span: Span, routine: &Routine, signature: &str) -> Problem {
    let name = &routine.key;
    Problem::new(
        span,
        format!("every role may call the SECURITY DEFINER function \"{name}\""),
    )
    .object(name)
    .effect("EXECUTE belongs to PUBLIC by default: any role that can connect does with it what only its owner may do.")
    .instead(format!(
        "REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC;\nGRANT EXECUTE ON FUNCTION {signature} TO <role>;"
    ))
}
