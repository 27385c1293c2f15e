//! One command of an ALTER TABLE: its place, and what it would do alone. Pure.
//!
//! Several commands share the effects of their statement; a finding is about one of them.

use std::borrow::Cow;

use super::context::Step;
use super::effects::{self, Effects};
use super::schema::{Found, Relation, RelationKind};
use crate::model::quote_identifier;
use crate::sql::act::{Act, Action, AlterCommand, AlterTable, ColumnDef, Constraint, ConstraintKind, Span};

/// One command of an ALTER TABLE.
#[derive(Clone, Copy)]
pub struct Command<'a> {
    /// The statement in its place.
    pub step: Step<'a>,
    /// The statement.
    pub table: &'a AlterTable,
    /// The command.
    pub command: &'a AlterCommand,
    at: &'a Span,
}

impl<'a> Command<'a> {
    /// Returns the place that a finding points at: the statement, or the command where there are several.
    pub fn span(&self) -> Span {
        if self.table.commands.len() > 1 {
            self.at.clone()
        } else {
            self.step.act.span.clone()
        }
    }

    /// Returns what the command does by itself.
    pub fn effects(&self) -> Cow<'a, Effects> {
        if self.table.commands.len() == 1 {
            return Cow::Borrowed(self.step.effects);
        }
        let alone = Act {
            span: self.step.act.span.clone(),
            action: Action::AlterTable(Box::new(AlterTable {
                commands: vec![(self.command.clone(), self.at.clone())],
                ..self.table.clone()
            })),
            uses: self.step.act.uses.clone(),
        };
        let major = self.step.settings.oldest();
        Cow::Owned(effects::of(
            &alone,
            self.step.schema,
            self.step.transaction,
            major,
        ))
    }

    /// Says whether rows of something that others work with are all read.
    pub fn scans(&self) -> bool {
        self.step.busy_scans(&self.effects()).next().is_some()
    }

    /// Says whether an index is built over rows: not with ONLY on a partitioned table, which waits for its partitions'.
    pub fn builds_index(&self) -> bool {
        let is_partitioned = self
            .relation()
            .is_some_and(|found| found.kind == RelationKind::PartitionedTable);
        !(self.table.only && is_partitioned) && self.scans()
    }

    /// Says whether something that others work with is written anew.
    pub fn rewrites(&self) -> bool {
        self.step.busy_rewrites(&self.effects()).next().is_some()
    }

    /// Says whether the table itself, as against its indexes, is written anew.
    pub fn rewrites_table(&self) -> bool {
        let effects = self.effects();
        self.step
            .busy_rewrites(&effects)
            .any(|work| self.step.schema.index_at(&work.relation).is_none())
    }

    /// Returns the table, where it is known.
    pub fn relation(&self) -> Option<&'a Relation> {
        match self.step.relation(&self.table.name) {
            Found::Known(relation) => Some(relation),
            _ => None,
        }
    }

    /// Returns the table's name as SQL.
    pub fn quoted(&self) -> String {
        self.table.name.quoted()
    }

    /// Returns the table's name for people, in double quotes.
    pub fn shown(&self) -> String {
        format!("\"{}\"", self.table.name)
    }

    /// Says whether the command adds a column IF NOT EXISTS that is there.
    fn does_nothing(&self) -> bool {
        match self.command {
            AlterCommand::AddColumn {
                column,
                if_not_exists: true,
            } => self
                .relation()
                .is_some_and(|relation| relation.column(&column.name).is_some()),
            _ => false,
        }
    }

    /// Returns the column that the command adds.
    pub fn added_column(&self) -> Option<&'a ColumnDef> {
        match self.command {
            AlterCommand::AddColumn { column, .. } => Some(column),
            _ => None,
        }
    }

    /// Returns the constraint that the command adds, and the column that it comes with.
    pub fn added_constraints(&self) -> Vec<(&'a Constraint, Option<&'a ColumnDef>)> {
        match self.command {
            AlterCommand::AddConstraint(constraint) => vec![(constraint, None)],
            AlterCommand::AddColumn { column, .. } => column
                .constraints
                .iter()
                .map(|constraint| (constraint, Some(column)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the text of a place in the file.
    pub fn text(&self, span: &Span) -> &'a str {
        self.step
            .migration
            .source
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
            .trim()
    }

    /// Returns `CONSTRAINT name definition` of a constraint, with the name that it has or might be given.
    pub fn definition(&self, constraint: &Constraint, suffix: &str) -> (String, String) {
        let text = self.text(&constraint.span);
        if let Some(name) = &constraint.name {
            let definition = match text.get(..10) {
                Some(word) if word.eq_ignore_ascii_case("constraint") => text.to_owned(),
                _ => format!("CONSTRAINT {} {text}", quote_identifier(name)),
            };
            return (quote_identifier(name), definition);
        }
        let name = quote_identifier(&format!("{}_{suffix}", self.table.name.name));
        let definition = format!("CONSTRAINT {name} {text}");
        (name, definition)
    }
}

impl<'a> Step<'a> {
    /// Walks the commands of an ALTER TABLE of something that others work with.
    pub fn busy_commands(&self) -> impl Iterator<Item = Command<'a>> {
        let step = *self;
        let table = match &self.act.action {
            Action::AlterTable(table) if self.is_busy_name(&table.name) => Some(table),
            _ => None,
        };
        table
            .into_iter()
            .flat_map(move |table| {
                table.commands.iter().map(move |(command, at)| Command {
                    step,
                    table,
                    command,
                    at,
                })
            })
            .filter(|command| !command.does_nothing())
    }
}

/// Says whether a constraint of a column makes the column's values by itself.
pub fn is_generated(column: &ColumnDef) -> bool {
    column.constraints.iter().any(|constraint| {
        matches!(
            constraint.kind,
            ConstraintKind::Generated { .. } | ConstraintKind::Identity { .. }
        )
    })
}
