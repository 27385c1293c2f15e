//! From what was found in a file to what is reported: suppressions, levels, acceptance.

use std::collections::BTreeMap;
use std::path::Path;

use super::baseline::fingerprint;
use super::registry::Names;
use super::rule::Problem;
use super::run::Found;
use super::suppress::{self, Scope, Suppression};
use crate::model::{AcceptedFinding, Checksum, Finding, Fix, Level, LineIndex, Location, RevisionId};
use crate::sql::act::Span;
use crate::sql::normal;

/// What a project says about findings.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Rule to level.
    pub levels: BTreeMap<String, Level>,
    /// Other levels for files whose path matches, the later ones winning.
    pub paths: Vec<(regex::Regex, BTreeMap<String, Level>)>,
    /// Findings in revisions that were written before a rule existed.
    pub accept: Vec<Accepted>,
    /// The rules that exist.
    pub names: Names,
}

/// A rule that is accepted in a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The revision.
    pub revision: String,
    /// The rule.
    pub rule: String,
    /// Why.
    pub because: String,
}

/// A file whose problems are to be settled.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its place in the run.
    pub number: u32,
    /// The file, relative to the project.
    pub path: &'a Path,
    /// Its text.
    pub source: &'a str,
    /// The places of its statements, in order.
    pub statements: &'a [Span],
    /// The revision, for files of a project.
    pub revision: Option<&'a RevisionId>,
    /// `allow` in the header.
    pub allow: &'a [AcceptedFinding],
    /// Rules of the graph that found something about this revision: the header may accept them too.
    pub found_in_graph: &'a [&'static str],
}

/// What is reported of a file.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// In the order of the file; those that are switched off are left out.
    pub findings: Vec<Finding>,
    /// The places of `accept` that matched something.
    pub used: Vec<usize>,
    /// Edits that mend some of the findings.
    pub edits: Vec<(Span, String)>,
}

impl Settled {
    /// Makes that of a file of which only one thing can be said.
    pub fn of(finding: Finding) -> Self {
        Settled {
            findings: vec![finding],
            ..Settled::default()
        }
    }
}

impl Policy {
    /// Settles what was found in a file.
    pub fn settle(&self, file: &File<'_>, found: Vec<Found>) -> Settled {
        let mut suppressions = suppress::read(file.source, file.statements);
        suppressions.extend(self.of_header(file));
        let mut kept = suppress::apply(&suppressions, file.statements, found, file.number, &self.names);
        kept.sort_by(|a, b| {
            let key = |found: &Found| (found.problem.span.start, found.problem.span.end, found.rule.name);
            key(a).cmp(&key(b))
        });
        let mut settled = Settled::default();
        let mut meanings = Meanings::default();
        let lines = LineIndex::new(file.source);
        for one in kept {
            let level = self.level(file.path, one.rule.name).unwrap_or(one.level());
            if let Some(at) = self.accepted(file, one.rule.name) {
                settled.used.push(at);
                continue;
            }
            if level != Level::Off {
                settled.edits.extend(one.problem.fix.clone());
                let meaning = meanings.of(file, &one.problem);
                settled.findings.push(finding(file, &lines, level, one, &meaning));
            }
        }
        settled
    }

    /// Returns the level that the configuration sets for a rule in a file.
    pub fn level(&self, path: &Path, rule: &str) -> Option<Level> {
        let mut level = self.levels.get(rule);
        if !self.paths.is_empty() {
            let path = path.display().to_string().replace('\\', "/");
            for (pattern, levels) in &self.paths {
                if let Some(other) = levels.get(rule)
                    && pattern.is_match(&path)
                {
                    level = Some(other);
                }
            }
        }
        level.copied()
    }

    fn accepted(&self, file: &File<'_>, rule: &str) -> Option<usize> {
        let revision = file.revision?;
        self.accept
            .iter()
            .position(|accepted| accepted.rule == rule && accepted.revision == revision.as_str())
    }

    /// The header's `allow` as suppressions of the whole file, but for what the graph found.
    fn of_header(&self, file: &File<'_>) -> Vec<Suppression> {
        let mut from = 0;
        let entries = file.allow.iter().map(|allow| {
            let at = word(file.source, &allow.rule, from);
            from = at.as_ref().map_or(from, |span| span.end as usize);
            Suppression {
                rule: allow.rule.clone(),
                span: at.unwrap_or(0..0),
                reason: Some(allow.because.clone()),
                scope: Scope::File,
            }
        });
        entries
            .filter(|entry| !file.found_in_graph.contains(&entry.rule.as_str()))
            .collect()
    }
}

/// Finds a rule's name as a whole word.
fn word(source: &str, name: &str, from: usize) -> Option<Span> {
    let part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    source[from..].match_indices(name).find_map(|(at, _)| {
        let (start, end) = (from + at, from + at + name.len());
        let whole = !source[..start].ends_with(part) && !source[end..].starts_with(part);
        (whole && !name.is_empty()).then_some(start as u32..end as u32)
    })
}

/// What statements mean, for fingerprints: several findings about one follow each other.
#[derive(Default)]
struct Meanings {
    last: Option<(usize, Checksum)>,
}

impl Meanings {
    fn of(&mut self, file: &File<'_>, problem: &Problem) -> Checksum {
        let Some(at) = suppress::statement_at(file.statements, problem.span.start) else {
            return Checksum::of(&problem.message);
        };
        match self.last {
            Some((last, meaning)) if last == at => meaning,
            _ => {
                let span = &file.statements[at];
                let text = file.source.get(span.start as usize..span.end as usize);
                let meaning = normal::checksum(text.unwrap_or_default());
                self.last = Some((at, meaning));
                meaning
            }
        }
    }
}

fn finding(file: &File<'_>, lines: &LineIndex, level: Level, found: Found, meaning: &Checksum) -> Finding {
    let problem = found.problem;
    let mut finding = Finding::new(found.rule.name, level, problem.message);
    finding.fingerprint = Some(fingerprint(found.rule.name, problem.object.as_deref(), meaning));
    finding.category = Some(found.rule.category.as_str());
    finding.object = problem.object;
    finding.detail = problem.effect;
    finding.hint = problem.instead;
    finding.location = Some(location(file, lines, &problem.span));
    finding.fix = problem.fix.map(|(span, replacement)| Fix {
        location: location(file, lines, &span),
        replacement,
    });
    finding
}

fn location(file: &File<'_>, lines: &LineIndex, span: &Span) -> Location {
    let (line, column) = lines.line_column(file.source, span.start as usize);
    let (end_line, end_column) = lines.line_column(file.source, span.end as usize);
    Location {
        file: file.path.to_path_buf(),
        line,
        column,
        end_line,
        end_column,
    }
}
