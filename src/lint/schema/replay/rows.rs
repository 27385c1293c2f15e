//! What rows rely on: labels of enums, unique keys, the rows that foreign keys refer to.

use std::sync::Arc;

use super::query::own_columns;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::{Key, Relation, RelationKind, Schema, TableConstraintKind, TypeKind};
use crate::model::quote_literal;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Dml, DmlAction, Expr, FromItem, Literal, Query, Span};
use crate::sql::normal::fingerprint;

/// How many rows of one VALUES are looked at: seeds are short, and loads are no business of other migrations.
const ROWS: usize = 64;

/// A label that an expression compares or assigns: the enum, the label, where, and whether it is there.
type Label = (Key, Box<str>, Span, bool);

/// Rows by what is wrong with them: a unique key refuses them, a DELETE that looks at its own table removes them.
const DOUBLES: &str = "doubles";

impl Replay<'_> {
    /// A foreign key that is valid at once refuses rows that refer to nothing.
    pub(super) fn refuses_orphans(&mut self, table: &Key, referenced: &Key, span: &Span) {
        let what = Touched::Row(table.clone(), format!("orphans of {referenced}").into());
        self.touch(what, TouchKind::Set("check", 1), span.clone());
    }

    /// The rows that a change mends by what other rows are there: doubles of the table itself, orphans of a table that has
    /// no such row (`NOT EXISTS`, `NOT IN`).
    fn mends(&mut self, table: &Key, change: &Dml) {
        let Some(condition) = &change.condition else {
            return;
        };
        let (mut any, mut negated) = (Vec::new(), Vec::new());
        condition.walk(&mut |part| match &part.kind {
            ExprKind::Query(query) => any.push(&**query),
            ExprKind::In {
                query: Some(query),
                negated: is_negated,
                ..
            } => {
                any.push(&**query);
                negated.extend(is_negated.then_some(&**query));
            }
            ExprKind::Not(inner) => {
                if let ExprKind::Query(query) = &inner.kind {
                    negated.push(&**query);
                }
            }
            _ => {}
        });
        let from = |queries: &[&'_ Query]| -> Vec<Key> {
            let arms = queries.iter().flat_map(|query| &query.arms);
            self.relations_in(arms.flat_map(|arm| &arm.from).collect(), change)
        };
        let mut read = from(&any);
        if change.action == DmlAction::Delete {
            read.extend(self.relations_in(change.from.iter().collect(), change));
        }
        let mut rows: Vec<Arc<str>> = Vec::new();
        if read.contains(table) {
            rows.push(DOUBLES.into());
        }
        let orphaned = from(&negated);
        rows.extend(orphaned.iter().map(|of| Arc::from(format!("orphans of {of}"))));
        for row in rows {
            let what = Touched::Row(table.clone(), row);
            self.touch(what, TouchKind::Change("mended"), change.target_span.clone());
        }
    }

    /// Writes down that columns are unique from now on.
    pub(super) fn provide_key(&mut self, table: &Key, columns: &[&str], span: &Span) {
        let is_matview = self
            .schema
            .relation_at(table)
            .is_some_and(|relation| relation.kind == RelationKind::MaterializedView);
        self.touch(
            Touched::Row(table.clone(), DOUBLES.into()),
            TouchKind::Set("check", 1),
            span.clone(),
        );
        let provided = std::iter::once(listed(columns)).chain(is_matview.then(|| "".into()));
        for columns in provided {
            let what = Touched::UniqueKey(table.clone(), columns);
            self.touch(what, TouchKind::Provide, span.clone());
        }
    }

    /// Looks for a unique key on exactly these columns.
    pub(super) fn need_key(&mut self, table: &Key, columns: &[Arc<str>], missing: Missing, span: &Span) {
        let Some(relation) = self.schema.relation_at(table) else {
            return;
        };
        let names: Vec<&str> = columns.iter().map(|name| &**name).collect();
        let wanted = listed(&names);
        let is_known = relation.is_table()
            && relation.columns_known
            && !relation.only_named
            && relation.partition.is_none()
            && relation.inherits.is_empty()
            && !names.is_empty()
            && names.iter().all(|name| relation.column(name).is_some());
        if is_known && !unique_keys(self.schema, relation).any(|key| listed(&key) == wanted) {
            let on = Some(table.clone());
            self.unsure(missing, &wanted, on, span.clone());
            // A foreign key without one is told of by a rule of its own.
            if let (Missing::ConflictKey, Some(absence)) = (missing, self.log.absences.last_mut()) {
                absence.unsure = false;
            }
        }
    }

    /// REFRESH … CONCURRENTLY goes by a unique index.
    pub(super) fn need_refresh_key(&mut self, view: &Key, span: &Span) {
        let Some(relation) = self.schema.relation_at(view).filter(|view| !view.only_named) else {
            return;
        };
        let serves = self
            .schema
            .indexes_of(relation)
            .any(|index| index.serves_refresh());
        if relation.kind == RelationKind::MaterializedView && !serves {
            self.unsure(Missing::UniqueKey, "", Some(view.clone()), span.clone());
        }
    }

    /// Looks at what a change of rows relies on, and writes down the rows that it inserts or changes; says whether these
    /// are all.
    pub(super) fn rows(&mut self, table: &Key, change: &Dml) -> bool {
        let Some(relation) = self.schema.relation_at(table).cloned() else {
            return false;
        };
        let pinned = match change.action {
            DmlAction::Insert => {
                if change.columns.is_empty() && change.source.is_some() {
                    let every = Touched::Column(table.clone(), "*".into());
                    self.touch(every, TouchKind::Use, change.target_span.clone());
                }
                self.inserted(&relation, change)
            }
            DmlAction::Update | DmlAction::Delete => {
                for (column, value) in change.columns.iter().zip(&change.values) {
                    self.label_for(table, column, value);
                }
                let pinned = self.changed(&relation, change);
                self.computed_from(&relation, change, pinned);
                if !pinned {
                    self.mends(table, change);
                }
                pinned
            }
            DmlAction::Merge => false,
        };
        if let Some(condition) = &change.condition {
            self.labels_of(table, condition);
        }
        self.looked_up(change);
        let target: Vec<Arc<str>> = change
            .conflict_key
            .iter()
            .map(|name| Arc::from(&**name))
            .collect();
        self.need_key(table, &target, Missing::ConflictKey, &change.target_span);
        if let Some(name) = &change.conflict_constraint {
            self.need_on(table, name, Missing::Constraint, &change.target_span);
        }
        pinned
    }

    /// The rows that WHERE names one by one.
    fn changed(&mut self, relation: &Relation, change: &Dml) -> bool {
        let condition = change.condition.as_ref().filter(|_| change.from.is_empty());
        let rows = condition.map(|condition| pinned(self.schema, relation, condition));
        let rows = rows.unwrap_or_default();
        let span = &change.target_span;
        for row in &rows {
            let what = Touched::Row(relation.key.clone(), Arc::clone(row));
            self.touch(what, TouchKind::Change(change.action.as_str()), span.clone());
            for column in &change.columns {
                let value = Touched::Row(relation.key.clone(), format!("{row}: {column}").into());
                self.touch(value, TouchKind::Change("values"), span.clone());
            }
            self.need_row(&relation.key, row, span);
        }
        !rows.is_empty()
    }

    /// The columns that decide what an UPDATE sets and which rows it or a DELETE takes.
    fn computed_from(&mut self, relation: &Relation, change: &Dml, is_pinned: bool) {
        let shown = change.alias.as_deref().unwrap_or(&change.target.name);
        let span = &change.target_span;
        let of = |expr: &Expr| -> Vec<Box<str>> {
            let mut named = Vec::new();
            own_columns(expr, &mut named);
            let own = named.into_iter().filter(|(column, _)| match &column.qualifier {
                Some(of) => *of.name == *shown,
                None => change.from.is_empty(),
            });
            own.map(|(column, _)| column.name.clone()).collect()
        };
        let asked: Vec<Box<str>> = change.condition.iter().flat_map(of).collect();
        let mut read: Vec<Box<str>> = change.values.iter().flat_map(of).collect();
        let rows = match (is_pinned, &change.condition) {
            (true, Some(condition)) => pinned(self.schema, relation, condition),
            _ => Vec::new(),
        };
        if !is_pinned {
            for column in asked.iter().filter(|column| change.columns.contains(column)) {
                let what = Touched::Column(relation.key.clone(), Arc::from(&**column));
                self.touch(what, TouchKind::Change("mended"), span.clone());
            }
            read.extend(asked);
        }
        read.retain(|column| relation.column(column).is_some());
        for column in read {
            let kind = match is_pinned {
                true => TouchKind::Pinned("read"),
                false => TouchKind::Change("read"),
            };
            let what = Touched::Column(relation.key.clone(), Arc::from(&*column));
            self.touch(what, kind, span.clone());
            for row in &rows {
                let value = Touched::Row(relation.key.clone(), format!("{row}: {column}").into());
                self.touch(value, TouchKind::Change("read"), span.clone());
            }
        }
    }

    /// The rows that subqueries name one by one.
    fn looked_up(&mut self, change: &Dml) {
        let mut queries: Vec<&Query> = change.source.iter().map(|query| &**query).collect();
        change.walk(&mut |part| match &part.kind {
            ExprKind::Query(query) => queries.push(query),
            ExprKind::In {
                query: Some(query), ..
            } => queries.push(query),
            _ => {}
        });
        let mut found = Vec::new();
        let mut read = self.copied_from(change);
        for arm in queries.iter().flat_map(|query| &query.arms) {
            let ([FromItem::Relation { name, .. }], Some(condition)) = (arm.from.as_slice(), &arm.condition)
            else {
                continue;
            };
            if let Some(relation) = self.schema.relation(name).known() {
                let rows = pinned(self.schema, relation, condition);
                if !rows.is_empty() {
                    read.retain(|key| *key != relation.key);
                }
                found.extend(rows.into_iter().map(|row| (relation.key.clone(), row)));
            }
        }
        for table in read {
            let span = change.target_span.clone();
            self.touch(Touched::Rows(table), TouchKind::Change("READ"), span);
        }
        for (table, row) in found {
            self.need_row(&table, &row, &change.target_span);
        }
    }

    /// The tables whose rows an INSERT … SELECT copies, and that an UPDATE … FROM takes values of.
    fn copied_from(&self, change: &Dml) -> Vec<Key> {
        let source = change.source.iter().flat_map(|query| &query.arms);
        let items = source.flat_map(|arm| &arm.from).chain(&change.from);
        let mut found = self.relations_in(items.collect(), change);
        found.retain(|key| change.target.name != *key.name);
        found
    }

    /// The relations that items of FROM list, names of WITH left out.
    fn relations_in(&self, mut open: Vec<&FromItem>, change: &Dml) -> Vec<Key> {
        let mut found = Vec::new();
        while let Some(item) = open.pop() {
            match item {
                FromItem::Relation { name, .. } => {
                    let is_local = change.with.iter().any(|(own, _)| **own == *name.name);
                    let relation = self.schema.relation(name).known().filter(|_| !is_local);
                    found.extend(relation.map(|relation| relation.key.clone()));
                }
                FromItem::Join { left, right, .. } => open.extend([&**left, &**right]),
                FromItem::Query { .. } | FromItem::Call { .. } => {}
            }
        }
        found
    }

    /// What asks before it acts may have asked for the row.
    fn need_row(&mut self, table: &Key, row: &str, span: &Span) {
        if !self.place.conditional {
            self.unsure(Missing::Row, row, Some(table.clone()), span.clone());
        }
    }

    /// Writes down the rows of VALUES; says whether these are all.
    fn inserted(&mut self, relation: &Relation, change: &Dml) -> bool {
        let Some(values) = change
            .source
            .as_ref()
            .and_then(|query| match query.arms.as_slice() {
                [arm] => Some(&arm.values),
                _ => None,
            })
        else {
            return false;
        };
        let columns: Vec<&str> = match change.columns.is_empty() {
            true => relation.columns.iter().map(|column| &*column.name).collect(),
            false => change.columns.iter().map(|name| &**name).collect(),
        };
        let keys: Vec<Vec<&str>> = unique_keys(self.schema, relation)
            .filter_map(|key| {
                key.iter()
                    .map(|name| columns.iter().copied().find(|own| own == name))
                    .collect()
            })
            .collect();
        let span = &change.target_span;
        let mut all = !values.is_empty() && values.len() <= ROWS;
        let mut touched = Vec::new();
        let mut relied_on = Vec::new();
        for row in values.iter().take(ROWS) {
            let value = |name: &str| {
                let at = columns.iter().position(|own| *own == name)?;
                literal(row.get(at)?)
            };
            let whole = || fingerprint(&row.iter().map(Expr::normal).collect::<Vec<_>>().join(","));
            let before = touched.len();
            for key in &keys {
                if let Some(text) = row_text(key.iter().map(|name| (*name, value(name)))) {
                    let kind = match change.on_conflict {
                        true => TouchKind::Replace(whole()),
                        false => self.create_kind(false),
                    };
                    touched.push((Touched::Row(relation.key.clone(), text), kind));
                }
            }
            all &= touched.len() > before;
            for (names, to, referenced) in foreign_keys(relation) {
                let pairs = names.iter().zip(referenced);
                if let Some(text) = row_text(pairs.map(|(own, other)| (&**other, value(own)))) {
                    relied_on.push((to.clone(), text));
                }
            }
        }
        for (what, kind) in touched {
            self.touch(what, kind, span.clone());
        }
        for (to, text) in relied_on {
            self.need_row(&to, &text, span);
        }
        for row in values.iter().take(ROWS) {
            for (column, value) in columns.iter().zip(row) {
                self.label_for(&relation.key, column, value);
            }
        }
        all
    }

    /// Looks at a value that a column of an enum is to have.
    pub(super) fn label_for(&mut self, table: &Key, column: &str, value: &Expr) {
        let label = self.schema.relation_at(table).and_then(|relation| {
            let of = enum_of_column(self.schema, relation, column)?;
            label(self.schema, of, value)
        });
        self.need_labels(label);
        let mut casts = Vec::new();
        labels(self.schema, None, value, &mut casts);
        self.need_labels(casts);
    }

    /// Looks at the labels of enums that an expression compares columns of a relation with.
    pub(super) fn labels_of(&mut self, table: &Key, expr: &Expr) {
        let mut found = Vec::new();
        if let Some(relation) = self.schema.relation_at(table) {
            labels(self.schema, Some(relation), expr, &mut found);
        }
        self.need_labels(found);
    }

    fn need_labels(&mut self, labels: impl IntoIterator<Item = Label>) {
        for (of, label, span, is_there) in labels {
            if is_there {
                let what = Touched::Label(of, (&*label).into());
                self.touch(what, TouchKind::Use, span);
            } else if !self.place.conditional {
                self.unsure(Missing::EnumLabel, &label, Some(of), span);
            }
        }
    }
}

/// The columns as a unique key is known by.
fn listed(columns: &[&str]) -> Arc<str> {
    let mut sorted = columns.to_vec();
    sorted.sort_unstable();
    sorted.join(", ").into()
}

/// The columns of each whole unique index of a relation.
fn unique_keys<'a>(schema: &'a Schema, relation: &'a Relation) -> impl Iterator<Item = Vec<&'a str>> {
    schema
        .indexes_of(relation)
        .filter(|index| index.unique && index.condition.is_none())
        .filter_map(|index| index.plain_columns())
}

fn foreign_keys(relation: &Relation) -> impl Iterator<Item = (&[Arc<str>], &Key, &[Arc<str>])> {
    relation
        .constraints
        .iter()
        .filter_map(|constraint| match &constraint.kind {
            TableConstraintKind::ForeignKey {
                columns,
                table,
                referenced,
                ..
            } if columns.len() == referenced.len() && !columns.is_empty() => {
                Some((columns.as_slice(), table, referenced.as_slice()))
            }
            _ => None,
        })
}

/// A row by the values of a key: `code = 'basic'`; nothing where one of them is no literal.
fn row_text<'n>(values: impl Iterator<Item = (&'n str, Option<String>)>) -> Option<Arc<str>> {
    let mut parts = values
        .map(|(name, value)| Some(format!("{name} = {}", value?)))
        .collect::<Option<Vec<String>>>()?;
    parts.sort_unstable();
    (!parts.is_empty()).then(|| parts.join(", ").into())
}

/// The rows of a relation that a condition names by a unique key: `code = 'basic'`, `code IN ('basic', 'pro')`.
fn pinned(schema: &Schema, relation: &Relation, condition: &Expr) -> Vec<Arc<str>> {
    let mut values: Vec<(&str, Vec<String>)> = Vec::new();
    for part in condition.conjuncts() {
        let (column, given) = match &part.kind {
            ExprKind::Operator { sign, operands } if &**sign == "=" => match operands.as_slice() {
                [left, right] if left.as_column().is_some() => {
                    (left.as_column(), literal(right).map(|one| vec![one]))
                }
                [left, right] => (right.as_column(), literal(left).map(|one| vec![one])),
                _ => continue,
            },
            ExprKind::In {
                operand,
                members,
                query: None,
                negated: false,
            } if !members.is_empty() && members.len() <= ROWS => {
                (operand.as_column(), members.iter().map(literal).collect())
            }
            _ => continue,
        };
        if let (Some(column), Some(given)) = (column, given) {
            values.push((&column.name, given));
        }
    }
    let of = |name: &str| {
        values
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, given)| given)
    };
    for key in unique_keys(schema, relation) {
        let rows = match key.as_slice() {
            [only] => of(only).map(|given| {
                given
                    .iter()
                    .map(|one| row_text([(*only, Some(one.clone()))].into_iter()))
                    .collect()
            }),
            several => {
                let single = |name: &&str| {
                    of(name)
                        .filter(|given| given.len() == 1)
                        .map(|given| given[0].clone())
                };
                Some(vec![row_text(several.iter().map(|name| (*name, single(name))))])
            }
        };
        let rows: Vec<Arc<str>> = rows.unwrap_or_default().into_iter().flatten().collect();
        if !rows.is_empty() {
            return rows;
        }
    }
    Vec::new()
}

/// The text of a literal; a number is the string of its digits, which a column of either type reads alike.
fn literal(expr: &Expr) -> Option<String> {
    match expr.without_casts().as_literal()? {
        Literal::Text(text) => Some(quote_literal(text)),
        Literal::Number(digits) => Some(quote_literal(digits)),
        Literal::Bool(on) => Some(on.to_string()),
        Literal::Null | Literal::Other(_) => None,
    }
}

/// The enum that a column is of.
fn enum_of_column<'s>(schema: &'s Schema, relation: &Relation, column: &str) -> Option<&'s Key> {
    let of = relation.column(column)?.data_type.as_ref()?;
    let (in_schema, name) = of.name.split_once('.').filter(|_| of.dimensions == 0)?;
    let found = schema.type_at(&Key::new(in_schema, name))?;
    matches!(found.kind, TypeKind::Enum(_)).then_some(&found.key)
}

/// A literal that is to be a label of an enum.
fn label(schema: &Schema, of: &Key, value: &Expr) -> Option<Label> {
    let TypeKind::Enum(labels) = &schema.type_at(of)?.kind else {
        return None;
    };
    let Literal::Text(text) = value.without_casts().as_literal()? else {
        return None;
    };
    let is_there = labels.is_empty() || labels.iter().any(|label| **label == **text);
    Some((of.clone(), text.clone(), value.span.clone(), is_there))
}

/// Collects the literals that an expression compares with columns of enums or casts to enums. A subquery has a scope of
/// its own.
fn labels(schema: &Schema, relation: Option<&Arc<Relation>>, expr: &Expr, found: &mut Vec<Label>) {
    let of = |operand: &Expr| {
        let column = operand.as_column()?;
        enum_of_column(schema, relation?, &column.name)
    };
    match &expr.kind {
        ExprKind::Cast { operand, target } => {
            let of = schema
                .type_(&target.name)
                .known()
                .filter(|_| target.dimensions == 0);
            found.extend(of.and_then(|of| label(schema, &of.key, operand)));
        }
        ExprKind::Operator { operands, .. } => {
            if let [left, right] = operands.as_slice() {
                found.extend(of(left).and_then(|of| label(schema, of, right)));
                found.extend(of(right).and_then(|of| label(schema, of, left)));
            }
        }
        ExprKind::In { operand, members, .. } => {
            if let Some(of) = of(operand) {
                found.extend(members.iter().filter_map(|member| label(schema, of, member)));
            }
        }
        _ => {}
    }
    expr.parts()
        .for_each(|part| labels(schema, relation, part, found));
}
