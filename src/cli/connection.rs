//! Where a command connects to.

use clap::Args;

use super::{CommandError, Context};
use crate::pg::Target;

/// The option that names the database.
#[derive(Args, Clone, Debug, Default)]
pub struct Connection {
    /// The database; otherwise MIGRATION_DATABASE_URL, DATABASE_URL or the PG* variables name it
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
}

impl Connection {
    /// Resolves the database that migrations change.
    pub fn migration_target(&self, context: &Context) -> Result<Target, CommandError> {
        let url = self
            .database_url
            .clone()
            .or_else(|| context.environment("MIGRATION_DATABASE_URL"))
            .or_else(|| context.environment("DATABASE_URL"));
        match url {
            Some(url) => Ok(Target::parse(&url)?),
            None => Err(CommandError::usage_with_hint(
                "no database is named",
                "Give --database-url, or set MIGRATION_DATABASE_URL, DATABASE_URL, or PGHOST, PGSERVICE or PGDATABASE.",
            )),
        }
    }
}
