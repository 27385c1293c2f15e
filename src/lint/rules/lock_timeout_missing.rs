//! A strong lock without `lock_timeout`, where nobody else sets one.

use super::concurrent_index_may_stay_invalid::is_off;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, LockMode};
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "lock-timeout-missing",
    level: Level::Info,
    category: Category::Lock,
    summary: "a statement waits for a strong lock without a limit, and everything queues behind it",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let set = set(step);
    let switched_off = set == Some(false) && !step.migration.digest.is_dump;
    if set == Some(true) || (step.settings.runner_sets_lock_timeout && !switched_off) || is_concurrent(step) {
        return;
    }
    // Told once per transaction: what comes later waits no longer than the first.
    let earlier = step.busy_locks(LockMode::Share).next().is_some();
    let lock = step
        .effects
        .locks
        .iter()
        .filter(|lock| lock.visible && lock.mode >= LockMode::Share && step.is_busy_at(&lock.relation))
        .max_by_key(|lock| lock.mode);
    let Some(lock) = lock.filter(|_| !earlier) else {
        return;
    };
    let how = if switched_off {
        "with lock_timeout switched off"
    } else {
        "without lock_timeout"
    };
    let problem = Problem::new(
        step.act.span.clone(),
        format!("{} on \"{}\" {how}", lock.mode.as_str(), lock.relation.name),
    )
    .object(&lock.relation)
    .effect(format!(
        "While one long query runs on \"{}\" this waits for it, and every later query waits behind this, without a limit.",
        lock.relation.name
    ))
    .instead("SET lock_timeout = '2s';  -- SET LOCAL in a transaction; then try again when it fails with 55P03");
    // Whoever writes 0 takes away what the runner gives.
    problems.push(match switched_off {
        true => problem.level(Level::Warning),
        false => problem,
    });
}

/// Says whether the file set a timeout (true), switched it off (false), or left it alone.
fn set(step: &Step<'_>) -> Option<bool> {
    let set = step.transaction.settings.get("lock_timeout")?;
    set.value.as_deref().map(|value| !is_off(value))
}

/// CONCURRENTLY waits in its own way, and a timeout would leave an INVALID index behind.
fn is_concurrent(step: &Step<'_>) -> bool {
    match &step.act.action {
        Action::CreateIndex(index) => index.concurrently,
        Action::Drop(drop) => drop.concurrently,
        Action::Reindex(reindex) => reindex.concurrently,
        _ => false,
    }
}
