//! `trigger-disabled-not-enabled-again`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::toggle::{Switch, earlier, left_off};
use crate::lint::walk::every_act;
use crate::model::{Level, quote_identifier};
use crate::sql::act::table::FiringState;
use crate::sql::act::{Action, ObjectKind};

/// A trigger that is off after the migration.
pub(super) static RULE: Rule = Rule {
    name: "trigger-disabled-not-enabled-again",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a trigger is disabled and not enabled again in the same file",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for toggle in left_off(
        ended,
        |switch| matches!(switch, Switch::Trigger(name) if *name != "ALL"),
    ) {
        let Switch::Trigger(trigger) = toggle.switch else {
            continue;
        };
        let was_off = earlier(ended, &toggle)
            .and_then(|relation| relation.trigger(trigger))
            .is_some_and(|found| found.state == FiringState::Disabled);
        if was_off || is_dropped(ended, trigger) {
            continue;
        }
        let name = toggle.table;
        let (what, sql) = match trigger {
            "USER" => ("every trigger".to_owned(), "USER".to_owned()),
            one => (format!("trigger \"{one}\""), quote_identifier(one)),
        };
        problems.push(
            Problem::new(toggle.span, format!("{what} of \"{name}\" is disabled when the file ends"))
                .object(name)
                .effect("What the trigger guards, records or fills in no longer happens, from the commit on and without a word.")
                .instead(format!("ALTER TABLE {} ENABLE TRIGGER {sql};", name.quoted())),
        );
    }
}

fn is_dropped(ended: &Ended<'_>, trigger: &str) -> bool {
    every_act(ended.migration)
        .iter()
        .any(|walked| match &walked.act.action {
            Action::Drop(drop) => drop
                .objects
                .iter()
                .any(|object| object.kind == ObjectKind::Trigger && object.name.name == trigger),
            _ => false,
        })
}
