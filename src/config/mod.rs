//! `zerodrift.yaml`: what was written, then what it means.
//!
//! In: the working directory or `--config`. Out: a [`Project`]. `written.rs` records the file key by key, `keys.rs`
//! checks the keys with their places, `project.rs` resolves paths and values in one place. Add a key in `written.rs`
//! and say there what it holds; the committed JSON Schema is generated from it.

mod error;
mod house_rules;
mod keys;
mod lint;
mod meaning;
mod project;
pub mod written;

pub use error::ConfigError;
pub use project::{Project, load};

/// The name that is searched for, from the working directory upwards.
pub const FILE_NAME: &str = "zerodrift.yaml";

/// Returns the JSON Schema of the configuration as it is committed.
pub fn json_schema() -> String {
    format!(
        "{:#}\n",
        serde_json::json!(schemars::schema_for!(written::Config))
    )
}

/// Returns the JSON Schema of a file with rules of the project.
pub fn rules_json_schema() -> String {
    format!(
        "{:#}\n",
        serde_json::json!(schemars::schema_for!(house_rules::HouseFile))
    )
}
