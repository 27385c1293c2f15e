//! `backfill-under-row-security`.

use crate::lint::context::Step;
use crate::lint::row_security::{Hold, has_chosen_tenant, hold, in_guarded_section, is_loud, relied_on};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Key, Relation};
use crate::lint::tenancy::is_true;
use crate::lint::walk::{called_acts, changes_of};
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, Dml, DmlAction};

/// A change of rows that row security may hide from whoever runs it.
pub(super) static RULE: Rule = Rule {
    name: "backfill-under-row-security",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "rows are changed in a table whose row security may hide them from the role that migrates",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let called = called_acts(step);
    let acts = std::iter::once(step.act).chain(&called);
    problems.extend(acts.filter_map(|act| problem(&Step { act, ..*step })).next());
}

/// Finds the problem of a statement; rules about the reading side ask whether it is found already.
pub(super) fn problem(step: &Step<'_>) -> Option<Problem> {
    if let Action::Copy(copy) = &step.act.action
        && copy.is_from
    {
        let relation = step.relation(copy.table.as_ref()?).known()?;
        return (hold(step, relation) == Hold::Bound).then(|| refused(step, relation, "COPY FROM", "0A000"));
    }
    changes_of(step.act)
        .into_iter()
        .find_map(|change| change_problem(step, change))
}

fn change_problem(step: &Step<'_>, change: &Dml) -> Option<Problem> {
    let relation = step.relation(&change.target).known()?;
    let held = hold(step, relation);
    let is_empty = step.transaction.made(relation.origin) && !relation.may_have_rows;
    if held == Hold::None
        || in_guarded_section(step, &relation.key, true)
        || has_chosen_tenant(step, relation)
    {
        return None;
    }
    if change.action == DmlAction::Insert {
        return inserted(step, change, relation, held);
    }
    if is_empty {
        return None;
    }
    changed(step, change, relation, held)
}

fn inserted(step: &Step<'_>, change: &Dml, relation: &Relation, held: Hold) -> Option<Problem> {
    let is_allowed = relation.policies.iter().any(|policy| {
        policy.permissive
            && matches!(&*policy.command, "ALL" | "INSERT")
            && policy
                .with_check
                .as_ref()
                .or(policy.using.as_ref())
                .is_some_and(is_true)
    });
    let is_new = step.transaction.made(relation.origin);
    let known = held == Hold::Bound || (step.migration.revision.is_none() && !is_new);
    if is_allowed || !known {
        return None;
    }
    let level = if held == Hold::Bound {
        Level::Error
    } else {
        Level::Warning
    };
    Some(refused(step, relation, change.action.as_str(), "42501").level(level))
}

fn refused(step: &Step<'_>, relation: &Relation, verb: &str, sqlstate: &str) -> Problem {
    let name = &relation.key;
    Problem::new(
        step.act.span.clone(),
        format!("{verb} on \"{name}\" is refused by its row security for a role that it binds"),
    )
    .object(name)
    .effect(format!(
        "Row security of \"{name}\" is enabled{}; no tenant is chosen, so no policy lets a row in: {sqlstate}, and the migration fails.",
        forced(relation)
    ))
    .instead(guarded(relation, "the statement"))
}

fn changed(step: &Step<'_>, change: &Dml, relation: &Relation, held: Hold) -> Option<Problem> {
    let name = &relation.key;
    let sources: Vec<Key> = change
        .source
        .iter()
        .flat_map(|_| relation.reads.iter().cloned())
        .chain([name.clone()])
        .collect();
    let columns = if change.action == DmlAction::Update {
        change.columns.as_slice()
    } else {
        &[]
    };
    let reliance = relied_on(step, name, columns, &sources);
    // In a section the runner has switched row_security off.
    let loud = is_loud(step) || (held == Hold::Bound && step.section().is_some());
    if loud && held == Hold::ByRole {
        return None;
    }
    let level = match (held, &reliance, &step.migration.revision) {
        (Hold::Bound, ..) | (_, Some(_), _) => Level::Error,
        (_, None, Some(_)) => Level::Info,
        (_, None, None) => Level::Warning,
    };
    let verb = change.action.as_str();
    let mut effect = match loud {
        true => format!("With row_security = off a role that row security binds gets 42501: {verb} fails."),
        false => format!(
            "A role that row security binds{} sees no row as long as no tenant is set: {verb} changes 0 rows and succeeds.",
            forced_owner(relation)
        ),
    };
    if let (Some(reliance), false) = (&reliance, loud) {
        effect.push_str(&format!(
            " {} then fails, or passes over rows that were never looked at.",
            reliance.what
        ));
    }
    Some(
        Problem::new(
            step.act.span.clone(),
            format!("{verb} on \"{name}\" runs under its row security and may change no row at all"),
        )
        .object(name)
        .effect(effect)
        .instead(guarded(relation, verb))
        .level(level),
    )
}

fn forced(relation: &Relation) -> &'static str {
    if relation.forced { " and forced" } else { "" }
}

fn forced_owner(relation: &Relation) -> &'static str {
    match relation.forced {
        true => " (it is forced, so the owner too)",
        false => "",
    }
}

/// The safe way, as SQL.
pub(super) fn guarded(relation: &Relation, verb: &str) -> String {
    let table = format!(
        "{}.{}",
        quote_identifier(&relation.key.schema),
        quote_identifier(&relation.key.name)
    );
    format!(
        "--: backfill table={}\n{verb} …;\n--: end\n\nor, in the same transaction:\n\nALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n{verb} …;\nALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        relation.key
    )
}
