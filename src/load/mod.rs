//! Reads migration folders and headers from disk.
