//! Comparison of two catalogs. Pure.
