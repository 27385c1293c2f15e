//! Reads and writes the canonical snapshot folder.
