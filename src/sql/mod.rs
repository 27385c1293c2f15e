//! Knowledge of SQL text: parse, split, statements, directives. Pure.
//!
//! In: the text of a file. Out: statements with exact byte ranges, what kind they are, which relations they touch,
//! and findings that point into the text. No catalog is known here: a name is what was written.
//! Facts about PostgreSQL are tables: add a statement that refuses a transaction in `transaction.rs`.

pub mod act;
pub mod directive;
pub mod mask;
pub mod name;
pub mod normal;
pub mod parse;
pub mod pattern;
pub mod placeholder;
pub mod psql;
pub mod relations;
pub mod script;
pub mod session;
pub mod split;
pub mod statement;
pub mod transaction;
pub mod up_part;

pub use directive::{Backfill, Batched, Directive, Expect, RowSecurity};
pub use name::WrittenName;
pub use relations::{Dml, DmlKind, Touched};
pub use script::{Script, Section};
pub use statement::{Control, Statement};
