//! `pg_get_triggerdef`: `CREATE TRIGGER t BEFORE INSERT OR UPDATE OF a ON s.t FOR EACH ROW WHEN (…) EXECUTE FUNCTION f()`.

use super::Deparsed;
use super::key::Key;
use super::outline::{Outline, Row};

/// The definition of a trigger.
pub(in crate::catalog) static TRIGGER: Deparsed = Deparsed {
    oid: "tg.oid",
    has_tree: "tg.tgqual IS NOT NULL",
    trees: &["tg.tgqual"],
    parts: &[
        (0, "tg.tgrelid"),
        (0, "tg.tgattr"),
        (0, "tg.tgtype"),
        (0, "tg.tgconstraint <> 0"),
        (0, "tg.tgfoid"),
        (0, "tg.tgconstrrelid"),
        (
            0,
            "tg.tgdeferrable::pg_catalog.text || tg.tginitdeferred::pg_catalog.text",
        ),
        (0, "tg.tgnargs"),
        (0, "tg.tgargs"),
        (0, "tg.tgoldtable"),
        (0, "tg.tgnewtable"),
    ],
    aside: None,
    ask: "SELECT tg.oid::pg_catalog.text, pg_catalog.pg_get_triggerdef(tg.oid)
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS tg (oid)",
    bound: None,
    outline,
};

const RELATION: usize = 0;
const COLUMNS: usize = 1;
const TYPE: usize = 2;
const OF_CONSTRAINT: usize = 3;

/// Bits of `tgtype` (pg_trigger.h).
const BEFORE: u16 = 1 << 1;
const INSTEAD: u16 = 1 << 6;
/// The events in the order that the server writes them.
const EVENTS: &[(u16, &str)] = &[
    (1 << 2, "INSERT"),
    (1 << 3, "DELETE"),
    (UPDATE, "UPDATE"),
    (1 << 5, "TRUNCATE"),
];
const UPDATE: u16 = 1 << 4;

fn outline(row: &Row<'_>) -> Option<Outline> {
    let relation = row.oid(RELATION)?;
    let mut head = String::with_capacity(96);
    head.push_str(if row.part(OF_CONSTRAINT)? == "true" {
        "CREATE CONSTRAINT TRIGGER "
    } else {
        "CREATE TRIGGER "
    });
    row.put(&mut head, row.name);
    let bits: u16 = row.part(TYPE)?.parse().ok()?;
    head.push_str(match bits & (BEFORE | INSTEAD) {
        0 => " AFTER ",
        BEFORE => " BEFORE ",
        _ => " INSTEAD OF ",
    });
    events(row, relation, bits, &mut head)?;
    head.push_str(" ON ");
    row.put_relation(&mut head, relation)?;
    let mut key = Key::of(b't');
    row.parts[TYPE..].iter().for_each(|part| key.put_optional(*part));
    row.put_trees(&mut key, relation)?;
    Some(Outline::new(head, key))
}

fn events(row: &Row<'_>, relation: u32, bits: u16, head: &mut String) -> Option<()> {
    let columns: Vec<i16> = row.numbers(COLUMNS)?;
    let mut first = true;
    for (bit, word) in EVENTS.iter().filter(|(bit, _)| bits & bit != 0) {
        if !first {
            head.push_str(" OR ");
        }
        first = false;
        head.push_str(word);
        if *bit == UPDATE && !columns.is_empty() {
            head.push_str(" OF ");
            row.put_list(head, &row.names(relation, &columns)?);
        }
    }
    Some(())
}
