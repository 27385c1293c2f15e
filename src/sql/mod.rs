//! Knowledge of SQL text: parse, split, statements. Pure.

pub mod parse;
