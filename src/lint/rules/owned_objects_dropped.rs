//! DROP OWNED drops whatever a role owns, unnamed.

use crate::lint::context::Step;
use crate::lint::removal::unless_approved;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "owned-objects-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "DROP OWNED drops whatever a role owns, unnamed",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if !matches!(step.act.action, Action::Other(_) | Action::Drop(_)) {
        return;
    }
    let text = step.migration.text(step.act);
    let mut words = text.split_ascii_whitespace();
    let mut is = |word: &str| words.next().is_some_and(|next| next.eq_ignore_ascii_case(word));
    if !(is("drop") && is("owned") && is("by")) {
        return;
    }
    let roles: Vec<&str> = words.collect();
    let role = roles.first().map_or("", |role| role.trim_end_matches([',', ';']));
    let problem = Problem::new(
        step.act.span.clone(),
        format!("everything that role {role} owns is dropped, unnamed"),
    )
    .object(role)
    .effect("Every table of the role in this database goes with its rows, and its grants with them; what that is depends on the database, not on the file.")
    .instead(format!("REASSIGN OWNED BY {role} TO CURRENT_USER;\n-- then, for the grants alone:\nDROP OWNED BY {role};"));
    let is_reassigned = step.migration.acts[..step.statement].iter().any(|earlier| {
        step.migration
            .text(earlier)
            .get(..8)
            .is_some_and(|word| word.eq_ignore_ascii_case("reassign"))
    });
    let problem = unless_approved(step.migration, problem);
    problems.push(match is_reassigned {
        true => problem.level(Level::Info),
        false => problem,
    });
}
