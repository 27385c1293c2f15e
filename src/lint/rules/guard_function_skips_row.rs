//! `guard-function-skips-row`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Routine;
use crate::lint::walk::every_act;
use crate::model::Level;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::routine::{BodyKind, BodyStatement};
use crate::sql::act::{Action, Expr, Literal};

/// A BEFORE row trigger that means to let a row through and skips it.
pub(super) static RULE: Rule = Rule {
    name: "guard-function-skips-row",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a BEFORE row trigger returns NULL where it means to allow, which skips the row without a word",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for walked in every_act(ended.migration) {
        match &walked.act.action {
            Action::CreateRoutine(routine) => {
                let found = ended.after.routines(&routine.name);
                for routine in found.into_iter().filter(|routine| routine.is_trigger) {
                    problems.extend(skips(ended, routine, walked.act.span.clone()));
                }
            }
            Action::CreateTrigger(trigger) => {
                let is_new = |routine: &&&std::sync::Arc<Routine>| {
                    !ended
                        .before
                        .routines_at(&routine.key)
                        .any(|earlier| std::sync::Arc::ptr_eq(earlier, routine))
                };
                let found = ended.after.routines(&trigger.function);
                // What this file makes is reported where it is made.
                for routine in found.iter().filter(|routine| !is_new(routine)) {
                    problems.extend(skips(ended, routine, walked.act.span.clone()));
                }
            }
            _ => {}
        }
    }
}

fn skips(ended: &Ended<'_>, routine: &Routine, span: crate::sql::act::Span) -> Option<Problem> {
    let body = routine.body.as_ref()?;
    let fires_before = |event: Option<&str>| {
        ended.after.relations().any(|relation| {
            relation.triggers.iter().any(|trigger| {
                trigger.function == routine.key
                    && &*trigger.timing == "BEFORE"
                    && trigger.for_each_row
                    && event.is_none_or(|event| trigger.events.iter().any(|found| **found == *event))
            })
        })
    };
    let name = &routine.key;
    let raises = body
        .statements
        .iter()
        .any(|statement| matches!(statement.kind, BodyKind::Raise { exception: true, .. }));
    if raises && fires_before(None) && body.statements.iter().any(allows_with_null) {
        return Some(
            Problem::new(span, format!("trigger function \"{name}\" returns NULL for whom it means to allow"))
                .object(name)
                .effect(
                    "NULL from a BEFORE row trigger skips the row: the statement reports 0 rows and nobody is told that \
                     nothing was changed.",
                )
                .instead("IF TG_OP = 'DELETE' THEN\n    RETURN OLD;\nEND IF;\nRETURN NEW;"),
        );
    }
    if fires_before(Some("DELETE")) && returns_only_new(&body.statements) {
        return Some(
            Problem::new(span, format!("trigger function \"{name}\" returns NEW for DELETE, where NEW is NULL"))
                .object(name)
                .effect("For DELETE the row NEW is NULL, and NULL from a BEFORE row trigger skips the row: nothing can be deleted.")
                .instead("IF TG_OP = 'DELETE' THEN\n    RETURN OLD;\nEND IF;\nRETURN NEW;"),
        );
    }
    None
}

/// RETURN NULL below a condition on who is at work: the exception from the rule, not a rejected row.
fn allows_with_null(statement: &BodyStatement) -> bool {
    let is_null = matches!(&statement.kind, BodyKind::Return { value: Some(value), .. }
        if value.without_casts().as_literal() == Some(&Literal::Null));
    is_null && statement.conditions.iter().any(|condition| condition.any(is_who))
}

fn is_who(expr: &Expr) -> bool {
    const WHO: [&str; 6] = [
        "current_user",
        "session_user",
        "current_role",
        "current_setting",
        "pg_has_role",
        "user",
    ];
    match &expr.kind {
        ExprKind::Call { name, .. } => WHO.contains(&name.name.as_str()),
        ExprKind::Column(column) => column.qualifier.is_none() && WHO.contains(&&*column.name),
        _ => false,
    }
}

fn returns_only_new(statements: &[BodyStatement]) -> bool {
    let mut returns = statements.iter().filter_map(|statement| match &statement.kind {
        BodyKind::Return {
            value: Some(value), ..
        } => Some(value),
        _ => None,
    });
    let is_new = |value: &Expr| value.as_column().is_some_and(|column| &*column.name == "new");
    let raises = statements.iter().any(|statement| {
        matches!(statement.kind, BodyKind::Raise { exception: true, .. }) && !statement.conditional
    });
    let mut any = false;
    let all = returns.all(|value| {
        any = true;
        is_new(value)
    });
    any && all && !raises
}
