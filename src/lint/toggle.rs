//! What a file switches on tables: row security, FORCE, triggers.

use super::context::{Ended, Migration};
use super::schema::{Found, Origin, Relation};
use super::walk::every_act;
use crate::sql::WrittenName;
use crate::sql::act::routine::BodyKind;
use crate::sql::act::table::FiringState;
use crate::sql::act::{Action, AlterCommand, ObjectKind, Span};

/// What is switched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switch<'a> {
    /// ENABLE and DISABLE ROW LEVEL SECURITY.
    RowSecurity,
    /// FORCE and NO FORCE ROW LEVEL SECURITY.
    Forced,
    /// ENABLE and DISABLE TRIGGER; `ALL` and `USER` for these key words.
    Trigger(&'a str),
}

/// A switch that a file turns.
#[derive(Clone, Debug)]
pub struct Toggle<'a> {
    /// The table as written.
    pub table: &'a WrittenName,
    /// What is switched.
    pub switch: Switch<'a>,
    /// On, as against off.
    pub on: bool,
    /// The statement, by its place in the file.
    pub statement: usize,
    /// The command.
    pub span: Span,
}

/// Returns every switch that a file turns, in order.
pub fn toggles(migration: &Migration) -> Vec<Toggle<'_>> {
    let mut found = Vec::new();
    for walked in every_act(migration) {
        let Action::AlterTable(alter) = &walked.act.action else {
            continue;
        };
        for (command, span) in &alter.commands {
            let (switch, on) = match command {
                AlterCommand::RowSecurity(on) => (Switch::RowSecurity, *on),
                AlterCommand::ForceRowSecurity(on) => (Switch::Forced, *on),
                AlterCommand::Trigger { name, state } => {
                    (Switch::Trigger(name), *state != FiringState::Disabled)
                }
                _ => continue,
            };
            found.push(Toggle {
                table: &alter.name,
                switch,
                on,
                statement: walked.statement,
                span: span.clone(),
            });
        }
    }
    found
}

/// Says whether a DO block of the file enables row security by text that it builds, of tables of which this may be one:
/// `EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name)` in a loop. Names in an array are taken at their word.
pub fn enabled_by_text(migration: &Migration, relation: &Relation) -> bool {
    migration.acts.iter().any(|act| {
        let Action::Do(body) = &act.action else {
            return false;
        };
        body.statements.iter().any(|statement| {
            let BodyKind::Opaque { span, .. } = &statement.kind else {
                return false;
            };
            let built = words(migration.source.get(span.start as usize..span.end as usize));
            let block = words(Some(migration.text(act)));
            let is_listed =
                !block.contains("IN ARRAY ARRAY") || block.contains(&words(Some(&relation.key.name)));
            built.contains("ENABLE ROW LEVEL SECURITY") && is_listed
        })
    })
}

/// A text in upper case with single spaces.
fn words(text: Option<&str>) -> String {
    let words: Vec<&str> = text.unwrap_or_default().split_whitespace().collect();
    words.join(" ").to_uppercase()
}

/// Returns the last of each switch that a file leaves off, for tables that others knew before the file.
pub fn left_off<'a>(ended: &Ended<'a>, wanted: impl Fn(&Switch<'_>) -> bool) -> Vec<Toggle<'a>> {
    let all = toggles(ended.migration);
    let mut left: Vec<Toggle<'a>> = Vec::new();
    for (at, toggle) in all.iter().enumerate() {
        let is_last = !all[at + 1..]
            .iter()
            .any(|later| later.table.name == toggle.table.name && turns(&later.switch, &toggle.switch));
        if !toggle.on
            && is_last
            && is_old(ended, toggle.table)
            && wanted(&toggle.switch)
            && !is_gone(ended, toggle.table)
        {
            left.push(toggle.clone());
        }
    }
    left
}

/// Says whether a table was there before the file.
pub fn is_old(ended: &Ended<'_>, table: &WrittenName) -> bool {
    let is_made_here = ended.after.relation(table).known().is_some_and(|found| {
        found.origin.migration() == Some(ended.migration.number) && found.origin != Origin::Before
    });
    matches!(ended.before.relation(table), Found::Known(_) | Found::Unknown) && !is_made_here
}

/// Says whether one switch turns the other: itself, or every trigger at once.
fn turns(later: &Switch<'_>, earlier: &Switch<'_>) -> bool {
    match (later, earlier) {
        (Switch::Trigger(later), Switch::Trigger(earlier)) => {
            later == earlier || *later == "ALL" || (*later == "USER" && *earlier != "ALL")
        }
        _ => later == earlier,
    }
}

/// Says whether the file drops or renames away the table.
fn is_gone(ended: &Ended<'_>, table: &WrittenName) -> bool {
    let is_dropped = every_act(ended.migration)
        .iter()
        .any(|walked| match &walked.act.action {
            Action::Drop(drop) => drop
                .objects
                .iter()
                .any(|object| object.kind == ObjectKind::Table && object.name.name == table.name),
            _ => false,
        });
    is_dropped || ended.after.relation(table).is_absent()
}

/// Returns the table of a toggle as it was before the file.
pub fn earlier<'a>(ended: &Ended<'a>, toggle: &Toggle<'_>) -> Option<&'a Relation> {
    ended.before.relation(toggle.table).known().map(|found| &**found)
}
