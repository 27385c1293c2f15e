//! One revision, taken apart.

use std::collections::BTreeSet;
use std::ops::Range;

use super::refusal;
use crate::model::{Checksum, Finding, Location, Revision};
use crate::sql::{Control, RowSecurity, Script, Section, Statement, WrittenName, relations};

/// One revision and how it runs.
#[derive(Clone, Debug)]
pub struct Step {
    /// The revision.
    pub revision: Revision,
    /// The text of its file.
    pub source: String,
    /// SHA-256 of the file.
    pub checksum: Checksum,
    /// The statements and sections of the file.
    pub script: Script,
    /// One transaction, or statement by statement.
    pub mode: Mode,
    /// What is sent, in order.
    pub units: Vec<Unit>,
    /// Advice about the file.
    pub notes: Vec<Finding>,
}

/// How a file runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In one transaction with its ledger row.
    Transaction,
    /// Each unit commits by itself and is journalled.
    Standalone,
}

/// What is run as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A single statement, by index.
    Statement(usize),
    /// A guarded section, by index.
    Section(usize),
    /// The statements between BEGIN and COMMIT of a file without a transaction of its own, by index.
    Group(Range<usize>),
}

impl Step {
    /// Takes the file of a revision apart for a server of `major`, or says why it cannot run.
    pub fn build(
        revision: &Revision,
        source: String,
        checksum: Checksum,
        major: u32,
    ) -> Result<Step, Vec<Finding>> {
        let script = Script::read(&revision.path, &source)?;
        let mode = if revision.transaction {
            Mode::Transaction
        } else {
            Mode::Standalone
        };
        let mut step = Step {
            revision: revision.clone(),
            source,
            checksum,
            script,
            mode,
            units: Vec::new(),
            notes: Vec::new(),
        };
        let refusals = refusal::find(&step, major);
        if !refusals.is_empty() {
            return Err(refusals);
        }
        step.units = step.units_of();
        step.notes = refusal::notes(&step);
        Ok(step)
    }

    /// Returns a statement.
    pub fn statement(&self, index: usize) -> &Statement {
        &self.script.statements[index]
    }

    /// Returns the text of a statement.
    pub fn text(&self, index: usize) -> &str {
        self.statement(index).text(&self.source)
    }

    /// Returns the place of some bytes of the file.
    pub fn place(&self, range: Range<usize>) -> Location {
        Location::of_bytes(&self.revision.path, &self.source, range)
    }

    /// Returns what a section does about row security: as written, or by the kind of the file.
    pub fn row_security(&self, section: &Section) -> RowSecurity {
        section.backfill.row_security.unwrap_or(match self.mode {
            Mode::Transaction => RowSecurity::Toggle,
            Mode::Standalone => RowSecurity::Bypass,
        })
    }

    /// Returns the table of a section first, then what it reads: as written, or as the parser finds it.
    pub fn guarded(&self, section: &Section) -> Vec<WrittenName> {
        let mut names = vec![section.backfill.table.clone()];
        match &section.backfill.reads {
            Some(reads) => names.extend(reads.iter().cloned()),
            None => {
                let mut found = BTreeSet::new();
                for index in section.statements.clone() {
                    let touched = relations::touched(self.text(index));
                    found.extend(touched.rows_of().cloned());
                }
                names.extend(found.into_iter().filter(|name| *name != section.backfill.table));
            }
        }
        names
    }

    /// Returns the statements of a unit.
    pub fn statements_of(&self, unit: &Unit) -> Range<usize> {
        match unit {
            Unit::Statement(index) => *index..index + 1,
            Unit::Section(section) => self.script.sections[*section].statements.clone(),
            Unit::Group(range) => range.clone(),
        }
    }

    /// Says whether the file has effects that no rollback undoes.
    pub fn reaches_outside(&self) -> bool {
        self.script
            .statements
            .iter()
            .any(|statement| statement.reaches_outside(&self.source))
    }

    fn units_of(&self) -> Vec<Unit> {
        let mut units = Vec::new();
        let mut index = 0;
        while index < self.script.statements.len() {
            if let Some(at) = self
                .script
                .sections
                .iter()
                .position(|section| section.statements.start == index)
            {
                units.push(Unit::Section(at));
                index = self.script.sections[at].statements.end;
                continue;
            }
            let control = self.statement(index).control();
            index += 1;
            match (control, self.mode) {
                (Some(Control::Begin | Control::BeginWithModes), Mode::Standalone) => {
                    let end = self.end_of_group(index);
                    units.push(Unit::Group(index..end));
                    index = end + 1;
                }
                // The whole file is one transaction: pairs inside it are not sent.
                (Some(Control::Begin | Control::Commit), Mode::Transaction) => {}
                _ => units.push(Unit::Statement(index - 1)),
            }
        }
        units
    }

    fn end_of_group(&self, from: usize) -> usize {
        let statements = &self.script.statements;
        (from..statements.len())
            .find(|index| statements[*index].control() == Some(Control::Commit))
            .unwrap_or(statements.len())
    }
}
