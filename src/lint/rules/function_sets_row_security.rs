//! `function-sets-row-security`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::routine::BodyKind;
use crate::sql::act::session::SettingValue;
use crate::sql::act::{Action, Setting};

/// A function that switches row security on for itself, against whoever called it.
pub(super) static RULE: Rule = Rule {
    name: "function-sets-row-security",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a function sets row_security for itself, so that hidden rows are passed over without a word",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let (Action::CreateRoutine(routine) | Action::AlterRoutine(routine)) = &step.act.action else {
        return;
    };
    let by_option = routine
        .settings
        .iter()
        .any(|(name, value)| &**name == "row_security" && is_on(value));
    let in_body = routine
        .body
        .iter()
        .flat_map(|body| &body.statements)
        .any(|statement| match &statement.kind {
            BodyKind::Sql(act) | BodyKind::Dynamic(act) => {
                matches!(&act.action, Action::Set(setting) if sets_on(setting))
            }
            _ => false,
        });
    if !by_option && !in_body {
        return;
    }
    let name = &routine.name;
    problems.push(
        Problem::new(routine.name_span.clone(), format!("function \"{name}\" switches row security on for itself"))
            .object(name)
            .effect(
                "The caller's row_security = off does not reach the function: where row security binds its role it reads 0 rows \
                 and goes on, instead of failing with 42501.",
            )
            .instead(format!("ALTER FUNCTION {} RESET row_security;", name.quoted())),
    );
}

fn sets_on(setting: &Setting) -> bool {
    &*setting.name == "row_security"
        && matches!(&setting.value, Some(SettingValue::Text(value)) if is_on(value))
}

fn is_on(value: &str) -> bool {
    let value = value.trim_matches('\'');
    ["on", "true", "yes", "1"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(value))
}
