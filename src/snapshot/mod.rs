//! Reads and writes the canonical snapshot folder.
//!
//! In: a catalog and a folder. Out: one YAML file per top-level object with its children in it, and
//! `snapshot.yaml`, which says what the whole is. The text is deterministic: the same catalog gives the same bytes on
//! every machine. A folder is written whole or not at all; files that are not ours stay where they are.
//!
//! ```text
//! schema/
//!   snapshot.yaml                      format version, server major, scope, fingerprint
//!   public/table/tenants.yaml          schema / kind / name
//!   _database/extension/pg_trgm.yaml   objects outside schemas
//!   _cluster/role/app_user.yaml
//! ```
//!
//! Facets with their default are left out. Nothing here knows a kind: what a file may hold follows from
//! `catalog/kinds`.

mod decode;
mod differing;
mod digest;
mod encode;
mod error;
mod path;
mod schema;
mod script;
mod store;
mod yaml;

pub use differing::Differing;
pub use error::SnapshotError;
pub use schema::json_schema;
pub use script::script;
pub use store::{FORMAT, Folder, Meta, Snapshot, Written, documents, open, read, write};
