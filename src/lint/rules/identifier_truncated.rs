//! A name of more than 63 bytes is cut off by the server.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::parse::{TokenKind, tokens};

pub(super) static RULE: Rule = Rule {
    name: "identifier-truncated",
    level: Level::Warning,
    category: Category::Correctness,
    summary: "a name of more than 63 bytes is cut off by the server",
    check: Check::Statement(check),
};

/// The longest name that the server keeps (`NAMEDATALEN` - 1).
const LONGEST: usize = 63;

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    // What stands in a DO block is looked at with the block.
    if step.inside.is_some() {
        return;
    }
    let text = step.migration.text(step.act);
    if !has_long_run(text) {
        return;
    }
    let mut told: Vec<&str> = Vec::new();
    for token in tokens(text) {
        let written = token.text(text);
        let name = match token.kind {
            TokenKind::Ident => written,
            TokenKind::QuotedIdent { .. } => written.trim_matches('"'),
            _ => continue,
        };
        let length = name.replace("\"\"", "\"").len();
        if length <= LONGEST || told.contains(&name) {
            continue;
        }
        told.push(name);
        let mut end = LONGEST;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let start = step.act.span.start + token.range.start as u32;
        problems.push(
            Problem::new(
                start..step.act.span.start + token.range.end as u32,
                format!("name \"{name}\" has {length} bytes, and the server keeps {LONGEST}"),
            )
            .object(name)
            .effect(format!(
                "It becomes \"{}\" with no more than a notice: what looks for the full name does not find it, and two names that differ at the end collide.",
                &name[..end]
            ))
            .instead("Choose a shorter name."),
        );
    }
}

/// Says whether there is a stretch long enough for such a name, which is rare: it covers one of every 64th byte.
fn has_long_run(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_part = |byte: &&u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b' ' | b'-' | b'.') || **byte >= 0x80
    };
    (LONGEST..bytes.len()).step_by(LONGEST + 1).any(|at| {
        let before = bytes[..at].iter().rev().take(LONGEST).take_while(is_part).count();
        let after = bytes[at..].iter().take(LONGEST + 1).take_while(is_part).count();
        after > 0 && before + after > LONGEST
    })
}
