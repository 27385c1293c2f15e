//! Where the server's programs are.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::account::{self, Account};
use super::{ClusterOptions, PgError, failure};
use crate::pg::ServerVersion;
use crate::pg::session::OLDEST_MAJOR as OLDEST;

/// Places where packages put the programs; `*` stands for one folder with a number in its name.
const PLACES: &[&str] = &[
    "/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
    "/usr/pgsql-*/bin",                                   // PGDG on RHEL and its kin
    "/usr/libexec/postgresql*",                           // Alpine
    "/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew on ARM
    "/usr/local/opt/postgresql@*/bin",                    // Homebrew on Intel
    "/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
];

/// The programs of one PostgreSQL.
#[derive(Clone, Debug)]
pub(super) struct Installation {
    /// The folder with `postgres` and `initdb`.
    pub bin_dir: PathBuf,
    /// What `postgres --version` said.
    pub version: ServerVersion,
    /// Which file `postgres` was when it said so.
    pub identity: String,
}

/// A folder to look into, and who named it.
struct Candidate {
    bin_dir: PathBuf,
    origin: &'static str,
}

/// Finds the programs: those that were asked for by folder, else the wanted major, else the newest there is.
pub(super) fn find(options: &ClusterOptions, account: Option<&Account>) -> Result<Installation, PgError> {
    if let Some(bin_dir) = &options.bin_dir {
        return chosen(bin_dir, "the configuration", options.major, account);
    }
    let named = std::env::var_os("PG_BIN")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    if let Some(bin_dir) = named {
        return chosen(&bin_dir, "PG_BIN", options.major, account);
    }
    let mut search = Search {
        wanted: options.major,
        account,
        best: None,
        seen: Vec::new(),
    };
    search.look(installed(options));
    if search.best.is_none() {
        // Last, because distributions ship a script under this name that is slow and often only reports a client.
        search.look(pg_config());
    }
    search.result()
}

/// Uses a folder that somebody named: anything wrong with it is an error, not a reason to look elsewhere.
fn chosen(
    bin_dir: &Path,
    origin: &str,
    wanted: Option<u32>,
    account: Option<&Account>,
) -> Result<Installation, PgError> {
    let hint = format!("Correct {origin}, or remove it to let the tool look for PostgreSQL itself.");
    let installation = inspect(bin_dir, account).map_err(|reason| {
        failure(
            format!(
                "cannot use the PostgreSQL programs in {} ({origin}): {reason}",
                bin_dir.display()
            ),
            &*hint,
        )
    })?;
    match wanted {
        Some(major) if major != installation.version.major() => Err(failure(
            format!(
                "PostgreSQL in {} ({origin}) is {}, but major version {major} is wanted",
                bin_dir.display(),
                installation.version
            ),
            hint,
        )),
        _ => Ok(installation),
    }
}

struct Search<'a> {
    wanted: Option<u32>,
    account: Option<&'a Account>,
    best: Option<Installation>,
    seen: Vec<String>,
}

impl Search<'_> {
    fn look(&mut self, candidates: Vec<Candidate>) {
        for Candidate { bin_dir, origin } in candidates {
            if self.best.is_some() && self.wanted.is_some() {
                return;
            }
            // A version in the path saves asking programs that cannot win.
            let guess = major_in_path(&bin_dir);
            if guess.is_some_and(|guess| self.cannot_win(guess)) {
                self.seen.push(format!("{} ({origin})", bin_dir.display()));
                continue;
            }
            match inspect(&bin_dir, self.account) {
                Ok(found) => {
                    self.seen
                        .push(format!("{} in {} ({origin})", found.version, bin_dir.display()));
                    if !self.cannot_win(found.version.major()) {
                        self.best = Some(found);
                    }
                }
                Err(reason) => self
                    .seen
                    .push(format!("{} ({origin}): {reason}", bin_dir.display())),
            }
        }
    }

    fn cannot_win(&self, major: u32) -> bool {
        let beaten = self
            .best
            .as_ref()
            .is_some_and(|best| best.version.major() >= major);
        beaten || self.wanted.map_or(major < OLDEST, |wanted| wanted != major)
    }

    fn result(self) -> Result<Installation, PgError> {
        if let Some(best) = self.best {
            return Ok(best);
        }
        let wanted = self
            .wanted
            .map_or_else(|| format!("{OLDEST} or newer"), |major| major.to_string());
        let seen = if self.seen.is_empty() {
            "no server programs were found".to_owned()
        } else {
            format!("found were: {}", self.seen.join(", "))
        };
        let package = self
            .wanted
            .map_or_else(|| "postgresql".to_owned(), |major| format!("postgresql-{major}"));
        let argument = self.wanted.map_or_else(String::new, |major| format!(" {major}"));
        Err(failure(
            format!("could not find PostgreSQL {wanted} for a throw-away server; {seen}"),
            format!(
                "Run scripts/ensure-postgres{argument}, or install the server (package {package}), or set PG_BIN \
                 to the folder that holds its postgres and initdb."
            ),
        ))
    }
}

/// Lists the folders that may hold programs, each once: newest first by the number in the path.
fn installed(options: &ClusterOptions) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut add = |origin: &'static str, folders: Vec<PathBuf>| {
        found.extend(folders.into_iter().map(|bin_dir| Candidate { bin_dir, origin }));
    };
    for place in PLACES {
        add("installed", expand(place));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    // The link is resolved, since postgres finds its other files beside the real program.
    let beside = std::env::split_paths(&path)
        .filter_map(|folder| fs::canonicalize(folder.join("postgres")).ok())
        .filter_map(|program| program.parent().map(Path::to_path_buf));
    add("PATH", beside.collect());
    for cache in caches(options) {
        add("cache", expand(&format!("{}/postgres/*/bin", cache.display())));
    }
    let mut known = BTreeSet::new();
    found.retain(|candidate| {
        let is_server = candidate.bin_dir.join("postgres").is_file();
        is_server && known.insert(candidate.bin_dir.clone())
    });
    found.sort_by_key(|candidate| std::cmp::Reverse(major_in_path(&candidate.bin_dir)));
    found
}

/// Lists the folders of our cache, the one that we write to first.
///
/// Root's is not below its home, which the account of the server may not enter; it serves other users too.
pub(super) fn caches(options: &ClusterOptions) -> Vec<PathBuf> {
    let shared = PathBuf::from("/var/cache/zerodrift");
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(cache) = options.cache.clone().or_else(|| variable("ZERODRIFT_CACHE")) {
        return vec![cache];
    }
    if account::is_root() {
        return vec![shared];
    }
    let own = variable("XDG_CACHE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("zerodrift"));
    own.into_iter().chain([shared]).collect()
}

fn pg_config() -> Vec<Candidate> {
    let Ok(output) = Command::new("pg_config").arg("--bindir").output() else {
        return Vec::new();
    };
    let bin_dir = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let is_server = bin_dir.join("postgres").is_file();
    if is_server {
        vec![Candidate {
            bin_dir,
            origin: "pg_config",
        }]
    } else {
        Vec::new()
    }
}

fn expand(place: &str) -> Vec<PathBuf> {
    let Some((before, after)) = place.split_once('*') else {
        return vec![PathBuf::from(place)];
    };
    let (folder, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let numbered = names.filter(|name| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    });
    numbered
        .map(|name| PathBuf::from(format!("{folder}/{name}{after}")))
        .collect()
}

fn major_in_path(bin_dir: &Path) -> Option<u32> {
    let mut parts = bin_dir.iter().rev().filter_map(|part| part.to_str());
    parts.find_map(|part| {
        part.trim_start_matches(|c: char| !c.is_ascii_digit())
            .split('.')
            .next()?
            .parse()
            .ok()
    })
}

/// Runs a program that may just be being installed: while somebody has it open for writing it is "busy".
fn output_of(command: &mut Command) -> std::io::Result<std::process::Output> {
    let until = Instant::now() + Duration::from_secs(2);
    loop {
        match command.output() {
            Err(error)
                if error.kind() == std::io::ErrorKind::ExecutableFileBusy && Instant::now() < until =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

/// Asks the program for its version, as the account that will run it.
pub(super) fn inspect(bin_dir: &Path, account: Option<&Account>) -> Result<Installation, String> {
    let program = bin_dir.join("postgres");
    for needed in [&program, &bin_dir.join("initdb")] {
        if !needed.is_file() {
            return Err(format!("there is no {}", needed.display()));
        }
    }
    if let Some(barrier) = account.and_then(|account| account.barred_at(&program)) {
        return Err(format!(
            "account \"{}\", which runs the server for root, may not enter {}",
            account.map_or("", |account| &account.name),
            barrier.display()
        ));
    }
    let mut command = Command::new(&program);
    command.arg("--version").current_dir("/");
    if let Some(account) = account {
        account.apply(&mut command);
    }
    let output = output_of(&mut command).map_err(|error| format!("it cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = version_of(&text).ok_or_else(|| {
        let said = if text.trim().is_empty() {
            String::from_utf8_lossy(&output.stderr)
        } else {
            text.clone()
        };
        format!("\"postgres --version\" answered: {}", said.trim())
    })?;
    let identity = identity(bin_dir).map_err(|error| error.to_string())?;
    Ok(Installation {
        bin_dir: bin_dir.to_path_buf(),
        version,
        identity,
    })
}

/// Tells a program file from any that may replace it.
pub(super) fn identity(bin_dir: &Path) -> std::io::Result<String> {
    let program = fs::canonicalize(bin_dir.join("postgres"))?;
    let file = fs::metadata(&program)?;
    Ok(format!(
        "{} {}:{} {} {}.{:09}",
        program.display(),
        file.dev(),
        file.ino(),
        file.size(),
        file.mtime(),
        file.mtime_nsec()
    ))
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian …)`; a beta counts as minor 0.
fn version_of(text: &str) -> Option<ServerVersion> {
    let number = text
        .strip_prefix("postgres (PostgreSQL) ")?
        .split_whitespace()
        .next()?;
    let digits = |text: &str| {
        text.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .ok()
    };
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    let major: u32 = digits(major)?;
    Some(ServerVersion(major * 10_000 + digits(minor).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_lines_are_read() {
        let cases = [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
                Some(150_018),
            ),
            ("postgres (PostgreSQL) 18.4\n", Some(180_004)),
            ("postgres (PostgreSQL) 19beta1\n", Some(190_000)),
            ("postgres (EnterpriseDB) 15.2\n", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(version_of(text), expected.map(ServerVersion), "{text}");
        }
    }

    #[test]
    fn major_version_is_guessed_from_the_path() {
        let cases = [
            ("/usr/lib/postgresql/15/bin", Some(15)),
            ("/usr/pgsql-17/bin", Some(17)),
            ("/opt/homebrew/opt/postgresql@16/bin", Some(16)),
            ("/Applications/Postgres.app/Contents/Versions/14/bin", Some(14)),
            ("/usr/bin", None),
        ];
        for (path, expected) in cases {
            assert_eq!(major_in_path(Path::new(path)), expected, "{path}");
        }
    }
}
