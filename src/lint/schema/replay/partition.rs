//! Inheritance and partitions: INHERIT, ATTACH, DETACH.

use super::{Replay, TouchKind, Touched};
use crate::lint::schema::Key;
use crate::lint::schema::relation::Partition;
use crate::sql::WrittenName;
use crate::sql::act::{AlterCommand, ObjectKind, Span};

impl Replay<'_> {
    pub(super) fn change_inheritance(
        &mut self,
        table: &Key,
        parent: &WrittenName,
        command: &AlterCommand,
        span: &Span,
    ) {
        let Some(parent) = self.need_relation(parent, span.clone()) else {
            return;
        };
        let begins = matches!(command, AlterCommand::Inherit(_));
        self.schema.change_relation(table, |relation| {
            relation.inherits.retain(|other| *other != parent);
            if begins {
                relation.inherits.push(parent.clone());
            }
        });
        self.schema.change_relation(&parent, |relation| {
            relation.children.retain(|other| other != table);
            if begins {
                relation.children.push(table.clone());
            }
        });
        self.touch(
            Touched::Relation(table.clone()),
            TouchKind::Change("inheritance"),
            span.clone(),
        );
    }

    pub(super) fn attach(&mut self, table: &Key, partition: &WrittenName, bound: &str, span: &Span) {
        let Some(partition) = self.need_relation(partition, span.clone()) else {
            return;
        };
        self.bound_of(table, bound, self.create_kind(false), span);
        let place = Partition {
            parent: table.clone(),
            bound: bound.into(),
        };
        self.schema
            .change_relation(&partition, |relation| relation.partition = Some(place));
        self.schema
            .change_relation(table, |relation| relation.children.push(partition.clone()));
        self.touch(
            Touched::Relation(partition),
            TouchKind::Change("partition"),
            span.clone(),
        );
    }

    /// A bound belongs to one partition.
    pub(super) fn bound_of(&mut self, parent: &Key, bound: &str, kind: TouchKind, span: &Span) {
        let name = format!(
            "{parent} {}",
            bound.split_whitespace().collect::<Vec<_>>().join(" ")
        );
        self.touch(Touched::Other(ObjectKind::Table, name.into()), kind, span.clone());
    }

    pub(super) fn detach(&mut self, table: &Key, partition: &WrittenName, span: &Span) {
        let Some(partition) = self.need_relation(partition, span.clone()) else {
            return;
        };
        self.schema
            .change_relation(&partition, |relation| relation.partition = None);
        self.schema.change_relation(table, |relation| {
            relation.children.retain(|child| *child != partition)
        });
        self.touch(
            Touched::Relation(partition),
            TouchKind::Change("partition"),
            span.clone(),
        );
    }
}
