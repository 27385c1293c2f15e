//! Drawings of the graph: one file each.
