//! What is read as a statement, and what as broken, against the grammar of real servers.

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
            let expected = (majors.since..=majors.until).contains(&server);
            if server_takes(&mut session, sql) != expected {
                wrong.push(format!(
                    "{server} {} {sql}",
                    if expected { "refuses" } else { "takes" }
                ));
            }
        }
        for (_, sql) in statements(REFUSED) {
            if server_takes(&mut session, sql) {
                wrong.push(format!("{server} takes {sql}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
#[ignore = "measures"]
fn every_token_left_out() {
    let database = database_on(support::cluster_of(Some(18)), "statements");
    let mut session = database.session();
    let (mut both, mut lax, mut strict) = (0, Vec::new(), Vec::new());
    let mut seen = std::collections::BTreeSet::new();
    let extra = std::env::var("EXTRA_SQL").ok().map(|folder| {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap())
            .collect::<Vec<_>>()
    });
    let mut texts: Vec<String> = Vec::new();
    if let Some(extra) = &extra {
        for file in extra {
            for range in zerodrift::sql::split::split(file).statements {
                texts.push(file[range].to_owned());
            }
        }
    } else {
        for (majors, sql) in statements(ACCEPTED) {
            if majors.since > 18 || majors.until < 18 {
                continue;
            }
            let tokens: Vec<_> = zerodrift::sql::parse::tokens(sql)
                .filter(|t| !t.is_trivia())
                .collect();
            for t in &tokens {
                texts.push(format!("{} {}", &sql[..t.range.start], &sql[t.range.end..]));
                if std::env::var_os("DOUBLE").is_some() {
                    texts.push(format!("{} {}", &sql[..t.range.end], &sql[t.range.start..]));
                }
            }
        }
    }
    for text in texts {
        if !seen.insert(text.clone()) {
            continue;
        }
        if zerodrift::sql::split::split(&text).statements.len() != 1 {
            continue;
        }
        let ours = !is_broken(&text);
        let Err(error) = session.run(&format!("SELECT 1/0; {text}\n")) else {
            continue;
        };
        let server = error.sqlstate() == Some("22012");
        match (ours, server) {
            (true, false) => lax.push(format!("{text}   -- {error}")),
            (false, true) => strict.push(text),
            _ => both += 1,
        }
    }
    println!("agree {both} lax {} strict {}", lax.len(), strict.len());
    println!("STRICT\n{}\nLAX\n{}", strict.join("\n"), lax.join("\n"));
}
