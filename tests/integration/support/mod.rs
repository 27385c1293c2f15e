//! A server for the tests of this binary: started once, shared, and gone with the process.

pub mod bouncer;
pub mod chain;
pub mod end_state;
pub mod fault;
pub mod project;
pub mod reference;
pub mod steps;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use zerodrift::pg::{Cluster, ClusterOptions, PgError, Session, Target};

/// Returns the shared server: of the first major in `ZERODRIFT_TEST_MAJORS`, else the newest installed.
pub fn cluster() -> &'static Cluster {
    cluster_of(majors()[0])
}

/// Returns the shared server of a major version; `None` is the newest installed.
pub fn cluster_of(major: Option<u32>) -> &'static Cluster {
    started(major).unwrap_or_else(|error| panic!("{}", explained(&error)))
}

/// Returns the shared server of a major version, or nothing where it is not installed.
pub fn installed(major: u32) -> Option<&'static Cluster> {
    started(Some(major)).ok()
}

fn started(major: Option<u32>) -> Result<&'static Cluster, PgError> {
    type Shared = BTreeMap<Option<u32>, &'static Cluster>;
    static CLUSTERS: OnceLock<Mutex<Shared>> = OnceLock::new();
    stop_at_exit();
    let mut clusters = CLUSTERS
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(cluster) = clusters.get(&major) {
        return Ok(cluster);
    }
    let options = ClusterOptions {
        major,
        ..ClusterOptions::default()
    };
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::start(&options)?));
    clusters.insert(major, cluster);
    Ok(cluster)
}

/// Lists the major versions to test: `ZERODRIFT_TEST_MAJORS=13,15,18`, else whatever is installed.
pub fn majors() -> Vec<Option<u32>> {
    let wanted = std::env::var("ZERODRIFT_TEST_MAJORS").unwrap_or_default();
    let majors: Vec<Option<u32>> = wanted
        .split(',')
        .filter(|text| !text.trim().is_empty())
        .map(|text| text.trim().parse().ok())
        .collect();
    if majors.is_empty() { vec![None] } else { majors }
}

/// Says whether `scripts/test` leaves out what needs something that this machine cannot have: `majors`, `pg_dump`.
///
/// Without its word a missing thing fails the test, so that nothing is left out unseen.
pub fn left_out(what: &str) -> bool {
    std::env::var("ZERODRIFT_TEST_LEAVES_OUT").is_ok_and(|list| list.split(',').any(|one| one == what))
}

/// A database of one test, dropped with this value together with its roles.
pub struct TestDatabase {
    /// Where it is, as superuser.
    pub target: Target,
    /// Its name.
    pub name: String,
    cluster: &'static Cluster,
    roles: Mutex<Vec<String>>,
}

/// Creates an empty database on the shared server.
pub fn database(hint: &str) -> TestDatabase {
    database_on(cluster(), hint)
}

/// Creates an empty database on a server where no other test makes roles or settings.
fn database_apart(hint: &str) -> TestDatabase {
    static APART: OnceLock<Cluster> = OnceLock::new();
    let start = || {
        stop_at_exit();
        let options = ClusterOptions {
            major: majors()[0],
            ..ClusterOptions::default()
        };
        Cluster::start(&options).unwrap_or_else(|error| panic!("{}", explained(&error)))
    };
    database_on(APART.get_or_init(start), hint)
}

/// Creates a database of which a read is streamed and remembered: pg_attribute is larger than 8 MB. On the server apart.
pub fn large_database(hint: &str) -> TestDatabase {
    let database = database_apart(hint);
    let mut session = database.session();
    let columns: Vec<String> = (0..1100)
        .map(|number| format!("column_{number} integer"))
        .collect();
    for number in 0..60 {
        let sql = format!("CREATE TABLE wide_{number} ({})", columns.join(", "));
        session.run(&sql).unwrap();
    }
    database
}

/// Creates an empty database on a server of [`cluster_of`].
pub fn database_on(cluster: &'static Cluster, hint: &str) -> TestDatabase {
    let name = unique(hint);
    let target = cluster
        .create_database(&name, None)
        .unwrap_or_else(|error| panic!("{}", explained(&error)));
    TestDatabase {
        target,
        name,
        cluster,
        roles: Mutex::default(),
    }
}

impl TestDatabase {
    /// Opens a session as superuser.
    pub fn session(&self) -> Session {
        Session::open(&self.target, "zerodrift test").unwrap()
    }

    /// Returns the URL that names it on the command line.
    pub fn url(&self) -> String {
        url(&self.target)
    }

    /// Creates a role with a name that no other test has; `attributes` as in CREATE ROLE.
    pub fn role(&self, hint: &str, attributes: &str) -> String {
        let name = unique(hint);
        self.session()
            .run(&format!("CREATE ROLE {name} {attributes}"))
            .unwrap();
        self.roles.lock().unwrap().push(name.clone());
        name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A failing test may panic already; what is left dies with the server.
        let _ = self.cluster.drop_database(&self.name);
        let roles = std::mem::take(&mut *self.roles.lock().unwrap_or_else(PoisonError::into_inner));
        if roles.is_empty() {
            return;
        }
        if let Ok(mut session) = Session::open(&self.cluster.target("postgres"), "zerodrift test") {
            for role in roles {
                let _ = session.run(&format!("DROP ROLE IF EXISTS {role}"));
            }
        }
    }
}

/// Writes a socket target as the URL that users write.
pub fn url(target: &Target) -> String {
    let shown = target.to_string();
    let (user, rest) = shown.split_once('@').unwrap();
    let (folder, database) = rest.rsplit_once('/').unwrap();
    format!("postgresql:///{database}?host={folder}&user={user}")
}

/// Shows an error with its hint, since a missing server is the usual reason for a failing test run.
pub fn explained(error: &PgError) -> String {
    match error {
        PgError::Cluster { message, hint } => format!("{message}\nhint: {hint}"),
        other => other.to_string(),
    }
}

/// Makes a name that only this call has: lower case letters, digits and underscores.
pub fn unique(hint: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    format!("{hint}_{}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes a folder that a server in a static uses when the process ends.
pub fn remove_at_exit(folder: &Path) {
    stop_at_exit();
    FOLDERS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(folder.to_owned());
}

/// Statics are not dropped: the shared servers are stopped by the C library's exit instead.
fn stop_at_exit() {
    extern "C" fn stop() {
        zerodrift::pg::cluster::stop_all();
        for folder in FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function takes nothing, returns nothing and does not unwind: it is ordinary code without
        // panics, run on the thread that ends the process.
        #[allow(unsafe_code)]
        let refused = unsafe { libc::atexit(stop) };
        assert_eq!(refused, 0, "the C library takes at least 32 functions");
    });
}
