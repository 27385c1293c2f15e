//! What changes and copies rows.

use super::expression::Expr;
use super::query::{FromItem, Query};
use super::{Span, WrittenName};

/// INSERT, UPDATE, DELETE or MERGE.
#[derive(Clone, Debug, PartialEq)]
pub struct Dml {
    /// Which one.
    pub action: DmlAction,
    /// The relation whose rows change.
    pub target: WrittenName,
    /// Where its name stands.
    pub target_span: Span,
    /// Its alias.
    pub alias: Option<Box<str>>,
    /// ONLY.
    pub only: bool,
    /// INSERT: its columns, empty where none are written. UPDATE: the columns that SET names.
    pub columns: Vec<Box<str>>,
    /// UPDATE: what SET gives, in the order of `columns` where each has one of its own. ON CONFLICT DO UPDATE and MERGE
    /// put what they set here too.
    pub values: Vec<Expr>,
    /// INSERT: where the rows come from; nothing for DEFAULT VALUES. MERGE: its USING, where it is a query.
    pub source: Option<Box<Query>>,
    /// UPDATE … FROM, DELETE … USING, MERGE … USING.
    pub from: Vec<FromItem>,
    /// WHERE; MERGE: ON.
    pub condition: Option<Expr>,
    /// WHERE CURRENT OF.
    pub current_of: bool,
    /// ON CONFLICT is written.
    pub on_conflict: bool,
    /// What happens to rows: the action itself, for INSERT … ON CONFLICT DO UPDATE the UPDATE too, for MERGE what its
    /// arms do.
    pub does: Vec<DmlAction>,
    /// The columns that ON CONFLICT DO UPDATE sets; `values` has what it gives them.
    pub conflict_columns: Vec<Box<str>>,
    /// The columns that ON CONFLICT names; empty where it names none, an expression or WHERE.
    pub conflict_key: Vec<Box<str>>,
    /// ON CONFLICT ON CONSTRAINT.
    pub conflict_constraint: Option<Box<str>>,
    /// WITH: name and query.
    pub with: Vec<(Box<str>, Query)>,
    /// RETURNING is written.
    pub returning: bool,
}

/// Which statement changes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DmlAction {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// MERGE.
    Merge,
}

impl DmlAction {
    /// Returns the key word.
    pub fn as_str(self) -> &'static str {
        match self {
            DmlAction::Insert => "INSERT",
            DmlAction::Update => "UPDATE",
            DmlAction::Delete => "DELETE",
            DmlAction::Merge => "MERGE",
        }
    }
}

impl Dml {
    /// Calls `visit` for every expression in the statement.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        self.values.iter().for_each(|expr| expr.walk(visit));
        self.source.iter().for_each(|query| query.walk(visit));
        self.condition.iter().for_each(|expr| expr.walk(visit));
        self.with.iter().for_each(|(_, query)| query.walk(visit));
        let query = |item: &'a FromItem, visit: &mut dyn FnMut(&'a Expr)| {
            if let FromItem::Query { query, .. } = item {
                query.walk(visit);
            }
        };
        self.from.iter().for_each(|item| query(item, visit));
    }
}

/// COPY.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// The table; nothing where a query is copied.
    pub table: Option<WrittenName>,
    /// FROM, as against TO.
    pub is_from: bool,
    /// Whether data goes through the client (STDIN, STDOUT).
    pub through_client: bool,
    /// PROGRAM.
    pub program: bool,
}
