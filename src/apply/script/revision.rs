//! One revision as psql runs it.

use super::super::doubt::is_atomic;
use super::super::error::ApplyError;
use super::super::verify::Verify;
use super::super::{invalid_index, section as sections, standalone};
use super::{TOOK, Writer, guard, one_line, refused};
use crate::ledger::{Attempted, HistoryName, How, RevisionRow, journal, refinery};
use crate::model::quote_literal;
use crate::plan::{Mode, Step, Unit};
use crate::sql::transaction::Nature;
use crate::sql::{Expect, RowSecurity, Section, normal, relations};

impl Writer<'_> {
    pub(super) fn revision(
        &mut self,
        step: &Step,
        verify: Option<&Verify>,
        together: bool,
    ) -> Result<(), ApplyError> {
        let id = step.revision.id.as_str();
        let message = one_line(&step.revision.message);
        self.line(&format!(
            "\n-- Revision {id}: {message}\n\\echo {}",
            quote_literal(id)
        ));
        self.line("SELECT pg_catalog.clock_timestamp() AS begun \\gset zerodrift_");
        match step.mode {
            Mode::Transaction => self.transactional(step, verify, together),
            Mode::Standalone => self.standalone(step, verify),
        }
    }

    fn transactional(
        &mut self,
        step: &Step,
        verify: Option<&Verify>,
        together: bool,
    ) -> Result<(), ApplyError> {
        self.reset();
        if !together {
            self.line("BEGIN;");
        }
        self.settings("LOCAL ");
        let early = guard::lock_early(step);
        self.line(&early);
        let mut rows = Vec::new();
        for unit in &step.units {
            match unit {
                Unit::Section(at) => rows.push(self.section(step, &step.script.sections[*at])),
                unit => {
                    for index in step.statements_of(unit) {
                        self.statement(step, index, "LOCAL ");
                    }
                }
            }
        }
        self.ledger(step, verify, &rows)?;
        if !together {
            self.line("COMMIT;");
        }
        Ok(())
    }

    fn standalone(&mut self, step: &Step, verify: Option<&Verify>) -> Result<(), ApplyError> {
        let mut rows = Vec::new();
        for (at, unit) in step.units.iter().enumerate() {
            let number = at + 1;
            self.reset();
            self.settings("");
            let intent = standalone::intent(step, unit, number);
            self.line(&format!("{intent};"));
            if is_atomic(step, unit) {
                self.line("BEGIN;");
                self.settings("LOCAL ");
                match unit {
                    Unit::Section(at) => rows.push(self.section(step, &step.script.sections[*at])),
                    unit => {
                        for index in step.statements_of(unit) {
                            self.statement(step, index, "LOCAL ");
                        }
                    }
                }
                let count = match unit {
                    Unit::Section(_) => format!(":zerodrift_touched_{}", self.sections),
                    _ => ":zerodrift_rows".to_owned(),
                };
                self.line(&format!("{};", journal::done(&step.revision.id, number, count)));
                self.unswitched();
                self.line("COMMIT;");
                continue;
            }
            self.alone(step, unit);
            let done = journal::done(&step.revision.id, number, ":zerodrift_rows");
            self.line(&format!("{done};"));
        }
        self.reset();
        self.line("BEGIN;");
        self.settings("LOCAL ");
        self.ledger(step, verify, &rows)?;
        self.line("COMMIT;");
        Ok(())
    }

    /// A statement that is its own transaction, with the timeouts that `zerodrift upgrade` gives it.
    fn alone(&mut self, step: &Step, unit: &Unit) {
        let statements = step.statements_of(unit);
        if matches!(
            standalone::nature(step, unit),
            Some(Nature::Concurrent | Nature::Long)
        ) {
            if !step.statement(statements.start).is("ALTER TABLE") {
                self.line("SET lock_timeout = 0;");
            }
            self.line("SET statement_timeout = 0;");
        }
        for index in statements {
            self.statement(step, index, "");
            let conditional = step
                .statement(index)
                .is("CREATE UNIQUE ? INDEX CONCURRENTLY ? IF NOT EXISTS");
            if let Some((name, table)) = invalid_index::names(step.text(index)).filter(|_| conditional) {
                self.check(
                    &format!(
                        "EXISTS (SELECT FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid \
                         WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relname = {} AND i.indrelid = pg_catalog.to_regclass({}))",
                        quote_literal(&name.name),
                        quote_literal(&table.quoted())
                    ),
                    &format!("index \"{name}\" exists and is invalid"),
                );
            }
        }
    }

    fn statement(&mut self, step: &Step, index: usize, local: &str) {
        let timeouts = step.script.timeouts.get(&index).copied().unwrap_or_default();
        for (name, limit) in [
            ("lock_timeout", timeouts.lock),
            ("statement_timeout", timeouts.statement),
        ] {
            if let Some(limit) = limit {
                self.line(&format!("SET {local}{name} = {};", limit.as_millis()));
            }
        }
        self.line(&format!(
            "{}\n;\n\\set zerodrift_rows :ROW_COUNT",
            step.text(index)
        ));
        if timeouts != Default::default() && !local.is_empty() {
            self.timeouts(local);
        }
    }

    /// A guarded section. Returns the SQL expression of its row in the ledger.
    fn section(&mut self, step: &Step, section: &Section) -> String {
        self.sections += 1;
        let number = self.sections;
        let touched = format!("zerodrift_touched_{number}");
        let table = section.backfill.table.quoted();
        let toggle = step.row_security(section) == RowSecurity::Toggle;
        if toggle {
            let enter = guard::enter(step, section);
            self.line(&enter);
        }
        self.present(step, section, toggle);
        self.line(&format!("\\set {touched} 0"));
        let mut changes = false;
        for index in section.statements.clone() {
            self.statement(step, index, "LOCAL ");
            if relations::dml(step.text(index)).is_some() {
                changes = true;
                self.line(&format!(
                    "SELECT :{touched} + :zerodrift_rows AS {touched} \\gset"
                ));
            }
        }
        self.expected(section, number);
        let warned = changes && section.backfill.expect != Some(Expect::Any);
        if warned {
            self.line(&format!(
                "SELECT (:{touched} = 0 AND EXISTS (SELECT FROM {table}))::pg_catalog.text AS zerodrift_nothing_{number} \\gset"
            ));
        } else {
            self.line(&format!("\\set zerodrift_nothing_{number} false"));
        }
        if toggle {
            let leave = guard::leave(step, section);
            self.line(&leave);
        }
        row(section, number, toggle)
    }

    /// Counts what has to be touched.
    fn present(&mut self, step: &Step, section: &Section, toggle: bool) {
        let number = self.sections;
        let table = section.backfill.table.quoted();
        let Some(expect @ (Expect::All | Expect::Matching)) = section.backfill.expect else {
            return self.line(&format!("\\set zerodrift_present_{number} NULL"));
        };
        if !toggle {
            self.line(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;"));
        }
        let change = section
            .statements
            .clone()
            .find_map(|index| relations::dml(step.text(index)).map(|change| (change, step.text(index))));
        let source = match (expect, change) {
            (Expect::Matching, Some((change, text))) => {
                let condition = change.condition.clone().map_or("true", |range| &text[range]);
                format!("{} WHERE {condition}", change.source)
            }
            _ => table,
        };
        self.line(&format!(
            "SELECT pg_catalog.count(*) AS zerodrift_present_{number} FROM {source}\n\\gset"
        ));
    }

    fn expected(&mut self, section: &Section, number: usize) {
        let touched = format!(":zerodrift_touched_{number}");
        let table = &section.backfill.table;
        let unmet = match section.backfill.expect {
            Some(Expect::All | Expect::Matching) => format!("{touched} <> :zerodrift_present_{number}"),
            Some(Expect::Exactly(rows)) => format!("{touched} <> {rows}"),
            Some(Expect::Some) => format!("{touched} = 0 AND EXISTS (SELECT FROM {})", table.quoted()),
            Some(Expect::Any) | None => return,
        };
        let expected = section.backfill.expect.map(sections::shown).unwrap_or_default();
        self.check(
            &unmet,
            &format!("backfill of \"{table}\" did not touch the rows that it expects: {expected}"),
        );
    }

    /// Runs the verify file and writes the rows of all tables.
    fn ledger(
        &mut self,
        step: &Step,
        verify: Option<&Verify>,
        sections: &[String],
    ) -> Result<(), ApplyError> {
        if let Some(Verify(file)) = verify {
            self.settings("LOCAL ");
            for unit in &file.units {
                for index in file.statements_of(unit) {
                    let line = file.place(file.statement(index).range.clone()).line;
                    let check = guard::verified(
                        file.text(index),
                        &format!("{}:{line}", file.revision.path.display()),
                    );
                    self.line(&check);
                }
            }
        }
        let revision = &step.revision;
        let name = HistoryName::of(&revision.id, &revision.slug);
        let history = refinery::stamp(&name, &step.source, &self.settings.history_table)
            .map_err(|error| refused(step, error.to_string(), "Rename the revision."))?;
        let row = RevisionRow {
            revision,
            checksum: step.checksum,
            normalised: normal::checksum(&step.source),
            source: &step.source,
            how: How::Applied,
            commit: self.settings.commit.as_deref(),
            duration_ms: 0,
            sections: &[],
        };
        let sections = format!("pg_catalog.jsonb_build_array({})", sections.join(", "));
        let attempt = self.attempt(Some(step), Attempted::Applied).insert_with(TOOK);
        self.line(&format!(
            "{history};\n{};\n{attempt};",
            row.insert_with(TOOK, &sections)
        ));
        self.unswitched();
        Ok(())
    }
}

/// What `ledger::SectionRow` writes, as an expression over what psql counted.
fn row(section: &Section, number: usize, toggle: bool) -> String {
    let table = section.backfill.table.to_string();
    let expected = section.backfill.expect.map(sections::shown);
    format!(
        "pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('table', {}::pg_catalog.text, 'touched', \
         :zerodrift_touched_{number}, 'present', :zerodrift_present_{number}::pg_catalog.int8, 'expected', {}::pg_catalog.text, \
         'rls', {}::pg_catalog.text, 'warning', CASE WHEN :'zerodrift_nothing_{number}' = 'true' THEN {} END))",
        quote_literal(&table),
        expected
            .as_deref()
            .map_or_else(|| "NULL".to_owned(), quote_literal),
        quote_literal(if toggle { "toggle" } else { "bypass" }),
        quote_literal(&format!(
            "0 rows touched in table \"{table}\", which is not empty"
        )),
    )
}
