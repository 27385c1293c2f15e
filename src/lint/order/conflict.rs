//! Two migrations that no edge orders and one object that both touch.
//!
//! Whether two touches commute is a table ([`clash`]); what they do to one object decides, not what object it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::commute::{Clash, clash};
use super::missing::{edge_to, shown};
use super::{Ordered, id, name};
use crate::lint::rule::Problem;
use crate::lint::rules::{order_dependent, undeclared_dependency};
use crate::lint::run::{Found, Linted};
use crate::lint::schema::{Key, Touch, TouchKind, Touched, same_arguments};
use crate::model::Level;
use crate::sql::act::{Action, AlterCommand, ConstraintKind, DmlAction, ObjectKind};

/// What a migration does to an object, with the touch that stands for it.
pub(super) type Doing<'a> = (u32, &'a Touch);

/// Finds objects that unordered migrations touch in ways that do not commute.
pub(super) fn check(linted: &[Linted<'_>], ordered: &Ordered<'_>, reported: &[bool], found: &mut Vec<Found>) {
    let unordered = linted
        .iter()
        .filter(|one| ordered.has_neighbours(one.migration.number));
    let mut by_object: BTreeMap<&Touched, Vec<Doing<'_>>> = BTreeMap::new();
    let mut rows = Vec::new();
    for one in unordered {
        for touch in one.log.touches.iter().filter(|touch| !is_temporary(&touch.what)) {
            by_object
                .entry(&touch.what)
                .or_default()
                .push((one.migration.number, touch));
        }
        rows.push(one.migration.number);
    }
    let missing = found
        .iter()
        .filter(|one| one.rule.name == undeclared_dependency::RULE.name)
        .filter_map(|one| Some((one.migration, one.problem.object.clone()?)))
        .flat_map(|(migration, object)| {
            // A row or a key is one of its table.
            let of = object.split(" (").next().unwrap_or_default().to_owned();
            [(migration, of), (migration, object)]
        })
        .collect();
    let mut clashes = Clashes {
        linted,
        ordered,
        reported,
        missing,
        said: BTreeSet::new(),
        found,
    };
    for doings in by_object.values() {
        clashes.of_object(doings);
    }
    clashes.schema_wide(&by_object);
    clashes.triggers(&by_object);
    clashes.all_triggers(&by_object);
    clashes.required_columns(&by_object);
    clashes.every_column(&by_object);
}

pub(super) struct Clashes<'a, 'f> {
    pub(super) linted: &'a [Linted<'a>],
    pub(super) ordered: &'a Ordered<'a>,
    reported: &'a [bool],
    /// What migrations use and no ancestor makes: the edge that mends that orders the two as well.
    missing: BTreeSet<(u32, String)>,
    /// Pairs of migrations with the object's root that were told already: one finding for one object.
    said: BTreeSet<(u32, u32, String)>,
    found: &'f mut Vec<Found>,
}

impl<'a> Clashes<'a, '_> {
    fn of_object(&mut self, doings: &[Doing<'a>]) {
        for (at, (later, touch)) in doings.iter().enumerate() {
            let earlier = doings[..at].iter().rev().filter(|(other, _)| other != later);
            for (earlier, other) in earlier {
                if self.ordered.are_ordered(*earlier, *later)
                    || made_by_itself(doings, *later, touch)
                    || self.are_overloads((*earlier, other), (*later, touch))
                {
                    continue;
                }
                if let Some(clash) = clash(other, touch, self.same_text((*earlier, other), (*later, touch))) {
                    self.say((*earlier, other), (*later, touch), &touch.what, clash);
                    break;
                }
            }
        }
    }

    /// Says whether both statements define routines of one name with other arguments: two objects, not one.
    fn are_overloads(&self, (one, left): Doing<'_>, (other, right): Doing<'_>) -> bool {
        let arguments = |migration: u32, touch: &Touch| {
            let acts = &self.linted[migration as usize].migration.acts;
            match acts.get(touch.statement as usize).map(|act| &act.action) {
                Some(Action::CreateRoutine(routine)) => Some(routine.arguments.as_slice()),
                _ => None,
            }
        };
        match (arguments(one, left), arguments(other, right)) {
            (Some(left), Some(right)) => !same_arguments(left, right),
            _ => false,
        }
    }

    /// GRANT … ON ALL … and ALTER DEFAULT PRIVILEGES against what is made in the schema meanwhile.
    fn schema_wide(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        let wide: Vec<(&Arc<str>, ObjectKind, Doing<'a>)> = by_object
            .iter()
            .filter_map(|(what, doings)| match what {
                Touched::AllIn(schema, sort) => Some((schema, *sort, doings)),
                _ => None,
            })
            .flat_map(|(schema, sort, doings)| doings.iter().map(move |doing| (schema, sort, *doing)))
            .collect();
        for (schema, sort, (by, wide)) in wide {
            for (what, doings) in by_object {
                let key = match (what, sort) {
                    (Touched::Relation(key), ObjectKind::Table)
                    | (Touched::Sequence(key), ObjectKind::Sequence)
                    | (
                        Touched::Routine(key),
                        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine,
                    ) => key,
                    _ => continue,
                };
                if **schema != *key.schema && &**schema != "*" {
                    continue;
                }
                let made = doings.iter().find(|(other, touch)| {
                    touch.kind == TouchKind::Create && *other != by && !self.ordered.are_ordered(*other, by)
                });
                if let Some(made) = made {
                    let clash = Clash {
                        what: "one creates it and the other grants on everything in its schema, which reaches it only if it is there",
                        fails: false,
                    };
                    self.say(*made, (by, wide), what, clash);
                }
            }
        }
    }

    /// What the statement of a touch does.
    pub(super) fn action(&self, migration: u32, touch: &Touch) -> Option<&'a Action> {
        let acts = &self.linted[migration as usize].migration.acts;
        acts.get(touch.statement as usize).map(|act| &act.action)
    }

    /// NOT NULL that one migration sets against rows that another inserts without the column.
    fn required_columns(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        for (what, doings) in by_object {
            let Touched::Column(table, column) = what else {
                continue;
            };
            let Some(inserts) = by_object.get(&Touched::Rows(table.clone())) else {
                continue;
            };
            for (by, touch) in doings {
                if !self.requires(*by, touch, column) {
                    continue;
                }
                let insert = inserts.iter().find(|(other, insert)| {
                    other != by
                        && !self.ordered.are_ordered(*other, *by)
                        && self.inserts_without(*other, insert, table, column)
                });
                if let Some(insert) = insert {
                    let clash = Clash {
                        what: "one makes it NOT NULL and the other inserts rows without it",
                        fails: true,
                    };
                    self.say((*by, touch), *insert, what, clash);
                }
            }
        }
    }

    /// `SELECT *`, LIKE and INSERT without columns against columns that come and go.
    fn every_column(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        for (what, users) in by_object {
            let Touched::Column(table, star) = what else {
                continue;
            };
            if &**star != "*" {
                continue;
            }
            let first = Touched::Column(table.clone(), "".into());
            let columns = by_object
                .range::<Touched, _>(&first..)
                .take_while(|(other, _)| matches!(other, Touched::Column(of, _) if of == table));
            for (column, doings) in columns {
                for (by, user) in users {
                    let changed = doings.iter().find(|(other, touch)| {
                        let comes = matches!(touch.kind, TouchKind::Create | TouchKind::CreateIfMissing)
                            && user.kind == TouchKind::Bind;
                        let goes = matches!(touch.kind, TouchKind::Drop | TouchKind::DropIfExists);
                        other != by && (comes || goes) && !self.ordered.are_ordered(*other, *by)
                    });
                    if let Some(changed) = changed {
                        let clash = Clash {
                            what: "the other one means every column that is there",
                            fails: user.kind == TouchKind::Use,
                        };
                        self.say(*changed, (*by, user), column, clash);
                    }
                }
            }
        }
    }

    fn requires(&self, migration: u32, touch: &Touch, column: &str) -> bool {
        match touch.kind {
            TouchKind::Set("not null", 1) => true,
            TouchKind::Create => {
                let act = self.linted[migration as usize]
                    .migration
                    .acts
                    .get(touch.statement as usize);
                let Some(Action::AlterTable(table)) = act.map(|act| &act.action) else {
                    return false;
                };
                table.commands.iter().any(|(command, _)| match command {
                    AlterCommand::AddColumn { column: added, .. } => {
                        let filled = added.constraints.iter().any(|constraint| {
                            matches!(
                                constraint.kind,
                                ConstraintKind::Default(_)
                                    | ConstraintKind::Generated { .. }
                                    | ConstraintKind::Identity { .. }
                            )
                        });
                        *added.name == *column && added.is_not_null() && !filled
                    }
                    _ => false,
                })
            }
            _ => false,
        }
    }

    fn inserts_without(&self, migration: u32, touch: &Touch, table: &Key, column: &str) -> bool {
        let act = self.linted[migration as usize]
            .migration
            .acts
            .get(touch.statement as usize);
        match act.map(|act| &act.action) {
            Some(Action::Dml(change)) => {
                change.action == DmlAction::Insert
                    && *change.target.name == *table.name
                    && !change.columns.is_empty()
                    && !change.columns.iter().any(|own| **own == *column)
            }
            _ => false,
        }
    }

    fn same_text(&self, (one, left): Doing<'_>, (other, right): Doing<'_>) -> bool {
        let text = |migration: u32, touch: &Touch| {
            let migration = self.linted[migration as usize].migration;
            let act = migration.acts.get(touch.statement as usize)?;
            Some(crate::sql::normal::normalised(migration.text(act)))
        };
        text(one, left).is_some_and(|left| Some(left) == text(other, right))
    }

    pub(super) fn say(
        &mut self,
        (earlier, left): Doing<'a>,
        (later, right): Doing<'a>,
        what: &Touched,
        clash: Clash,
    ) {
        let ((first, one), (second, other)) = if earlier < later {
            ((earlier, left), (later, right))
        } else {
            ((later, right), (earlier, left))
        };
        if !self.reported[first as usize] && !self.reported[second as usize] {
            return;
        }
        // Where only the earlier one is asked about, it is told there.
        let (at, touch) = if self.reported[second as usize] {
            (second, other)
        } else {
            (first, one)
        };
        let is_told = |migration: u32| self.missing.contains(&(migration, shown(what)));
        if is_told(first) || is_told(second) || !self.said.insert((first, second, shown(what))) {
            return;
        }
        let (former, latter) = (&self.linted[first as usize], &self.linted[second as usize]);
        let message = format!(
            "what becomes of {what} depends on the order of {} and {}: {}",
            name(former),
            name(latter),
            clash.what
        );
        let effect = if clash.fails {
            "No edge orders the two: in one order a statement fails, and with it the whole migration."
        } else {
            "No edge orders the two: both orders succeed and leave different databases."
        };
        let mut problem = Problem::new(touch.span.clone(), message)
            .object(shown(what))
            .effect(format!(
                "{effect} The other statement is \"{}\".",
                self.quoted(if at == second {
                    (first, one)
                } else {
                    (second, other)
                })
            ))
            .instead(edge_to(self.linted, latter, first, self.ordered));
        // What asks before it acts is prepared for both orders, more or less.
        if (!clash.fails && matches!(what, Touched::Rows(_) | Touched::Row(..)))
            || one.conditional
            || other.conditional
        {
            problem = problem.level(Level::Warning);
        }
        self.found.push(Found {
            migration: at,
            rule: &order_dependent::RULE,
            problem,
        });
    }

    /// The first line of a statement, with the migration that it stands in.
    fn quoted(&self, (migration, touch): Doing<'_>) -> String {
        let linted = &self.linted[migration as usize];
        let act = linted.migration.acts.get(touch.statement as usize);
        let line = act
            .map(|act| linted.migration.text(act))
            .and_then(|text| text.lines().next())
            .unwrap_or_default();
        format!("{}: {}", id(linted), line.chars().take(80).collect::<String>())
    }
}

/// Says whether an object is of a session: nobody else sees it.
fn is_temporary(what: &Touched) -> bool {
    match what {
        Touched::Relation(key)
        | Touched::Column(key, _)
        | Touched::Constraint(key, _)
        | Touched::Index(key)
        | Touched::Trigger(key, _)
        | Touched::Rows(key)
        | Touched::Row(key, _)
        | Touched::UniqueKey(key, _)
        | Touched::Routine(key)
        | Touched::Type(key)
        | Touched::Sequence(key) => &*key.schema == "pg_temp",
        _ => false,
    }
}

/// What a migration makes itself before it touches it is none of the other one's business, unless both make it.
fn made_by_itself(doings: &[Doing<'_>], migration: u32, touch: &Touch) -> bool {
    let makes = |touch: &Touch| matches!(touch.kind, TouchKind::Create | TouchKind::Replace(_));
    !makes(touch)
        && doings
            .iter()
            .take_while(|(_, other)| !std::ptr::eq(*other, touch))
            .any(|(other, earlier)| *other == migration && makes(earlier))
}
