//! Throw-away servers: they start, they are private, and nothing of them stays, whatever ends their owner.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zerodrift::pg::{Cluster, ClusterOptions, PgError, Session};

use super::support::{cluster_of, database, explained, majors};

/// Set for a child process that runs one test of this binary with a server of its own.
const CHILD: &str = "ZERODRIFT_TEST_CLUSTER_CHILD";

fn start(options: &ClusterOptions) -> Cluster {
    Cluster::start(options).unwrap_or_else(|error| panic!("{}", explained(&error)))
}

/// Finds the run folder of a server by asking it.
fn folder_of(cluster: &Cluster) -> PathBuf {
    let mut session = Session::open(&cluster.target("postgres"), "zerodrift test").unwrap();
    let rows = session
        .text_rows("SELECT pg_catalog.current_setting('unix_socket_directories')")
        .unwrap();
    PathBuf::from(rows[0][0].clone().unwrap())
}

fn servers_in(folder: &Path) -> usize {
    let data = folder.join("data");
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&data)))
        .count()
}

fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn every_wanted_major_version_starts() {
    for major in majors() {
        let cluster = cluster_of(major);
        let session = Session::open(&cluster.target("postgres"), "zerodrift test").unwrap();
        assert_eq!(session.server().major(), cluster.version().major());
        assert!(major.is_none_or(|major| major == cluster.version().major()));
    }
}

#[test]
fn a_database_is_copied_from_its_template() {
    let first = database("template");
    first
        .session()
        .run("CREATE TABLE t (n int); INSERT INTO t VALUES (7)")
        .unwrap();
    let cluster = super::support::cluster();
    let copy = cluster
        .create_database("copy_of_template", Some(&first.name))
        .unwrap();
    let rows = Session::open(&copy, "zerodrift test")
        .unwrap()
        .text_rows("TABLE t")
        .unwrap();
    assert_eq!(rows, [[Some("7".to_owned())]]);
    // An open session is ended rather than waited for.
    let _session = Session::open(&copy, "zerodrift test").unwrap();
    cluster.drop_database("copy_of_template").unwrap();
    cluster.drop_database("copy_of_template").unwrap();
}

#[test]
fn drop_leaves_neither_process_nor_folder() {
    let cluster = start(&ClusterOptions::default());
    let folder = folder_of(&cluster);
    assert!(servers_in(&folder) > 0);
    drop(cluster);
    assert_eq!(servers_in(&folder), 0);
    assert!(!folder.exists());
}

#[test]
fn panic_leaves_neither_process_nor_folder() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let cluster = start(&ClusterOptions::default());
        sender.send(folder_of(&cluster)).unwrap();
        panic!("on purpose");
    });
    assert!(thread.join().is_err());
    let folder = receiver.recv().unwrap();
    assert_eq!(servers_in(&folder), 0);
    assert!(!folder.exists());
}

#[test]
fn folder_and_network_are_private() {
    let cluster = start(&ClusterOptions::default());
    let folder = folder_of(&cluster);
    let metadata = fs::metadata(&folder).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    let owner = fs::metadata(folder.join("data")).unwrap().uid();
    assert_eq!(metadata.uid(), owner);
    assert_ne!(owner, 0, "PostgreSQL does not run as root");
    let mut session = Session::open(&cluster.target("postgres"), "zerodrift test").unwrap();
    let rows = session.text_rows("SHOW listen_addresses").unwrap();
    assert_eq!(rows, [[Some(String::new())]]);
}

#[test]
fn caller_settings_win() {
    let settings = vec![
        ("wal_level".to_owned(), "logical".to_owned()),
        ("work_mem".to_owned(), "5MB".to_owned()),
    ];
    let cluster = start(&ClusterOptions {
        settings,
        ..ClusterOptions::default()
    });
    let mut session = Session::open(&cluster.target("postgres"), "zerodrift test").unwrap();
    assert_eq!(
        session.text_rows("SHOW wal_level").unwrap(),
        [[Some("logical".to_owned())]]
    );
    assert_eq!(
        session.text_rows("SHOW work_mem").unwrap(),
        [[Some("5MB".to_owned())]]
    );
}

#[test]
fn wrong_setting_is_reported_in_the_words_of_the_server() {
    let settings = vec![("no_such_setting".to_owned(), "1".to_owned())];
    let Err(error) = Cluster::start(&ClusterOptions {
        settings,
        ..ClusterOptions::default()
    }) else {
        panic!("the server started with a setting that does not exist");
    };
    assert!(error.to_string().contains("no_such_setting"), "{error}");
}

#[test]
fn absent_major_version_names_what_was_found() {
    let error = Cluster::start(&ClusterOptions {
        major: Some(9),
        ..ClusterOptions::default()
    })
    .err()
    .unwrap();
    let PgError::Cluster { message, hint } = error else {
        panic!("{error}")
    };
    assert!(message.contains("could not find PostgreSQL 9"), "{message}");
    assert!(
        hint.contains("scripts/ensure-postgres 9") && hint.contains("PG_BIN"),
        "{hint}"
    );
    let bin_dir = Some(PathBuf::from("/nowhere"));
    let error = Cluster::start(&ClusterOptions {
        bin_dir,
        ..ClusterOptions::default()
    })
    .err()
    .unwrap();
    assert!(
        error.to_string().contains("there is no /nowhere/postgres"),
        "{error}"
    );
}

#[test]
fn seed_is_stored_and_a_damaged_one_is_not_used() {
    let cache = tempfile::tempdir().unwrap();
    let options = ClusterOptions {
        cache: Some(cache.path().to_owned()),
        major: majors()[0].filter(|major| *major == 15),
        ..ClusterOptions::default()
    };
    drop(start(&options));
    let seeds = || {
        let entries = fs::read_dir(cache.path().join("seeds"))
            .unwrap()
            .flatten()
            .map(|entry| entry.path());
        entries
            .filter(|path| path.extension().is_some_and(|extension| extension == "seed"))
            .collect::<Vec<_>>()
    };
    let [seed] = &seeds()[..] else {
        panic!("{:?}", seeds())
    };
    let mut bytes = fs::read(seed).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(seed, &bytes).unwrap();
    drop(start(&options));
    assert_ne!(fs::read(seed).unwrap(), bytes, "the damaged seed was replaced");
    fs::write(seed, &bytes[..middle]).unwrap();
    drop(start(&options));
    assert!(
        fs::read(seed).unwrap().len() > middle,
        "the half seed was replaced"
    );
}

/// Not a test of its own: what [`signals_leave_no_server`] runs in a child process.
#[test]
#[allow(clippy::print_stdout)]
fn child_that_holds_a_server() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    // As the program does it: a thread waits for signals, stops the servers and ends the process.
    let mut signals = signal_hook::iterator::Signals::new([libc::SIGINT, libc::SIGTERM]).unwrap();
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            zerodrift::pg::cluster::stop_all();
            std::process::exit(128 + signal);
        }
    });
    loop {
        let cluster = match Cluster::start(&ClusterOptions::default()) {
            Ok(cluster) => cluster,
            // Stopped by the thread above, which is about to end the process.
            Err(_) => loop {
                std::thread::sleep(Duration::from_millis(100));
            },
        };
        println!("folder {}", folder_of(&cluster).display());
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn child() -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["cluster::child_that_holds_a_server", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills a child that starts and drops servers again and again, at moments that differ by round.
fn kill_at(round: u64, signal: &str) -> Vec<PathBuf> {
    let mut child = child();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut folders = Vec::new();
    // The first line comes when the first server runs.
    while let Some(Ok(line)) = lines.next() {
        if let Some(folder) = line.split_once("folder ") {
            folders.push(PathBuf::from(folder.1));
            break;
        }
    }
    std::thread::sleep(Duration::from_millis(round * 17 % 120));
    Command::new("kill")
        .args(["-s", signal, &child.id().to_string()])
        .status()
        .unwrap();
    child.wait().unwrap();
    folders.extend(
        lines
            .map_while(Result::ok)
            .filter_map(|line| Some(line.split_once("folder ")?.1.into())),
    );
    // Also the folder of a start that was cut short.
    let mine = format!("zerodrift-pg-{}-", child.id());
    for base in [PathBuf::from("/dev/shm"), std::env::temp_dir()] {
        let entries = fs::read_dir(base).into_iter().flatten().flatten();
        folders.extend(
            entries
                .filter(|entry| entry.file_name().to_string_lossy().starts_with(&mine))
                .map(|entry| entry.path()),
        );
    }
    assert!(!folders.is_empty());
    folders
}

#[test]
fn signals_leave_no_server() {
    for round in 0..5 {
        for folder in kill_at(round, "INT") {
            assert!(
                eventually(|| servers_in(&folder) == 0),
                "a server survived SIGINT in {}",
                folder.display()
            );
            assert!(!folder.exists(), "SIGINT left {}", folder.display());
        }
    }
    for round in 0..5 {
        let folders = kill_at(round, "KILL");
        for folder in &folders {
            assert!(
                eventually(|| servers_in(folder) == 0),
                "a server survived SIGKILL in {}",
                folder.display()
            );
        }
        drop(start(&ClusterOptions::default()));
        for folder in &folders {
            assert!(
                !folder.exists(),
                "the next start did not sweep {}",
                folder.display()
            );
        }
    }
}

#[test]
fn replaced_program_leads_to_a_restart_or_a_clear_error() {
    let installed = super::support::cluster().bin_dir();
    let copy = tempfile::Builder::new()
        .prefix("zerodrift-bin-")
        .tempdir()
        .unwrap();
    fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // The programs look for their other files relative to themselves, some only where they were built for.
    for beside in ["lib", "share"] {
        let _ =
            std::os::unix::fs::symlink(installed.parent().unwrap().join(beside), copy.path().join(beside));
    }
    let bin_dir = copy.path().join("bin");
    fs::create_dir(&bin_dir).unwrap();
    for program in ["initdb", "postgres"] {
        fs::copy(installed.join(program), bin_dir.join(program)).unwrap();
    }
    let replace = || {
        fs::copy(installed.join("postgres"), bin_dir.join("new")).unwrap();
        fs::rename(bin_dir.join("new"), bin_dir.join("postgres")).unwrap();
    };
    let cache = tempfile::tempdir().unwrap();
    let options = ClusterOptions {
        bin_dir: Some(bin_dir.clone()),
        cache: Some(cache.path().to_owned()),
        ..ClusterOptions::default()
    };
    let cluster = start(&options);
    let started = |cluster: &Cluster| {
        let mut session = Session::open(&cluster.target("postgres"), "zerodrift test").unwrap();
        session
            .text_rows("SELECT pg_catalog.pg_postmaster_start_time()")
            .unwrap()
    };
    let first = started(&cluster);
    let target = cluster.create_database("kept", None).unwrap();
    Session::open(&target, "zerodrift test")
        .unwrap()
        .run("CREATE TABLE t AS SELECT 7 AS n")
        .unwrap();
    replace();
    cluster.create_database("another", None).unwrap();
    assert_ne!(started(&cluster), first, "the server was restarted");
    let mut session = Session::open(&target, "zerodrift test").unwrap();
    assert_eq!(session.text_rows("TABLE t").unwrap(), [[Some("7".to_owned())]]);
    replace();
    let error = cluster.create_database("third", None).err().unwrap();
    assert!(error.to_string().contains("was replaced while it ran"), "{error}");
    fs::remove_file(bin_dir.join("postgres")).unwrap();
    let error = cluster.create_database("third", None).err().unwrap();
    assert!(error.to_string().contains("removed or replaced"), "{error}");
}
