//! What the ledger says of files that are other ones now, or that plain refinery applied.

use super::error::ApplyError;
use super::integrity;
use super::project::Project;
use super::transactional::ledger_rows;
use super::work::Work;
use crate::ledger::{Applied, Attempted, HistoryName, How, history, refinery, revision};
use crate::load::read_sql;
use crate::model::{Finding, Level, Location, Outcome, RevisionId};
use crate::sql::normal;

/// An applied revision whose file is another one now.
pub(super) struct Edit {
    pub revision: RevisionId,
    /// What differs, for people.
    pub found: String,
    pub finding: Finding,
    /// What accepts it: the ledger's row, refinery's row and the attempt, in one transaction.
    pub sql: String,
}

/// Finds the applied revisions whose files were edited.
pub(super) fn edits(
    work: &mut Work<'_>,
    project: &Project,
    applied: &Applied,
) -> Result<Vec<Edit>, ApplyError> {
    let findings = integrity::compare(work.session, project, applied)?;
    let mut edits = Vec::new();
    for finding in findings {
        let changed = [integrity::EDITED, integrity::REFORMATTED].contains(&finding.rule);
        let Some(revision) = finding
            .object
            .as_ref()
            .filter(|_| changed)
            .and_then(|id| RevisionId::new(id.as_str()).ok())
            .and_then(|id| project.graph.get(&id))
        else {
            continue;
        };
        let file = read_sql(&project.root, &revision.path)
            .map_err(|error| ApplyError::refused(Outcome::Usage, error.finding()))?;
        let rows = work
            .session
            .text_rows(&revision::written(&revision.id))
            .map_err(|error| ApplyError::Database {
                doing: "read the ledger",
                error,
            })?;
        let before = rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next().flatten());
        let name = HistoryName::of(&revision.id, &revision.slug);
        let mut attempt = work.attempt(Some(&revision.id), Attempted::Reblessed);
        attempt.before = before.as_deref();
        let sql = format!(
            "BEGIN;\nSET LOCAL lock_timeout = '5s';\n{};\n{};\n{};\nCOMMIT;",
            revision::rebless(
                &revision.id,
                file.checksum,
                normal::checksum(&file.text),
                &file.text
            ),
            refinery::rename(&name, &file.text, &work.settings.history_table)?,
            attempt.insert()
        );
        edits.push(Edit {
            revision: revision.id.clone(),
            found: format!(
                "{}. {}",
                finding.message,
                finding.detail.clone().unwrap_or_default()
            ),
            finding,
            sql,
        });
    }
    Ok(edits)
}

/// Revisions that plain refinery applied.
#[derive(Default)]
pub(super) struct Adoption {
    /// What records them, in one transaction; none if there is nothing to record.
    pub sql: Option<String>,
    /// Each with what is known of its file.
    pub shown: Vec<String>,
    /// Rows of the history that belong to no revision.
    pub findings: Vec<Finding>,
}

/// Finds the revisions that rows of plain refinery stand for: those of the same version.
pub(super) fn adoption(
    work: &mut Work<'_>,
    project: &Project,
    applied: &Applied,
) -> Result<Adoption, ApplyError> {
    let mut adoption = Adoption::default();
    if applied.foreign.is_empty() {
        return Ok(adoption);
    }
    let checksums = checksums(work)?;
    let mut rows = String::new();
    for revision in project.graph.revisions() {
        let version = history::version_of(&revision.id);
        let Some((_, name)) = applied.foreign.iter().find(|(foreign, _)| *foreign == version) else {
            continue;
        };
        let step = project.step(revision, work.facts.major)?;
        let written = checksums
            .iter()
            .find(|(found, _)| *found == version)
            .map(|(_, checksum)| checksum.as_str());
        let now = refinery::checksum(version, name, &step.source).map(|checksum| checksum.to_string());
        let same = now.as_deref() == written;
        let about = if same {
            "the same file"
        } else {
            "from another text than the file has now"
        };
        adoption
            .shown
            .push(format!("\"{}\" as \"{name}\" ({about})", revision.id));
        rows.push_str(&ledger_rows(
            work,
            &step,
            "SELECT",
            Default::default(),
            &[],
            How::Stamped,
        ));
    }
    let known = |version: i64| {
        let mut revisions = project.graph.revisions();
        revisions.any(|revision| history::version_of(&revision.id) == version)
    };
    adoption.findings = applied
        .foreign
        .iter()
        .filter(|(version, _)| !known(*version))
        .map(|(version, name)| {
            Finding::new(
                "history-row-unknown",
                Level::Error,
                format!("history row \"{name}\" belongs to no revision"),
            )
            .object(name.as_str())
            .detail(format!("No revision has the version {version}."))
            .hint("Add its file to the project, or remove the row.")
            .at(Location::file(&project.root))
        })
        .collect();
    if !rows.is_empty() {
        adoption.sql = Some(format!("BEGIN;\nSET LOCAL lock_timeout = '5s';\n{rows}COMMIT;"));
    }
    Ok(adoption)
}

fn checksums(work: &mut Work<'_>) -> Result<Vec<(i64, String)>, ApplyError> {
    let sql = format!(
        "SELECT version::text, checksum FROM {} ORDER BY version",
        work.settings.history_table.quoted()
    );
    let rows = work
        .session
        .text_rows(&sql)
        .map_err(|error| ApplyError::Database {
            doing: "read refinery's history",
            error,
        })?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let mut columns = row.into_iter().flatten();
            Some((columns.next()?.parse().ok()?, columns.next()?))
        })
        .collect())
}
