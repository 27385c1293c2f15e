//! CREATE INDEX CONCURRENTLY that leaves an INVALID index behind and does not notice it the next time.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::WrittenName;
use crate::sql::act::{Action, CreateIndex, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "concurrent-index-may-stay-invalid",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a concurrent build can be cut short and leave an INVALID index that a second run takes for a good one",
    check: Check::Statement(check),
};

/// How many statements before count: a file of thousands must not be read again for each of them.
const NEAR: usize = 1000;

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::CreateIndex(index) = &step.act.action else {
        return;
    };
    if !index.concurrently || step.is_in_transaction() || !step.is_busy_name(&index.relation) {
        return;
    }
    let timeout = timeout(step);
    if (timeout.is_none() && !index.if_not_exists) || is_dropped_before(step, index) {
        return;
    }
    let name = index.name.as_deref().unwrap_or_default();
    let quoted = quote_identifier(name);
    let message = match &timeout {
        Some(value) => format!("concurrent build of index \"{name}\" under lock_timeout {value}"),
        None => format!("concurrent build of index \"{name}\" with IF NOT EXISTS"),
    };
    let effect = match (&timeout, index.if_not_exists) {
        (Some(_), true) => {
            "While any older transaction is open the build waits for it, fails with 55P03 and leaves an INVALID index; the next run sees the name, does nothing and reports success."
        }
        (Some(_), false) => {
            "While any older transaction is open the build waits for it, fails with 55P03 and leaves an INVALID index, which writers keep up to date and no query uses."
        }
        (None, _) => {
            "A build that failed leaves an INVALID index; IF NOT EXISTS sees the name, does nothing and reports success."
        }
    };
    let mut problem = Problem::new(step.act.span.clone(), message)
        .object(name)
        .effect(effect)
        .instead(format!(
            "SET lock_timeout = 0;\nDROP INDEX CONCURRENTLY IF EXISTS {quoted};\nCREATE INDEX CONCURRENTLY {quoted} ON {} (…);",
            index.relation.quoted()
        ));
    // A name that is taken is the commoner wish; without a timeout only a crash or a duplicate leaves the index behind.
    if timeout.is_none() {
        problem = problem.level(Level::Info);
    }
    problems.push(problem);
}

/// Returns the `lock_timeout` that a statement of this file set, if it is not switched off.
fn timeout<'a>(step: &Step<'a>) -> Option<&'a str> {
    let set = step.transaction.settings.get("lock_timeout")?;
    set.value.as_deref().filter(|value| !is_off(value))
}

/// Says whether a timeout's value means none.
pub(super) fn is_off(value: &str) -> bool {
    let number = value
        .trim()
        .trim_matches('\'')
        .trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    number.parse::<f64>().is_ok_and(|number| number == 0.0)
}

/// Says whether the file drops the name first, so that a second run begins anew.
fn is_dropped_before(step: &Step<'_>, index: &CreateIndex) -> bool {
    let Some(name) = &index.name else {
        return false;
    };
    let is_it = |dropped: &WrittenName| *dropped.name == **name;
    let earlier = step.migration.acts.get(..step.statement).unwrap_or_default();
    earlier.iter().rev().take(NEAR).any(|act| {
        matches!(&act.action, Action::Drop(drop)
            if drop.objects.iter().any(|object| object.kind == ObjectKind::Index && is_it(&object.name)))
    })
}
