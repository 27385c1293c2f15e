//! One consistent read of everything in scope.

use crate::catalog::{Catalog, Decoder, Query, RowError, Scope, kind_query, kinds};
use crate::model::{Finding, Level};
use crate::pg::{PgError, ServerVersion, Session};

use super::access::{self, Refusal};

/// What a live database holds.
#[derive(Clone, Debug)]
pub struct Introspection {
    /// Every object in scope.
    pub catalog: Catalog,
    /// How many objects exist of each kind that nobody asked for.
    pub not_compared: Vec<(&'static str, u64)>,
    /// The kinds that the role may not read.
    pub refused: Vec<Refusal>,
    /// What the reader met and could not place.
    pub diagnostics: Vec<Finding>,
    /// The server that was read.
    pub server: ServerVersion,
}

/// Why a catalog could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    /// The server refused or the connection ended.
    #[error("could not read {what} from the catalog: {cause}")]
    Server {
        /// What was being read.
        what: String,
        /// What the border said.
        #[source]
        cause: PgError,
    },
    /// A row did not have the shape that its kind declares.
    #[error(transparent)]
    Row(#[from] RowError),
}

/// Settings that leak into deparsed text or into plans, pinned for one transaction.
///
/// `search_path` decides what is qualified; `TimeZone`, `DateStyle`, `IntervalStyle`, `extra_float_digits` and
/// `bytea_output` decide how constants are written; `quote_all_identifiers` how names are. Compiling hundreds of
/// catalog queries takes longer than running them, hence no `jit`; and a planner without statistics of the catalog takes
/// ten thousand comments for one and loops over them, hence hash joins only.
const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL search_path = '';
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 3;
SET LOCAL bytea_output = 'hex';
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;
SET LOCAL row_security = off;
SET LOCAL jit = off;
SET LOCAL enable_nestloop = off;
SET LOCAL work_mem = '64MB';
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0";

/// Reads everything in scope, in one snapshot.
pub fn read(session: &mut Session, scope: &Scope) -> Result<Introspection, IntrospectError> {
    session.run(BEGIN).map_err(|cause| IntrospectError::Server {
        what: "a snapshot".to_owned(),
        cause,
    })?;
    let result = read_all(session, scope);
    // The transaction changed nothing; ending it fails only where the connection is gone, which `result` then says.
    let ended = session.run("ROLLBACK");
    let introspection = result?;
    ended.map_err(|cause| IntrospectError::Server {
        what: "the end of the snapshot".to_owned(),
        cause,
    })?;
    Ok(introspection)
}

fn read_all(session: &mut Session, scope: &Scope) -> Result<Introspection, IntrospectError> {
    let server = session.server();
    let major = server.major();
    let mut decoder = Decoder::new(scope.canon.clone());
    let mut queries: Vec<Query> = kinds::ALL
        .iter()
        .filter_map(|kind| kind_query(kind, major, scope))
        .collect();
    let failed = |cause| IntrospectError::Server {
        what: "the role's own rights".to_owned(),
        cause,
    };
    let refused = access::refused(session, &mut queries).map_err(failed)?;
    for query in queries {
        read_kind(session, &query, &mut decoder)?;
    }
    let not_compared = access::not_asked_for(session, kinds::ALL, scope).map_err(failed)?;
    let (mut catalog, unknown) = decoder.finish(major);
    catalog.narrow(scope);
    let diagnostics = unknown
        .into_iter()
        .map(|((kind, facet, key), count)| {
            Finding::new("unknown-option", Level::Info, format!("unknown key \"{key}\" in {facet} of {count} {kind}s"))
                .detail("The key is none that the manual knows. It is not compared: servers keep private state there.")
        })
        .collect();
    Ok(Introspection {
        catalog,
        not_compared,
        refused,
        diagnostics,
        server,
    })
}

fn read_kind(session: &mut Session, query: &Query, decoder: &mut Decoder) -> Result<(), IntrospectError> {
    let mut failed = None;
    session
        .each_text_row(&query.sql, |_, row| {
            if failed.is_none() {
                failed = decoder.row(query, row).err();
            }
        })
        .map_err(|cause| IntrospectError::Server {
            what: query.kind.plural.to_owned(),
            cause,
        })?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}
