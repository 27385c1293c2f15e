//! The server as its user sees it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;

use super::binaries::{self, Installation};
use super::server::Server;
use super::{PgError, account, failure, folder, seed};
use crate::model::{quote_identifier, quote_literal};
use crate::pg::{ServerVersion, Session, Target};

/// What kind of server is wanted; the default is the newest that is installed.
#[derive(Clone, Debug, Default)]
pub struct ClusterOptions {
    /// The wanted major version.
    pub major: Option<u32>,
    /// The folder with `postgres` and `initdb`; no other place is looked at.
    pub bin_dir: Option<PathBuf>,
    /// The folder that keeps seeds and fetched programs, instead of `$ZERODRIFT_CACHE` and its defaults.
    pub cache: Option<PathBuf>,
    /// Server settings that win over ours, such as `wal_level`.
    pub settings: Vec<(String, String)>,
    /// Whether its files lie where temporary files go, never in memory: for whoever measures what `fsync` costs.
    pub on_disk: bool,
}

/// A running server of our own, gone when dropped.
///
/// At first there is one database, `template1`, which new ones copy; `postgres` is created when [`Cluster::target`]
/// is first asked for it, since each costs some 250 files. There is no `template0`. The only role is the superuser
/// `postgres`.
pub struct Cluster {
    server: Arc<Server>,
    wanted: Vec<(String, String)>,
    running: Mutex<Running>,
    version: ServerVersion,
    bin_dir: PathBuf,
}

/// Returns the version of the server that [`Cluster::start`] would start, without starting it.
pub fn version(options: &ClusterOptions) -> Result<ServerVersion, PgError> {
    Ok(binaries::find(options, account::choose().as_ref())?.version)
}

/// What a restart replaces.
struct Running {
    programs: Installation,
    session: Option<Session>,
    has_postgres: bool,
}

/// Where our own session is: beside it nobody else needs to be in the database that is copied.
const HOME: &str = "template1";

impl Cluster {
    /// Starts a server; removes what dead predecessors left on the way.
    pub fn start(options: &ClusterOptions) -> Result<Self, PgError> {
        folder::sweep();
        let account = account::choose();
        let programs = binaries::find(options, account.as_ref())?;
        let cluster = Cluster {
            server: Server::new(account, options.on_disk)?,
            wanted: options.settings.clone(),
            version: programs.version,
            bin_dir: programs.bin_dir.clone(),
            running: Mutex::new(Running {
                programs,
                session: None,
                has_postgres: false,
            }),
        };
        // From here on an early return drops the cluster, which cleans up.
        {
            let mut running = cluster.running();
            seed::provide(
                &cluster.server,
                &running.programs,
                binaries::caches(options).first().map(PathBuf::as_path),
            )?;
            cluster
                .server
                .launch(&running.programs.bin_dir, &cluster.wanted)?;
            cluster.session(&mut running)?;
        }
        Ok(cluster)
    }

    /// Returns a database of this server, as superuser `postgres`, over the private socket.
    pub fn target(&self, database: &str) -> Target {
        if database == "postgres" {
            let mut running = self.running();
            if !std::mem::replace(&mut running.has_postgres, true) {
                let create = self.create_statement(database, None);
                // Whoever connects hears of it if this failed.
                let _ = self
                    .session(&mut running)
                    .and_then(|session| session.run(&create));
            }
        }
        self.address(database)
    }

    fn address(&self, database: &str) -> Target {
        // The port is part of the socket's name, even where nothing listens on the network.
        let port = self
            .wanted
            .iter()
            .rev()
            .find(|(name, _)| name == "port")
            .and_then(|(_, port)| port.parse().ok());
        Target::socket(self.server.folder(), port.unwrap_or(5432), "postgres", database)
    }

    /// Creates a database as a copy of `template`, or of an empty one.
    ///
    /// The template must have no sessions (manual, section 23.3). If the server's program file was replaced since
    /// the start, the server is restarted first, as long as no session but ours would notice.
    pub fn create_database(&self, name: &str, template: Option<&str>) -> Result<Target, PgError> {
        let mut running = self.running();
        self.follow_replaced_program(&mut running)?;
        let create = self.create_statement(name, template);
        self.session(&mut running)?.run(&create)?;
        running.has_postgres |= name == "postgres";
        Ok(self.address(name))
    }

    /// Drops a database and ends the sessions in it; none of that name is fine.
    pub fn drop_database(&self, name: &str) -> Result<(), PgError> {
        let mut running = self.running();
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_identifier(name));
        self.session(&mut running)?.run(&drop).map(|_| ())
    }

    /// Stops the server at once, as a crash does: what was not committed is lost. [`Cluster::recover`] starts it again.
    pub fn crash(&self) -> Result<(), PgError> {
        let mut running = self.running();
        running.session = None;
        self.server.halt(Signal::QUIT)
    }

    /// Starts the server again after [`Cluster::crash`]; it recovers from its log first.
    pub fn recover(&self) -> Result<(), PgError> {
        let running = self.running();
        self.server.launch(&running.programs.bin_dir, &self.wanted)
    }

    /// Returns the version of the server.
    pub fn version(&self) -> ServerVersion {
        self.version
    }

    /// Returns the folder with the server's programs; `pg_dump` and `psql` are not always among them.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// Copies files instead of logging each block, which in memory is three times faster (15 and newer;
    /// before, there was no other way and no name for it).
    fn create_statement(&self, name: &str, template: Option<&str>) -> String {
        let strategy = if self.version.major() >= 15 {
            " STRATEGY file_copy"
        } else {
            ""
        };
        let (name, template) = (quote_identifier(name), quote_identifier(template.unwrap_or(HOME)));
        format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}")
    }

    /// Restarts if the program on disk is another one than the program that runs.
    ///
    /// An upgraded package leaves the old server running, which then loads libraries of the new one.
    fn follow_replaced_program(&self, running: &mut Running) -> Result<(), PgError> {
        let old = &running.programs;
        if binaries::identity(&old.bin_dir).is_ok_and(|now| now == old.identity) {
            return Ok(());
        }
        let program = old.bin_dir.join("postgres").display().to_string();
        let new = binaries::inspect(&old.bin_dir, self.server.account()).map_err(|reason| {
            failure(
                format!(
                    "the program of the running throw-away server was removed or replaced under it: {reason}"
                ),
                "Wait until the installation of PostgreSQL is complete, then run the command again.",
            )
        })?;
        if new.version.major() != old.version.major() {
            return Err(failure(
                format!(
                    "{program} was replaced by major version {} while it ran",
                    new.version.major()
                ),
                "Run the command again.",
            ));
        }
        let busy = self.other_sessions(running)?;
        if busy > 0 {
            return Err(failure(
                format!("{program} was replaced while it ran, and {busy} open sessions forbid to restart it"),
                "Run the command again when the installation of PostgreSQL is complete.",
            ));
        }
        running.session = None;
        self.server.halt(Signal::INT)?;
        self.server.launch(&new.bin_dir, &self.wanted)?;
        running.programs = new;
        Ok(())
    }

    fn other_sessions(&self, running: &mut Running) -> Result<i64, PgError> {
        let sql = format!(
            "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
             WHERE backend_type = {} AND pid <> pg_catalog.pg_backend_pid()",
            quote_literal("client backend")
        );
        let rows = self.session(running)?.text_rows(&sql)?;
        let count = rows.first().and_then(|row| row.first()?.as_ref()?.parse().ok());
        count.ok_or_else(|| failure("the server did not count its sessions", "Run the command again."))
    }

    /// Returns our session, made anew if it is gone.
    fn session<'a>(&self, running: &'a mut Running) -> Result<&'a mut Session, PgError> {
        if running.session.as_ref().is_none_or(Session::is_closed) {
            running.session = None;
        }
        match &mut running.session {
            Some(session) => Ok(session),
            empty => Ok(empty.insert(Session::open(&self.address(HOME), "zerodrift cluster")?)),
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        // A panic in another test leaves the session in a state that `session` judges by itself.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.running().session = None;
        self.server.stop();
    }
}
