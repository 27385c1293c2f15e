//! `replaced-view-loses-options`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::walk::every_act;
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, AlterCommand};

/// A view that is replaced without the options that protect it.
pub(super) static RULE: Rule = Rule {
    name: "replaced-view-loses-options",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "CREATE OR REPLACE VIEW without WITH takes security_invoker or security_barrier away",
    check: Check::Statement(check),
};

const OPTIONS: [&str; 2] = ["security_invoker", "security_barrier"];

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::CreateView(view) = &step.act.action else {
        return;
    };
    let Some(before) = step.relation(&view.name).known().filter(|_| view.or_replace) else {
        return;
    };
    let lost: Vec<&str> = OPTIONS
        .into_iter()
        .filter(|option| {
            let was_on = before
                .options
                .get(*option)
                .is_some_and(|value| crate::lint::view::is_on(value));
            was_on && !view.options.iter().any(|(name, _)| **name == **option)
        })
        .filter(|option| !is_set_later(step, option))
        .collect();
    if lost.is_empty() {
        return;
    }
    let name = &before.key;
    let set: Vec<String> = lost.iter().map(|option| format!("{option} = true")).collect();
    problems.push(
        Problem::new(view.name_span.clone(), format!("view \"{name}\" is replaced without {}", lost.join(" and ")))
            .object(name)
            .effect(
                "CREATE OR REPLACE VIEW sets the options anew: without WITH they are gone, the view reads as its owner, and whoever \
                 may read it sees the rows of every tenant.",
            )
            .instead(format!(
                "CREATE OR REPLACE VIEW {}.{} WITH ({}) AS …;",
                quote_identifier(&name.schema),
                quote_identifier(&name.name),
                set.join(", ")
            )),
    );
}

fn is_set_later(step: &Step<'_>, option: &str) -> bool {
    let Action::CreateView(view) = &step.act.action else {
        return false;
    };
    every_act(step.migration)
        .iter()
        .filter(|walked| walked.act.span.start > step.act.span.start)
        .any(|walked| match &walked.act.action {
            Action::AlterTable(alter) => {
                alter.name.name == view.name.name
                    && alter.commands.iter().any(|(command, _)| {
                        matches!(command, AlterCommand::SetOptions(set) if set.iter().any(|(name, _)| **name == *option))
                    })
            }
            _ => false,
        })
}
