//! What a file takes away from those who work with the database: objects that stood before it and that it drops or
//! renames, without putting something of the same name in their place. Pure.

use std::collections::BTreeSet;

use super::context::{Ended, Migration};
use super::rule::Problem;
use super::schema::{Found, Key, Schema};
use super::walk::every_act;
use crate::model::Level;
use crate::sql::WrittenName;
use crate::sql::act::{Act, Action, Drop, ObjectKind, ObjectName, Rename};

/// An object that a file drops.
#[derive(Clone, Copy, Debug)]
pub struct Removed<'a> {
    /// The statement.
    pub act: &'a Act,
    /// The statement as what it is.
    pub drop: &'a Drop,
    /// The object.
    pub object: &'a ObjectName,
}

/// An object that a file renames.
#[derive(Clone, Copy, Debug)]
pub struct Renamed<'a> {
    /// The statement.
    pub act: &'a Act,
    /// The statement as what it is.
    pub rename: &'a Rename,
}

/// Makes advice of a finding where the header records that the loss was approved.
pub fn unless_approved(migration: &Migration, problem: Problem) -> Problem {
    match migration.approval {
        Some(_) => problem.level(Level::Info),
        None => problem,
    }
}

/// Returns the objects of some sorts that a file drops although they stood before it, and that are not there again at
/// its end.
pub fn removed<'a>(ended: &Ended<'a>, kinds: &[ObjectKind]) -> Vec<Removed<'a>> {
    let mut found = Vec::new();
    if !may_hold(ended.migration, |action| matches!(action, Action::Drop(_))) {
        return found;
    }
    let mut made = BTreeSet::new();
    for walked in every_act(ended.migration) {
        note(&walked.act.action, ended.before, &mut made);
        let Action::Drop(drop) = &walked.act.action else {
            continue;
        };
        for object in drop.objects.iter().filter(|object| kinds.contains(&object.kind)) {
            let is_replaced = is_there(ended.after, object) && !is_empty_table(ended, object);
            if stood(ended.before, object, &made, drop.if_exists) && !is_replaced {
                found.push(Removed {
                    act: walked.act,
                    drop,
                    object,
                });
            }
        }
    }
    found
}

/// Returns the objects of some sorts that a file renames although they stood before it: nothing has the old name at its
/// end, and the new one was not freed for it by the same file.
pub fn renamed<'a>(ended: &Ended<'a>, kinds: &[ObjectKind]) -> Vec<Renamed<'a>> {
    let mut found = Vec::new();
    if !may_hold(ended.migration, |action| matches!(action, Action::Rename(_))) {
        return found;
    }
    let mut made = BTreeSet::new();
    for walked in every_act(ended.migration) {
        if let Action::Rename(rename) = &walked.act.action
            && kinds.contains(&rename.object.kind)
            && is_taken_away(ended, rename, &made)
        {
            found.push(Renamed {
                act: walked.act,
                rename,
            });
        }
        note(&walked.act.action, ended.before, &mut made);
    }
    found
}

/// Returns the names of what a file makes.
pub fn made(ended: &Ended<'_>) -> BTreeSet<Key> {
    let mut made = BTreeSet::new();
    for walked in every_act(ended.migration) {
        if !matches!(walked.act.action, Action::SetSchema { .. }) {
            note(&walked.act.action, ended.before, &mut made);
        }
    }
    made
}

fn may_hold(migration: &Migration, wanted: fn(&Action) -> bool) -> bool {
    migration
        .acts
        .iter()
        .any(|act| wanted(&act.action) || matches!(act.action, Action::Do(_)))
}

fn is_taken_away(ended: &Ended<'_>, rename: &Rename, made: &BTreeSet<Key>) -> bool {
    let object = &rename.object;
    if let Some(on) = &object.on {
        let relation = ObjectName {
            kind: ObjectKind::Table,
            name: on.clone(),
            on: None,
            ..object.clone()
        };
        if !stood(ended.before, &relation, made, false) {
            return false;
        }
        let has = |schema: &Schema, column: &str| {
            schema
                .relation(on)
                .known()
                .is_some_and(|relation| relation.column(column).is_some())
        };
        let is_new = ended
            .before
            .relation(on)
            .known()
            .is_some_and(|relation| relation.columns_known && !relation.only_named)
            && !has(ended.before, &object.name.name);
        return !is_new && !has(ended.after, &object.name.name) && !has(ended.before, &rename.to);
    }
    let to = ObjectName {
        name: WrittenName {
            schema: object.name.schema.clone(),
            name: rename.to.to_string(),
        },
        ..object.clone()
    };
    stood(ended.before, object, made, rename.if_exists)
        && !is_there(ended.after, object)
        && !is_there(ended.before, &to)
}

/// Notes the names of what a statement makes.
fn note(action: &Action, schema: &Schema, made: &mut BTreeSet<Key>) {
    let mut add = |name: &WrittenName| {
        made.insert(schema.creation_key(name, false));
    };
    match action {
        Action::CreateTable(table) => add(&table.name),
        Action::CreateView(view) => add(&view.name),
        Action::CreateRoutine(routine) => add(&routine.name),
        Action::CreateType(made) => add(&made.name),
        Action::CreateDomain(domain) => add(&domain.name),
        Action::CreateSequence(sequence) => add(&sequence.name),
        Action::CreateExtension(extension) if !extension.if_not_exists => add(&bare(&extension.name)),
        Action::CreateSchema { name: Some(name), .. } => add(&bare(name)),
        Action::SetSchema { object, schema } => add(&WrittenName {
            schema: Some(schema.to_string()),
            name: object.name.name.clone(),
        }),
        Action::Rename(rename) if rename.object.on.is_none() => add(&WrittenName {
            schema: rename.object.name.schema.clone(),
            name: rename.to.to_string(),
        }),
        _ => {}
    }
}

fn bare(name: &str) -> WrittenName {
    WrittenName {
        schema: None,
        name: name.to_owned(),
    }
}

/// Says whether an object was there before the file. What is unknown was, unless the file made it, or the schema is
/// known in the main and the statement only asks IF EXISTS.
fn stood(before: &Schema, object: &ObjectName, made: &BTreeSet<Key>, if_exists: bool) -> bool {
    let name = &object.name;
    let unknown = || {
        let is_known_in_the_main = before.complete() || (if_exists && before.relations().next().is_some());
        !is_known_in_the_main && !made.contains(&before.creation_key(name, false))
    };
    match object.kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => {
            !before.routines(name).is_empty() || unknown()
        }
        ObjectKind::Type | ObjectKind::Domain => match before.type_(name) {
            Found::Known(_) => true,
            Found::Unknown => unknown(),
            Found::Absent | Found::System => false,
        },
        ObjectKind::Sequence => match before.sequence(name) {
            Found::Known(_) => true,
            Found::Unknown => unknown(),
            Found::Absent | Found::System => false,
        },
        ObjectKind::Schema => {
            (before.has_schema(&name.name) && &*name.name != "public")
                || (unknown() && !before.has_schema(&name.name))
        }
        ObjectKind::Extension => before.other(object.kind, &name.name).is_some() || unknown(),
        _ => match before.relation(name) {
            Found::Known(relation) => !relation.temporary,
            Found::Unknown => unknown(),
            Found::Absent | Found::System => false,
        },
    }
}

/// Says whether a schema has something of this name and sort.
fn is_there(schema: &Schema, object: &ObjectName) -> bool {
    let name = &object.name;
    match object.kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => {
            !schema.routines(name).is_empty()
        }
        ObjectKind::Type | ObjectKind::Domain => schema.type_(name).known().is_some(),
        ObjectKind::Sequence => schema.sequence(name).known().is_some(),
        ObjectKind::Schema => schema.has_schema(&name.name),
        ObjectKind::Extension => schema.other(object.kind, &name.name).is_some(),
        _ => schema.relation(name).known().is_some(),
    }
}

/// Says whether the file made an empty table of the name: no substitute for the rows that are gone.
fn is_empty_table(ended: &Ended<'_>, object: &ObjectName) -> bool {
    matches!(object.kind, ObjectKind::Table | ObjectKind::ForeignTable)
        && ended.after.relation(&object.name).known().is_some_and(|found| {
            found.is_table()
                && !found.may_have_rows
                && found.origin.migration() == Some(ended.migration.number)
        })
}
