//! The data folder that every server starts from: made once by initdb, then unpacked in milliseconds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::binaries::Installation;
use super::server::Server;
use super::{PgError, failure, pack, process};
use crate::model::Checksum;

/// What initdb is told (manual, initdb). Collation by bytes is the same everywhere; `LC_CTYPE` is added below.
const INITDB: &[&str] = &[
    "--username=postgres",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--encoding=UTF8",
    "--lc-collate=C",
    "--lc-messages=C",
    "--lc-monetary=C",
    "--lc-numeric=C",
    "--lc-time=C",
    // The smallest segments: 1 MB of write-ahead log instead of 16.
    "--wal-segsize=1",
    "--no-sync",
];

/// Character classes for all of Unicode where the C library has them, else for ASCII.
const CTYPES: &[&str] = &["C.UTF-8", "C"];

/// Leaves only `template1`, one third of the files. Statements of single-user mode end with the line.
const SLIM: &str = "DROP DATABASE postgres\n\
                    ALTER DATABASE template0 IS_TEMPLATE false\n\
                    DROP DATABASE template0\n\
                    CHECKPOINT\n";

/// Changes whenever a seed made by an older version of this file must not be used.
const FORMAT: u32 = 1;

/// Fills the server's data folder: from the cache if it has the seed for exactly these programs, else by initdb.
///
/// A cache that cannot be written or holds a damaged seed costs time, never the start.
pub(super) fn provide(server: &Server, programs: &Installation, cache: Option<&Path>) -> Result<(), PgError> {
    let Some(place) = cache.and_then(|cache| place(cache, programs)) else {
        return build(server, programs);
    };
    if unpacked(server, &place) {
        return Ok(());
    }
    let _only_one_builds = wait_for_lock(&place);
    if unpacked(server, &place) {
        return Ok(());
    }
    build(server, programs)?;
    // Without a stored seed the next start is slower, that is all.
    let _ = store(&server.data(), &place);
    Ok(())
}

fn store(data: &Path, place: &Path) -> std::io::Result<()> {
    let log = first_segments(&data.join("pg_wal"))?;
    let wanted = |path: &Path| match path.strip_prefix("pg_wal") {
        Ok(name) if is_segment(name) => log.iter().any(|first| first == name),
        _ => belongs(path),
    };
    pack::store(&pack::pack(data, &wanted)?, place)
}

/// Returns the names of the two oldest segments of the log.
///
/// After a clean stop the last checkpoint is in the oldest; later ones are empty, made ahead of need.
fn first_segments(log: &Path) -> std::io::Result<Vec<PathBuf>> {
    let names = fs::read_dir(log)?
        .flatten()
        .map(|entry| PathBuf::from(entry.file_name()));
    let mut segments: Vec<PathBuf> = names.filter(|name| is_segment(name)).collect();
    segments.sort();
    segments.truncate(2);
    Ok(segments)
}

fn place(cache: &Path, programs: &Installation) -> Option<PathBuf> {
    let folder = cache.join("seeds");
    fs::create_dir_all(&folder).ok()?;
    let key = Checksum::of(format!(
        "{FORMAT} {} {INITDB:?} {CTYPES:?} {SLIM}",
        programs.identity
    ));
    Some(folder.join(format!("{}-{:016x}.seed", programs.version, key.first_u64())))
}

fn unpacked(server: &Server, place: &Path) -> bool {
    let Ok(packed) = fs::read(place) else { return false };
    let done = pack::unpack(&packed, &server.data(), server.account());
    if done.is_err() {
        let _ = fs::remove_dir_all(server.data());
    }
    done.is_ok()
}

/// Waits while another process builds the same seed; gives up on one that takes too long and builds beside it.
fn wait_for_lock(place: &Path) -> Option<File> {
    let lock = File::create(place.with_extension("lock")).ok()?;
    process::until(Duration::from_secs(60), || lock.try_lock().is_ok()).then_some(lock)
}

fn build(server: &Server, programs: &Installation) -> Result<(), PgError> {
    let mut last = None;
    for ctype in CTYPES {
        match initdb(server, programs, ctype) {
            Ok(()) => {
                last = None;
                break;
            }
            Err(error) => last = Some(error),
        }
        let _ = fs::remove_dir_all(server.data());
    }
    last.map_or(Ok(()), Err)?;
    slim(server, programs)
}

fn initdb(server: &Server, programs: &Installation, ctype: &str) -> Result<(), PgError> {
    let mut command = server.command(&programs.bin_dir.join("initdb"))?;
    command
        .args(INITDB)
        .arg(format!("--lc-ctype={ctype}"))
        .arg("-D")
        .arg(server.data());
    server.run(command, "initdb")
}

fn slim(server: &Server, programs: &Installation) -> Result<(), PgError> {
    let cannot = |error: std::io::Error| {
        failure(
            format!("could not write the script that trims the seed: {error}"),
            "Free space and run again.",
        )
    };
    let script = server.folder().join("slim.sql");
    fs::write(&script, SLIM).map_err(cannot)?;
    let mut command = server.command(&programs.bin_dir.join("postgres"))?;
    command.arg("--single").arg("-D").arg(server.data());
    command.args([
        "-c",
        "fsync=off",
        "-c",
        "exit_on_error=on",
        "-c",
        "dynamic_shared_memory_type=mmap",
        "template1",
    ]);
    command.stdin(File::open(&script).map_err(cannot)?);
    server.run(command, "postgres --single")
}

fn is_segment(name: &Path) -> bool {
    let name = name.as_os_str().as_encoded_bytes();
    name.len() == 24 && name.iter().all(u8::is_ascii_hexdigit)
}

/// Says whether a file of a cleanly stopped data folder belongs into the seed.
///
/// Not: what one server left, and the free-space and visibility maps, which PostgreSQL makes anew when they are
/// missing (manual, sections 73.3 and 73.4) and which are every fourth file.
fn belongs(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let is_map = path.starts_with("base") || path.starts_with("global");
    let is_map = is_map && (name.ends_with("_fsm") || name.ends_with("_vm"));
    !is_map && !matches!(name.as_str(), "postmaster.pid" | "postmaster.opts")
}
