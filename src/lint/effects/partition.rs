//! ATTACH and DETACH PARTITION, and tables that are made as partitions.

use super::bound::{Bound, Proof};
use super::column::{BUILDS, FOREIGN_KEY};
use super::forms::Form;
use super::gather::Gather;
use crate::lint::schema::{Index, Key, Relation, RelationKind, TableConstraintKind};
use crate::sql::WrittenName;

const BOUND: &str = "checks every row against the bound of the partition";
const DEFAULT: &str = "looks in every row of the default partition for rows of the new one";

impl Gather<'_> {
    pub(super) fn attach(&mut self, parent: &Key, partition: &WrittenName, bound: &str) {
        let Some(partition) = self.find(partition) else {
            return;
        };
        let bound = Bound::parse(bound);
        self.take_other(Form::Attach, &partition);
        let below = self.below(&partition, super::forms::Below::Partitions, false);
        below
            .iter()
            .for_each(|below| self.take_other(Form::Attach, below));
        let mut tree = vec![partition.clone()];
        tree.extend(below);
        let (Some(above), Some(found)) = (self.relation(parent), self.relation(&partition)) else {
            self.assume();
            return self.scan(&partition, BOUND);
        };
        self.check_bound(above, found, &tree, &bound);
        for index in self.schema.indexes_of(above) {
            if !self.schema.indexes_of(found).any(|own| is_same_index(index, own)) {
                tree.iter().for_each(|relation| self.scan(relation, BUILDS));
            }
        }
        self.foreign_keys_of_parent(above, &tree);
        self.beside_default(above, &partition, &bound);
    }

    fn check_bound(&mut self, above: &Relation, partition: &Relation, tree: &[Key], bound: &Bound) {
        // A default partition beside no other has no bound to keep to.
        if *bound == Bound::Default && above.children.is_empty() {
            return;
        }
        let proof = key_column(above).map_or(Proof::Absent, |column| bound.proven(partition, column));
        tree.iter()
            .for_each(|relation| self.scan_unless(proof, relation, BOUND));
    }

    fn scan_unless(&mut self, proof: Proof, relation: &Key, why: &'static str) {
        match proof {
            Proof::Proven => return,
            Proof::Unsure => self.assume(),
            Proof::Absent => {}
        }
        self.scan(relation, why);
    }

    /// The default partition is locked and read when another partition comes.
    pub(super) fn beside_default(&mut self, above: &Relation, partition: &Key, bound: &Bound) {
        let Some(default) = self.default_partition(above, partition) else {
            return;
        };
        self.lock(&default, crate::model::LockMode::AccessExclusive);
        let proof = match (self.relation(&default), key_column(above)) {
            (Some(relation), Some(column)) => bound.excluded(relation, column),
            _ => Proof::Absent,
        };
        self.scan_unless(proof, &default, DEFAULT);
    }

    /// Finds the default partition of a table, unless it is the one given.
    pub(super) fn default_partition(&self, above: &Relation, but: &Key) -> Option<Key> {
        above
            .children
            .iter()
            .filter(|child| *child != but)
            .find(|child| {
                self.relation(child)
                    .and_then(|child| child.partition.as_ref())
                    .is_some_and(|place| Bound::parse(&place.bound) == Bound::Default)
            })
            .cloned()
    }

    /// A partition gets the foreign keys of its parent; rows that are there are looked up.
    pub(super) fn foreign_keys_of_parent(&mut self, above: &Relation, tree: &[Key]) {
        for constraint in &above.constraints {
            let TableConstraintKind::ForeignKey { table, .. } = &constraint.kind else {
                continue;
            };
            self.take(Form::ReferencedByNew, table, false);
            if constraint.enforced && !tree.is_empty() {
                tree.iter().for_each(|relation| self.scan(relation, FOREIGN_KEY));
                self.scan(table, FOREIGN_KEY);
            }
        }
    }

    pub(super) fn detach(&mut self, parent: &Key, partition: &WrittenName, concurrently: bool) {
        let Some(partition) = self.find(partition) else {
            return;
        };
        let form = if concurrently {
            Form::DetachConcurrently
        } else {
            Form::Detach
        };
        self.take_other(form, &partition);
        let Some(above) = self.relation(parent) else {
            return self.assume();
        };
        if let (Some(default), false) = (self.default_partition(above, &partition), concurrently) {
            self.lock(&default, crate::model::LockMode::AccessExclusive);
        }
        // Its own triggers of foreign keys are made anew.
        for constraint in &above.constraints {
            if let TableConstraintKind::ForeignKey { table, .. } = &constraint.kind {
                self.take(Form::ReferencedByNew, table, false);
            }
        }
        for other in self.referencing(parent) {
            self.lock(&other, crate::model::LockMode::AccessExclusive);
            self.scan(&other, "looks for rows that refer to the partition");
            self.lock(&partition, crate::model::LockMode::AccessExclusive);
            self.scan(&partition, "looks for rows that are referred to");
        }
    }

    /// CREATE TABLE … PARTITION OF.
    pub(super) fn create_partition(&mut self, parent: &WrittenName, partition: &Key, bound: &str) {
        let Some(parent) = self.find(parent) else { return };
        self.take(Form::CreatePartition, &parent, false);
        let Some(above) = self.relation(&parent) else {
            return;
        };
        let bound = Bound::parse(bound);
        if bound != Bound::Default {
            self.beside_default(above, partition, &bound);
        }
        self.foreign_keys_of_parent(above, &[]);
    }
}

/// The only column of a partition key.
fn key_column(relation: &Relation) -> Option<&str> {
    if relation.kind != RelationKind::PartitionedTable {
        return None;
    }
    match relation.partition_by.as_ref()?.1.as_slice() {
        [only] => only.as_column().map(|column| &*column.name),
        _ => None,
    }
}

/// Says whether a partition's index serves as that of its parent (`CompareIndexInfo`).
fn is_same_index(parent: &Index, own: &Index) -> bool {
    let shape = |index: &Index| -> Vec<String> {
        index
            .columns
            .iter()
            .map(|part| match (&part.column, &part.expr) {
                (Some(column), _) => format!("{column} {}", part.tail),
                (None, Some(expr)) => format!("({}) {}", expr.normal(), part.tail),
                (None, None) => String::new(),
            })
            .collect()
    };
    let condition = |index: &Index| index.condition.as_ref().map(|expr| expr.normal());
    parent.method == own.method
        && parent.unique == own.unique
        && own.valid
        && shape(parent) == shape(own)
        && condition(parent) == condition(own)
        && parent.include.len() == own.include.len()
}
