//! What would run, in which transactions. Pure.
