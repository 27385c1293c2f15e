//! `security-definer-for-public`.

use crate::lint::context::Ended;
use crate::lint::routine::{changed_routines, is_pinned};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

/// A SECURITY DEFINER function that everybody may call.
pub(super) static RULE: Rule = Rule {
    name: "security-definer-for-public",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "every role may call a SECURITY DEFINER function",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for changed in changed_routines(ended) {
        let routine = changed.routine;
        let is_public = !routine.grants.revoked_from_public
            || routine
                .grants
                .granted
                .get("public")
                .is_some_and(|held| held.contains("EXECUTE"));
        let was_so = changed
            .before
            .is_some_and(|before| before.security_definer && !before.grants.revoked_from_public);
        // A trigger function cannot be called; without search_path it is found as that.
        if !routine.security_definer || routine.is_trigger || !is_public || !is_pinned(routine) || was_so {
            continue;
        }
        let name = &routine.key;
        let signature = changed.signature();
        problems.push(
            Problem::new(changed.span.clone(), format!("every role may call the SECURITY DEFINER function \"{name}\""))
                .object(name)
                .effect("EXECUTE belongs to PUBLIC by default: any role that can connect does with it what only its owner may do.")
                .instead(format!(
                    "REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC;\nGRANT EXECUTE ON FUNCTION {signature} TO <role>;"
                )),
        );
    }
}
