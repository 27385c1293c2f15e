//! A list names a column or label twice, and the statement fails.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use std::collections::BTreeSet;

use crate::sql::act::{Action, ConstraintKind, DmlAction, TypeShape};

pub(super) static RULE: Rule = Rule {
    name: "name-listed-twice",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a list names a column or label twice, and the statement fails",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let mut tell = |names: &[&str], of: &str| {
        let mut seen = BTreeSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(**name)) {
            problems.push(
                Problem::new(step.act.span.clone(), format!("\"{twice}\" stands twice in {of}"))
                    .object(twice)
                    .effect("The server refuses the statement (42701, 42P16 or 23505), and the whole transaction is rolled back.")
                    .instead("Leave one of them out."),
            );
        }
    };
    match &step.act.action {
        Action::CreateTable(table) => {
            let columns: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
            tell(&columns, "the columns of the table");
        }
        Action::CreateView(view) => tell(&plain(&view.columns), "the columns of the view"),
        Action::Dml(change) if matches!(change.action, DmlAction::Insert) && !change.on_conflict => {
            tell(&whole(step, &change.columns), "the columns of INSERT");
        }
        Action::Dml(change) if matches!(change.action, DmlAction::Update) => {
            tell(&whole(step, &change.columns), "the columns that SET names");
        }
        Action::CreateType(made) => match &made.shape {
            TypeShape::Enum(labels) => tell(&plain(labels), "the labels of the enum"),
            TypeShape::Composite(attributes) => {
                let names: Vec<&str> = attributes.iter().map(|(name, _)| &**name).collect();
                tell(&names, "the attributes of the type");
            }
            TypeShape::Other => {}
        },
        _ => {}
    }
    for (_, _, constraint) in step.new_constraints() {
        match &constraint.kind {
            ConstraintKind::Unique { columns, .. } => tell(&plain(columns), "the unique constraint"),
            ConstraintKind::PrimaryKey { columns, .. } => tell(&plain(columns), "the primary key"),
            _ => {}
        }
    }
}

fn plain(names: &[Box<str>]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

/// The columns that are named as a whole, without those of which a field or an element is set.
fn whole<'a>(step: &Step<'_>, names: &'a [Box<str>]) -> Vec<&'a str> {
    let text = step.migration.text(step.act).to_lowercase();
    let is_part = |name: &str| {
        let name = name.to_lowercase();
        [".", "[", "\".", "\"["]
            .iter()
            .any(|sign| text.contains(&format!("{name}{sign}")))
    };
    let mut names = plain(names);
    let mut sorted = names.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        names.retain(|name| !is_part(name));
    }
    names
}
