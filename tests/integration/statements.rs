//! What is read as a statement, and what as broken, against the grammar of real servers.

use proptest::prelude::*;
use zerodrift::pg::Session;
use zerodrift::sql::act::{self, Action};

use crate::support::{self, database_on};

const ACCEPTED: &str = include_str!("statements/accepted.sql");
const REFUSED: &str = include_str!("statements/refused.sql");

/// The first and last major version of the lines that follow.
#[derive(Clone, Copy)]
struct Majors {
    since: u32,
    until: u32,
}

/// The statements of a file with the versions that their sections name.
fn statements(text: &'static str) -> Vec<(Majors, &'static str)> {
    let mut majors = Majors {
        since: 0,
        until: u32::MAX,
    };
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(since) = line.strip_prefix("-- since ") {
            majors = Majors {
                since: since.parse().unwrap(),
                until: u32::MAX,
            };
        } else if let Some(until) = line.strip_prefix("-- until ") {
            majors = Majors {
                since: 0,
                until: until.parse().unwrap(),
            };
        } else if !line.starts_with("-- ") {
            found.push((majors, line));
        }
    }
    found
}

/// Says whether the server's grammar takes a statement: the whole text is parsed before its first statement fails.
fn server_takes(session: &mut Session, sql: &str) -> bool {
    let error = session.run(&format!("SELECT 1/0; {sql}\n")).unwrap_err();
    assert!(error.sqlstate().is_some(), "{sql}: {error}");
    error.sqlstate() == Some("22012")
}

fn is_broken(sql: &str) -> bool {
    let acts = act::read(sql);
    acts.is_empty() || acts.iter().any(|act| matches!(act.action, Action::Broken { .. }))
}

#[test]
fn what_the_grammar_takes_is_read() {
    let broken: Vec<String> = statements(ACCEPTED)
        .into_iter()
        .flat_map(|(_, sql)| act::read(sql).into_iter().map(move |act| (sql, act)))
        .filter_map(|(sql, act)| match act.action {
            Action::Broken { message, .. } => Some(format!("{sql}: {message}")),
            _ => None,
        })
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_no_grammar_takes_is_broken() {
    let read: Vec<&str> = statements(REFUSED)
        .into_iter()
        .map(|(_, sql)| sql)
        .filter(|sql| !is_broken(sql))
        .collect();
    assert!(read.is_empty(), "{}", read.join("\n"));
}

/// The two lists say what they claim to say.
#[test]
fn servers_agree_with_the_lists() {
    for major in support::majors() {
        let database = database_on(support::cluster_of(major), "statements");
        let mut session = database.session();
        let server = session.server().major();
        let mut wrong = Vec::new();
        for (majors, sql) in statements(ACCEPTED) {
            // Before, some of them are taken for something else: names of options and columns.
            let applies = (majors.since..=majors.until).contains(&server);
            if applies && !server_takes(&mut session, sql) {
                wrong.push(format!("{server} refuses {sql}"));
            }
        }
        for (majors, sql) in statements(REFUSED) {
            if server >= majors.since && server_takes(&mut session, sql) {
                wrong.push(format!("{server} takes {sql}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// What is made of each statement of the list; read a changed line as carefully as code.
#[test]
fn every_form_is_read_into_its_parts() {
    let mut lines = String::new();
    for (_, sql) in statements(ACCEPTED) {
        for act in act::read(sql) {
            lines.push_str(&format!("{sql}\n    {}\n", brief(&act.action)));
        }
    }
    insta::with_settings!({ snapshot_path => "statements", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("forms", lines);
    });
}

/// A value without its places and what is empty, false or nothing: short enough to compare by eye.
fn brief(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let mut short = String::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // `name: value, ` of these is left out.
        let skipped = [
            "span: ",
            "name_span: ",
            "table_span: ",
            "relation_span: ",
            "function_span: ",
            "target_span: ",
        ]
        .into_iter()
        .find(|field| {
            rest.starts_with(field) && !short.ends_with(|last: char| last.is_alphanumeric() || last == '_')
        });
        if let Some(field) = skipped {
            let value = &rest[field.len()..];
            let end = value
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(value.len());
            rest = value[end..].trim_start_matches(", ");
            continue;
        }
        let Some(first) = rest.chars().next() else { break };
        short.push(first);
        rest = &rest[first.len_utf8()..];
    }
    let mut before = String::new();
    while before != short {
        before.clone_from(&short);
        short = short
            .replace("WrittenName { schema: None, name: ", "{ ")
            .replace("Expr { kind: ", "{ ");
        for nothing in [": None", ": false", ": []", ": Other([])"] {
            short = without_field(&short, nothing);
        }
    }
    short.replace(" }", "}").replace("{ ", "{")
}

/// Leaves out fields with this value.
fn without_field(text: &str, value: &str) -> String {
    let Some(at) = text.find(value) else {
        return text.to_owned();
    };
    let after = &text[at + value.len()..];
    if !after.starts_with(',') && !after.starts_with(" }") {
        return format!("{}{}", &text[..at + value.len()], without_field(after, value));
    }
    let start = text[..at]
        .rfind(|c: char| !c.is_alphanumeric() && c != '_')
        .map_or(0, |before| before + 1);
    format!(
        "{}{}",
        &text[..start],
        without_field(after.trim_start_matches(", "), value)
    )
}

proptest! {
    /// Whatever is cut out of statements and put together again, nothing panics and every place lies in the text.
    #[test]
    fn any_text_is_read(pieces in prop::collection::vec((0_usize..2_000, 0_usize..200, 0_usize..200), 1..6), between in "[ ;'\"$()\\\\:\n\0é,.]{0,3}") {
        let all: Vec<&str> = statements(ACCEPTED).into_iter().chain(statements(REFUSED)).map(|(_, sql)| sql).collect();
        let mut text = String::new();
        for (index, from, length) in pieces {
            let characters = all[index % all.len()].chars().skip(from % 50).take(length);
            text.extend(characters);
            text.push_str(&between);
        }
        let bodies = format!("DO $b$ BEGIN {text} ; END $b$; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '{text}'");
        for text in [text, bodies] {
            let mut spans = Vec::new();
            for act in act::read(&text) {
                places(&act, &mut spans);
            }
            for span in spans {
                let (start, end) = (span.start as usize, span.end as usize);
                prop_assert!(start <= end && end <= text.len(), "{span:?} in {text:?}");
                prop_assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{span:?} in {text:?}");
            }
        }
    }
}

/// All places that a debug rendering of an act shows.
fn places(act: &act::Act, spans: &mut Vec<act::Span>) {
    let shown = format!("{act:?}");
    for (at, _) in shown.match_indices("..") {
        let digits = |byte: &u8| byte.is_ascii_digit();
        let before = shown.as_bytes()[..at]
            .iter()
            .rev()
            .take_while(|byte| digits(byte))
            .count();
        let after = shown.as_bytes()[at + 2..]
            .iter()
            .take_while(|byte| digits(byte))
            .count();
        let named = shown[..at - before].ends_with("pan: ") || shown[..at - before].ends_with(", ");
        if named && before > 0 && after > 0 {
            spans.extend(
                shown[at - before..at]
                    .parse()
                    .ok()
                    .zip(shown[at + 2..at + 2 + after].parse().ok())
                    .map(|(start, end)| start..end),
            );
        }
    }
}
