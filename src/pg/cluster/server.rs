//! One server process in its folder.

use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::account::Account;
use super::folder::RunFolder;
use super::{PgError, failure, process, registry, settings};

/// How long a start or initdb may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// Lines of the log that an error shows.
const TAIL: usize = 15;

/// A folder and at most one process that works in it.
pub(super) struct Server {
    folder: RunFolder,
    account: Option<Account>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    child: Option<Child>,
    stopped: bool,
}

impl Server {
    /// Creates the folder and enters it in the registry; nothing runs yet.
    pub(super) fn new(account: Option<Account>, on_disk: bool) -> Result<Arc<Self>, PgError> {
        registry::enter(|| {
            let folder = RunFolder::create(account.as_ref(), on_disk)?;
            Ok(Server {
                folder,
                account,
                state: Mutex::default(),
            })
        })
    }

    pub(super) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.data()
    }

    /// Prepares a program of the server: as its account, in a group of its own, with a clean environment.
    pub(super) fn command(&self, program: &Path) -> Result<Command, PgError> {
        let log = self.log_file().map_err(|error| {
            failure(
                format!("could not write {}: {error}", self.folder.log().display()),
                "Free space there, or set TMPDIR to another folder.",
            )
        })?;
        let mut command = Command::new(program);
        let inherited = std::env::vars_os().filter(|(name, _)| !name.as_encoded_bytes().starts_with(b"PG"));
        command
            .env_clear()
            .envs(inherited)
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
        // A Ctrl-C in the terminal is for us: we stop the server when its sessions have been told.
        command.current_dir("/").process_group(0);
        command.stdin(Stdio::null()).stdout(log.0).stderr(log.1);
        if let Some(account) = &self.account {
            account.apply(&mut command);
        }
        Ok(command)
    }

    fn log_file(&self) -> std::io::Result<(File, File)> {
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.folder.log())?;
        Ok((log.try_clone()?, log))
    }

    /// Runs a program to its end.
    pub(super) fn run(&self, command: Command, name: &str) -> Result<(), PgError> {
        self.start(command, name)?;
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                self.lock().child = None;
                return if status.success() {
                    Ok(())
                } else {
                    Err(self.died(name, status))
                };
            }
            if start.elapsed() > PATIENCE {
                return Err(self.too_slow(name));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Starts the server and waits until it accepts connections.
    pub(super) fn launch(&self, bin_dir: &Path, wanted: &[(String, String)]) -> Result<(), PgError> {
        let configuration = self.data().join("postgresql.conf");
        fs::write(&configuration, settings::text(self.folder(), wanted)).map_err(|error| {
            failure(
                format!("could not write {}: {error}", configuration.display()),
                "Free space there, or set TMPDIR to another folder.",
            )
        })?;
        let mut command = self.command(&bin_dir.join("postgres"))?;
        command.arg("-D").arg(self.data());
        self.start(command, "postgres")?;
        let start = Instant::now();
        while !self.is_ready() {
            if let Some(status) = self.ended()? {
                return Err(self.died("postgres", status));
            }
            if start.elapsed() > PATIENCE {
                return Err(self.too_slow("postgres"));
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    /// Reads the state that the postmaster keeps in the last line of its pid file, as `pg_ctl` does.
    fn is_ready(&self) -> bool {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        file.lines()
            .nth(7)
            .is_some_and(|state| state.trim_end() == "ready")
    }

    /// Stops the server so that it can be started again; sessions are ended.
    ///
    /// SIGINT is the stop in good order, SIGQUIT the immediate one, after which it recovers (manual, section 19.5).
    pub(super) fn halt(&self, signal: Signal) -> Result<(), PgError> {
        let Some(mut child) = self.lock().child.take() else {
            return Ok(());
        };
        process::signal(child.id(), signal);
        if process::ended(&mut child, PATIENCE) {
            return Ok(());
        }
        self.lock().child = Some(child);
        Err(self.too_slow("the stop of postgres"))
    }

    /// Ends whatever runs and removes the folder; a second call waits for the first and does nothing.
    pub(super) fn stop(&self) {
        // Held to the end: who calls second is about to end the process, and must not before all is gone.
        let mut state = self.lock();
        if std::mem::replace(&mut state.stopped, true) {
            return;
        }
        if let Some(mut child) = state.child.take() {
            // Immediate shutdown (manual, section 19.5): nothing is worth saving.
            process::signal(child.id(), Signal::QUIT);
            if !process::ended(&mut child, Duration::from_secs(8)) {
                let _ = child.kill();
                process::ended(&mut child, Duration::from_secs(2));
                process::evict(&self.data());
            }
        }
        self.folder.remove();
        registry::leave(self);
    }

    fn start(&self, command: Command, name: &str) -> Result<(), PgError> {
        let mut state = self.lock();
        if state.stopped {
            return Err(registry::interrupted());
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let child = process::spawn(command).map_err(|error| {
            failure(
                format!("could not run {name} ({program}): {error}"),
                "Check that the program can be run by the account that runs the server.",
            )
        })?;
        state.child = Some(child);
        Ok(())
    }

    /// Returns how the process ended, if it did.
    fn ended(&self) -> Result<Option<ExitStatus>, PgError> {
        let mut state = self.lock();
        match &mut state.child {
            Some(child) => child.try_wait().map_err(|error| {
                failure(
                    format!("could not watch the server process: {error}"),
                    "Run the command again.",
                )
            }),
            None => Err(registry::interrupted()),
        }
    }

    fn died(&self, name: &str, status: ExitStatus) -> PgError {
        failure(
            format!(
                "{name} ended with {status} while a throw-away server was started; it said:\n{}",
                self.tail()
            ),
            self.advice(),
        )
    }

    fn too_slow(&self, name: &str) -> PgError {
        failure(
            format!(
                "{name} was not done after {} s; it said:\n{}",
                PATIENCE.as_secs(),
                self.tail()
            ),
            "Look at the load and the free memory of this machine, then run the command again.",
        )
    }

    fn tail(&self) -> String {
        let log = fs::read(self.folder.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(TAIL)..]
            .iter()
            .map(|line| format!("  {line}\n"))
            .collect()
    }

    fn advice(&self) -> String {
        let tail = self.tail();
        if tail.contains("could not look up effective user ID") {
            return "initdb wants an account with a name: add one, for example by \"useradd --system postgres\", \
                    or an entry for this user id in /etc/passwd."
                .to_owned();
        }
        if tail.contains("No space left on device") {
            return format!(
                "Free space in {}, or set TMPDIR to another folder.",
                self.folder().display()
            );
        }
        "Correct what the server complains about; a setting given by the caller is the usual cause."
            .to_owned()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
