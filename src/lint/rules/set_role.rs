//! `set-role`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;
use crate::sql::act::session::SetScope;

/// A file that goes on as another role.
pub(super) static RULE: Rule = Rule {
    name: "set-role",
    level: Level::Info,
    category: Category::RowSecurity,
    summary: "the file goes on as another role, which row security may bind",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Set(setting) = &step.act.action else {
        return;
    };
    if !matches!(&*setting.name, "role" | "session_authorization") || setting.scope == SetScope::Reset {
        return;
    }
    problems.push(
        Problem::new(step.act.span.clone(), "the file goes on as another role")
            .effect(
                "What is made from here on belongs to that role; row security binds it even where the migrating role bypasses \
                 it. `upgrade` refuses the file.",
            )
            .instead("ALTER TABLE … OWNER TO …;"),
    );
}
