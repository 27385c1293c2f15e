//! A file as the runner sees it: statements, guarded sections, timeouts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::directive::{self, Backfill, Batched, Directive};
use super::split::split;
use super::statement::Statement;
use crate::model::{Finding, Level, Location};

/// The rule of findings about directives.
pub const DIRECTIVE: &str = "directive";

/// The statements of a file and what its directives say about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// All statements, in order.
    pub statements: Vec<Statement>,
    /// The guarded sections, in order; they do not overlap.
    pub sections: Vec<Section>,
    /// Timeouts of single statements, by index.
    pub timeouts: BTreeMap<usize, Timeouts>,
}

/// A guarded backfill: the statements between `--: backfill` and `--: end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What the directive says.
    pub backfill: Backfill,
    /// What the batch directive says.
    pub batched: Option<Batched>,
    /// Indices of its statements.
    pub statements: Range<usize>,
    /// The directive's bytes in the file.
    pub range: Range<usize>,
}

/// Timeouts of one statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// `lock_timeout`, zero for none.
    pub lock: Option<Duration>,
    /// `statement_timeout`, zero for none.
    pub statement: Option<Duration>,
}

impl Script {
    /// Takes a file apart. `path` is for the places in findings only.
    pub fn read(path: &Path, source: &str) -> Result<Script, Vec<Finding>> {
        let split = split(source);
        let statements: Vec<Statement> = split
            .statements
            .into_iter()
            .map(|range| Statement::read(source, range))
            .collect();
        let script = Script {
            statements,
            ..Script::default()
        };
        let mut reader = Reader {
            path,
            source,
            script,
            open: None,
            findings: Vec::new(),
        };
        for range in split.directives {
            reader.directive(range);
        }
        reader.finish()
    }

    /// Returns the section that a statement belongs to.
    pub fn section_of(&self, statement: usize) -> Option<&Section> {
        self.sections
            .iter()
            .find(|section| section.statements.contains(&statement))
    }
}

struct Reader<'a> {
    path: &'a Path,
    source: &'a str,
    script: Script,
    open: Option<Section>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn directive(&mut self, range: Range<usize>) {
        let before = self
            .script
            .statements
            .partition_point(|statement| statement.range.start < range.start);
        if before > 0 && self.script.statements[before - 1].range.end > range.start {
            let hint = "Put the directive on a line of its own between two statements; a missing semicolon before it has the same effect.";
            return self.wrong(range, "directive stands inside a statement", hint);
        }
        let comment = &self.source[range.clone()];
        match directive::parse(comment) {
            Err(mistake) => {
                let at = range.start + mistake.range.start..range.start + mistake.range.end;
                self.wrong(at, mistake.message, format!("Expected {}.", mistake.expected));
            }
            Ok(Directive::Backfill(backfill)) => self.begin(backfill, before, range),
            Ok(Directive::Batched(batched)) => self.batched(batched, before, range),
            Ok(Directive::End) => self.end(before, range),
            Ok(Directive::LockTimeout(lock)) => {
                self.timeout(before, range, |timeouts| timeouts.lock.replace(lock))
            }
            Ok(Directive::StatementTimeout(limit)) => {
                self.timeout(before, range, |timeouts| timeouts.statement.replace(limit));
            }
        }
    }

    fn wrong(&mut self, range: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.push(
            Finding::new(DIRECTIVE, Level::Error, message)
                .hint(hint)
                .at(Location::of_bytes(self.path, self.source, range)),
        );
    }

    fn begin(&mut self, backfill: Backfill, before: usize, range: Range<usize>) {
        if self.open.is_some() {
            return self.wrong(
                range,
                "backfill begins inside a backfill",
                "Expected \"--: end\" before it.",
            );
        }
        self.open = Some(Section {
            backfill,
            batched: None,
            statements: before..before,
            range,
        });
    }

    fn batched(&mut self, batched: Batched, before: usize, range: Range<usize>) {
        match &mut self.open {
            Some(section) if section.statements.start == before && section.batched.is_none() => {
                section.batched = Some(batched);
            }
            _ => self.wrong(
                range,
                "\"batched\" stands outside the head of a backfill",
                "Expected it once, right after \"--: backfill\", before the statement.",
            ),
        }
    }

    fn end(&mut self, before: usize, range: Range<usize>) {
        let Some(mut section) = self.open.take() else {
            return self.wrong(
                range,
                "\"end\" ends nothing",
                "Expected \"--: backfill table=…\" before it.",
            );
        };
        section.statements.end = before;
        if section.statements.is_empty() {
            self.wrong(
                section.range.clone(),
                "backfill has no statement",
                "Expected a statement before \"--: end\".",
            );
        }
        self.script.sections.push(section);
    }

    fn timeout<T>(&mut self, before: usize, range: Range<usize>, set: impl FnOnce(&mut Timeouts) -> T) {
        if before >= self.script.statements.len() {
            return self.wrong(
                range,
                "no statement follows the timeout",
                "Expected a statement after it.",
            );
        }
        set(self.script.timeouts.entry(before).or_default());
    }

    fn finish(mut self) -> Result<Script, Vec<Finding>> {
        if let Some(section) = self.open.take() {
            self.wrong(
                section.range,
                "backfill has no end",
                "Expected \"--: end\" after its last statement.",
            );
        }
        if self.findings.is_empty() {
            Ok(self.script)
        } else {
            Err(self.findings)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Result<Script, Vec<String>> {
        Script::read(Path::new("m.sql"), source).map_err(|findings| {
            findings
                .iter()
                .map(|finding| {
                    let at = finding.location.as_ref().expect("a place");
                    format!("{}:{} {}", at.line, at.column, finding.message)
                })
                .collect()
        })
    }

    #[test]
    fn sections_hold_their_statements() {
        let script = read("SELECT 1;\n--: backfill table=t\nUPDATE t SET a = 1;\nUPDATE t SET b = 1;\n--: end\n--: lock-timeout 5s\nSELECT 2;").expect("a script");
        assert_eq!(script.statements.len(), 4);
        assert_eq!(script.sections[0].statements, 1..3);
        assert_eq!(script.timeouts[&3].lock, Some(Duration::from_secs(5)));
    }

    #[test]
    fn mistakes_carry_their_place() {
        let cases: [(&str, &[&str]); 8] = [
            ("--: end", &["1:1 \"end\" ends nothing"]),
            (
                "SELECT 1;\r\n--: backfill table=t\r\n",
                &["2:1 backfill has no end"],
            ),
            (
                "--: backfill table=t\n--: end",
                &["1:1 backfill has no statement"],
            ),
            (
                "--: backfill table=t\n--: backfill table=u\nSELECT 1;\n--: end",
                &["2:1 backfill begins inside a backfill"],
            ),
            (
                "SELECT 1\n--: end\n, 2",
                &["2:1 directive stands inside a statement"],
            ),
            (
                "\u{feff}--: backfill tabel=t",
                &["1:15 \"backfill\" has no key \"tabel\""],
            ),
            (
                "--: batched key=id size=5",
                &["1:1 \"batched\" stands outside the head of a backfill"],
            ),
            (
                "SELECT 1; --: lock-timeout 5s",
                &["1:11 no statement follows the timeout"],
            ),
        ];
        for (source, expected) in cases {
            assert_eq!(read(source).expect_err(source), expected, "{source}");
        }
    }
}
