//! Writes new files.
