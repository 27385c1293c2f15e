//! From what a user wrote to where the driver connects.

use super::PgError;

/// A server and a database, ready to connect to.
#[derive(Clone)]
pub struct Target {
    pub(super) config: postgres::Config,
    pub(super) shown: String,
}

impl Target {
    /// Parses a libpq URL or keyword string.
    pub fn parse(text: &str) -> Result<Self, PgError> {
        let config: postgres::Config = text.parse().map_err(|error: postgres::Error| PgError::Settings {
            message: format!("cannot read the connection string: {error}"),
            hint: "Write it as postgres://user@host:5432/database.".to_owned(),
        })?;
        let shown = format!(
            "{:?}/{}",
            config.get_hosts(),
            config.get_dbname().unwrap_or("postgres")
        );
        Ok(Target { config, shown })
    }

    /// Returns a database behind the socket in `folder`, without a password.
    pub(super) fn socket(folder: &std::path::Path, user: &str, database: &str) -> Self {
        let mut config = postgres::Config::new();
        config.host_path(folder).user(user).dbname(database);
        let shown = format!("{}/{database}", folder.display());
        Target { config, shown }
    }

    /// Returns the same server with another database.
    pub fn with_database(&self, database: &str) -> Self {
        let mut target = self.clone();
        target.config.dbname(database);
        target
    }

    /// Returns the same server and database as another role.
    pub fn with_user(&self, user: &str) -> Self {
        let mut target = self.clone();
        target.config.user(user);
        target
    }
}

impl std::fmt::Display for Target {
    /// Shows user, host, port and database, never a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}
