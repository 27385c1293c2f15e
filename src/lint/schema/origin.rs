//! Where an object comes from.

/// Which statement made an object, or that it was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// It was given with the schema that everything begins with, or is only known by its name.
    Before,
    /// A statement of a migration made it.
    Made {
        /// The migration, by its place in the order of the run.
        migration: u32,
        /// The transaction, counted over the run: what was made in the running one is seen by nobody else.
        transaction: u32,
        /// The statement, by its place in the file.
        statement: u32,
    },
}

impl Origin {
    /// Returns the migration that made it.
    pub fn migration(self) -> Option<u32> {
        match self {
            Origin::Before => None,
            Origin::Made { migration, .. } => Some(migration),
        }
    }

    /// Returns the transaction that made it.
    pub fn transaction(self) -> Option<u32> {
        match self {
            Origin::Before => None,
            Origin::Made { transaction, .. } => Some(transaction),
        }
    }
}
