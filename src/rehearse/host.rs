//! Where a rehearsal's databases live: on a throw-away server, or on one that the user names.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::quote_identifier;
use crate::pg::cluster::Cluster;
use crate::pg::{PgError, Session, Target};

/// A server that databases may be created on and dropped from.
pub enum Host<'a> {
    /// A server of our own.
    Cluster(&'a Cluster),
    /// A server of the user's; only databases created by rehearsals are touched.
    Server(Guest),
}

/// A rehearsal on a server that is not ours alone.
///
/// Its databases carry its number, and it holds an advisory lock of that number as long as it lives. What a killed one
/// left behind is told by both: named like ours, and nobody holds the lock.
pub struct Guest {
    target: Target,
    number: u32,
    /// Holds the lock. It is asked for nothing else.
    _held: Box<Session>,
}

/// The first half of the keys of rehearsals, so that they meet no other tool's: "zero" in ASCII.
const CLASS: i32 = 0x7a65_726f;

/// Databases of rehearsals whose lock nobody holds. `pg_locks` shows those of every database of the cluster.
const LEFT: &str = "
SELECT d.datname
FROM pg_catalog.pg_database AS d
JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
WHERE d.datname ~ '^zerodrift_rehearsal_[0-9]+_[0-9]+$' AND r.rolname = current_user
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                  WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = $CLASS
                    AND l.objid::text = pg_catalog.split_part(d.datname, '_', 3))
ORDER BY d.datname
";

impl Guest {
    /// Takes a number on a server, and drops what killed rehearsals of the same role left there.
    pub fn enter(target: Target) -> Result<Self, PgError> {
        let mut held = Session::open(&target, "zerodrift rehearse")?;
        let number = (RandomState::new().build_hasher().finish() as u32) >> 1;
        held.run(&format!("SELECT pg_catalog.pg_advisory_lock({CLASS}, {number})"))?;
        let left = held.text_rows(&LEFT.replace("$CLASS", &CLASS.to_string()))?;
        for name in left
            .into_iter()
            .filter_map(|row| row.into_iter().next().flatten())
        {
            let drop = format!("DROP DATABASE {} WITH (FORCE)", quote_identifier(&name));
            match held.run(&drop) {
                Ok(_) => {}
                // Another rehearsal was faster.
                Err(error) if error.sqlstate() == Some("3D000") => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Guest {
            target,
            number,
            _held: Box::new(held),
        })
    }
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
            Host::Server(guest) => guest.target.clone(),
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
        let run = match self {
            Host::Cluster(_) => std::process::id(),
            Host::Server(guest) => guest.number,
        };
        self.create_named(&format!("zerodrift_rehearsal_{run}_{number}"))
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
