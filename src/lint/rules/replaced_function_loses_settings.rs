//! `replaced-function-loses-settings`.

use crate::lint::context::Ended;
use crate::lint::routine::changed_routines;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

/// A function that is replaced without the settings that it had.
pub(super) static RULE: Rule = Rule {
    name: "replaced-function-loses-settings",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "CREATE OR REPLACE FUNCTION without SET takes the function's settings away",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for changed in changed_routines(ended) {
        let Some(before) = changed.before.filter(|_| changed.is_replaced) else {
            continue;
        };
        let lost: Vec<&str> = before
            .settings
            .keys()
            .filter(|name| !changed.routine.settings.contains_key(*name))
            .map(|name| &**name)
            .collect();
        let Some(first) = lost.first() else { continue };
        let value = before
            .settings
            .get(*first)
            .map(|value| &**value)
            .unwrap_or_default();
        let name = &changed.routine.key;
        problems.push(
            Problem::new(changed.span.clone(), format!("function \"{name}\" is replaced without its {}", lost.join(", ")))
                .object(name)
                .effect(match changed.routine.security_definer {
                    true => {
                        "CREATE OR REPLACE sets the function's settings anew: it now runs with its owner's rights in the caller's \
                         search_path."
                    }
                    false => "CREATE OR REPLACE sets the function's settings anew: it now runs with those of its caller.",
                })
                .instead(format!("ALTER FUNCTION {} SET {first} = {value};", changed.signature())),
        );
    }
}
