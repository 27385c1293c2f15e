//! The graph: order, heads, labels, targets, checks.
