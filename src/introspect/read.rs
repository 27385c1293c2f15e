//! One consistent read of everything in scope.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, Decoder, Query, RowError, Scope, aside_query, bound, kind_query, kinds};
use crate::model::{Checksum, Finding, Level};
use crate::pg::{PgError, ServerVersion, Session, interrupt};

use super::access::{self, Refusal};
use super::imprint;
use super::unmodelled::{self, Unmodelled};
use super::work;

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
    /// The checksum of everything that the read depended on, where it was asked for and nothing moved meanwhile.
    pub imprint: Option<Checksum>,
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
/// ten thousand comments for one and loops over them, hence hash joins only. Parallel workers cost more than they
/// bring, because deparsing, the larger part, is not parallel.
pub(super) const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
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
SET LOCAL enable_mergejoin = off;
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL synchronize_seqscans = off;
SET LOCAL work_mem = '64MB';
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0";

/// Names the catalogs that are so large that what is made of them is streamed, and the words that the server quotes
/// where they are identifiers.
const BEFOREHAND: &str = "SELECT 'large', relname FROM pg_catalog.pg_class
WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND relkind = 'r'
  AND pg_catalog.pg_relation_size(oid) > 8 * 1024 * 1024
UNION ALL
SELECT 'word', word FROM pg_catalog.pg_get_keywords() WHERE catcode <> 'U'
ORDER BY 1, 2";

/// How the queries travel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Travel {
    /// Those on large catalogs one by one, all others in one message: few round trips.
    Together,
    /// Each by itself, so that an error tells which one it is.
    Alone,
}

/// Reads everything in scope, in one snapshot.
pub fn read(session: &mut Session, scope: &Scope) -> Result<Introspection, IntrospectError> {
    let result = snapshot(session, scope, Travel::Together);
    or_alone(session, scope, result)
}

/// Reads again, query by query, where it is not known which one has failed.
fn or_alone(
    session: &mut Session,
    scope: &Scope,
    result: Result<Introspection, IntrospectError>,
) -> Result<Introspection, IntrospectError> {
    match result {
        Err(IntrospectError::Server { what, .. })
            if what == TOGETHER && !session.is_closed() && !interrupt::requested() =>
        {
            snapshot(session, scope, Travel::Alone)
        }
        other => other,
    }
}

/// What an error is told to be about where the server does not say which statement of a message failed.
pub(super) const TOGETHER: &str = "the objects";

/// Reads everything in scope, unless it is a large catalog and `is_known` knows the checksum of everything that the read
/// depends on; nothing is returned then.
pub fn read_unless(
    session: &mut Session,
    scope: &Scope,
    is_known: impl Fn(&Checksum) -> bool,
) -> Result<Option<Introspection>, IntrospectError> {
    let (large, words) = begin(session)?;
    let found = match large.contains("pg_attribute") {
        true => imprint::take(session, scope, true).and_then(|sum| Ok((sum, imprint::moment(session)?))),
        false => Ok((None, None)),
    };
    let (sum, moment) = match found {
        Ok(found) => found,
        // A server that cannot be copied is read. If the connection is gone, reading says so.
        Err(_) if !session.is_closed() && !interrupt::requested() => (None, None),
        Err(error) => return Err(failed(TOGETHER)(error)),
    };
    let Some(sum) = sum else {
        session
            .run("ROLLBACK")
            .map_err(failed("the end of the snapshot"))?;
        return read(session, scope).map(Some);
    };
    if is_known(&sum) {
        session
            .run("ROLLBACK")
            .map_err(failed("the end of the snapshot"))?;
        return Ok(None);
    }
    let result = read_and_end(session, scope, Travel::Together, (large, words));
    let mut found = or_alone(session, scope, result)?;
    let unmoved = imprint::still(session, scope, &sum, moment).map_err(failed("a second snapshot"))?;
    found.imprint = unmoved.then_some(sum);
    Ok(Some(found))
}

fn snapshot(session: &mut Session, scope: &Scope, travel: Travel) -> Result<Introspection, IntrospectError> {
    let beginning = begin(session)?;
    read_and_end(session, scope, travel, beginning)
}

/// Begins the transaction; returns the catalogs that are large and the words that the server quotes.
fn begin(session: &mut Session) -> Result<(BTreeSet<String>, Vec<String>), IntrospectError> {
    let mut large = BTreeSet::new();
    let mut words = Vec::new();
    session
        .each_text_row(&format!("{BEGIN};\n{BEFOREHAND}"), |_, row| {
            if let [Some(what), Some(name)] = *row {
                match what {
                    "large" => drop(large.insert(name.to_owned())),
                    _ => words.push(name.to_owned()),
                }
            }
        })
        .map_err(failed("a snapshot"))?;
    Ok((large, words))
}

fn read_and_end(
    session: &mut Session,
    scope: &Scope,
    travel: Travel,
    (large, words): (BTreeSet<String>, Vec<String>),
) -> Result<Introspection, IntrospectError> {
    let is_streamed = |query: &Query| travel == Travel::Alone || large.contains(query.driver);
    let result = read_all(session, scope, travel, &words, is_streamed);
    // The transaction changed nothing; ending it fails only where the connection is gone, which `result` then says.
    let ended = session.run("ROLLBACK");
    let introspection = result?;
    ended.map_err(failed("the end of the snapshot"))?;
    Ok(introspection)
}

pub(super) fn failed(what: &str) -> impl FnOnce(PgError) -> IntrospectError {
    let what = what.to_owned();
    move |cause| IntrospectError::Server { what, cause }
}

fn read_all(
    session: &mut Session,
    scope: &Scope,
    travel: Travel,
    words: &[String],
    is_streamed: impl Fn(&Query) -> bool,
) -> Result<Introspection, IntrospectError> {
    let server = session.server();
    let major = server.major();
    let decoder = || {
        let mut decoder = Decoder::new(scope.canon.clone(), major);
        decoder.quote(words.iter().cloned());
        decoder
    };
    let mut queries: Vec<Query> = kinds::ALL
        .iter()
        .flat_map(|kind| [kind_query(kind, major, scope), aside_query(kind, major, scope)])
        .flatten()
        .collect();
    let refused = access::refused(session, &mut queries).map_err(failed("the role's own rights"))?;
    // Of some schemas alone little is wanted.
    let bound = if scope.schemas.is_empty() {
        bound(&queries)
    } else {
        Vec::new()
    };
    let decoder = work::through(
        session,
        work::tasks(queries, bound, is_streamed),
        decoder,
        travel == Travel::Together,
    )?;
    let not_compared =
        access::not_asked_for(session, kinds::ALL, scope).map_err(failed("what nobody asked for"))?;
    let unmodelled = unmodelled::read(session).map_err(failed("what the server has beyond this version"))?;
    let (mut catalog, unknown) = decoder.finish(major);
    catalog
        .objects
        .extend(unmodelled.iter().filter_map(Unmodelled::object));
    catalog.narrow(scope);
    let diagnostics = unknown
        .into_iter()
        .map(|((kind, facet, key), count)| {
            Finding::new("unknown-option", Level::Info, format!("unknown key \"{key}\" in {facet} of {count} {kind}s"))
                .detail("The key is none that the manual knows. It is not compared: servers keep private state there.")
        })
        .chain(unmodelled.iter().map(Unmodelled::finding))
        .collect();
    Ok(Introspection {
        catalog,
        not_compared,
        refused,
        diagnostics,
        server,
        imprint: None,
    })
}
