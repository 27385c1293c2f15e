//! Where a rehearsal's databases live: on a throw-away server, or on one that the user names.

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

    /// Creates an empty database from `template0`, so that nothing of the server's `template1` comes with it.
    pub fn create(&self, purpose: &str) -> Result<Database, PgError> {
        let name = format!("zerodrift_{}_{}", std::process::id(), purpose.to_lowercase());
        let maintenance = self.maintenance();
        let mut session = self.session()?;
        session.run(&format!("CREATE DATABASE {} TEMPLATE template0", quote_identifier(&name)))?;
        Ok(Database { target: maintenance.with_database(&name), name, maintenance })
    }
}

impl Database {
    /// Drops the database.
    pub fn drop(self) -> Result<(), PgError> {
        let mut session = Session::open(&self.maintenance, "zerodrift rehearse")?;
        session.run(&format!("DROP DATABASE {} WITH (FORCE)", quote_identifier(&self.name)))?;
        Ok(())
    }
}
