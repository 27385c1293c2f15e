//! Comments and header entries that suppress findings, and what is wrong with them.
//!
//! `-- lint:allow rule[, rule] -- because …` belongs to the statement that it stands before, in, or behind on the same
//! line; `-- lint:allow-file …` and the header's `allow` belong to the file. Tokens decide what a comment is, so the
//! same text in a string or in dollar quotes says nothing.

use super::registry::Names;
use super::rule::{Problem, Rule};
use super::rules::{suppression_without_reason, unknown_rule_in_suppression, unused_suppression};
use super::run::Found;
use crate::sql::act::Span;
use crate::sql::parse::{TokenKind, tokens};

/// What is written after the name of a rule, in messages.
const FORM: &str = "-- lint:allow RULE -- because REASON";

/// A rule that is suppressed somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The rule as written.
    pub rule: String,
    /// Where its name stands.
    pub span: Span,
    /// Why.
    pub reason: Option<String>,
    /// The statement that it is for, by its place in the file; nothing for all.
    pub scope: Scope,
}

/// What a suppression is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One statement, by its place in the file.
    Statement(usize),
    /// The whole file.
    File,
    /// Nothing: no statement follows.
    Nothing,
}

/// Reads the suppressions in the comments of a file. `statements` are the places of its statements, in order.
pub fn read(source: &str, statements: &[Span]) -> Vec<Suppression> {
    if !source.contains("lint:allow") {
        return Vec::new();
    }
    let mut read = Vec::new();
    for token in tokens(source).filter(|token| token.kind == TokenKind::LineComment) {
        let Some(written) = Written::parse(token.text(source)) else {
            continue;
        };
        let scope = match written.whole_file {
            true => Scope::File,
            false => scope_of(source, statements, token.range.start),
        };
        let at = |offset: usize| (token.range.start + offset) as u32;
        if written.rules.is_empty() {
            read.push(Suppression {
                rule: String::new(),
                span: at(0)..token.range.end as u32,
                reason: written.reason.map(str::to_owned),
                scope,
            });
        }
        for (offset, rule) in written.rules {
            read.push(Suppression {
                rule: rule.to_owned(),
                span: at(offset)..at(offset + rule.len()),
                reason: written.reason.map(str::to_owned),
                scope,
            });
        }
    }
    read
}

/// Takes out what is suppressed and adds what is wrong with the suppressions.
pub fn apply(
    suppressions: &[Suppression],
    statements: &[Span],
    found: Vec<Found>,
    migration: u32,
    names: &Names,
) -> Vec<Found> {
    let mut used = vec![false; suppressions.len()];
    let mut kept = Vec::with_capacity(found.len());
    for one in found {
        let statement = statement_at(statements, one.problem.span.start);
        let mut suppressed = false;
        for (suppression, used) in suppressions.iter().zip(&mut used) {
            let here = match suppression.scope {
                Scope::File => true,
                Scope::Statement(at) => Some(at) == statement,
                Scope::Nothing => false,
            };
            if here && suppression.rule == one.rule.name {
                *used = true;
                suppressed = true;
            }
        }
        if !suppressed {
            kept.push(one);
        }
    }
    for (suppression, used) in suppressions.iter().zip(used) {
        kept.extend(wrong(suppression, used, names).map(|(rule, problem)| Found {
            migration,
            rule,
            problem,
        }));
    }
    kept
}

/// Returns the statement that a byte belongs to.
pub(super) fn statement_at(statements: &[Span], at: u32) -> Option<usize> {
    let before = statements.partition_point(|span| span.start <= at);
    let index = before.checked_sub(1)?;
    (at < statements[index].end.max(statements[index].start + 1)).then_some(index)
}

/// Says what is wrong with a suppression: one thing, the worst.
fn wrong(suppression: &Suppression, used: bool, names: &Names) -> Option<(&'static Rule, Problem)> {
    let problem = |rule: &'static Rule, message: String, effect: &str, instead: String| {
        let problem = Problem::new(suppression.span.clone(), message)
            .effect(effect)
            .instead(instead);
        Some((rule, problem))
    };
    let rule = &suppression.rule;
    if rule.is_empty() {
        return problem(
            &unknown_rule_in_suppression::RULE,
            "suppression names no rule".to_owned(),
            "It suppresses nothing.",
            format!("Write \"{FORM}\"."),
        );
    }
    if !names.has(rule) {
        return problem(
            &unknown_rule_in_suppression::RULE,
            format!("suppression names rule \"{rule}\", which does not exist"),
            "It suppresses nothing.",
            names.hint(rule),
        );
    }
    if suppression.reason.is_none() {
        return problem(
            &suppression_without_reason::RULE,
            format!("suppression of \"{rule}\" gives no reason"),
            "Whoever reads it later cannot tell whether it still holds.",
            format!("Write \"{}\".", FORM.replace("RULE", rule)),
        );
    }
    if !used {
        return problem(
            &unused_suppression::RULE,
            format!("suppression of \"{rule}\" suppresses nothing"),
            "It would hide the next finding there, which nobody has looked at.",
            match suppression.scope {
                Scope::Nothing => "No statement follows. Put it before, or at the end of the line of, the statement that it is for.".to_owned(),
                _ => "Remove it.".to_owned(),
            },
        );
    }
    None
}

/// A comment taken apart.
struct Written<'a> {
    whole_file: bool,
    /// The names with their offsets in the comment.
    rules: Vec<(usize, &'a str)>,
    reason: Option<&'a str>,
}

impl<'a> Written<'a> {
    fn parse(comment: &'a str) -> Option<Self> {
        let text = comment.strip_prefix("--")?;
        let word = text.trim_start();
        let rest = word.strip_prefix("lint:allow")?;
        let (whole_file, rest) = match rest.strip_prefix("-file") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if !rest.is_empty() && !rest.starts_with([' ', '\t', '\r', ':']) {
            return None;
        }
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        let start = comment.len() - rest.len();
        let (listed, reason) = split_reason(rest);
        let mut rules = Vec::new();
        let mut at = 0;
        for part in listed.split([',', ' ', '\t', '\r']) {
            if !part.is_empty() {
                rules.push((start + at, part));
            }
            at += part.len() + 1;
        }
        Some(Written {
            whole_file,
            rules,
            reason,
        })
    }
}

/// Splits `rule, rule -- because reason`; the dashes or the word may be missing.
fn split_reason(text: &str) -> (&str, Option<&str>) {
    let dashes = text.match_indices("--").map(|(at, _)| at).find(|at| {
        let before = &text[..*at];
        before.is_empty() || before.ends_with([' ', '\t', ','])
    });
    let word = text.match_indices("because").map(|(at, _)| at).find(|at| {
        let after = &text[at + "because".len()..];
        text[..*at].ends_with([' ', '\t']) && (after.is_empty() || after.starts_with([' ', '\t', ':', '\r']))
    });
    let at = match (dashes, word) {
        (Some(dashes), Some(word)) => dashes.min(word),
        (Some(at), None) | (None, Some(at)) => at,
        (None, None) => return (text, None),
    };
    let reason = text[at..].trim_start_matches('-').trim();
    let reason = reason
        .strip_prefix("because")
        .filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', ':']))
        .unwrap_or(reason);
    let reason = reason.trim_start_matches(':').trim();
    (&text[..at], (!reason.is_empty()).then_some(reason))
}

/// Returns what a comment is for: the statement around it, that before it on its line, or the next one.
fn scope_of(source: &str, statements: &[Span], at: usize) -> Scope {
    let next = statements.partition_point(|span| (span.start as usize) <= at);
    if let Some(before) = next.checked_sub(1) {
        let end = statements[before].end as usize;
        let same_line = || source.get(end..at).is_some_and(|between| !between.contains('\n'));
        if at < end || same_line() {
            return Scope::Statement(before);
        }
    }
    if next < statements.len() {
        Scope::Statement(next)
    } else {
        Scope::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rule::{Category, Check};
    use crate::model::Level;
    use crate::sql::split::split;

    static A: Rule = rule("a-rule");
    static B: Rule = rule("b-rule");

    const fn rule(name: &'static str) -> Rule {
        Rule {
            name,
            level: Level::Warning,
            category: Category::Lock,
            summary: "s",
            check: Check::Engine,
        }
    }

    fn statements(source: &str) -> Vec<Span> {
        let found = split(source).statements;
        found
            .into_iter()
            .map(|range| range.start as u32..range.end as u32)
            .collect()
    }

    /// The suppressions of a text as `rule@scope:reason`.
    fn shown(source: &str) -> Vec<String> {
        read(source, &statements(source))
            .iter()
            .map(|found| {
                assert_eq!(
                    &source[found.span.start as usize..found.span.end as usize],
                    found.rule
                );
                let scope = match found.scope {
                    Scope::Statement(at) => at.to_string(),
                    Scope::File => "file".to_owned(),
                    Scope::Nothing => "none".to_owned(),
                };
                format!(
                    "{}@{scope}:{}",
                    found.rule,
                    found.reason.as_deref().unwrap_or("?")
                )
            })
            .collect()
    }

    #[test]
    fn a_comment_belongs_to_one_statement() {
        let cases: [(&str, &[&str]); 14] = [
            ("-- lint:allow a -- because x\nSELECT 1; SELECT 2;", &["a@0:x"]),
            (
                "SELECT 1; -- lint:allow a, b -- because x y\nSELECT 2;",
                &["a@0:x y", "b@0:x y"],
            ),
            ("SELECT 1; SELECT 2; -- lint:allow a -- because x", &["a@1:x"]),
            (
                "SELECT 1\n-- lint:allow a -- because x\n, 2; SELECT 3",
                &["a@0:x"],
            ),
            (
                "SELECT 1;\n\n-- lint:allow a -- because x\n\n-- note\nSELECT 2;",
                &["a@1:x"],
            ),
            ("SELECT 1;\n-- lint:allow a -- because x", &["a@none:x"]),
            (
                "SELECT 1;\r\n-- lint:allow a -- because x\r\nSELECT 2;",
                &["a@1:x"],
            ),
            ("-- lint:allow-file a -- because x\nSELECT 1;", &["a@file:x"]),
            ("-- lint:allow a\nSELECT 1;", &["a@0:?"]),
            ("-- lint:allow a --\nSELECT 1;", &["a@0:?"]),
            ("-- lint:allow a -- because\nSELECT 1;", &["a@0:?"]),
            ("-- lint:allow a because ümlaut\nSELECT 1;", &["a@0:ümlaut"]),
            ("--lint:allow a--b -- because x\nSELECT 1;", &["a--b@0:x"]),
            (
                "-- lint:allowance a\n-- see lint:allow a -- because x\nSELECT 1;",
                &[],
            ),
        ];
        for (source, expected) in cases {
            assert_eq!(shown(source), expected, "{source}");
        }
    }

    #[test]
    fn text_in_quotes_is_no_comment() {
        for source in [
            "SELECT '\n-- lint:allow a -- because x\n';",
            "DO $$\n-- lint:allow a -- because x\nBEGIN END $$;",
            "/* -- lint:allow a -- because x */ SELECT 1;",
            "SELECT \"\n-- lint:allow a -- because x\n\";",
        ] {
            assert!(shown(source).is_empty(), "{source}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_suppression_is_found() {
        let judged = |source: &str, rules: &[(&'static str, u32)]| -> Vec<(&str, u32)> {
            let statements = statements(source);
            let rule = |name: &&'static str| match *name {
                "a-rule" => &A,
                _ => &B,
            };
            let found = rules.iter().map(|(name, at)| Found {
                migration: 0,
                rule: rule(name),
                problem: Problem::new(*at..*at + 1, "m"),
            });
            let names = Names::with(["a-rule", "b-rule"]);
            apply(
                &read(source, &statements),
                &statements,
                found.collect(),
                0,
                &names,
            )
            .into_iter()
            .map(|found| (found.rule.name, found.problem.span.start))
            .collect()
        };
        let source = "-- lint:allow a-rule -- because x\nSELECT 1; SELECT 2;";
        assert_eq!(
            judged(source, &[("a-rule", 34), ("a-rule", 44), ("b-rule", 34)]),
            [("a-rule", 44), ("b-rule", 34)]
        );
        assert_eq!(judged(source, &[]), [("unused-suppression", 14)]);
        let source = "-- lint:allow a-rule\nSELECT 1;";
        assert_eq!(
            judged(source, &[("a-rule", 21)]),
            [("suppression-without-reason", 14)]
        );
        let source = "-- lint:allow a-rul -- because x\nSELECT 1;";
        assert_eq!(
            judged(source, &[("a-rule", 33)]),
            [("a-rule", 33), ("unknown-rule-in-suppression", 14)]
        );
        assert_eq!(
            judged("-- lint:allow\nSELECT 1;", &[]),
            [("unknown-rule-in-suppression", 0)]
        );
    }
}
