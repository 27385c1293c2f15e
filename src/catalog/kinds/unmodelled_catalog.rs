//! Catalogs, and columns of catalogs, that a server has and this version does not know.
//!
//! No query reads them as objects: `introspect` finds them by comparing the server's own list with [`KNOWN`], and keeps
//! how many rows there are and one fingerprint over them. A difference informs, because nobody has judged yet whether
//! what stands there is schema or state; that the catalog is unknown is a finding of its own.
//!
//! [`KNOWN`]: crate::catalog::known_columns

use crate::catalog::{Facet, Home, Identity, Kind, Shown};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "unmodelled catalog",
    plural: "unmodelled catalogs",
    home: Home::Database,
    shown: Shown::Verbatim,
    both_sided: true,
    identity: Identity::named(""),
    facets: &[
        Facet::int("rows", "").level(Level::Info),
        Facet::text("fingerprint", "").level(Level::Info),
    ],
    ..Kind::COMMON
};
