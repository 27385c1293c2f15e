//! Servers that refuse, are silent or are something else: the error says what to do next and shows no password.

use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use zerodrift::pg::connect::{Purpose, resolve};
use zerodrift::pg::{PgError, Session};

use super::encryption::network_server;
use crate::support::cluster;

/// Opens a session without regard to the environment of the test.
pub(super) fn open(text: &str) -> Result<Session, PgError> {
    Session::open(
        &resolve(Some(text), Purpose::Migration, &|_| None).unwrap(),
        "zerodrift test",
    )
}

/// Returns cause, SQLSTATE and hint of a refused connection.
pub(super) fn refused(text: &str) -> (String, Option<String>, String) {
    match open(text) {
        Err(PgError::Connect {
            target,
            cause,
            sqlstate,
            hint,
        }) => {
            let hint = hint.unwrap_or_default();
            assert!(
                !format!("{target}{cause}{hint}").contains("s3cret"),
                "{target}; {cause}; {hint}"
            );
            (cause, sqlstate, hint)
        }
        Err(other) => panic!("{text}: {other}"),
        Ok(_) => panic!("{text}: connected"),
    }
}

#[test]
fn the_server_says_no() {
    let port = network_server().port;
    let at = format!("host=127.0.0.1 port={port}");
    let cases = [
        (
            format!("{at} user=app password=s3cret-wrong dbname=postgres"),
            Some("28P01"),
            "Check the password of \"app\"",
        ),
        (format!("{at} user=app dbname=postgres"), None, "set PGPASSWORD"),
        (
            format!("{at} user=app password=right dbname=nowhere"),
            Some("3D000"),
            "CREATE DATABASE \"nowhere\"",
        ),
        (
            format!("{at} user=app password=right dbname=closed"),
            Some("42501"),
            "GRANT CONNECT",
        ),
        (
            format!("{at} user=stranger password=s3cret dbname=postgres"),
            Some("28000"),
            "pg_hba.conf has no line",
        ),
        (
            format!("{at} user=nologin password=right dbname=postgres"),
            Some("28000"),
            "may log in",
        ),
    ];
    for (text, sqlstate, hint_part) in cases {
        let (cause, found, hint) = refused(&text);
        assert_eq!(found.as_deref(), sqlstate, "{text}: {cause}");
        assert!(hint.contains(hint_part), "{text}: {cause}; {hint}");
    }
}

#[test]
fn password_file_is_used_unless_others_may_read_it() {
    use std::os::unix::fs::PermissionsExt;

    let server = network_server();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgpass");
    std::fs::write(&file, format!("127.0.0.1:{}:*:app:right\n", server.port)).unwrap();
    let text = format!(
        "host=127.0.0.1 port={} user=app dbname=postgres passfile={}",
        server.port,
        file.display()
    );
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (_, _, hint) = refused(&text);
    assert!(hint.contains("can be read by others"), "{hint}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    open(&text).unwrap();
}

#[test]
fn nobody_listens() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (cause, _, hint) = refused(&format!("host=127.0.0.1 port={free} user=ann"));
    assert!(
        cause.contains("refused") && hint.contains("No server listens at 127.0.0.1"),
        "{cause}; {hint}"
    );
    let (_, _, hint) = refused("host=/nowhere user=ann");
    assert!(hint.contains("/nowhere/.s.PGSQL.5432"), "{hint}");
    let (_, _, hint) = refused("host=no-such-host.invalid user=ann");
    assert!(hint.contains("no-such-host.invalid"), "{hint}");
}

#[test]
fn something_else_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let (cause, _, hint) = refused(&format!("host=127.0.0.1 port={port} user=ann"));
    assert!(
        hint.contains("does not answer like a PostgreSQL server"),
        "{cause}; {hint}"
    );
}

#[test]
fn a_silent_server_is_left_after_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let start = Instant::now();
    let (cause, _, hint) = refused(&format!("host=127.0.0.1 port={port} user=ann connect_timeout=2"));
    assert!(start.elapsed() < Duration::from_secs(6));
    assert!(
        cause.contains("no answer within 2 s") && hint.contains("connect_timeout"),
        "{cause}; {hint}"
    );
}

#[test]
fn the_next_host_is_tried_and_must_be_of_the_wanted_kind() {
    let server = network_server();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let hosts = format!(
        "host=127.0.0.1,127.0.0.1 port={free},{} user=app password=right dbname=postgres",
        server.port
    );
    open(&hosts).unwrap();
    open(&format!("{hosts} target_session_attrs=read-write")).unwrap();
    open(&format!("{hosts} target_session_attrs=prefer-standby")).unwrap();
    let (cause, _, hint) = refused(&format!("{hosts} target_session_attrs=standby"));
    assert!(
        cause.contains("not a standby") && hint.contains("target_session_attrs"),
        "{cause}; {hint}"
    );
}

#[test]
fn the_application_is_named_and_options_arrive() {
    let folder = cluster().target("postgres").to_string();
    let folder = folder
        .trim_start_matches("postgres@")
        .trim_end_matches("/postgres")
        .to_owned();
    let text = format!("host={folder} user=postgres options='-c work_mem=3MB'");
    let mut session = open(&text).unwrap();
    let rows = session
        .text_rows("SELECT current_setting('application_name'), current_setting('work_mem')")
        .unwrap();
    assert_eq!(
        rows,
        [[Some("zerodrift test".to_owned()), Some("3MB".to_owned())]]
    );
    let mut session = open(&format!("{text} application_name=mine")).unwrap();
    assert_eq!(
        session.text_rows("SHOW application_name").unwrap(),
        [[Some("mine".to_owned())]]
    );
}
