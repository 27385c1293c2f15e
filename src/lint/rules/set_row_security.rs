//! `set-row-security`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;
use crate::sql::act::session::{SetScope, SettingValue};

/// `SET row_security`, which decides between a filter and an error.
pub(super) static RULE: Rule = Rule {
    name: "set-row-security",
    level: Level::Info,
    category: Category::RowSecurity,
    summary: "row_security is set, which decides whether hidden rows are an error or a silent filter",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Set(setting) = &step.act.action else {
        return;
    };
    if &*setting.name != "row_security" || setting.scope == SetScope::Reset {
        return;
    }
    let on = match &setting.value {
        Some(SettingValue::Text(value)) => ["on", "true", "yes", "1"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(value)),
        _ => false,
    };
    let (message, effect) = match on {
        true => (
            "row_security is switched on, so that hidden rows are passed over without a word",
            "A role that row security binds gets 0 rows instead of error 42501 from here on. `upgrade` refuses the file.",
        ),
        false => (
            "row_security is switched off, so that hidden rows are an error",
            "Whoever row security binds gets 42501 here. It does not let anybody see more; whoever runs the migrations sets it anyway.",
        ),
    };
    let level = if on && !step.settings.bypasses_row_security {
        Level::Warning
    } else {
        Level::Info
    };
    problems.push(
        Problem::new(step.act.span.clone(), message)
            .effect(effect)
            .instead("--: backfill table=…\n…;\n--: end")
            .level(level),
    );
}
