//! `row-security-left-off`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::toggle::{Switch, earlier, left_off};
use crate::model::Level;

/// Row security that is off after the migration and was on before it.
pub(super) static RULE: Rule = Rule {
    name: "row-security-left-off",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "row security is disabled and not enabled again in the same file",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for toggle in left_off(ended, |switch| *switch == Switch::RowSecurity) {
        let before = earlier(ended, &toggle);
        if before.is_some_and(|relation| !relation.only_named && !relation.row_security) {
            continue;
        }
        let name = toggle.table;
        problems.push(
            Problem::new(toggle.span, format!("row security of \"{name}\" is off when the file ends"))
                .object(name)
                .effect(
                    "Every role with SELECT or UPDATE on the table reaches the rows of every tenant from the commit on; the \
                     policies stay and do nothing.",
                )
                .instead(format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", name.quoted())),
        );
    }
}
