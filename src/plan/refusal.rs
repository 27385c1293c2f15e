//! Why a file cannot run as it is: found before anything is sent.

use super::step::{Mode, Step};
use crate::model::{Finding, Level};
use crate::sql::relations::{self, Alteration};
use crate::sql::{Control, DmlKind, Expect, RowSecurity, Section, session};

/// Finds everything that refuses the file.
pub fn find(step: &Step, major: u32) -> Vec<Finding> {
    let mut findings = Vec::new();
    for index in 0..step.script.statements.len() {
        findings.extend(statement(step, index, major));
    }
    control(step, &mut findings);
    for section in &step.script.sections {
        findings.extend(section_of(step, section, major));
    }
    findings
}

/// Finds what is worth knowing about a file that runs.
pub fn notes(step: &Step) -> Vec<Finding> {
    if step.mode == Mode::Standalone {
        return Vec::new();
    }
    let begins = (0..step.script.statements.len())
        .filter(|index| step.statement(*index).control() == Some(Control::Begin));
    begins
        .map(|index| {
            at(
                step,
                index,
                Finding::new(
                    "transaction-control",
                    Level::Info,
                    "BEGIN … COMMIT inside a transaction is not sent",
                ),
            )
            .detail("The whole file runs in one transaction with its ledger row.")
        })
        .collect()
}

fn at(step: &Step, statement: usize, finding: Finding) -> Finding {
    let range = step.statement(statement).range.clone();
    // The first line is enough to find it.
    let first = step.source[range.clone()]
        .find('\n')
        .map_or(range.end, |end| range.start + end);
    finding
        .object(step.revision.id.as_str())
        .at(step.place(range.start..first))
}

fn error(rule: &'static str, message: impl Into<String>) -> Finding {
    Finding::new(rule, Level::Error, message)
}

fn statement(step: &Step, index: usize, major: u32) -> Option<Finding> {
    let statement = step.statement(index);
    if statement.words.first().is_some_and(|word| word == "\\") {
        let finding = error("psql-command", "psql command cannot be run")
            .detail("Lines that begin with a backslash are read by psql and not sent to the server.")
            .hint("Write it as SQL, or put the included file's text here.");
        return Some(at(step, index, finding));
    }
    if statement.copies_from_client() {
        let finding = error("copy-through-client", "COPY through the client cannot be run")
            .detail("The data of COPY … FROM STDIN is not part of the statement.")
            .hint("Write the rows as INSERT … VALUES, or let the server read a file.");
        return Some(at(step, index, finding));
    }
    if let Some(found) = session::forbidden(&step.source, statement) {
        let finding = error(
            "session-switched",
            format!("{} cannot stand in a migration", found.name),
        )
        .detail(found.because)
        .hint(found.instead)
        .object(step.revision.id.as_str())
        .at(step.place(found.range));
        return Some(finding);
    }
    let timeouts = step.script.timeouts.get(&index).copied().unwrap_or_default();
    if step.mode == Mode::Transaction
        && timeouts.lock.is_some_and(|limit| limit.is_zero())
        && timeouts.statement.is_some_and(|limit| limit.is_zero())
    {
        let finding = error("wait-without-end", "statement may wait for a lock without end")
            .detail("Everybody who comes after it queues behind it, and the locks before it are held meanwhile.")
            .hint("Give it a lock-timeout or a statement-timeout above zero; the transaction is repeated after it.");
        return Some(at(step, index, finding));
    }
    let refusal = statement
        .refuses_transaction(major)
        .filter(|_| step.mode == Mode::Transaction)?;
    let finding = error(
        "needs-no-transaction",
        format!("{} cannot run inside a transaction", refusal.name),
    )
    .detail(
        "The file runs in one transaction with its ledger row, and PostgreSQL refuses this statement there.",
    )
    .hint("Move the statement to a revision of its own with \"transaction: false\" in its header.");
    Some(at(step, index, finding))
}

/// Walks over BEGIN and COMMIT; `open` is the BEGIN that waits for its COMMIT.
fn control(step: &Step, findings: &mut Vec<Finding>) {
    let mut open: Option<usize> = None;
    let mut wrong = |index: usize, message: &str, detail: &str| {
        let finding = error("transaction-control", message).detail(detail);
        findings.push(at(
            step,
            index,
            finding.hint(match step.mode {
                Mode::Transaction => "Remove it: the whole file is one transaction with its ledger row.",
                Mode::Standalone => {
                    "In a file with \"transaction: false\", group statements with BEGIN … COMMIT."
                }
            }),
        ));
    };
    for index in 0..step.script.statements.len() {
        let in_section = step.script.section_of(index).is_some();
        match step.statement(index).control() {
            None | Some(Control::Savepoint) => {}
            Some(_) if in_section => wrong(
                index,
                "transaction control inside a backfill",
                "The section's locks, guard and expectation hold for one transaction.",
            ),
            Some(Control::Begin) if open.is_none() => open = Some(index),
            Some(Control::BeginWithModes) if open.is_none() && step.mode == Mode::Standalone => {
                open = Some(index)
            }
            Some(Control::BeginWithModes) => {
                wrong(
                    index,
                    "BEGIN with a mode cannot be kept",
                    "The mode would be lost, because the BEGIN is not sent.",
                );
            }
            Some(Control::Begin) => wrong(
                index,
                "BEGIN inside BEGIN",
                "The one before it is not committed yet.",
            ),
            Some(Control::Commit) if open.take().is_some() => {}
            Some(Control::Commit) => wrong(
                index,
                "COMMIT without BEGIN",
                "It would end the runner's own transaction.",
            ),
            Some(Control::CommitAndChain) => {
                wrong(
                    index,
                    "COMMIT AND CHAIN cannot be run",
                    "It would commit half of the file.",
                );
            }
            Some(Control::Rollback) => wrong(
                index,
                "ROLLBACK cannot be run",
                "It would undo the file and let the rest run.",
            ),
            Some(Control::TwoPhase) => wrong(
                index,
                "two-phase commit cannot be run",
                "The prepared transaction would be decided outside of the ledger.",
            ),
        }
    }
    if let Some(index) = open {
        wrong(
            index,
            "BEGIN without COMMIT",
            "Nothing after it ends the transaction.",
        );
    }
}

fn section_of(step: &Step, section: &Section, major: u32) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wrong = |rule, message: &str, hint: &str| {
        findings.push(
            error(rule, message)
                .object(step.revision.id.as_str())
                .hint(hint)
                .at(step.place(section.range.clone())),
        );
    };
    if step.mode == Mode::Standalone && section.backfill.row_security == Some(RowSecurity::Toggle) {
        wrong(
            "toggle-outside-transaction",
            "rls=toggle cannot be used in a file with \"transaction: false\"",
            "Committed switches would show other tenants' rows in between: use rls=bypass with a role that bypasses row security.",
        );
    }
    if section.batched.is_some() && step.mode == Mode::Transaction {
        wrong(
            "batched-in-transaction",
            "batches cannot run in one transaction",
            "Write \"transaction: false\" in the header: each batch commits by itself.",
        );
    }
    if section.batched.is_some() && !can_be_batched(step, section) {
        wrong(
            "batched-statement",
            "batches need exactly one UPDATE or DELETE of the section's table",
            "Give the statement a section of its own; WHERE CURRENT OF cannot be batched.",
        );
    }
    if let Some(column) = changed_key(step, section) {
        wrong(
            "batched-statement",
            &format!("batches cannot run along column \"{column}\", which the statement changes"),
            "Choose a key that stays: a row whose key grows would be reached a second time.",
        );
    }
    expectation(step, section, &mut wrong);
    for index in section.statements.clone() {
        if step.statement(index).refuses_transaction(major).is_some() {
            let finding = error(
                "needs-no-transaction",
                "statement of a backfill cannot run inside a transaction",
            );
            findings.push(at(step, index, finding.hint("Move it out of the section.")));
        }
        let switches = relations::touched(step.text(index))
            .altered
            .iter()
            .any(|(_, alteration)| {
                matches!(
                    alteration,
                    Alteration::EnablesRowSecurity
                        | Alteration::DisablesRowSecurity
                        | Alteration::SwitchesTrigger
                )
            });
        if switches {
            let finding = error(
                "guard-switched-in-section",
                "backfill switches row security or a trigger itself",
            )
            .detail("The guard records these states before the section and restores them after it.");
            findings.push(at(
                step,
                index,
                finding.hint("Name the trigger in triggers=…, or move the statement out of the section."),
            ));
        }
    }
    findings
}

/// The column of the batches' key that the statement itself sets.
fn changed_key(step: &Step, section: &Section) -> Option<String> {
    let key = &section.batched.as_ref()?.key;
    let change = relations::dml(step.text(section.statements.start))?;
    change.sets.into_iter().find(|column| key.contains(column))
}

fn can_be_batched(step: &Step, section: &Section) -> bool {
    let change = relations::dml(step.text(section.statements.start));
    section.statements.len() == 1
        && change.is_some_and(|change| {
            matches!(change.kind, DmlKind::Update | DmlKind::Delete)
                && !change.current_of
                && change.target.name == section.backfill.table.name
        })
}

fn expectation(step: &Step, section: &Section, wrong: &mut dyn FnMut(&'static str, &str, &str)) {
    let changes: Vec<_> = section
        .statements
        .clone()
        .filter_map(|index| relations::dml(step.text(index)))
        .collect();
    let Some(expect) = section.backfill.expect else {
        return;
    };
    let [change] = changes.as_slice() else {
        return wrong(
            "expectation-without-statement",
            &format!(
                "expect= needs exactly one INSERT, UPDATE, DELETE or MERGE, the section has {}",
                changes.len()
            ),
            "Give each statement a section of its own.",
        );
    };
    let countable = matches!(change.kind, DmlKind::Update | DmlKind::Delete)
        && !change.joins
        && !change.with
        && !change.current_of;
    if expect == Expect::Matching && !countable {
        wrong(
            "expectation-cannot-be-counted",
            "expect=matching needs an UPDATE or DELETE without FROM, USING or WITH",
            "Write the condition with EXISTS, or expect a number.",
        );
    }
    if expect == Expect::All && change.kind == DmlKind::Insert {
        wrong(
            "expectation-cannot-be-counted",
            "expect=all does not fit an INSERT",
            "It means every row that the table had before: expect >0 or a number.",
        );
    }
}
