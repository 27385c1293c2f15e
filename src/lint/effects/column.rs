//! ADD COLUMN, SET NOT NULL and ALTER COLUMN … TYPE: what happens to the rows and indexes that are there.

use super::forms::Form;
use super::gather::Gather;
use super::type_change::{Change, Surroundings, same_operators};
use super::{domain, proof, volatility};
use crate::lint::schema::{ColumnType, Index, Key, Relation, TableConstraintKind};
use crate::sql::WrittenName;
use crate::sql::act::{ColumnDef, ConstraintKind, Expr, Literal, TypeName, Volatility};

/// Why ATTACH PARTITION, ADD COLUMN and constraints read rows that no check asks for.
pub const BUILDS: &str = "builds an index over every row";
pub(super) const CHECKS: &str = "checks every row against the constraint";
pub(super) const FOREIGN_KEY: &str = "looks every row up in the referenced table";
pub(super) const NOT_NULL: &str = "looks for NULL in every row";
const VOLATILE: &str = "every row gets a value of its own";
const CONVERTS: &str = "converts every row to the new type";
const REBUILDS: &str = "builds the index again for the new type or collation";

impl Gather<'_> {
    pub(super) fn add_column(&mut self, tree: &[Key], column: &ColumnDef) {
        let of_serial = column.data_type.as_ref().is_some_and(is_serial);
        let why = self.rewrites_for(column, of_serial);
        for relation in tree {
            if let Some(why) = why {
                self.rewrite(relation, why);
            }
            for constraint in &column.constraints {
                match &constraint.kind {
                    ConstraintKind::Check { .. } if !constraint.not_valid && !constraint.not_enforced => {
                        self.scan(relation, CHECKS);
                    }
                    ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } => {
                        self.scan(relation, BUILDS)
                    }
                    ConstraintKind::NotNull { .. } if is_virtual(column) => self.scan(relation, NOT_NULL),
                    _ => {}
                }
            }
        }
        for constraint in &column.constraints {
            let ConstraintKind::ForeignKey(key) = &constraint.kind else {
                continue;
            };
            let Some(referenced) = self.find(&key.table) else {
                continue;
            };
            let referenced = self.take(Form::ReferencedByNew, &referenced, false);
            if constraint.not_valid || constraint.not_enforced {
                continue;
            }
            // Without a default every new value is NULL, which refers to nothing.
            let default = column.default().map(|expr| expr.without_casts());
            let is_null = default.is_some_and(|expr| expr.as_literal() == Some(&Literal::Null));
            if default.is_none() && !of_serial {
                continue;
            }
            tree.iter().for_each(|relation| self.scan(relation, FOREIGN_KEY));
            if !is_null {
                referenced
                    .iter()
                    .for_each(|relation| self.scan(relation, FOREIGN_KEY));
            }
        }
    }

    /// Says why ADD COLUMN writes every row, if it does (`ATExecAddColumn`).
    fn rewrites_for(&mut self, column: &ColumnDef, of_serial: bool) -> Option<&'static str> {
        let surroundings = Surroundings {
            schema: self.schema,
            transaction: self.transaction,
        };
        let data_type = column
            .data_type
            .as_ref()
            .map(|written| surroundings.column_type(written));
        for constraint in &column.constraints {
            match &constraint.kind {
                ConstraintKind::Generated { stored: true, .. } => {
                    return Some("computes the column for every row");
                }
                ConstraintKind::Generated { .. } => return None,
                ConstraintKind::Identity { .. } => return Some("numbers every row"),
                _ => {}
            }
        }
        if of_serial {
            return Some("numbers every row");
        }
        let data_type = data_type?;
        if domain::is_constrained(self.schema, &data_type) {
            return Some("checks every row against the domain, and writes it");
        }
        if domain::is_unknown(self.schema, &data_type) {
            // Taken for no domain: most unknown types are enums and those of extensions.
            self.assume();
        }
        let default = column
            .default()
            .or_else(|| domain::default(self.schema, &data_type))?;
        let worst = volatility::worst(self.schema, default);
        if !worst.known {
            self.assume();
        }
        (worst.volatility == Volatility::Volatile).then_some(VOLATILE)
    }

    /// SET NOT NULL reads the rows unless the column is NOT NULL or a CHECK proves it.
    pub(super) fn set_not_null(&mut self, relation: &Key, column: &str) {
        match self.relation(relation) {
            Some(found) => match found.column(column) {
                Some(known) if known.not_null => return,
                Some(_) if proof::not_null(found, column, &self.dropped) => return,
                Some(_) => {}
                None => self.assume(),
            },
            None => self.assume(),
        }
        self.scan(relation, NOT_NULL);
    }

    pub(super) fn change_type(
        &mut self,
        relation: &Key,
        column: &str,
        written: &TypeName,
        collation: Option<&WrittenName>,
        using: Option<&Expr>,
    ) {
        let surroundings = Surroundings {
            schema: self.schema,
            transaction: self.transaction,
        };
        let found = self.relation(relation);
        let known = found.and_then(|found| found.column(column));
        let old = known.and_then(|column| column.data_type.as_ref());
        let new = surroundings.column_type(written);
        let change = surroundings.change(column, old, &new, using);
        if change == Change::Unsure {
            self.assume();
        }
        if change != Change::Keeps {
            self.rewrite(relation, CONVERTS);
        }
        let Some(found) = found else { return };
        let collation = collation.map(|name| name.name.clone());
        let old_collation = known
            .and_then(|column| column.collation.as_deref())
            .map(|name| name.rsplit('.').next().unwrap_or(name).to_owned());
        let operators_stay = old.is_some_and(|old| same_operators(self.schema, old, &new));
        if change == Change::Keeps {
            for index in self.schema.indexes_of(found) {
                if must_rebuild(index, column, operators_stay, collation == old_collation) {
                    self.scan(relation, BUILDS);
                    self.rewrite(&index.key, REBUILDS);
                }
            }
        }
        for check in proof::checks(found, &[]) {
            if names(check, column) {
                self.scan(relation, CHECKS);
            }
        }
        self.foreign_keys_of_changed(found, column, operators_stay);
    }

    /// Foreign keys of a column that changes are dropped and added again; what they compare is checked again unless the
    /// operators stay (`ATPostAlterTypeParse`, `TryReuseForeignKey`).
    fn foreign_keys_of_changed(&mut self, relation: &Relation, column: &str, operators_stay: bool) {
        let mut keys: Vec<(Key, Key, bool)> = Vec::new();
        for constraint in &relation.constraints {
            if let TableConstraintKind::ForeignKey { columns, table, .. } = &constraint.kind
                && columns.iter().any(|name| **name == *column)
            {
                keys.push((relation.key.clone(), table.clone(), constraint.valid));
            }
        }
        for other in self.schema.relations() {
            for constraint in &other.constraints {
                if let TableConstraintKind::ForeignKey {
                    table, referenced, ..
                } = &constraint.kind
                    && *table == relation.key
                    && referenced.iter().any(|name| **name == *column)
                {
                    keys.push((other.key.clone(), relation.key.clone(), constraint.valid));
                }
            }
        }
        for (referencing, referenced, valid) in keys {
            let mode = Form::ChangeType.fact(self.major).target;
            for key in [referencing, referenced] {
                self.lock(&key, mode);
                if valid && !operators_stay {
                    self.scan(&key, FOREIGN_KEY);
                }
            }
        }
    }
}

/// An index whose rows stay is kept unless it computes something or its operators or collation change
/// (`CheckIndexCompatible` in indexcmds.c).
fn must_rebuild(index: &Index, column: &str, operators_stay: bool, collation_stays: bool) -> bool {
    let in_key = index
        .columns
        .iter()
        .any(|part| part.column.as_deref() == Some(column));
    let computed = index
        .columns
        .iter()
        .filter_map(|part| part.expr.as_ref())
        .chain(&index.condition)
        .any(|expr| names(expr, column));
    let computes = index.condition.is_some() || index.columns.iter().any(|part| part.expr.is_some());
    computed || (in_key && (computes || !operators_stay || !collation_stays))
}

pub(super) fn names(expr: &Expr, column: &str) -> bool {
    expr.any(|part| part.as_column().is_some_and(|found| *found.name == *column))
}

fn is_serial(written: &TypeName) -> bool {
    written.name.schema.is_none()
        && matches!(written.name.name.as_str(), "serial" | "bigserial" | "smallserial")
}

fn is_virtual(column: &ColumnDef) -> bool {
    column
        .constraints
        .iter()
        .any(|constraint| matches!(constraint.kind, ConstraintKind::Generated { stored: false, .. }))
}

/// Says whether a column's type is that, domains taken apart or not.
pub(super) fn is_of_type(data_type: Option<&ColumnType>, key: &Key) -> bool {
    data_type.is_some_and(|found| *found.name == *key.to_string())
}
