//! Changes a database.
