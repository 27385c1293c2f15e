//! How often reading a catalog waits for the server: over a link of 50 ms each time counts.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use zerodrift::catalog::Scope;
use zerodrift::introspect;
use zerodrift::pg::{Session, Target};

use crate::support::TestDatabase;
use crate::{drift, support};

/// Sends what a client says on to the server and counts the messages that it then waits for: Query and Sync
/// (manual, section 55.7).
fn counting(mut client: UnixStream, server: &Path, waits: &AtomicUsize) {
    let mut server = UnixStream::connect(server).unwrap();
    let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
    // The first message has no type.
    let mut with_type = 0;
    loop {
        let mut head = vec![0; 4 + with_type];
        if client.read_exact(&mut head).is_err() {
            return;
        }
        let length = u32::from_be_bytes(head[with_type..].try_into().unwrap()) as usize;
        let mut rest = vec![0; length - 4];
        client.read_exact(&mut rest).unwrap();
        if with_type == 0 || matches!(head[0], b'Q' | b'S') {
            waits.fetch_add(1, Ordering::Relaxed);
        }
        with_type = 1;
        // The server may be gone; the client then hears of it.
        if server.write_all(&[head, rest].concat()).is_err() {
            return;
        }
    }
}

fn socket_in(folder: &Path) -> PathBuf {
    let is_socket = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(".s.PGSQL.") && !name.ends_with(".lock")
    };
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .find(is_socket)
        .unwrap()
}

/// Reads a database and returns how often each of its connections waited.
fn waits(database: &TestDatabase) -> Vec<usize> {
    let url = database.url();
    let (_, rest) = url.split_once("host=").unwrap();
    let (host, user) = rest.split_once('&').unwrap();
    let server = socket_in(Path::new(host));
    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join(server.file_name().unwrap())).unwrap();
    let all: Arc<Mutex<Vec<Arc<AtomicUsize>>>> = Arc::default();
    let counted = Arc::clone(&all);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (server, waits) = (server.clone(), Arc::<AtomicUsize>::default());
            counted.lock().unwrap().push(Arc::clone(&waits));
            std::thread::spawn(move || counting(client.unwrap(), &server, &waits));
        }
    });
    let through = format!(
        "postgresql:///{}?host={}&{user}",
        database.name,
        folder.path().display()
    );
    let mut session = Session::open(&Target::parse(&through).unwrap(), "zerodrift test").unwrap();
    introspect::read(&mut session, &Scope::default()).unwrap();
    let all = all.lock().unwrap();
    all.iter().map(|waits| waits.load(Ordering::Relaxed)).collect()
}

#[test]
fn a_catalog_costs_less_than_a_dozen_round_trips() {
    let cluster = support::cluster();
    drift::roles(cluster);
    let database = support::database_on(cluster, "round_trips");
    let base = include_str!("../fixtures/catalog/base.sql");
    database.session().run(base).unwrap();
    // Startup, version, snapshot, rights, objects, definitions, large objects, end; where an outline did not fit, the
    // definitions once more.
    let waits = waits(&database);
    assert!(matches!(waits[..], [5..=9]), "{waits:?}");
}

#[test]
fn a_large_catalog_costs_each_of_two_connections_little_more() {
    let database = support::large_database("round_trips_large");
    let waits = waits(&database);
    assert!(
        waits.len() == 2 && waits.iter().all(|waits| *waits <= 12),
        "{waits:?}"
    );
}
