//! What reads and changes rows: INSERT, UPDATE, DELETE, MERGE, COPY, SELECT, TRUNCATE, LOCK.

use super::forms::Form;
use super::gather::Gather;
use crate::lint::schema::{Key, Relation, RelationKind, TableConstraintKind};
use crate::model::LockMode;
use crate::sql::WrittenName;
use crate::sql::act::{Copy, Dml, DmlAction, FromItem, Query};

impl Gather<'_> {
    pub(super) fn dml(&mut self, change: &Dml) {
        for (_, query) in &change.with {
            self.query(query);
        }
        if let Some(query) = &change.source {
            self.query(query);
        }
        let Some(key) = self.find(&change.target) else {
            return;
        };
        let only = change.only || change.action == DmlAction::Insert;
        let targets = self.take(Form::Dml, &key, only);
        let is_partitioned = super::alter_table::is_partitioned(self, &key);
        if change.action == DmlAction::Insert && is_partitioned {
            // The rows decide which partitions get some.
            self.assume();
            self.take(Form::Dml, &key, false);
        }
        for target in &targets {
            self.changes_rows(target);
        }
        self.behind_view(&key);
        self.referenced_rows(&key, change);
    }

    /// A view that can be updated passes on to the table below it.
    fn behind_view(&mut self, key: &Key) {
        let Some(view) = self
            .relation(key)
            .filter(|found| found.kind == RelationKind::View)
        else {
            return;
        };
        if let Some(below) = view.reads.first() {
            let below = below.clone();
            self.take(Form::Dml, &below, false);
            self.changes_rows(&below);
            self.behind_view(&below);
        }
    }

    /// Foreign keys look up the other side for each row that changes.
    fn referenced_rows(&mut self, key: &Key, change: &Dml) {
        let Some(relation) = self.relation(key) else {
            return;
        };
        let touches = |columns: &[std::sync::Arc<str>]| match change.action {
            DmlAction::Delete => false,
            DmlAction::Insert | DmlAction::Merge => true,
            DmlAction::Update => columns
                .iter()
                .any(|column| change.columns.iter().any(|set| **set == **column)),
        };
        for constraint in relation
            .constraints
            .iter()
            .filter(|constraint| constraint.enforced)
        {
            if let TableConstraintKind::ForeignKey { columns, table, .. } = &constraint.kind
                && touches(columns)
            {
                self.look_up(table);
            }
        }
        if change.action == DmlAction::Insert {
            return;
        }
        for other in self.referencing(key) {
            let Some(found) = self.relation(&other) else {
                continue;
            };
            self.referencing_rows(found, key, change);
        }
    }

    fn referencing_rows(&mut self, other: &Relation, key: &Key, change: &Dml) {
        for constraint in other.constraints.iter().filter(|constraint| constraint.enforced) {
            let TableConstraintKind::ForeignKey {
                table,
                referenced,
                on_delete,
                on_update,
                ..
            } = &constraint.kind
            else {
                continue;
            };
            let updated = referenced
                .iter()
                .any(|column| change.columns.iter().any(|set| **set == **column));
            let action = match change.action {
                DmlAction::Delete => on_delete,
                _ if updated => on_update,
                _ => continue,
            };
            if table != key {
                continue;
            }
            match action.as_deref() {
                Some("CASCADE" | "SET NULL" | "SET DEFAULT") => {
                    self.take(Form::Dml, &other.key, false);
                    self.changes_rows(&other.key);
                }
                _ => drop(self.take(Form::ReferencedKeyCheck, &other.key, false)),
            }
        }
    }

    pub(super) fn query(&mut self, query: &Query) {
        for (_, with) in &query.with {
            self.query(with);
        }
        for (_, change) in &query.changes {
            self.dml(change);
        }
        let mut inner = Vec::new();
        for arm in &query.arms {
            for item in &arm.from {
                self.from(item, query);
            }
        }
        query.walk(&mut |expr| {
            use crate::sql::act::expression::ExprKind;
            match &expr.kind {
                ExprKind::Query(query) => inner.push(&**query),
                ExprKind::In {
                    query: Some(query), ..
                } => inner.push(&**query),
                _ => {}
            }
        });
        for inner in inner {
            if inner.locks_rows || !inner.changes.is_empty() {
                self.query(inner);
            }
        }
    }

    fn from(&mut self, item: &FromItem, query: &Query) {
        match item {
            FromItem::Relation { name, only, .. } if query.locks_rows => {
                let is_local = name.schema.is_none() && query.with.iter().any(|(own, _)| **own == *name.name);
                if let (false, Some(key)) = (is_local, self.find(name)) {
                    self.take(Form::LockRows, &key, *only);
                    let reads = self
                        .relation(&key)
                        .filter(|found| found.kind == RelationKind::View)
                        .map(|found| found.reads.clone())
                        .unwrap_or_default();
                    reads
                        .iter()
                        .for_each(|below| drop(self.take(Form::LockRows, below, false)));
                }
            }
            FromItem::Query { query, .. } => self.query(query),
            FromItem::Join { left, right, .. } => {
                self.from(left, query);
                self.from(right, query);
            }
            FromItem::Relation { .. } | FromItem::Call { .. } => {}
        }
    }

    pub(super) fn copy(&mut self, copy: &Copy) {
        let Some(table) = copy.table.as_ref().filter(|_| copy.is_from) else {
            return;
        };
        let Some(key) = self.find(table) else { return };
        self.take(Form::CopyFrom, &key, false);
        if super::alter_table::is_partitioned(self, &key) {
            self.assume();
            self.take(Form::Dml, &key, false);
        }
        self.changes_rows(&key);
        let Some(relation) = self.relation(&key) else {
            return;
        };
        for constraint in relation
            .constraints
            .iter()
            .filter(|constraint| constraint.enforced)
        {
            if let TableConstraintKind::ForeignKey { table, .. } = &constraint.kind {
                self.look_up(table);
            }
        }
    }

    /// A row that is referred to is locked in the partition that has it.
    fn look_up(&mut self, table: &Key) {
        if self.take(Form::ReferencedKeyCheck, table, false).len() > 1 {
            self.assume();
        }
    }

    pub(super) fn truncate(&mut self, tables: &[WrittenName], cascade: bool) {
        for name in tables {
            if let Some(key) = self.find(name) {
                self.truncate_one(&key, cascade);
            }
        }
    }

    fn truncate_one(&mut self, key: &Key, cascade: bool) {
        for table in self.take(Form::Truncate, key, false) {
            self.changes_rows(&table);
            if !cascade {
                continue;
            }
            for other in self.referencing(&table) {
                if !self.effects.changes_rows.contains(&other) {
                    self.truncate_one(&other, true);
                }
            }
        }
    }

    pub(super) fn lock_tables(&mut self, tables: &[WrittenName], mode: &str) {
        let Some(mode) = LockMode::parse(mode) else {
            return self.assume();
        };
        for name in tables {
            if let Some(key) = self.find(name) {
                self.lock_tree(&key, mode);
            }
        }
    }

    /// LOCK goes on to partitions, children, and what a view reads (manual, LOCK).
    fn lock_tree(&mut self, key: &Key, mode: LockMode) {
        if mode > LockMode::AccessShare {
            self.lock(key, mode);
        }
        for below in self.below(key, super::forms::Below::All, false) {
            self.lock(&below, mode);
        }
        let reads = self
            .relation(key)
            .filter(|found| found.kind == RelationKind::View)
            .map(|found| found.reads.clone())
            .unwrap_or_default();
        reads.iter().for_each(|below| self.lock_tree(below, mode));
    }
}
