//! Where a command connects to.

use clap::Args;

use super::CommandError;
use crate::pg::Target;
use crate::pg::connect::{Purpose, process_environment, resolve};

/// The option that names the database.
#[derive(Args, Clone, Debug, Default)]
pub struct Connection {
    /// The database; otherwise MIGRATION_DATABASE_URL, DATABASE_URL or the PG* variables name it
    #[arg(long, value_name = "URL", global = true)]
    pub database_url: Option<String>,
}

impl Connection {
    /// Resolves the database that migrations change.
    pub fn migration_target(&self) -> Result<Target, CommandError> {
        Ok(resolve(
            self.database_url.as_deref(),
            Purpose::Migration,
            &process_environment,
        )?)
    }
}
