//! `session-replication-role`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::session::SetScope;

/// `session_replication_role = replica`, which switches off triggers and foreign keys everywhere.
pub(super) static RULE: Rule = Rule {
    name: "session-replication-role",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "session_replication_role switches off every trigger and foreign key",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let mut is_off = false;
    for setting in ended.migration.digest.settings() {
        let sets = setting.name == "session_replication_role" && setting.scope != SetScope::Reset;
        let replica = setting
            .value
            .is_none_or(|value| !matches!(value, "origin" | "local"));
        if !sets || !replica {
            is_off &= !(sets || setting.name == "session_replication_role");
            continue;
        }
        if is_off {
            continue;
        }
        is_off = true;
        problems.push(
            Problem::new(setting.span, "session_replication_role switches off every trigger and foreign key")
                .effect(
                    "Guards, audit triggers and the checks of foreign keys do not run for any table; rows that break a foreign \
                     key stay, and nothing checks them later.",
                )
                .instead("ALTER TABLE … DISABLE TRIGGER <the one that is in the way>;\n…\nALTER TABLE … ENABLE TRIGGER <the same>;"),
        );
    }
}
