//! The schema itself.

use std::sync::Arc;

use rpds::{HashTrieMapSync, HashTrieSetSync, RedBlackTreeMapSync};

use super::key::Named;
use super::relation::{Grants, Relation};
use super::routine::Routine;
use super::types::Type;
use super::{Index, Key, Origin};
use crate::sql::WrittenName;

/// Everything that is known of a database at one point. Copies are cheap and independent.
#[derive(Clone, Debug)]
pub struct Schema {
    relations: RedBlackTreeMapSync<Key, Arc<Relation>>,
    sequences: RedBlackTreeMapSync<Key, Arc<Sequence>>,
    indexes: RedBlackTreeMapSync<Key, Arc<Index>>,
    routines: RedBlackTreeMapSync<Key, Arc<Vec<Arc<Routine>>>>,
    types: RedBlackTreeMapSync<Key, Arc<Type>>,
    schemas: RedBlackTreeMapSync<Arc<str>, Origin>,
    /// Objects of no other sort here, by sort and name: extensions, roles, publications, ….
    others: HashTrieMapSync<(crate::sql::act::ObjectKind, Arc<str>), Origin>,
    /// Names that were dropped or renamed away: they are known not to exist.
    gone: HashTrieSetSync<Key>,
    search_path: Arc<[Arc<str>]>,
    complete: bool,
    /// The role that new objects belong to, after SET ROLE; nothing for the one that migrates.
    current_role: Option<Arc<str>>,
    /// `check_function_bodies = off`.
    bodies_unchecked: bool,
}

/// A sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Its name.
    pub key: Key,
    /// The table and column that own it.
    pub owned_by: Option<(Key, Arc<str>)>,
    /// Its owner; nothing for the role that migrates.
    pub owner: Option<Arc<str>>,
    /// What was granted on it.
    pub grants: Grants,
    /// Who made it.
    pub origin: Origin,
}

impl Schema {
    /// An empty database: the schema `public`, and nothing else. Everything that exists is known.
    pub fn empty() -> Self {
        Schema::new(true)
    }

    /// A database of which nothing is known.
    pub fn unknown() -> Self {
        Schema::new(false)
    }

    fn new(complete: bool) -> Self {
        let mut schemas = RedBlackTreeMapSync::new_sync();
        schemas.insert_mut("public".into(), Origin::Before);
        Schema {
            relations: RedBlackTreeMapSync::new_sync(),
            sequences: RedBlackTreeMapSync::new_sync(),
            indexes: RedBlackTreeMapSync::new_sync(),
            routines: RedBlackTreeMapSync::new_sync(),
            types: RedBlackTreeMapSync::new_sync(),
            schemas,
            others: HashTrieMapSync::new_sync(),
            gone: HashTrieSetSync::new_sync(),
            search_path: Arc::from(vec![Arc::from("public")]),
            complete,
            current_role: None,
            bodies_unchecked: false,
        }
    }

    /// Says whether everything that exists is known, so that what is not found does not exist.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// Returns the schemas that unqualified names are looked up in.
    pub fn search_path(&self) -> &[Arc<str>] {
        &self.search_path
    }

    /// Sets the schemas that unqualified names are looked up in.
    pub fn set_search_path(&mut self, path: impl IntoIterator<Item = Arc<str>>) {
        self.search_path = path.into_iter().collect();
    }

    /// Takes back what a session has set, its search path but for this one included.
    pub fn end_session(&mut self, search_path: impl IntoIterator<Item = Arc<str>>) {
        self.set_search_path(search_path);
        self.set_current_role(None);
        self.check_bodies(true);
    }

    /// Says whether the server looks into the bodies of new routines that are strings.
    pub fn checks_bodies(&self) -> bool {
        !self.bodies_unchecked
    }

    /// Sets `check_function_bodies`.
    pub fn check_bodies(&mut self, checked: bool) {
        self.bodies_unchecked = !checked;
    }

    /// Returns the role that new objects belong to; nothing for the one that migrates.
    pub fn current_role(&self) -> Option<&Arc<str>> {
        self.current_role.as_ref()
    }

    /// Sets the role that new objects belong to.
    pub fn set_current_role(&mut self, role: Option<Arc<str>>) {
        self.current_role = role;
    }

    /// Notes roles that are there or will be before the first migration runs.
    pub fn know_roles<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            self.put_other(crate::sql::act::ObjectKind::Role, name, Origin::Before);
        }
    }

    /// Says whether a schema exists, as far as is known.
    pub fn has_schema(&self, name: &str) -> bool {
        self.schemas.contains_key(name)
    }

    /// Returns who made a schema.
    pub fn schema_origin(&self, name: &str) -> Option<Origin> {
        self.schemas.get(name).copied()
    }

    /// Walks the relations by name.
    pub fn relations(&self) -> impl Iterator<Item = &Arc<Relation>> {
        self.relations.values()
    }

    /// Walks the sequences by name.
    pub fn sequences(&self) -> impl Iterator<Item = &Arc<Sequence>> {
        self.sequences.values()
    }

    /// Walks the indexes by name.
    pub fn indexes(&self) -> impl Iterator<Item = &Arc<Index>> {
        self.indexes.values()
    }

    /// Walks the indexes of a relation in the order of their making.
    pub fn indexes_of<'a>(&'a self, relation: &'a Relation) -> impl Iterator<Item = &'a Arc<Index>> {
        relation.indexes.iter().filter_map(|key| self.indexes.get(key))
    }

    /// Walks the routines by name.
    pub fn all_routines(&self) -> impl Iterator<Item = &Arc<Routine>> {
        self.routines.values().flat_map(|found| found.iter())
    }

    /// Walks the types by name.
    pub fn types(&self) -> impl Iterator<Item = &Arc<Type>> {
        self.types.values()
    }

    /// Returns the relation of exactly this name.
    pub fn relation_at(&self, key: &Key) -> Option<&Arc<Relation>> {
        self.relations.get(key)
    }

    /// Returns the sequence of exactly this name.
    pub fn sequence_at(&self, key: &Key) -> Option<&Arc<Sequence>> {
        self.sequences.get(key)
    }

    /// Returns the index of exactly this name.
    pub fn index_at(&self, key: &Key) -> Option<&Arc<Index>> {
        self.indexes.get(key)
    }

    /// Returns the routines of exactly this name.
    pub fn routines_at(&self, key: &Key) -> impl Iterator<Item = &Arc<Routine>> {
        self.routines.get(key).into_iter().flat_map(|found| found.iter())
    }

    /// Returns the type of exactly this name.
    pub fn type_at(&self, key: &Key) -> Option<&Arc<Type>> {
        self.types.get(key)
    }

    pub(super) fn named_relation(&self, name: &dyn Named) -> Option<&Arc<Relation>> {
        self.relations.get(name)
    }

    pub(super) fn named_sequence(&self, name: &dyn Named) -> Option<&Arc<Sequence>> {
        self.sequences.get(name)
    }

    pub(super) fn named_index(&self, name: &dyn Named) -> Option<&Arc<Index>> {
        self.indexes.get(name)
    }

    pub(super) fn named_type(&self, name: &dyn Named) -> Option<&Arc<Type>> {
        self.types.get(name)
    }

    pub(super) fn named_routines(&self, name: &dyn Named) -> Option<&Vec<Arc<Routine>>> {
        self.routines
            .get(name)
            .map(|found| &**found)
            .filter(|found| !found.is_empty())
    }

    /// Returns who made an object of another sort.
    pub fn other(&self, kind: crate::sql::act::ObjectKind, name: &str) -> Option<Origin> {
        self.others.get(&(kind, Arc::from(name))).copied()
    }

    /// Says whether an extension was created, which brings functions, types and relations that nothing here names.
    pub fn has_extensions(&self) -> bool {
        self.others
            .keys()
            .any(|(kind, name)| *kind == crate::sql::act::ObjectKind::Extension && &**name != "plpgsql")
    }

    /// Says whether a name was dropped or renamed away and nothing has it since.
    pub(super) fn is_gone(&self, name: &WrittenName) -> bool {
        !self.gone.is_empty()
            && self
                .first(name, |key| self.gone.contains(key).then_some(&()))
                .is_some()
    }

    pub(super) fn put_relation(&mut self, relation: Relation) {
        self.gone.remove_mut(&relation.key);
        self.relations
            .insert_mut(relation.key.clone(), Arc::new(relation));
    }

    /// Changes a relation; says whether there is one.
    pub(super) fn change_relation(&mut self, key: &Key, change: impl FnOnce(&mut Relation)) -> bool {
        match self.relations.get_mut(key) {
            Some(found) => {
                change(Arc::make_mut(found));
                true
            }
            None => false,
        }
    }

    pub(super) fn take_relation(&mut self, key: &Key) -> Option<Arc<Relation>> {
        let found = self.relations.get(key).cloned()?;
        self.relations.remove_mut(key);
        self.gone.insert_mut(key.clone());
        Some(found)
    }

    /// Changes an index; says whether there is one.
    pub(super) fn change_index(&mut self, key: &Key, change: impl FnOnce(&mut Index)) -> bool {
        self.indexes
            .get_mut(key)
            .map(|found| change(Arc::make_mut(found)))
            .is_some()
    }

    /// Changes a sequence; says whether there is one.
    pub(super) fn change_sequence(&mut self, key: &Key, change: impl FnOnce(&mut Sequence)) -> bool {
        self.sequences
            .get_mut(key)
            .map(|found| change(Arc::make_mut(found)))
            .is_some()
    }

    /// Changes a type; says whether there is one.
    pub(super) fn change_type(&mut self, key: &Key, change: impl FnOnce(&mut Type)) -> bool {
        self.types
            .get_mut(key)
            .map(|found| change(Arc::make_mut(found)))
            .is_some()
    }

    /// Changes every routine of a name, those with given arguments where they are written; says how many there were.
    pub(super) fn change_routines(
        &mut self,
        key: &Key,
        arguments: Option<&[crate::sql::act::TypeName]>,
        mut change: impl FnMut(&mut Routine),
    ) -> usize {
        let mut changed = 0;
        let Some(found) = self.routines.get_mut(key) else {
            return 0;
        };
        for routine in Arc::make_mut(found) {
            if arguments.is_none_or(|given| super::replay::same_arguments(&routine.arguments, given)) {
                change(Arc::make_mut(routine));
                changed += 1;
            }
        }
        changed
    }

    /// Follows the rename of a column in the foreign keys that refer to it.
    pub(super) fn rename_referenced(&mut self, table: &Key, from: &Arc<str>, to: &Arc<str>) {
        use super::relation::TableConstraintKind as K;
        let refers = |relation: &Relation| {
            relation.constraints.iter().any(|constraint| {
                matches!(&constraint.kind, K::ForeignKey { table: other, referenced, .. }
                    if other == table && referenced.contains(from))
            })
        };
        let keys: Vec<Key> = self
            .relations()
            .filter(|found| refers(found))
            .map(|found| found.key.clone())
            .collect();
        for key in keys {
            self.change_relation(&key, |relation| {
                for constraint in &mut relation.constraints {
                    if let K::ForeignKey {
                        table: other,
                        referenced,
                        ..
                    } = &mut constraint.kind
                        && other == table
                    {
                        referenced
                            .iter_mut()
                            .filter(|column| *column == from)
                            .for_each(|column| *column = Arc::clone(to));
                    }
                }
            });
        }
    }

    /// Returns the keys of all relations.
    pub(super) fn relation_keys(&self) -> Vec<Key> {
        self.relations.keys().cloned().collect()
    }

    /// Returns the keys of all routines in a schema.
    /// Returns the names of the functions of a schema.
    pub fn routine_keys_in(&self, schema: &str) -> Vec<Key> {
        self.routines
            .keys()
            .filter(|key| &*key.schema == schema)
            .cloned()
            .collect()
    }

    pub(super) fn put_sequence(&mut self, sequence: Sequence) {
        self.gone.remove_mut(&sequence.key);
        self.sequences
            .insert_mut(sequence.key.clone(), Arc::new(sequence));
    }

    pub(super) fn take_sequence(&mut self, key: &Key) -> Option<Arc<Sequence>> {
        let found = self.sequences.get(key).cloned()?;
        self.sequences.remove_mut(key);
        self.gone.insert_mut(key.clone());
        Some(found)
    }

    pub(super) fn put_index(&mut self, index: Index) {
        self.gone.remove_mut(&index.key);
        let key = index.key.clone();
        self.change_relation(&index.relation.clone(), |relation| {
            if !relation.indexes.contains(&key) {
                relation.indexes.push(key);
            }
        });
        self.indexes.insert_mut(index.key.clone(), Arc::new(index));
    }

    pub(super) fn take_index(&mut self, key: &Key) -> Option<Arc<Index>> {
        let found = self.indexes.get(key).cloned()?;
        self.indexes.remove_mut(key);
        self.gone.insert_mut(key.clone());
        self.change_relation(&found.relation, |relation| {
            relation.indexes.retain(|other| other != key)
        });
        Some(found)
    }

    /// Puts a routine in place of one with the same arguments.
    pub(super) fn put_routine(&mut self, routine: Routine) {
        let mut found: Vec<Arc<Routine>> = self.routines_at(&routine.key).cloned().collect();
        found.retain(|other| !super::replay::same_arguments(&other.arguments, &routine.arguments));
        let key = routine.key.clone();
        found.push(Arc::new(routine));
        self.routines.insert_mut(key, Arc::new(found));
    }

    /// Takes away the routines of a name, those with given arguments where they are written.
    pub(super) fn take_routines(
        &mut self,
        key: &Key,
        arguments: Option<&[crate::sql::act::TypeName]>,
    ) -> Vec<Arc<Routine>> {
        let all: Vec<Arc<Routine>> = self.routines_at(key).cloned().collect();
        let (taken, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|routine| {
            arguments.is_none_or(|arguments| super::replay::same_arguments(&routine.arguments, arguments))
        });
        if kept.is_empty() {
            self.routines.remove_mut(key);
        } else {
            self.routines.insert_mut(key.clone(), Arc::new(kept));
        }
        taken
    }

    pub(super) fn put_type(&mut self, made: Type) {
        self.types.insert_mut(made.key.clone(), Arc::new(made));
    }

    pub(super) fn take_type(&mut self, key: &Key) -> Option<Arc<Type>> {
        let found = self.types.get(key).cloned()?;
        self.types.remove_mut(key);
        Some(found)
    }

    pub(super) fn put_schema(&mut self, name: Arc<str>, origin: Origin) {
        self.schemas.insert_mut(name, origin);
    }

    pub(super) fn take_schema(&mut self, name: &str) -> bool {
        self.schemas.remove_mut(name)
    }

    pub(super) fn put_other(&mut self, kind: crate::sql::act::ObjectKind, name: &str, origin: Origin) {
        self.others.insert_mut((kind, Arc::from(name)), origin);
    }

    pub(super) fn take_other(&mut self, kind: crate::sql::act::ObjectKind, name: &str) -> bool {
        self.others.remove_mut(&(kind, Arc::from(name)))
    }
}
