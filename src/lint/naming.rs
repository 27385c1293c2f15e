//! The names that a statement gives to what it makes. Pure.

use crate::sql::act::{Action, AlterCommand, Span};

/// A name that is given, with what it is the name of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given<'a> {
    /// The name.
    pub name: &'a str,
    /// `table`, `column`, ….
    pub kind: &'static str,
    /// Where.
    pub span: Span,
}

/// Returns the names that a statement gives to tables, columns, views, functions and types.
pub fn given<'a>(action: &'a Action, span: &Span) -> Vec<Given<'a>> {
    let of = |name: &'a str, kind, span: &Span| Given {
        name,
        kind,
        span: span.clone(),
    };
    match action {
        Action::CreateTable(table) => {
            let columns = table.columns.iter();
            std::iter::once(of(&table.name.name, "table", &table.name_span))
                .chain(columns.map(|column| of(&column.name, "column", &column.span)))
                .collect()
        }
        Action::CreateView(view) => vec![of(&view.name.name, "view", &view.name_span)],
        Action::CreateRoutine(routine) => vec![of(&routine.name.name, "function", &routine.name_span)],
        Action::CreateType(made) => vec![of(&made.name.name, "type", span)],
        Action::CreateDomain(made) => vec![of(&made.name.name, "domain", span)],
        Action::AlterTable(table) => table
            .commands
            .iter()
            .filter_map(|(command, _)| match command {
                AlterCommand::AddColumn { column, .. } => Some(of(&column.name, "column", &column.span)),
                _ => None,
            })
            .collect(),
        Action::Rename(rename) => vec![of(&rename.to, "object", span)],
        _ => Vec::new(),
    }
}
