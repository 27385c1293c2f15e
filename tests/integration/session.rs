//! What a session knows of itself and of others: role, locks, blockers, poolers, interrupts.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zerodrift::model::RoleName;
use zerodrift::pg::{Session, Target, advisory_lock, backend, interrupt, pooler, role};

use super::support::{cluster_of, database, database_on, majors};

/// Set for the child process of [`interrupt_cancels_what_runs`].
const CHILD: &str = "ZERODRIFT_TEST_INTERRUPT_CHILD";

#[test]
fn attributes_are_own_and_memberships_are_walked() {
    for major in majors() {
        let database = database_on(cluster_of(major), "role");
        let [group, owner, user] = [
            ("r_group", "BYPASSRLS"),
            ("r_owner", "NOLOGIN"),
            ("r_user", "LOGIN CREATEROLE"),
        ]
        .map(|(name, attributes)| database.role(name, attributes));
        let mut session = database.session();
        session
            .run(&format!("GRANT {group} TO {owner}; GRANT {owner} TO {user}"))
            .unwrap();
        assert!(role::current(&mut session).unwrap().superuser);
        let mut session = Session::open(&database.target.with_user(&user), "zerodrift test").unwrap();
        let current = role::current(&mut session).unwrap();
        assert_eq!(current.name, RoleName(user.clone()));
        assert!(!current.bypasses_row_security() && current.create_role && !current.create_database);
        let names: Vec<&str> = current
            .memberships
            .iter()
            .map(|membership| membership.role.0.as_str())
            .collect();
        assert_eq!(names, [group.as_str(), owner.as_str()]);
        assert!(
            current.memberships[0].bypasses_row_security && !current.memberships[1].bypasses_row_security
        );
        assert!(
            current.acts_as(&RoleName(owner.clone())) && !current.acts_as(&RoleName("postgres".to_owned()))
        );
        session.run(&format!("SET ROLE {owner}")).unwrap();
        let current = role::current(&mut session).unwrap();
        assert_eq!((current.name.0, current.session.0), (owner, user));
    }
}

#[test]
fn advisory_lock_is_exclusive_and_its_holder_is_named() {
    let database = database("lock");
    let key = -0x0123_4567_89ab_cdef;
    let mut first = Session::open(&database.target, "the holder").unwrap();
    let mut second = database.session();
    assert!(advisory_lock::try_lock(&mut first, key).unwrap());
    assert!(!advisory_lock::try_lock(&mut second, key).unwrap());
    assert!(advisory_lock::is_held(&mut first, key).unwrap());
    assert!(!advisory_lock::is_held(&mut second, key).unwrap());
    let [holder] = &advisory_lock::holders(&mut second, key).unwrap()[..] else {
        panic!("one holder")
    };
    assert_eq!(holder.pid, first.backend_pid());
    assert_eq!(holder.application.as_deref(), Some("the holder"));
    assert!(
        holder
            .to_string()
            .contains("role \"postgres\", application \"the holder\", idle"),
        "{holder}"
    );
    assert!(!advisory_lock::unlock(&mut second, key).unwrap());
    assert!(second.take_notices().is_empty());
    // Another key, and the same key in another database, are other locks.
    assert!(advisory_lock::try_lock(&mut second, key + 1).unwrap());
    let mut elsewhere = Session::open(&database.target.with_database("postgres"), "zerodrift test").unwrap();
    assert!(advisory_lock::holders(&mut elsewhere, key).unwrap().is_empty());
    assert!(advisory_lock::unlock(&mut first, key).unwrap());
    assert!(advisory_lock::holders(&mut second, key).unwrap().is_empty());
}

#[test]
fn blockers_are_named() {
    let database = database("blocker");
    let mut first = Session::open(&database.target, "the blocker").unwrap();
    first.run("CREATE TABLE t (n int)").unwrap();
    first.run("BEGIN; LOCK TABLE t").unwrap();
    let mut waiting = database.session();
    let pid = waiting.backend_pid();
    let thread = std::thread::spawn(move || waiting.run("TABLE t").map(|_| ()));
    let mut third = database.session();
    let start = Instant::now();
    let blockers = loop {
        let blockers = backend::blocking(&mut third, pid).unwrap();
        if !blockers.is_empty() || start.elapsed() > Duration::from_secs(10) {
            break blockers;
        }
    };
    assert_eq!(blockers.len(), 1);
    assert_eq!(blockers[0].state.as_deref(), Some("idle in transaction"));
    assert_eq!(blockers[0].query.as_deref(), Some("BEGIN; LOCK TABLE t"));
    assert!(blockers[0].transaction_age.is_some());
    assert_eq!(backend::living(&mut third, &[pid, 1]).unwrap().len(), 1);
    first.run("ROLLBACK").unwrap();
    thread.join().unwrap().unwrap();
}

#[test]
fn work_is_not_ended_by_timeouts_of_the_database() {
    for major in majors() {
        let database = database_on(cluster_of(major), "timeouts");
        let mut session = database.session();
        let name = &database.name;
        session
            .run(&format!(
                "ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '1s'"
            ))
            .unwrap();
        let mut session = database.session();
        session.prepare_for_work().unwrap();
        let mut show = |name: &str| {
            session.text_rows(&format!("SHOW {name}")).unwrap()[0][0]
                .clone()
                .unwrap()
        };
        assert_eq!(show("idle_in_transaction_session_timeout"), "0");
        if cluster_of(major).version().major() >= 14 {
            assert_eq!(show("client_connection_check_interval"), "2s");
        }
    }
}

#[test]
fn interrupt_cancels_what_runs() {
    if std::env::var_os(CHILD).is_none() {
        // In a process of its own: an interrupt is for a whole process.
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["session::interrupt_cancels_what_runs", "--exact"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        assert!(
            status.status.success(),
            "{}",
            String::from_utf8_lossy(&status.stdout)
        );
        return;
    }
    let database = database("interrupt");
    let mut busy = database.session();
    let mut idle = database.session();
    let thread = std::thread::spawn(move || busy.run("SELECT pg_sleep(30)").map(|_| ()));
    std::thread::sleep(Duration::from_millis(200));
    assert!(!interrupt::requested());
    interrupt::cancel_all();
    assert_eq!(thread.join().unwrap().unwrap_err().sqlstate(), Some("57014"));
    assert!(interrupt::requested());
    // Idle sessions go on, so that they can record where the work stopped.
    idle.run("SELECT pg_sleep(0.1)").unwrap();
}

#[test]
fn direct_connection_has_its_own_backend() {
    assert!(!pooler::shares_backend(&mut database("direct").session()).unwrap());
}

#[test]
fn transaction_pooler_is_found() {
    let database = database("pooled");
    let target = database.target.to_string();
    let server = target
        .trim_start_matches("postgres@")
        .rsplit_once('/')
        .unwrap()
        .0
        .to_owned();
    let folder = tempfile::tempdir().unwrap();
    for backends in [1, 2] {
        let name = format!("p{backends}");
        std::fs::create_dir(folder.path().join(&name)).unwrap();
        pool(
            &folder.path().join(&name),
            &PathBuf::from(&server).join(".s.PGSQL.5432"),
            &database.name,
            backends,
        );
        let text = format!(
            "host={}/{name} user=postgres dbname={}",
            folder.path().display(),
            database.name
        );
        let mut session = Session::open(&Target::parse(&text).unwrap(), "zerodrift test").unwrap();
        assert!(
            pooler::shares_backend(&mut session).unwrap(),
            "{backends} backends"
        );
    }
}

/// A pooler in transaction mode, as small as it can be: clients take turns on a few real backends.
fn pool(folder: &Path, server: &Path, database: &str, backends: usize) {
    let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
    let connect = || {
        let mut stream = UnixStream::connect(server).unwrap();
        let parameters = format!("\0\x03\0\0user\0postgres\0database\0{database}\0\0");
        let length = u32::try_from(parameters.len() + 4).unwrap();
        stream
            .write_all(&[&length.to_be_bytes(), parameters.as_bytes()].concat())
            .unwrap();
        while read_message(&mut stream).unwrap().0 != b'Z' {}
        stream
    };
    // The last one returned is the first one taken: what an idle pool does.
    let idle = Arc::new(Mutex::new((0..backends).map(|_| connect()).collect::<Vec<_>>()));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let idle = Arc::clone(&idle);
            std::thread::spawn(move || serve(client.unwrap(), &idle));
        }
    });
}

fn serve(mut client: UnixStream, idle: &Mutex<Vec<UnixStream>>) -> Option<()> {
    let mut length = [0; 4];
    client.read_exact(&mut length).ok()?;
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
    client.read_exact(&mut startup).ok()?;
    client
        .write_all(b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x01Z\0\0\0\x05I")
        .ok()?;
    let mut backend: Option<UnixStream> = None;
    loop {
        let (kind, message) = read_message(&mut client)?;
        if kind == b'X' {
            return None;
        }
        let stream = backend.get_or_insert_with(|| {
            loop {
                if let Some(stream) = idle.lock().unwrap().pop() {
                    break stream;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        stream.write_all(&message).ok()?;
        if kind != b'Q' && kind != b'S' {
            continue;
        }
        loop {
            let (kind, message) = read_message(stream)?;
            client.write_all(&message).ok()?;
            if kind == b'Z' {
                // The transaction is over: the backend goes back.
                if message.last() == Some(&b'I') {
                    idle.lock().unwrap().extend(backend.take());
                }
                break;
            }
        }
    }
}

fn read_message(stream: &mut UnixStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize - 4;
    let mut message = head.to_vec();
    message.resize(5 + length, 0);
    stream.read_exact(&mut message[5..]).ok()?;
    Some((head[0], message))
}

#[test]
fn kept_plans_bring_the_same_rows() {
    let database = crate::support::database("plans");
    let mut session = database.session();
    let statements = [
        "SELECT 'a' UNION ALL SELECT 'b' ORDER BY 1",
        "SELECT 'c;d'",
        "SELECT 'c;d'",
    ];
    let rows = |session: &mut Session, statements: &[&str]| {
        let message = session.message(statements).unwrap();
        let mut rows = Vec::new();
        session
            .each_text_row(&message, |statement, row| {
                rows.push((statement, row[0].unwrap().to_owned()))
            })
            .unwrap();
        rows
    };
    let plain = rows(&mut session, &statements);
    session.keep_plans();
    assert_eq!(rows(&mut session, &statements), plain);
    assert_eq!(rows(&mut session, &statements), plain);
    let kept = "SELECT count(*)::text FROM pg_prepared_statements WHERE name LIKE 'zerodrift%'";
    assert_eq!(session.text_rows(kept).unwrap()[0][0].as_deref(), Some("2"));
    // What was refused is not taken for prepared.
    assert!(session.message(&["SELECT '1'", "SELECT nothing"]).is_err());
    assert_eq!(rows(&mut session, &["SELECT '1'"]), [(0, "1".to_owned())]);
}
