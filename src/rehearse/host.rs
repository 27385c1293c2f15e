//! Where a rehearsal's databases live: on a throw-away server, or on one that the user names.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::quote_identifier;
use crate::pg::cluster::Cluster;
use crate::pg::{PgError, Session, Target};

/// A server that databases may be created on and dropped from.
pub enum Host<'a> {
    /// A server of our own.
    Cluster(&'a Cluster),
    /// A server of the user's; only databases created here are touched.
    Server(Target),
}

/// A database of a rehearsal, dropped at its end.
pub struct Database {
    /// Where it is.
    pub target: Target,
    name: String,
    maintenance: Target,
}

impl Host<'_> {
    fn maintenance(&self) -> Target {
        match self {
            Host::Cluster(cluster) => cluster.target("postgres"),
            Host::Server(target) => target.clone(),
        }
    }

    /// Opens a session on the database that is not part of the rehearsal.
    pub fn session(&self) -> Result<Session, PgError> {
        Session::open(&self.maintenance(), "zerodrift rehearse")
    }

    /// Creates an empty database.
    ///
    /// On a server of the user's it comes from `template0`, so that nothing of a grown `template1` comes with it.
    pub fn create(&self) -> Result<Database, PgError> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.create_named(&format!("zerodrift_rehearsal_{}_{number}", std::process::id()))
    }

    /// Creates an empty database of a name that does not exist yet.
    pub fn create_named(&self, name: &str) -> Result<Database, PgError> {
        let name = name.to_owned();
        let maintenance = self.maintenance();
        let target = match self {
            Host::Cluster(cluster) => cluster.create_database(&name, None)?,
            Host::Server(_) => {
                let create = format!("CREATE DATABASE {} TEMPLATE template0", quote_identifier(&name));
                self.session()?.run(&create)?;
                maintenance.with_database(&name)
            }
        };
        Ok(Database {
            target,
            name,
            maintenance,
        })
    }
}

impl Database {
    /// Drops the database.
    pub fn drop(self) -> Result<(), PgError> {
        let mut session = Session::open(&self.maintenance, "zerodrift rehearse")?;
        session.run(&format!(
            "DROP DATABASE {} WITH (FORCE)",
            quote_identifier(&self.name)
        ))?;
        Ok(())
    }
}
