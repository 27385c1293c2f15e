//! The default of a column is no label of its enum, and the statement fails.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Key, Type, TypeKind};
use crate::model::Level;
use crate::model::quote_literal;
use crate::sql::WrittenName;
use crate::sql::act::{Action, AlterCommand, Expr, Literal, Span};

pub(super) static RULE: Rule = Rule {
    name: "default-not-in-enum",
    level: Level::Error,
    category: Category::Correctness,
    summary: "the default of a column is no label of its enum, and the statement fails",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for (table, column) in step.new_columns() {
        let of = column.data_type.as_ref().filter(|of| of.dimensions == 0);
        let found = of.and_then(|of| step.schema.type_(&of.name).known());
        if let (Some(found), Some(default)) = (found, column.default()) {
            problems.extend(problem(table, &column.name, found, default));
        }
    }
    let Action::AlterTable(altered) = &step.act.action else {
        return;
    };
    let Some(relation) = step.relation(&altered.name).known() else {
        return;
    };
    for (command, _) in &altered.commands {
        let AlterCommand::SetDefault(name, default) = command else {
            continue;
        };
        // A type that the same statement changes is not looked at.
        let changes = |(other, _): &(AlterCommand, Span)| matches!(other, AlterCommand::Type { column, .. } if column == name);
        let of = relation
            .column(name)
            .and_then(|column| column.data_type.as_ref())
            .filter(|of| of.dimensions == 0);
        let found = of
            .and_then(|of| of.name.split_once('.'))
            .and_then(|(schema, name)| step.schema.type_at(&Key::new(schema, name)));
        if let Some(found) = found.filter(|_| !altered.commands.iter().any(changes)) {
            problems.extend(problem(&altered.name, name, found, default));
        }
    }
}

fn problem(table: &WrittenName, column: &str, of: &Type, default: &Expr) -> Option<Problem> {
    let TypeKind::Enum(labels) = &of.kind else {
        return None;
    };
    let Some(Literal::Text(value)) = default.without_casts().as_literal() else {
        return None;
    };
    if labels.is_empty() || labels.iter().any(|label| **label == **value) {
        return None;
    }
    let labels: Vec<String> = labels.iter().map(|label| quote_literal(label)).collect();
    Some(
        Problem::new(
            default.span.clone(),
            format!(
                "default \"{value}\" of column \"{column}\" is no label of enum \"{}\"",
                of.key
            ),
        )
        .object(format!("{table}.{column}"))
        .effect("The server refuses the statement with 22P02, and the whole transaction is rolled back.")
        .instead(format!("One of {}.", labels.join(", "))),
    )
}
