//! Output formats: one file each, listed here in alphabetical order.
