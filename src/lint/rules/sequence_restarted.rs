//! A sequence that stood before the migration begins anew.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::Level;
use crate::sql::act::{Action, AlterCommand, Span};

pub(super) static RULE: Rule = Rule {
    name: "sequence-restarted",
    level: Level::Info,
    category: Category::DataLoss,
    summary: "a sequence that stood before the migration begins anew",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let (object, restarts) = match &step.act.action {
        Action::AlterSequence { name, .. } => match step.schema.sequence(name) {
            Found::Known(found) if found.origin.migration() == Some(step.migration.number) => return,
            _ => (name, true),
        },
        Action::AlterTable(table) if step.is_busy_name(&table.name) => {
            let sets = |(command, _): &(AlterCommand, Span)| matches!(command, AlterCommand::SetIdentity(_));
            (&table.name, table.commands.iter().any(sets))
        }
        _ => return,
    };
    let words = || step.migration.text(step.act).split_ascii_whitespace();
    if !restarts || !words().any(|word| word.trim_end_matches(';').eq_ignore_ascii_case("restart")) {
        return;
    }
    problems.push(
        Problem::new(step.act.span.clone(), format!("numbers of \"{object}\" begin anew"))
            .object(object)
            .effect("A number that is taken already stops every INSERT that draws it with 23505, until the count has passed the last one.")
            .instead("Set it behind the largest number that is there:\nSELECT pg_catalog.setval('…', (SELECT pg_catalog.max(id) FROM …));"),
    );
}
