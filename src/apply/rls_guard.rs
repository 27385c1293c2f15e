//! Row security and triggers switched off around a backfill, and restored exactly.
//!
//! All in the migration's own transaction: no other session ever sees a table open, and a crash restores by rollback.
//!
//! ```text
//! lock early → lock → record → disable → (section) → constraints immediate → restore → verify
//! ```

use std::collections::BTreeSet;
use std::ops::Range;

use super::error::ApplyError;
use super::tree::{self, Relation};
use super::work::{Trouble, Work};
use crate::model::{Finding, Level, Outcome, quote_identifier, quote_literal};
use crate::plan::Step;
use crate::sql::{RowSecurity, Section, WrittenName};

/// The states that a section has to leave behind as it found them.
pub(super) struct Guard {
    before: Vec<Relation>,
    triggers: Vec<String>,
    /// Oids of the guarded table's own tree.
    own: BTreeSet<String>,
    oids: Vec<String>,
    at: Range<usize>,
}

/// Locks what the guarded sections of a file will need, as far as it exists already.
///
/// As early as possible: to lock a table after a weaker lock on it is an upgrade that deadlocks with ordinary clients.
pub(super) fn lock_early(work: &mut Work<'_>, step: &Step) -> Result<(), Trouble> {
    let mut oids = BTreeSet::new();
    let mut tables = BTreeSet::new();
    let mut at = None;
    for section in &step.script.sections {
        if step.row_security(section) != RowSecurity::Toggle {
            continue;
        }
        at.get_or_insert(section.range.clone());
        let names = step.guarded(section);
        for (index, resolved) in tree::resolve(work, &names, &section.range)?
            .into_iter()
            .enumerate()
        {
            if let Some(oid) = resolved.oid {
                if index == 0 {
                    tables.insert(oid.clone());
                }
                oids.insert(oid);
            }
        }
    }
    let Some(at) = at.filter(|_| !oids.is_empty()) else {
        return Ok(());
    };
    let oids: Vec<String> = oids.into_iter().collect();
    let relations = tree::read(work, &oids, Some(&at), "read the tables of the backfills")?;
    lock(work, &relations, &tables, &at)
}

impl Guard {
    /// Locks, records and disables. Returns the guard and the table's own name as SQL.
    pub fn enter(work: &mut Work<'_>, step: &Step, section: &Section) -> Result<Guard, Trouble> {
        let at = section.range.clone();
        let resolved = tree::resolve(work, &step.guarded(section), &at)?;
        let mut oids = Vec::new();
        for (index, one) in resolved.into_iter().enumerate() {
            let written = index == 0 || section.backfill.reads.is_some();
            match one.oid {
                Some(oid) => oids.push(oid),
                None if written => return Err(missing(step, section, &one.written)),
                // A name that the parser found and that is no relation: the server has the last word.
                None => {}
            }
        }
        let doing = "read the tables of the backfill";
        let tables = BTreeSet::from([oids[0].clone()]);
        let seen = tree::read(work, &oids, Some(&at), doing)?;
        may_alter(step, section, &relevant(&seen, &tables))?;
        lock(work, &seen, &tables, &at)?;
        // What was seen before the lock may have changed until it was ours.
        let before = relevant(&tree::read(work, &oids, Some(&at), doing)?, &tables);
        if !before.iter().any(|relation| relation.roots.contains(&oids[0])) {
            return Err(missing(step, section, &section.backfill.table));
        }
        let own = before
            .iter()
            .filter(|relation| relation.roots.contains(&oids[0]))
            .map(|relation| relation.oid.clone())
            .collect();
        let guard = Guard {
            before,
            triggers: section.backfill.triggers.clone(),
            own,
            oids,
            at,
        };
        guard.known_triggers(step, section)?;
        let disable = guard.disable();
        if !disable.is_empty() {
            work.own(&disable, Some(&guard.at), "switch row security and triggers off")?;
        }
        Ok(guard)
    }

    /// Opens the tables that a verify file reads to a role that row security binds; none if there are none.
    ///
    /// Tables of other owners stay as they are: reading them is error 42501, since `row_security` is off.
    pub fn for_reading(
        work: &mut Work<'_>,
        names: &[WrittenName],
        at: Range<usize>,
    ) -> Result<Option<Guard>, Trouble> {
        let resolved = tree::resolve(work, names, &at)?;
        let oids: Vec<String> = resolved.into_iter().filter_map(|one| one.oid).collect();
        if oids.is_empty() {
            return Ok(None);
        }
        let (doing, none) = ("read the tables of the verify file", BTreeSet::new());
        let own = |relations: Vec<Relation>| {
            let mut relations = relevant(&relations, &none);
            relations.retain(|relation| relation.owned);
            relations
        };
        let seen = own(tree::read(work, &oids, Some(&at), doing)?);
        if seen.is_empty() {
            return Ok(None);
        }
        lock(work, &seen, &none, &at)?;
        let before = own(tree::read(work, &oids, Some(&at), doing)?);
        let guard = Guard {
            before,
            triggers: Vec::new(),
            own: BTreeSet::new(),
            oids,
            at,
        };
        work.own(
            &guard.disable(),
            Some(&guard.at),
            "switch row security off for the verify file",
        )?;
        Ok(Some(guard))
    }

    /// Restores and verifies.
    pub fn leave(self, work: &mut Work<'_>, step: &Step) -> Result<(), Trouble> {
        let deferred = self.deferred(work)?;
        let set = |names: &[String], mode: &str| format!("SET CONSTRAINTS {} {mode};\n", names.join(", "));
        let (all, initially): (Vec<String>, Vec<String>) = (
            deferred.iter().map(|(name, _)| name.clone()).collect(),
            deferred
                .iter()
                .filter(|(_, initially)| *initially)
                .map(|(name, _)| name.clone())
                .collect(),
        );
        if !all.is_empty() {
            // Restoring with pending trigger events is error 55006.
            work.own(
                &set(&all, "IMMEDIATE"),
                Some(&self.at),
                "check the deferred constraints of the backfill",
            )?;
        }
        let mut restore = self.restore();
        if !initially.is_empty() {
            restore.push_str(&set(&initially, "DEFERRED"));
        }
        if !restore.is_empty() {
            work.own(&restore, Some(&self.at), "restore row security and triggers")?;
        }
        let after = tree::read(work, &self.oids, Some(&self.at), "verify the restored states")?;
        self.verify(step, &after)
    }

    fn in_own_tree(&self, relation: &Relation) -> bool {
        self.own.contains(&relation.oid)
    }

    fn known_triggers(&self, step: &Step, section: &Section) -> Result<(), Trouble> {
        let known: BTreeSet<&str> = self
            .before
            .iter()
            .filter(|relation| self.in_own_tree(relation))
            .flat_map(|relation| relation.triggers.iter().map(|(name, _)| name.as_str()))
            .collect();
        let Some(unknown) = self.triggers.iter().find(|name| !known.contains(name.as_str())) else {
            return Ok(());
        };
        let list: Vec<&str> = known.into_iter().collect();
        let finding = Finding::new(
            "backfill-trigger-missing",
            Level::Error,
            format!(
                "trigger \"{unknown}\" of table \"{}\" does not exist",
                section.backfill.table
            ),
        )
        .detail(if list.is_empty() {
            "The table has no triggers.".to_owned()
        } else {
            format!("It has {}.", list.join(", "))
        })
        .hint("Correct triggers=… of the backfill.");
        Err(refused(step, section, Outcome::RolledBack, finding))
    }

    fn disable(&self) -> String {
        let mut sql = String::new();
        for relation in &self.before {
            let table = relation.name.quoted();
            if relation.row_security {
                sql.push_str(&format!("ALTER TABLE ONLY {table} DISABLE ROW LEVEL SECURITY;\n"));
            }
            for (trigger, state) in self.named(relation) {
                if state != "D" {
                    sql.push_str(&format!(
                        "ALTER TABLE ONLY {table} DISABLE TRIGGER {};\n",
                        quote_identifier(trigger)
                    ));
                }
            }
        }
        sql
    }

    /// Parents first: where a server lets a parent's trigger switch its clones too, the children's own statements
    /// come after it.
    fn restore(&self) -> String {
        let mut sql = String::new();
        for relation in &self.before {
            let table = relation.name.quoted();
            for (trigger, state) in self.named(relation) {
                let verb = match state {
                    "D" => "DISABLE",
                    "R" => "ENABLE REPLICA",
                    "A" => "ENABLE ALWAYS",
                    _ => "ENABLE",
                };
                sql.push_str(&format!(
                    "ALTER TABLE ONLY {table} {verb} TRIGGER {};\n",
                    quote_identifier(trigger)
                ));
            }
            if relation.row_security {
                sql.push_str(&format!("ALTER TABLE ONLY {table} ENABLE ROW LEVEL SECURITY;\n"));
            }
        }
        sql
    }

    fn named<'a>(&'a self, relation: &'a Relation) -> impl Iterator<Item = (&'a str, &'a str)> {
        let own = self.in_own_tree(relation);
        relation
            .triggers
            .iter()
            .filter(move |(name, _)| own && self.triggers.contains(name))
            .map(|(name, state)| (name.as_str(), state.as_str()))
    }

    /// Deferrable constraints on the guarded tables or pointing at them, and whether they are initially deferred.
    fn deferred(&self, work: &mut Work<'_>) -> Result<Vec<(String, bool)>, Trouble> {
        let oids: Vec<&str> = self.before.iter().map(|relation| relation.oid.as_str()).collect();
        let sql = format!(
            "SELECT n.nspname, c.conname, pg_catalog.bool_or(c.condeferred)::text\n\
             FROM pg_catalog.pg_constraint AS c\n\
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace\n\
             WHERE c.condeferrable AND (c.conrelid = ANY ({oids}) OR c.confrelid = ANY ({oids}))\n\
             GROUP BY n.nspname, c.conname\n\
             ORDER BY n.nspname, c.conname",
            oids = quote_literal(&format!("{{{}}}", oids.join(","))) + "::oid[]"
        );
        let rows = work.rows(
            &sql,
            Some(&self.at),
            "read the deferrable constraints of the backfill",
        )?;
        let column =
            |row: &[Option<String>], index: usize| row.get(index).cloned().flatten().unwrap_or_default();
        Ok(rows
            .iter()
            .map(|row| {
                let name = format!(
                    "{}.{}",
                    quote_identifier(&column(row, 0)),
                    quote_identifier(&column(row, 1))
                );
                (name, column(row, 2) == "true")
            })
            .collect())
    }

    fn verify(&self, step: &Step, after: &[Relation]) -> Result<(), Trouble> {
        for before in &self.before {
            let Some(now) = after.iter().find(|relation| relation.oid == before.oid) else {
                continue;
            };
            let state_now = |name: &str| {
                now.triggers
                    .iter()
                    .find(|(other, _)| other == name)
                    .map(|(_, state)| state)
            };
            // A trigger that the guard switched has to be there; one that it did not may be gone, but not be switched.
            let same = now.row_security == before.row_security
                && now.force == before.force
                && self
                    .named(before)
                    .all(|(name, state)| state_now(name).is_some_and(|now| now == state))
                && before
                    .triggers
                    .iter()
                    .all(|(name, state)| state_now(name).is_none_or(|now| now == state));
            if same {
                continue;
            }
            let finding = Finding::new(
                "guard-not-restored",
                Level::Error,
                format!(
                    "row security or triggers of table \"{}\" were not restored",
                    now.name
                ),
            )
            .object(now.name.to_string())
            .detail(format!("Before: {}. Now: {}.", shown(before), shown(now)))
            .hint("The section changed them itself; move that statement out of the section.")
            .at(step.place(self.at.clone()));
            return Err(ApplyError::refused(Outcome::RolledBack, finding).into());
        }
        Ok(())
    }
}

fn shown(relation: &Relation) -> String {
    let flag = |on: bool| if on { "on" } else { "off" };
    let triggers: Vec<String> = relation
        .triggers
        .iter()
        .map(|(name, state)| format!("{name} {state}"))
        .collect();
    format!(
        "row security {}, force {}, triggers [{}]",
        flag(relation.row_security),
        flag(relation.force),
        triggers.join(", ")
    )
}

/// The table's own tree, and of what is read the trees that have row security anywhere.
fn relevant(relations: &[Relation], tables: &BTreeSet<String>) -> Vec<Relation> {
    let secured: BTreeSet<&String> = relations
        .iter()
        .filter(|relation| relation.row_security)
        .flat_map(|relation| &relation.roots)
        .collect();
    relations
        .iter()
        .filter(|relation| {
            relation
                .roots
                .iter()
                .any(|root| tables.contains(root) || secured.contains(root))
        })
        .cloned()
        .collect()
}

fn lock(
    work: &mut Work<'_>,
    relations: &[Relation],
    tables: &BTreeSet<String>,
    at: &Range<usize>,
) -> Result<(), Trouble> {
    let mut names: Vec<_> = relevant(relations, tables)
        .into_iter()
        .map(|relation| relation.name)
        .collect();
    names.sort();
    if names.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = names
        .iter()
        .map(|name| format!("ONLY {}", name.quoted()))
        .collect();
    let sql = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;", list.join(", "));
    work.own(&sql, Some(at), "lock the tables of the backfill")
}

/// A toggle needs the owner's rights; BYPASSRLS alone is not enough.
fn may_alter(step: &Step, section: &Section, relations: &[Relation]) -> Result<(), Trouble> {
    let Some(foreign) = relations.iter().find(|relation| !relation.owned) else {
        return Ok(());
    };
    let finding = Finding::new(
        "toggle-needs-owner",
        Level::Error,
        format!("role cannot switch row security of table \"{}\"", foreign.name),
    )
    .object(foreign.name.to_string())
    .detail(format!(
        "The table belongs to \"{}\"; ALTER TABLE needs a superuser or a member of that role. BYPASSRLS alone is not enough.",
        foreign.owner
    ))
    .hint("Write rls=bypass in the backfill if the role has BYPASSRLS, or migrate as a member of the owner.");
    Err(refused(step, section, Outcome::Unfit, finding))
}

fn missing(step: &Step, section: &Section, name: &WrittenName) -> Trouble {
    let finding = Finding::new(
        "backfill-table-missing",
        Level::Error,
        format!("table \"{name}\" of the backfill does not exist"),
    )
    .hint("Correct the directive, or write the schema: names are looked up with the current search_path.");
    refused(step, section, Outcome::RolledBack, finding)
}

fn refused(step: &Step, section: &Section, outcome: Outcome, finding: Finding) -> Trouble {
    let finding = if finding.object.is_none() {
        finding.object(step.revision.id.as_str())
    } else {
        finding
    };
    ApplyError::refused(outcome, finding.at(step.place(section.range.clone()))).into()
}
