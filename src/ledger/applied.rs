//! What the ledger says, read in one message.

use std::collections::{BTreeMap, BTreeSet};

use super::error::LedgerError;
use super::history::version_of;
use super::journal::{Entry, EntryOutcome};
use crate::model::{QualifiedName, RevisionId, quote_literal};
use crate::pg::Session;

/// Everything that the ledger says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The format of the ledger; 0 where there is none.
    pub format: i32,
    /// The applied revisions by id.
    pub revisions: BTreeMap<RevisionId, AppliedRevision>,
    /// Rows of refinery's history that no applied revision has: version and name.
    pub foreign: Vec<(i64, String)>,
    /// Applied revisions without a row in refinery's history.
    pub unlisted: Vec<RevisionId>,
    /// The journal of revisions that are not applied.
    pub journal: Vec<Entry>,
    /// Sections, from 1, of revisions that are not applied, of which batches are committed.
    pub batched: Vec<(RevisionId, usize)>,
}

/// One applied revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRevision {
    /// SHA-256 of the file when it was applied.
    pub checksum: String,
    /// SHA-256 of its tokens.
    pub normalised: String,
    /// Applied or stamped.
    pub how: How,
    /// When, as the server writes it.
    pub applied_at: String,
    /// Its place in the order of application.
    pub sequence: i64,
}

/// How a revision got into the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Its file was run.
    Applied,
    /// It was only recorded.
    Stamped,
}

impl How {
    /// Returns the word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            How::Applied => "applied",
            How::Stamped => "stamped",
        }
    }
}

/// Which tables of the ledger exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// `zerodrift.meta` exists.
    pub ledger: bool,
    /// A schema `zerodrift` exists.
    pub schema: bool,
    /// refinery's history exists.
    pub history: bool,
}

impl Presence {
    /// Returns a select list of three columns that [`Presence::of`] reads.
    pub fn columns(history: &QualifiedName) -> String {
        // Looked up in the catalog: a name is not resolved for a role without USAGE on its schema, which is an error. And
        // all in one snapshot: to_regclass and the like know what another migrator committed a moment ago.
        let table = |schema: &str, name: &str| {
            format!(
                "(EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
                 WHERE n.nspname = {} AND c.relname = {}))::text",
                quote_literal(schema),
                quote_literal(name)
            )
        };
        format!(
            "{}, (EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'zerodrift'))::text, {}",
            table("zerodrift", "meta"),
            table(&history.schema, &history.name)
        )
    }

    /// Reads the three columns.
    pub fn of(columns: &[Option<String>]) -> Self {
        let is = |index: usize| columns.get(index).and_then(Option::as_deref) == Some("true");
        Presence {
            ledger: is(0),
            schema: is(1),
            history: is(2),
        }
    }
}

/// Reads the ledger, of any format. A role that may not see when a backend started takes it for the one that it knew:
/// to wait for a stranger is better than to work beside an orphan. Rows of all tables come back in one message, each
/// with a letter in front.
const READ: &str = "
SELECT 'm', pg_catalog.max(format)::text
FROM zerodrift.meta;
SELECT 'r', id, checksum, normalised, how, applied_at::text, sequence::text
FROM zerodrift.revision
ORDER BY sequence;
SELECT 'j', s.revision, s.number::text, s.checksum, s.excerpt, s.backend_pid::text, s.outcome,
       EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a
               WHERE a.pid = s.backend_pid
                 AND (a.backend_start = s.backend_start OR a.backend_start IS NULL)
                 AND a.pid <> pg_catalog.pg_backend_pid())::text
FROM zerodrift.statement AS s
WHERE NOT EXISTS (SELECT FROM zerodrift.revision AS r WHERE r.id = s.revision)
ORDER BY s.revision, s.number;
SELECT 'c', c.revision, c.section::text
FROM zerodrift.cursor AS c
WHERE c.batches > 0 AND NOT EXISTS (SELECT FROM zerodrift.revision AS r WHERE r.id = c.revision)
ORDER BY c.revision, c.section;
";

/// Without it each statement had a snapshot of its own, and a revision that commits between two of them would be in one
/// table and not in the other. The message is a transaction of its own, which ends with it whatever happens.
const ONE_SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;";

impl Applied {
    /// Reads what `presence` says is there. A ledger that does not exist yet is empty.
    pub fn read(
        session: &mut Session,
        history: &QualifiedName,
        presence: Presence,
    ) -> Result<Self, LedgerError> {
        if presence.schema && !presence.ledger {
            return Err(LedgerError::Foreign);
        }
        let mut sql = String::new();
        if presence.ledger {
            sql.push_str(READ);
        }
        if presence.history {
            sql.push_str(&format!(
                "SELECT 'h', version::text, name FROM {} ORDER BY version;",
                history.quoted()
            ));
        }
        if sql.is_empty() {
            return Ok(Applied::default());
        }
        // In front of a statement at least, and so never alone in its message, where it would mean nothing.
        sql.insert_str(0, ONE_SNAPSHOT);
        let rows = session
            .text_rows(&sql)
            .map_err(|error| LedgerError::Database { doing: "read", error })?;
        let mut applied = Applied::default();
        let mut versions = BTreeSet::new();
        let mut listed = Vec::new();
        for row in &rows {
            let column = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or_default();
            match column(0) {
                "m" => applied.format = format(column(1))?,
                "r" => {
                    let (id, revision) = revision(&column)?;
                    versions.insert(version_of(&id));
                    applied.revisions.insert(id, revision);
                }
                "j" => applied.journal.push(entry(&column)?),
                "c" => applied
                    .batched
                    .push((id_of(column(1))?, column(2).parse().unwrap_or(0))),
                _ => listed.push((column(1).parse().unwrap_or(i64::MIN), column(2).to_owned())),
            }
        }
        let in_history: BTreeSet<i64> = listed.iter().map(|(version, _)| *version).collect();
        applied.foreign = listed
            .into_iter()
            .filter(|(version, _)| !versions.contains(version))
            .collect();
        applied.unlisted = applied
            .revisions
            .keys()
            .filter(|id| !in_history.contains(&version_of(id)))
            .cloned()
            .collect();
        Ok(applied)
    }

    /// Says whether a revision is applied.
    pub fn contains(&self, id: &RevisionId) -> bool {
        self.revisions.contains_key(id)
    }

    /// Returns the journal of one revision, in the order of its steps.
    pub fn journal_of<'a>(&'a self, id: &'a RevisionId) -> impl Iterator<Item = &'a Entry> {
        self.journal.iter().filter(move |entry| entry.revision == *id)
    }
}

fn format(format: &str) -> Result<i32, LedgerError> {
    let known = super::schema::newest_format();
    match format.parse::<i32>() {
        Ok(found) if found > known => Err(LedgerError::Newer { found, known }),
        Ok(found) => Ok(found),
        // Without a row nothing says that any step was done: the first one will, or fail loudly.
        Err(_) => Ok(0),
    }
}

fn id_of(text: &str) -> Result<RevisionId, LedgerError> {
    RevisionId::new(text).map_err(|error| LedgerError::Row {
        revision: text.to_owned(),
        message: error.to_string(),
    })
}

fn revision<'a>(column: &impl Fn(usize) -> &'a str) -> Result<(RevisionId, AppliedRevision), LedgerError> {
    let how = if column(4) == "stamped" {
        How::Stamped
    } else {
        How::Applied
    };
    let revision = AppliedRevision {
        checksum: column(2).to_owned(),
        normalised: column(3).to_owned(),
        how,
        applied_at: column(5).to_owned(),
        sequence: column(6).parse().unwrap_or(0),
    };
    Ok((id_of(column(1))?, revision))
}

fn entry<'a>(column: &impl Fn(usize) -> &'a str) -> Result<Entry, LedgerError> {
    Ok(Entry {
        revision: id_of(column(1))?,
        number: column(2).parse().unwrap_or(0),
        checksum: column(3).to_owned(),
        excerpt: column(4).to_owned(),
        backend_pid: column(5).parse().unwrap_or(0),
        outcome: match column(6) {
            "done" => Some(EntryOutcome::Done),
            "failed" => Some(EntryOutcome::Failed),
            _ => None,
        },
        running: column(7) == "true",
    })
}
