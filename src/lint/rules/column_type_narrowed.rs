//! A column of a table that stood before the migration gets a type that holds less.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "column-type-narrowed",
    level: Level::Info,
    category: Category::DataLoss,
    summary: "a column of a table that stood before the migration gets a type that holds less",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let AlterCommand::Type {
            column,
            data_type,
            using: None,
            ..
        } = command.command
        else {
            continue;
        };
        let Some(before) = command
            .relation()
            .and_then(|relation| relation.column(column))
            .and_then(|found| found.data_type.as_ref())
        else {
            continue;
        };
        if data_type.dimensions != before.dimensions {
            continue;
        }
        let Some(loss) = loss(
            &before.name,
            &before.modifiers,
            &data_type.name.name,
            &data_type.modifiers,
        ) else {
            continue;
        };
        problems.push(
            Problem::new(
                command.span(),
                format!(
                    "column \"{column}\" of existing table \"{}\" changed from {} to {}, which holds less",
                    command.table.name,
                    before.name,
                    command.text(&data_type.span)
                ),
            )
            .object(format!("{}.{column}", command.table.name))
            .effect(loss)
            .instead(format!(
                "Look for rows that do not fit, mend them, and keep new ones out with a CHECK, NOT VALID, first:\nSELECT count(*) FROM {} WHERE {1}::{2}::text IS DISTINCT FROM {1}::text;",
                command.quoted(),
                quote_identifier(column),
                command.text(&data_type.span)
            )),
        );
    }
}

/// Numbers from narrow to wide: what is further left holds less.
const WHOLE: &[&str] = &["int2", "int4", "int8"];

/// Says what is lost when values of one type become those of another by assignment.
fn loss(from: &str, from_modifiers: &[i32], to: &str, to_modifiers: &[i32]) -> Option<&'static str> {
    let place = |name: &str| WHOLE.iter().position(|whole| *whole == name);
    let is_text = |name: &str| matches!(name, "text" | "varchar" | "bpchar");
    let is_number = |name: &str| matches!(name, "numeric" | "float4" | "float8");
    const FAILS: &str = "A single row that does not fit stops the migration (22001 or 22003), and one that comes later stops the client.";
    const ROUNDS: &str = "Values are rounded or cut without a word; what was behind the point is gone.";
    match (place(from), place(to)) {
        (Some(wide), Some(narrow)) => return (narrow < wide).then_some(FAILS),
        (None, Some(_)) if is_number(from) => return Some(ROUNDS),
        _ => {}
    }
    if is_text(from) && is_text(to) {
        return match (from_modifiers, to_modifiers) {
            ([], [_]) => Some(FAILS),
            ([before], [now]) if now < before => Some(FAILS),
            _ => None,
        };
    }
    match (from, to) {
        ("numeric", "numeric") => {
            let scale = |modifiers: &[i32]| modifiers.get(1).copied().unwrap_or(0);
            let (before, now) = (scale(from_modifiers), scale(to_modifiers));
            match (from_modifiers, to_modifiers) {
                (_, []) => None,
                ([], _) => Some(ROUNDS),
                _ if now < before => Some(ROUNDS),
                _ if to_modifiers[0] - now < from_modifiers[0] - before => Some(FAILS),
                _ => None,
            }
        }
        ("float8", "float4") | ("numeric", "float4" | "float8") => Some(ROUNDS),
        ("timestamp" | "timestamptz", "date" | "time") => Some(ROUNDS),
        _ => None,
    }
}
