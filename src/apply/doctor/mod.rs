//! `doctor`: whether a database can be migrated now, and what is wrong in it that nobody sees. Changes nothing.
//!
//! ```text
//! server, role, pooler → settings → sessions in the way → invalid indexes → constraints (on request)
//! ```
//!
//! A symptom is a query that returns rows and the finding that a row becomes; add one to [`SYMPTOMS`].

mod constraints;

use std::time::Duration;

use super::error::ApplyError;
use super::lock;
use super::preflight;
use super::settings::{RolePolicy, Settings};
use crate::model::{Finding, Level, Outcome};
use crate::pg::Session;

pub use constraints::Checked;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    /// What is wrong, the most general first.
    pub findings: Vec<Finding>,
    /// The role or the server cannot migrate.
    pub unfit: bool,
    /// The constraints that were checked again, if that was asked for.
    pub constraints: Option<Checked>,
}

/// A query with what its rows mean. The first column is the object, the second what is said of it.
struct Symptom {
    rule: &'static str,
    level: Level,
    query: &'static str,
    hint: &'static str,
}

const SYMPTOMS: &[Symptom] = &[
    Symptom {
        rule: "setting-read-only",
        level: Level::Error,
        query: "SELECT 'default_transaction_read_only', 'every transaction of this role in this database is read-only'
                FROM pg_catalog.pg_settings
                WHERE name = 'default_transaction_read_only' AND setting = 'on'
                ORDER BY 1",
        hint: "Look at ALTER ROLE … SET and ALTER DATABASE … SET: \\drds in psql lists them.",
    },
    Symptom {
        rule: "setting-replica-role",
        level: Level::Error,
        query: "SELECT 'session_replication_role', 'triggers and foreign keys do not fire in sessions of this role: it is '
                       || setting
                FROM pg_catalog.pg_settings
                WHERE name = 'session_replication_role' AND setting <> 'origin'
                ORDER BY 1",
        hint: "Rows that such a session writes are not checked; reset it with ALTER ROLE … RESET session_replication_role.",
    },
    Symptom {
        rule: "setting-unsafe",
        level: Level::Warning,
        query: "SELECT name, name || ' is off: a crash of the machine can lose or corrupt what was committed'
                FROM pg_catalog.pg_settings
                WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'
                ORDER BY name",
        hint: "Switch it on before anything is migrated that cannot be loaded again.",
    },
    Symptom {
        rule: "setting-row-security",
        level: Level::Info,
        query: "SELECT COALESCE(r.rolname, 'every role'), 'row_security is set to ' || pg_catalog.split_part(c, '=', 2)
                       || ' for ' || COALESCE('role \"' || r.rolname || '\"', 'every role')
                       || COALESCE(' in database \"' || d.datname || '\"', '')
                FROM pg_catalog.pg_db_role_setting AS s
                LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
                LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
                CROSS JOIN pg_catalog.unnest(s.setconfig) AS c
                WHERE c LIKE 'row\\_security=%'
                  AND (s.setdatabase = 0 OR d.datname = pg_catalog.current_database())
                ORDER BY 1",
        hint: "Migrations set it to off in every transaction, whatever stands here.",
    },
    Symptom {
        rule: "function-switches-row-security",
        level: Level::Warning,
        query: "SELECT p.oid::pg_catalog.regprocedure::pg_catalog.text,
                       'function has its own \"SET row_security\": rows that a policy hides are skipped inside it without an error'
                FROM pg_catalog.pg_proc AS p
                WHERE EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS c
                              WHERE c LIKE 'row\\_security=%' AND pg_catalog.lower(c) !~ '=(off|of|false|fals|fal|fa|f|no|n|0)$')
                ORDER BY 1",
        hint: "Remove it with ALTER FUNCTION … RESET row_security.",
    },
    Symptom {
        rule: "session-idle-in-transaction",
        level: Level::Warning,
        query: "SELECT a.pid::pg_catalog.text,
                       'pid ' || a.pid || COALESCE(', role \"' || a.usename || '\"', '')
                       || CASE WHEN a.application_name <> '' THEN ', application \"' || a.application_name || '\"' ELSE '' END
                       || ' is ' || a.state || ' for '
                       || EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.state_change)::pg_catalog.int8 || ' s'
                FROM pg_catalog.pg_stat_activity AS a
                WHERE a.datname = pg_catalog.current_database()
                  AND a.state LIKE 'idle in transaction%'
                  AND a.pid <> pg_catalog.pg_backend_pid()
                  AND pg_catalog.clock_timestamp() - a.state_change > pg_catalog.make_interval(secs => $OLD)
                ORDER BY a.state_change, a.pid",
        hint: "It keeps its locks, and index builds with CONCURRENTLY wait for it; look at its client, or end it with \
               SELECT pg_terminate_backend(pid).",
    },
    Symptom {
        rule: "transaction-old",
        level: Level::Warning,
        query: "SELECT a.pid::pg_catalog.text,
                       'pid ' || a.pid || COALESCE(', role \"' || a.usename || '\"', '')
                       || ' has worked in one transaction for '
                       || EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::pg_catalog.int8 || ' s'
                FROM pg_catalog.pg_stat_activity AS a
                WHERE a.datname = pg_catalog.current_database()
                  AND a.state = 'active' AND a.backend_type = 'client backend'
                  AND a.pid <> pg_catalog.pg_backend_pid()
                  AND pg_catalog.clock_timestamp() - a.xact_start > pg_catalog.make_interval(secs => $OLD)
                ORDER BY a.xact_start, a.pid",
        hint: "Index builds with CONCURRENTLY wait for it.",
    },
    Symptom {
        rule: "transaction-prepared",
        level: Level::Warning,
        query: "SELECT p.gid, 'prepared transaction \"' || p.gid || '\" of role \"' || p.owner || '\" is undecided for '
                       || EXTRACT(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::pg_catalog.int8 || ' s'
                FROM pg_catalog.pg_prepared_xacts AS p
                WHERE p.database = pg_catalog.current_database()
                ORDER BY p.prepared, p.gid",
        hint: "It keeps its locks over restarts: COMMIT PREPARED or ROLLBACK PREPARED.",
    },
    Symptom {
        rule: "index-invalid",
        level: Level::Error,
        query: "SELECT i.indexrelid::pg_catalog.regclass::pg_catalog.text,
                       'index \"' || i.indexrelid::pg_catalog.regclass::pg_catalog.text || '\" of table \"'
                       || i.indrelid::pg_catalog.regclass::pg_catalog.text || '\" is invalid: it serves no query'
                       || CASE WHEN i.indisready THEN ' but slows every write' ELSE '' END
                       || CASE WHEN i.indisunique THEN ', and is no proof that its key is unique' ELSE '' END
                FROM pg_catalog.pg_index AS i
                JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
                WHERE NOT i.indisvalid AND c.relkind = 'i'
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS b WHERE b.index_relid = i.indexrelid)
                ORDER BY 1",
        hint: "A concurrent build of it did not finish: DROP INDEX CONCURRENTLY and build it again, or REINDEX INDEX \
               CONCURRENTLY.",
    },
    Symptom {
        rule: "index-parts-missing",
        level: Level::Warning,
        query: "SELECT i.indexrelid::pg_catalog.regclass::pg_catalog.text,
                       'index \"' || i.indexrelid::pg_catalog.regclass::pg_catalog.text || '\" of partitioned table \"'
                       || i.indrelid::pg_catalog.regclass::pg_catalog.text || '\" is invalid: some partitions have no index of it'
                FROM pg_catalog.pg_index AS i
                JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
                WHERE NOT i.indisvalid AND c.relkind = 'I'
                ORDER BY 1",
        hint: "Build the missing ones and attach them with ALTER INDEX … ATTACH PARTITION.",
    },
    Symptom {
        rule: "constraint-not-valid",
        level: Level::Info,
        query: "SELECT c.conrelid::pg_catalog.regclass::pg_catalog.text,
                       'constraint \"' || c.conname || '\" of table \"' || c.conrelid::pg_catalog.regclass::pg_catalog.text
                       || '\" is NOT VALID: older rows may break it'
                FROM pg_catalog.pg_constraint AS c
                WHERE NOT c.convalidated AND c.contype IN ('f', 'c', 'n') AND c.conrelid <> 0
                ORDER BY 1, 2",
        hint: "ALTER TABLE … VALIDATE CONSTRAINT checks them without keeping writers out.",
    },
    Symptom {
        rule: "constraint-switched-off",
        level: Level::Error,
        query: "SELECT c.conrelid::pg_catalog.regclass::pg_catalog.text,
                       'foreign key \"' || c.conname || '\" of table \"' || c.conrelid::pg_catalog.regclass::pg_catalog.text
                       || '\" is not enforced: its trigger on \"' || t.tgrelid::pg_catalog.regclass::pg_catalog.text || '\" is off'
                FROM pg_catalog.pg_trigger AS t
                JOIN pg_catalog.pg_constraint AS c ON c.oid = t.tgconstraint
                WHERE t.tgisinternal AND t.tgenabled IN ('D', 'R') AND c.contype = 'f'
                ORDER BY 1, 2",
        hint: "ALTER TABLE … ENABLE TRIGGER ALL switches it on again; rows written meanwhile were not checked: run \
               \"zerodrift doctor --constraints\".",
    },
    Symptom {
        rule: "constraint-unproven",
        level: Level::Info,
        query: "SELECT c.conrelid::pg_catalog.regclass::pg_catalog.text,
                       'foreign key \"' || c.conname || '\" of table \"' || c.conrelid::pg_catalog.regclass::pg_catalog.text
                       || '\" may have been validated without seeing every row: row security binds the owner of one of its tables'
                FROM pg_catalog.pg_constraint AS c
                WHERE c.contype = 'f' AND c.convalidated AND c.conparentid = 0
                  AND EXISTS (SELECT
                              FROM pg_catalog.pg_class AS t
                              JOIN pg_catalog.pg_roles AS o ON o.oid = t.relowner
                              WHERE t.oid IN (c.conrelid, c.confrelid) AND t.relrowsecurity AND t.relforcerowsecurity
                                AND NOT o.rolsuper AND NOT o.rolbypassrls)
                ORDER BY 1, 2",
        hint: "\"zerodrift doctor --constraints\" reads every row and says so.",
    },
];

/// Examines a database. `constraints` reads all rows of tables with foreign keys.
pub fn doctor(
    session: &mut Session,
    settings: &Settings,
    old: Duration,
    constraints: bool,
) -> Result<Examined, ApplyError> {
    let facts = preflight::look(session, settings)?;
    let mut examined = Examined::default();
    let policy = Settings {
        role_policy: RolePolicy::P1A,
        ..settings.clone()
    };
    if let Err(error) = preflight::role(&facts, &policy) {
        let bound_by_choice = settings.role_policy == RolePolicy::Owner;
        examined.unfit = !bound_by_choice;
        examined
            .findings
            .extend(error.findings().into_iter().map(|mut finding| {
                if bound_by_choice {
                    finding.level = Level::Info;
                }
                finding
            }));
    }
    if let Err(error) = preflight::alone(session) {
        if error.outcome() != Outcome::Unfit {
            return Err(error);
        }
        examined.unfit = true;
        examined.findings.extend(error.findings());
    }
    examined.findings.extend(deadlock(session, settings)?);
    examined.findings.extend(migrator(session, settings)?);
    for symptom in SYMPTOMS {
        let query = symptom.query.replace("$OLD", &old.as_secs_f64().to_string());
        let rows = session.text_rows(&query).map_err(|error| ApplyError::Database {
            doing: "examine the database",
            error,
        })?;
        examined
            .findings
            .extend(rows.iter().map(|row| finding(symptom, row)));
    }
    if constraints {
        let checked = constraints::check(session, &facts, settings)?;
        // What was proven now is no longer unproven.
        examined
            .findings
            .retain(|finding| finding.rule != "constraint-unproven");
        examined.findings.extend(checked.findings.iter().cloned());
        examined.constraints = Some(checked);
    }
    session.give_back();
    Ok(examined)
}

fn finding(symptom: &Symptom, row: &[Option<String>]) -> Finding {
    let column = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or_default();
    Finding::new(symptom.rule, symptom.level, column(1))
        .object(column(0))
        .hint(symptom.hint)
}

/// A lock timeout below `deadlock_timeout` ends before the server looks for a deadlock, so none is ever named.
fn deadlock(session: &mut Session, settings: &Settings) -> Result<Option<Finding>, ApplyError> {
    let rows = session
        .text_rows("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'")
        .map_err(|error| ApplyError::Database {
            doing: "read the settings",
            error,
        })?;
    let millis = rows
        .into_iter()
        .flatten()
        .flatten()
        .next()
        .and_then(|text| text.parse::<u64>().ok());
    let Some(deadlock) = millis.filter(|deadlock| settings.lock_timeout <= Duration::from_millis(*deadlock))
    else {
        return Ok(None);
    };
    let finding = Finding::new(
        "setting-lock-timeout",
        Level::Warning,
        format!(
            "lock timeout of {} ms does not exceed the server's deadlock_timeout of {deadlock} ms",
            settings.lock_timeout.as_millis()
        ),
    )
    .detail("A deadlock would look like a lock that is merely held, and be tried again.")
    .hint("Set apply.lock-timeout in zerodrift.yaml above it.");
    Ok(Some(finding))
}

fn migrator(session: &mut Session, settings: &Settings) -> Result<Vec<Finding>, ApplyError> {
    let holders = lock::holders(session, settings.lock_key())?;
    Ok(holders
        .iter()
        .map(|holder| {
            Finding::new("migrator-locked", Level::Warning, "another migrator holds the lock")
                .detail(format!("The holder is {holder}."))
                .hint("A backend keeps the lock after its client died: look at it, or end it with SELECT pg_terminate_backend(pid).")
        })
        .collect())
}

impl Examined {
    /// Returns how the examination ended, before the findings count.
    pub fn outcome(&self) -> Outcome {
        if self.unfit {
            Outcome::Unfit
        } else {
            Outcome::Clean
        }
    }
}
