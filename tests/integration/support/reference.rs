//! The reference project at its head, on a server of its own: it makes roles, which belong to the whole server.

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use zerodrift::pg::{Cluster, ClusterOptions, Session, Target};

use super::project::Project;

/// The server with a database at the head of the reference project.
pub struct Reference {
    pub cluster: Cluster,
    /// The reference project, unchanged.
    pub project: Project,
    /// How many databases were made; names the next one.
    copies: AtomicU32,
}

const HEAD: &str = "reference_head";

/// Returns the server; it is started and upgraded on first use, through the program.
pub fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        super::stop_at_exit();
        let reference = Reference {
            cluster: Cluster::start(&ClusterOptions {
                // The major that its configuration names: the snapshot has this server's spelling of views.
                major: Some(15),
                ..ClusterOptions::default()
            })
            .unwrap_or_else(|error| panic!("{}", super::explained(&error))),
            project: Project::reference(),
            copies: AtomicU32::new(0),
        };
        let url = super::url(&reference.cluster.create_database(HEAD, None).unwrap());
        reference
            .project
            .run(&["upgrade", "--database-url", &url])
            .expect(0, &["applied 202512201000"]);
        reference
    })
}

impl Reference {
    /// Creates an empty database.
    pub fn empty(&self) -> Target {
        self.create(None)
    }

    /// Copies the database at the head.
    pub fn at_head(&self) -> Target {
        self.create(Some(HEAD))
    }

    fn create(&self, template: Option<&str>) -> Target {
        let name = format!("copy_{}", self.copies.fetch_add(1, Ordering::Relaxed));
        self.cluster.create_database(&name, template).unwrap()
    }

    /// Dumps a database, with its rows, and restores it into a new one; none where pg_dump is left out.
    pub fn dump_and_restore(&self, from: &Target) -> Option<Target> {
        let bin = pg_dump(&self.cluster)?;
        let url = super::url(from);
        let dump = Command::new(&bin)
            // The views belong to a role that row security binds: with it off, their refresh is refused.
            .args(["--inserts", "--enable-row-security", "--dbname", &url])
            .output()
            .unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let text = String::from_utf8(dump.stdout).unwrap();
        // Lines for psql alone: \restrict and \unrestrict.
        let sql: Vec<&str> = text.lines().filter(|line| !line.starts_with('\\')).collect();
        let to = self.empty();
        let mut session = Session::open(&to, "zerodrift test").unwrap();
        session.run(&sql.join("\n")).unwrap();
        Some(to)
    }
}

/// Finds pg_dump beside the server, on the path, or among the installed versions.
fn pg_dump(cluster: &Cluster) -> Option<std::path::PathBuf> {
    let mut folders = vec![cluster.bin_dir().to_owned()];
    folders.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<_> = installed
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let found = folders
        .iter()
        .map(|folder| folder.join("pg_dump"))
        .find(|program| program.exists());
    assert!(
        found.is_some() || super::left_out("pg_dump"),
        "pg_dump is in none of {folders:?}"
    );
    found
}
