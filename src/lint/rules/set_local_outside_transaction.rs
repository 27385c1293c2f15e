//! `set-local-outside-transaction`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::session::SetScope;
use crate::sql::act::{Action, Setting};

/// SET LOCAL that is over as soon as it ran.
pub(super) static RULE: Rule = Rule {
    name: "set-local-outside-transaction",
    level: Level::Warning,
    category: Category::Correctness,
    summary: "SET LOCAL stands in a file whose statements commit one by one, where it does nothing",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Set(setting) = &step.act.action else {
        return;
    };
    let is_alone = !step.migration.transactional && !step.transaction.shared && step.inside.is_none();
    if setting.scope != SetScope::Local || !is_alone {
        return;
    }
    let name = &setting.name;
    problems.push(
        Problem::new(step.act.span.clone(), format!("SET LOCAL of \"{name}\" ends with itself"))
            .effect(
                "Each statement of the file commits by itself, and LOCAL holds to the next commit: the server warns (25P01), and the \
                 statements after it run with the setting as it was.",
            )
            .instead(instead(setting)),
    );
}

fn instead(setting: &Setting) -> String {
    match &*setting.name {
        "constraints" | "transaction" => "BEGIN;\n…\nCOMMIT;".to_owned(),
        "role" => "SET ROLE …;\n…\nRESET ROLE;".to_owned(),
        name => format!("SET {name} = …;\n…\nRESET {name};"),
    }
}
