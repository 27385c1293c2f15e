//! The revision graph: order, heads, labels, targets, checks. Pure.
