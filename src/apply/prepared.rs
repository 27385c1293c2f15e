//! The statements at the end of every transaction, planned once for a run.
//!
//! Planning the two INSERTs and the look into `pg_locks` costs the server more than running them. A file may drop what is
//! prepared (DEALLOCATE, also in a function): then it is prepared again under another name, never relied upon.

use super::work::Rejected;
use crate::ledger::{attempt, revision};
use crate::plan::Step;

/// What is prepared in a session.
pub(super) struct Prepared {
    run: String,
    /// How often names were given away; an old name is not used again, since nothing says whether it is still there.
    generation: u32,
    is_there: bool,
}

/// Names of prepared statements.
pub(super) struct Names {
    pub revision: String,
    pub attempt: String,
    pub check: String,
}

impl Prepared {
    /// Begins with nothing. `run` keeps the names of two runs in one session apart.
    pub fn new(run: &str) -> Self {
        Prepared {
            run: run.to_owned(),
            generation: 0,
            is_there: false,
        }
    }

    /// Returns the names to use at the end of a step, and what has to be sent before the first of them is used.
    pub fn at_end_of(&mut self, step: &Step, check: &str) -> (Names, String) {
        if self.is_there && !drops_plans(&step.source) {
            return (self.names(), String::new());
        }
        self.generation += 1;
        self.is_there = true;
        let names = self.names();
        let prepare = format!(
            "{};\n{};\nPREPARE {} AS {check};\n",
            revision::prepare(&names.revision),
            attempt::prepare(&names.attempt),
            names.check
        );
        (names, prepare)
    }

    /// Takes for granted no longer that anything is there.
    pub fn forget(&mut self) {
        self.is_there = false;
    }

    /// Returns what takes them out of the session; empty if they are not known to be there.
    pub fn drop_all(&self) -> String {
        if !self.is_there {
            return String::new();
        }
        let Names {
            revision,
            attempt,
            check,
        } = self.names();
        format!("DEALLOCATE {revision};\nDEALLOCATE {attempt};\nDEALLOCATE {check};\n")
    }

    /// Says whether a transaction failed because a function that the file calls dropped what was prepared.
    pub fn were_dropped(rejected: &Rejected) -> bool {
        let sql = rejected.error.sql();
        sql.is_some_and(|sql| sql.sqlstate == "26000" && sql.message.contains("\"zerodrift_"))
    }

    fn names(&self) -> Names {
        let name = |what: &str| format!("zerodrift_{}_{}_{what}", self.run, self.generation);
        Names {
            revision: name("revision"),
            attempt: name("attempt"),
            check: name("check"),
        }
    }
}

/// Says whether the text of a file may drop prepared statements.
fn drops_plans(source: &str) -> bool {
    let word = b"deallocate";
    source
        .as_bytes()
        .windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word))
}
