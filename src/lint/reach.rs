//! How many rows a statement reaches: a few that a key names, or as many as the table has. Pure.

use super::context::Step;
use super::schema::{Found, Relation, TableConstraintKind};
use crate::sql::WrittenName;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Action, ColumnRef, Dml, DmlAction, Expr, FromItem, Query, SelectCore};

/// Names of columns that single rows out by custom, where no unique key is known that says so.
const KEY_NAMES: &[&str] = &[
    "code",
    "ctid",
    "email",
    "id",
    "identifier",
    "key",
    "name",
    "pk",
    "slug",
    "uid",
    "username",
    "uuid",
    "version_num",
];

/// The queries of a WITH clause, by their names.
type With = [(Box<str>, Query)];

/// What bounds a condition on the rows of one relation.
struct Bounds<'a> {
    relation: Option<&'a Relation>,
    /// That of the statement and that around it.
    with: [&'a With; 2],
    /// Whether the statement stands in a block with nothing but the relation beside it, so that names may be variables.
    in_block: bool,
    /// What the relation goes by.
    names: [&'a str; 2],
}

/// An INSERT, UPDATE, DELETE or MERGE of a statement, with the WITH clause around it.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// What is done.
    pub dml: &'a Dml,
    around: &'a With,
}

/// Walks what a statement does to rows: by itself, and in its WITH clauses.
pub fn changes(action: &Action) -> Vec<Change<'_>> {
    let mut found = Vec::new();
    match action {
        Action::Dml(dml) => of_dml(dml, &[], &mut found),
        Action::Select(query) => of_query(query, &query.with, &mut found),
        _ => {}
    }
    found
}

fn of_dml<'a>(dml: &'a Dml, around: &'a With, found: &mut Vec<Change<'a>>) {
    for (_, query) in &dml.with {
        of_query(query, &dml.with, found);
    }
    if let Some(source) = &dml.source {
        of_query(source, &source.with, found);
    }
    found.push(Change { dml, around });
}

fn of_query<'a>(query: &'a Query, around: &'a With, found: &mut Vec<Change<'a>>) {
    for (_, change) in &query.changes {
        of_dml(change, around, found);
    }
}

/// Says whether an UPDATE, DELETE or MERGE reaches as many rows as its table may have. An INSERT that may update reaches
/// no more rows than it brings.
pub fn is_unbounded(step: &Step<'_>, change: Change<'_>) -> bool {
    let Change { dml: change, around } = change;
    let reaches_rows = change.action != DmlAction::Insert
        && change
            .does
            .iter()
            .any(|does| matches!(does, DmlAction::Update | DmlAction::Delete));
    if change.current_of || !reaches_rows {
        return false;
    }
    let bounds = Bounds {
        relation: step.relation(&change.target).known().map(|found| &**found),
        with: [&change.with, around],
        in_block: step.inside.is_some() && change.from.is_empty(),
        names: [&change.target.name, change.alias.as_deref().unwrap_or_default()],
    };
    let by_condition = change
        .condition
        .as_ref()
        .is_some_and(|condition| bounds.holds(condition));
    !by_condition && !change.from.iter().any(|item| bounds.is_small(step, item))
}

/// Returns the first relation that a query reads whole, of those that others work with.
pub fn reads_whole<'q>(step: &Step<'_>, query: &'q Query) -> Option<&'q WrittenName> {
    if query.limit.is_some() && query.order_by.is_empty() {
        return None;
    }
    let nested = query.with.iter().map(|(_, query)| query);
    query
        .arms
        .iter()
        .find_map(|arm| core_reads_whole(step, query, arm))
        .or_else(|| nested.into_iter().find_map(|query| reads_whole(step, query)))
}

fn core_reads_whole<'q>(step: &Step<'_>, query: &'q Query, core: &'q SelectCore) -> Option<&'q WrittenName> {
    if is_only_extremes(core) {
        return None;
    }
    let mut relations = Vec::new();
    for item in &core.from {
        if let FromItem::Query { query, .. } = item
            && let Some(found) = reads_whole(step, query)
        {
            return Some(found);
        }
        item.relations(&mut |name, _, _| relations.push(name));
    }
    relations.into_iter().find(|name| {
        let is_with = name.schema.is_none() && query.with.iter().any(|(with, _)| **with == *name.name);
        if is_with || !step.is_busy_name(name) {
            return false;
        }
        let bounds = Bounds {
            relation: step.relation(name).known().map(|found| &**found),
            with: [&query.with, &[]],
            in_block: false,
            names: [""; 2],
        };
        core.condition
            .as_ref()
            .is_none_or(|condition| !bounds.holds(condition))
    })
}

/// Says whether a SELECT asks for nothing but the ends of indexes: `max(id)`, `min(id)`.
fn is_only_extremes(core: &SelectCore) -> bool {
    let is_extreme = |expr: &Expr| {
        expr.any(|part| {
            matches!(&part.kind, ExprKind::Call { name, .. } if matches!(name.name.as_str(), "max" | "min"))
        })
    };
    core.condition.is_none()
        && core.group_by.is_empty()
        && core.from.len() == 1
        && !core.targets.is_empty()
        && core.targets.iter().all(|target| is_extreme(&target.expr))
}

impl Bounds<'_> {
    /// Says whether a condition picks single rows, or a stretch of a key.
    fn holds(&self, condition: &Expr) -> bool {
        let conjuncts = condition.conjuncts();
        conjuncts.iter().any(|part| self.picks(part))
            || self.is_stretch(conjuncts)
            || self.is_whole_key(conjuncts)
    }

    fn picks(&self, part: &Expr) -> bool {
        match &part.kind {
            ExprKind::Or(parts) => parts.iter().all(|part| self.holds(part)),
            ExprKind::Literal(crate::sql::act::Literal::Bool(false)) => true,
            ExprKind::In {
                operand,
                members,
                query,
                negated: false,
            } if self.is_key(operand) => match query {
                Some(query) => self.is_few(query),
                None => !members.is_empty() && members.iter().all(|member| self.gives_few(member)),
            },
            ExprKind::Operator { sign, operands } if &**sign == "=" => match operands.as_slice() {
                [left, right] => self.equals(left, right) || self.equals(right, left),
                _ => false,
            },
            ExprKind::Operator { sign, operands } if &**sign == "BETWEEN" => {
                operands.split_first().is_some_and(|(column, ends)| {
                    self.is_key(column) && ends.iter().all(|end| self.is_given(end))
                })
            }
            _ => false,
        }
    }

    /// Says whether an expression gives a few values without looking at all rows: a list, `ARRAY(SELECT … LIMIT 100)`.
    fn gives_few(&self, expr: &Expr) -> bool {
        match &expr.without_casts().kind {
            ExprKind::Query(query) => self.is_few(query),
            ExprKind::Other(parts) | ExprKind::Row(parts) if !parts.is_empty() => {
                parts.iter().all(|part| self.gives_few(part))
            }
            _ => self.is_given(expr),
        }
    }

    fn equals(&self, column: &Expr, value: &Expr) -> bool {
        if !self.is_key(column) {
            return false;
        }
        match &value.kind {
            ExprKind::Query(query) => self.is_few(query) || is_one_row(query),
            ExprKind::Column(other) => self.is_few_by_name(other) || self.is_variable(other),
            _ => self.is_given(value),
        }
    }

    /// Says whether the end of a stretch of a key is given: `id > 100 AND id <= 200`. Keys begin somewhere, so the upper
    /// end is enough.
    fn is_stretch(&self, conjuncts: &[Expr]) -> bool {
        conjuncts.iter().any(|part| match &part.kind {
            ExprKind::Operator { sign, operands } if matches!(&**sign, "<" | "<=") => {
                matches!(operands.as_slice(), [column, value] if self.is_key(column) && self.is_given(value))
            }
            _ => false,
        })
    }

    /// Says whether every column of a unique key of several is given.
    fn is_whole_key(&self, conjuncts: &[Expr]) -> bool {
        let Some(relation) = self.relation else {
            return false;
        };
        let given: Vec<&str> = conjuncts
            .iter()
            .filter_map(|part| match &part.kind {
                ExprKind::Operator { sign, operands } if &**sign == "=" => match operands.as_slice() {
                    [column, value] if self.is_given(value) => column.as_column(),
                    _ => None,
                },
                _ => None,
            })
            .map(|column| &*column.name)
            .collect();
        keys(relation).any(|key| key.iter().all(|column| given.contains(&&**column)))
    }

    /// Says whether an expression is a column that singles rows out.
    fn is_key(&self, expr: &Expr) -> bool {
        let Some(ColumnRef { name, .. }) = expr.without_casts().as_column() else {
            return matches!(&expr.kind, ExprKind::Call { name, arguments, .. }
                if matches!(name.name.as_str(), "lower" | "upper") && arguments.iter().any(|part| self.is_key(part)));
        };
        let is_unique = self
            .relation
            .is_some_and(|relation| keys(relation).any(|key| key.len() == 1 && *key[0] == **name));
        is_unique || KEY_NAMES.contains(&&**name) || name.ends_with("_id") || name.ends_with("_uuid")
    }

    /// Says whether a query gives few rows: it has a LIMIT, or reads one that has.
    fn is_few(&self, query: &Query) -> bool {
        let reads_few = || {
            query.arms.iter().any(|arm| {
                arm.from.iter().any(
                    |item| matches!(item, FromItem::Relation { name, .. } if self.is_few_with(&name.name)),
                )
            })
        };
        let is_values = || query.arms.iter().all(|arm| !arm.values.is_empty());
        query.limit.is_some() || (!query.arms.is_empty() && (is_values() || reads_few()))
    }

    fn is_few_with(&self, name: &str) -> bool {
        self.with
            .iter()
            .flat_map(|with| with.iter())
            .any(|(with, query)| **with == *name && self.is_few(query))
    }

    fn is_with(&self, name: &str) -> bool {
        self.with
            .iter()
            .flat_map(|with| with.iter())
            .any(|(with, _)| **with == *name)
    }

    fn is_few_by_name(&self, column: &ColumnRef) -> bool {
        column
            .qualifier
            .as_ref()
            .is_some_and(|qualifier| self.is_few_with(&qualifier.name))
    }

    /// Says whether an item of FROM or USING brings few rows to join with: VALUES, a LIMIT, what this migration made.
    fn is_small(&self, step: &Step<'_>, item: &FromItem) -> bool {
        match item {
            FromItem::Query { query, .. } => self.is_few(query),
            FromItem::Relation { name, .. } => {
                if name.schema.is_none() && self.is_with(&name.name) {
                    return self.is_few_with(&name.name);
                }
                match step.relation(name) {
                    Found::Known(relation) => relation.temporary || step.is_made_here(relation),
                    _ => false,
                }
            }
            FromItem::Join { left, right, .. } => self.is_small(step, left) || self.is_small(step, right),
            FromItem::Call { .. } => false,
        }
    }

    /// Says whether an expression is known without looking at rows: no column, no query in it.
    fn is_given(&self, expr: &Expr) -> bool {
        !expr.any(|part| match &part.kind {
            ExprKind::Column(column) => !self.is_variable(column),
            ExprKind::Query(_) => true,
            _ => false,
        })
    }

    /// Says whether what looks like a column is a variable of the block around it: the relation has none of this name.
    fn is_variable(&self, column: &ColumnRef) -> bool {
        let Some(relation) = self.relation.filter(|relation| relation.columns_known) else {
            return false;
        };
        self.in_block
            && match &column.qualifier {
                None => relation.column(&column.name).is_none(),
                Some(of) => !self.names.contains(&of.name.as_str()),
            }
    }
}

/// Walks the columns of the primary key and the unique constraints.
fn keys(relation: &Relation) -> impl Iterator<Item = &[std::sync::Arc<str>]> {
    relation
        .constraints
        .iter()
        .filter_map(|constraint| match &constraint.kind {
            TableConstraintKind::PrimaryKey(columns) | TableConstraintKind::Unique(columns) => {
                Some(columns.as_slice())
            }
            _ => None,
        })
        .filter(|columns| !columns.is_empty())
}

/// Says whether a query gives one row by its shape: aggregates without GROUP BY.
fn is_one_row(query: &Query) -> bool {
    let aggregates = ["avg", "count", "max", "min", "sum"];
    query.arms.iter().all(|arm| {
        arm.group_by.is_empty()
            && !arm.targets.is_empty()
            && arm.targets.iter().all(|target| {
                matches!(&target.expr.without_casts().kind, ExprKind::Call { name, .. }
                    if aggregates.contains(&name.name.as_str()))
            })
    })
}
