//! `plan --sql`: the script that psql runs to the same result as an upgrade, ledger rows and journal included.
//!
//! The script stops at the first error (psql's `ON_ERROR_STOP`); what it checks, it checks by a cast that fails with the
//! reason. It cannot retry, name blockers or go on where it stopped: `zerodrift upgrade` does that, also after it.

mod guard;
mod revision;

use std::path::Path;

use super::error::ApplyError;
use super::lock;
use super::planning::Planned;
use super::settings::{RolePolicy, Settings, Transactions};
use super::verify::Verify;
use crate::ledger::{Attempt, Attempted, schema};
use crate::model::{Finding, Level, Location, Outcome, quote_literal};
use crate::plan::{Mode, Step};

/// Returns the script of a plan.
///
/// Refused are batched backfills, because their number of transactions is known only when they run, and plans for a
/// role that row security binds.
pub fn script(
    planned: &Planned,
    root: &Path,
    target: &str,
    settings: &Settings,
) -> Result<String, ApplyError> {
    if settings.role_policy == RolePolicy::Owner && !planned.bypasses {
        let finding = Finding::new(
            "script-needs-bypass",
            Level::Error,
            "script cannot be made for a role that row security binds",
        )
        .hint("Plan with a superuser or a role with BYPASSRLS, or run \"zerodrift upgrade --role-policy owner\".");
        return Err(ApplyError::refused(Outcome::Usage, finding));
    }
    let mut writer = Writer {
        planned,
        settings,
        target,
        text: String::new(),
        sections: 0,
    };
    writer.head();
    if planned.steps.is_empty() {
        writer.line("-- Nothing to do: the database is at the target.");
        return Ok(writer.text);
    }
    writer.begin();
    let together = settings.transactions == Transactions::All;
    if together && planned.steps.iter().all(|step| step.mode == Mode::Transaction) {
        writer.line("\n-- One transaction for all revisions.");
        writer.reset();
        writer.line("BEGIN;");
    } else if together {
        let finding = Finding::new(
            "standalone-in-one-transaction",
            Level::Error,
            "a revision with \"transaction: false\" cannot run in one transaction with others",
        );
        return Err(ApplyError::refused(
            Outcome::Usage,
            finding.hint("Plan with --tx each."),
        ));
    }
    for step in &planned.steps {
        refuse_batches(step)?;
        let verify = Verify::read(root, &step.revision, planned.major)?;
        writer.revision(step, verify.as_ref(), together)?;
    }
    if together {
        writer.line("COMMIT;");
    }
    writer.end();
    Ok(writer.text)
}

fn refuse_batches(step: &Step) -> Result<(), ApplyError> {
    let Some(section) = step
        .script
        .sections
        .iter()
        .find(|section| section.batched.is_some())
    else {
        return Ok(());
    };
    let finding = Finding::new(
        "script-without-batches",
        Level::Error,
        "batched backfill cannot be written as a script",
    )
    .object(step.revision.id.as_str())
    .detail("How many transactions it takes is known only when it runs.")
    .hint("Plan up to the revision before it, run that revision with \"zerodrift upgrade\", then plan the rest.")
    .at(step.place(section.range.clone()));
    Err(ApplyError::refused(Outcome::Usage, finding))
}

struct Writer<'a> {
    planned: &'a Planned,
    settings: &'a Settings,
    target: &'a str,
    text: String,
    /// Sections so far: their variables are numbered through.
    sections: usize,
}

/// The milliseconds since `zerodrift_begun`.
const TOOK: &str = "(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - :'zerodrift_begun'::pg_catalog.timestamptz) * \
                    1000)::pg_catalog.int8";

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Fails with `reason` where `wrong` is true.
    fn check(&mut self, wrong: &str, reason: &str) {
        let reason = quote_literal(&format!("zerodrift: {reason}"));
        self.line(&format!(
            "SELECT (CASE WHEN {wrong} THEN {reason} ELSE '0' END)::pg_catalog.int4 AS checked \\gset zerodrift_"
        ));
    }

    fn head(&mut self) {
        let agreement = &self.planned.agreement;
        let fingerprint = agreement.fingerprint.as_deref().unwrap_or("not known");
        let head = format!(
            "-- zerodrift {}: upgrade to {}, {} revisions, for PostgreSQL {}\n-- plan {}\n-- catalog {fingerprint}\n\
             -- Run it with: psql -X -f FILE. It stops at the first error.",
            env!("CARGO_PKG_VERSION"),
            one_line(self.target),
            self.planned.steps.len(),
            self.planned.major,
            agreement.hash,
        );
        self.line(&head);
        let notes: Vec<String> = self
            .planned
            .findings
            .iter()
            .filter(|finding| finding.level >= Level::Warning)
            .map(|finding| format!("-- {}: {}", finding.level, one_line(&finding.message)))
            .collect();
        notes.iter().for_each(|note| self.line(note));
    }

    fn begin(&mut self) {
        self.line("\\set ON_ERROR_STOP on\n\\set AUTOCOMMIT on\n\\set QUIET on\nSET application_name = 'zerodrift plan';");
        self.line("SELECT current_user AS role \\gset zerodrift_");
        let settings = self.planned.session_settings.clone();
        self.line(&settings);
        let key = self.settings.lock_key();
        self.check(
            &format!("NOT pg_catalog.pg_try_advisory_lock({key})"),
            "another migrator holds the lock",
        );
        let major = self.planned.major;
        self.check(
            &format!("pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000 <> {major}"),
            &format!("the script is for PostgreSQL {major}"),
        );
        self.check(
            "NOT (SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user)",
            "the role is neither superuser nor BYPASSRLS",
        );
        let presence = self.planned.presence;
        if !presence.ledger || !presence.history {
            let format = if presence.ledger {
                schema::newest_format()
            } else {
                0
            };
            self.line(&schema::creation(&self.settings.history_table, format));
        }
        self.as_planned();
        let insert = self.attempt(None, Attempted::Started).insert();
        self.line(&format!("{insert};"));
    }

    /// Checks that the ledger says what the plan was made for.
    fn as_planned(&mut self) {
        let list = |ids: Vec<String>| format!("ARRAY[{}]::pg_catalog.text[]", ids.join(", "));
        let pending = list(
            self.planned
                .steps
                .iter()
                .map(|step| quote_literal(step.revision.id.as_str()))
                .collect(),
        );
        self.check(
            &format!(
                "EXISTS (SELECT FROM zerodrift.revision WHERE id = ANY ({pending})) \
                 OR EXISTS (SELECT FROM zerodrift.statement WHERE revision = ANY ({pending})) \
                 OR EXISTS (SELECT FROM zerodrift.cursor WHERE revision = ANY ({pending}))"
            ),
            "a revision of the script is applied or half-done already",
        );
        let applied = self.planned.applied.len();
        let ids = list(
            self.planned
                .applied
                .iter()
                .map(|id| quote_literal(id.as_str()))
                .collect(),
        );
        self.check(
            &format!(
                "(SELECT pg_catalog.count(*) FROM zerodrift.revision WHERE id = ANY ({ids})) <> {applied}"
            ),
            "a revision that the script builds on is not applied",
        );
    }

    fn end(&mut self) {
        self.line(&format!(
            "\nRESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\nSELECT pg_catalog.pg_advisory_unlock({}) AS unlocked \\gset zerodrift_",
            self.settings.lock_key()
        ));
    }

    /// Makes the session ours again, whatever the file before has set.
    fn reset(&mut self) {
        let settings = self.planned.session_settings.clone();
        self.line(&format!(
            "RESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\n{settings}"
        ));
    }

    /// Sets what holds for a revision; `local` is `LOCAL ` inside a transaction and empty outside.
    fn settings(&mut self, local: &str) {
        self.timeouts(local);
        self.line(&format!(
            "SET {local}row_security = off;\nSET {local}search_path = {};",
            self.settings.search_path
        ));
    }

    fn timeouts(&mut self, local: &str) {
        self.line(&format!(
            "SET {local}lock_timeout = {};\nSET {local}statement_timeout = {};",
            self.settings.lock_timeout.as_millis(),
            self.settings.statement_timeout.as_millis()
        ));
    }

    /// Checks before a commit that the session is still what the run relies on.
    fn unswitched(&mut self) {
        let held = lock::held_expression(self.settings.lock_key());
        self.check(
            "current_user <> :'zerodrift_role'",
            "a statement switched the role",
        );
        self.check(
            "pg_catalog.current_setting('row_security') <> 'off'",
            "a statement switched row security on",
        );
        self.check(&format!("NOT {held}"), "a statement released the migrator lock");
    }

    fn attempt<'b>(&'b self, step: Option<&'b Step>, outcome: Attempted) -> Attempt<'b> {
        Attempt {
            run: &self.planned.agreement.hash[..16],
            action: "upgrade",
            revision: step.map(|step| &step.revision.id),
            outcome,
            target: Some(self.target),
            commit: self.settings.commit.as_deref(),
            duration_ms: None,
            failure: None,
            before: None,
        }
    }
}

/// A comment of the script ends with its line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names a file in messages.
fn refused(step: &Step, message: String, hint: &str) -> ApplyError {
    let finding = Finding::new("script", Level::Error, message)
        .object(step.revision.id.as_str())
        .hint(hint)
        .at(Location::file(&step.revision.path));
    ApplyError::refused(Outcome::Usage, finding)
}
