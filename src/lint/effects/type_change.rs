//! What ALTER COLUMN … TYPE has to do to the rows that are there.
//!
//! As `ATColumnChangeRequiresRewrite` in tablecmds.c decides on the simplified conversion: nothing is written where only
//! the label of the type changes or a length becomes wider (manual 18: ALTER TABLE, Notes).

use super::domain;
use crate::lint::schema::{ColumnType, Schema};
use crate::lint::transaction::Transaction;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Expr, TypeName};

/// What a change of type does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// The rows stay as they are.
    Keeps,
    /// Something that decides is not known; the rows may have to be rewritten.
    Unsure,
    /// Every row is rewritten.
    Rewrites,
}

/// Conversions that change nothing but the label (`pg_cast.castmethod` is `b`; the same in 13 to 18).
const RELABELLED: &[(&str, &[&str])] = &[
    ("bit", &["varbit"]),
    ("cidr", &["inet"]),
    ("citext", &["bpchar", "text", "varchar"]),
    ("int4", OID_TYPES),
    (
        "oid",
        &[
            "int4",
            "regclass",
            "regcollation",
            "regconfig",
            "regdictionary",
            "regnamespace",
            "regoper",
            "regoperator",
            "regproc",
            "regprocedure",
            "regrole",
            "regtype",
        ],
    ),
    ("pg_node_tree", &["text"]),
    ("regclass", &["int4", "oid"]),
    ("regnamespace", &["int4", "oid"]),
    ("regproc", &["int4", "oid", "regprocedure"]),
    ("regprocedure", &["int4", "oid", "regproc"]),
    ("regrole", &["int4", "oid"]),
    ("regtype", &["int4", "oid"]),
    ("text", &["bpchar", "citext", "varchar"]),
    ("varbit", &["bit"]),
    ("varchar", &["bpchar", "citext", "text"]),
    ("xml", &["bpchar", "text", "varchar"]),
];

const OID_TYPES: &[&str] = &[
    "oid",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
];

/// Types whose default operator classes are the same, so that an index on a column that turns from one into the other
/// stays as it is (`pg_opclass`; text and varchar share theirs, as do cidr and inet).
const SAME_OPERATORS: &[&[&str]] = &[&["text", "varchar"], &["cidr", "inet"]];

/// Types whose modifier says how precise they are, with the precision that they have without one.
const PRECISE: &[(&str, i32)] = &[
    ("interval", 6),
    ("time", 6),
    ("timestamp", 6),
    ("timestamptz", 6),
    ("timetz", 6),
];

/// Names of time zones that are UTC (`TimestampTimestampTzRequiresRewrite` asks for a fixed offset of zero).
const UTC: &[&str] = &[
    "utc",
    "gmt",
    "uct",
    "zulu",
    "universal",
    "greenwich",
    "etc/utc",
    "etc/gmt",
    "etc/uct",
    "0",
];

/// Where a type change happens.
pub(super) struct Surroundings<'a> {
    pub schema: &'a Schema,
    pub transaction: &'a Transaction,
}

impl Surroundings<'_> {
    /// Follows USING, or the assignment cast, from the column's type to the new one.
    pub(super) fn change(
        &self,
        column: &str,
        old: Option<&ColumnType>,
        new: &ColumnType,
        using: Option<&Expr>,
    ) -> Change {
        let mut steps = vec![new.clone()];
        let mut rest = using;
        while let Some(expr) = rest {
            match &expr.kind {
                ExprKind::Cast { operand, target } => {
                    steps.push(self.column_type(target));
                    rest = Some(operand);
                }
                ExprKind::Column(found) if *found.name == *column => rest = None,
                _ => return Change::Rewrites,
            }
        }
        let Some(old) = old else {
            return Change::Unsure;
        };
        let mut from = old.clone();
        let mut worst = Change::Keeps;
        for to in steps.into_iter().rev() {
            worst = worst.max(self.step(&from, &to));
            from = to;
        }
        worst
    }

    /// Returns a written type as columns hold it.
    pub(super) fn column_type(&self, written: &TypeName) -> ColumnType {
        crate::lint::schema::column_type(self.schema, written)
    }

    fn step(&self, from: &ColumnType, to: &ColumnType) -> Change {
        if from == to {
            return Change::Keeps;
        }
        if from.dimensions > 0 || to.dimensions > 0 {
            let same = from.dimensions.min(1) == to.dimensions.min(1)
                && from.name == to.name
                && from.modifiers == to.modifiers;
            return if same { Change::Keeps } else { Change::Rewrites };
        }
        if let Some(base) = domain::base(self.schema, from) {
            return self.step(&base, to);
        }
        if let Some(base) = domain::base(self.schema, to) {
            if domain::is_constrained(self.schema, to) {
                return Change::Rewrites;
            }
            return self.step(from, &base);
        }
        let (old, new) = (unlabelled(&from.name), unlabelled(&to.name));
        if old == new {
            return if widens(old, &from.modifiers, &to.modifiers) {
                Change::Keeps
            } else {
                Change::Rewrites
            };
        }
        let relabelled = RELABELLED
            .iter()
            .any(|(source, targets)| *source == old && targets.contains(&new));
        if relabelled {
            return if to.modifiers.is_empty() {
                Change::Keeps
            } else {
                Change::Rewrites
            };
        }
        match (old, new) {
            ("timestamp", "timestamptz") | ("timestamptz", "timestamp")
                if widens(new, &[], &to.modifiers) =>
            {
                self.between_timestamps()
            }
            _ => Change::Rewrites,
        }
    }

    fn between_timestamps(&self) -> Change {
        let Some(set) = self.transaction.settings.get("timezone") else {
            return Change::Unsure;
        };
        match &set.value {
            Some(zone) if UTC.contains(&zone.to_ascii_lowercase().as_str()) => Change::Keeps,
            Some(_) => Change::Rewrites,
            None => Change::Unsure,
        }
    }
}

/// Says whether an index of the column's default operators can stay when the rows do.
pub(super) fn same_operators(schema: &Schema, from: &ColumnType, to: &ColumnType) -> bool {
    let base = |of: &ColumnType| domain::innermost(schema, of);
    let (old, new) = (base(from), base(to));
    let (old, new) = (unlabelled(&old.name), unlabelled(&new.name));
    old == new
        || SAME_OPERATORS
            .iter()
            .any(|group| group.contains(&old) && group.contains(&new))
}

/// `public.citext` and the like: an extension's type by its own name.
fn unlabelled(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((_, "citext")) => "citext",
        _ => name,
    }
}

/// Says whether every value of a type with the old modifiers is one with the new (the support functions of varchar,
/// varbit, numeric, timestamp, time and interval).
fn widens(name: &str, old: &[i32], new: &[i32]) -> bool {
    if old == new || new.is_empty() {
        return true;
    }
    if let Some((_, full)) = PRECISE.iter().find(|(precise, _)| *precise == name) {
        let [new] = new else { return false };
        return new >= full || old.first().is_some_and(|old| old <= new);
    }
    match name {
        "varchar" | "varbit" => matches!((old, new), ([old], [new]) if old <= new),
        "numeric" => {
            let scale = |modifiers: &[i32]| modifiers.get(1).copied().unwrap_or(0);
            !old.is_empty() && scale(old) == scale(new) && old[0] <= new[0]
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_widen_as_the_support_functions_say() {
        let cases: &[(&str, &[i32], &[i32], bool)] = &[
            ("varchar", &[10], &[20], true),
            ("varchar", &[20], &[10], false),
            ("varchar", &[], &[10], false),
            ("varchar", &[10], &[], true),
            ("numeric", &[10, 2], &[12, 2], true),
            ("numeric", &[10, 2], &[12, 3], false),
            ("numeric", &[10], &[12, 0], true),
            ("numeric", &[], &[12, 0], false),
            ("timestamptz", &[3], &[6], true),
            ("timestamptz", &[], &[6], true),
            ("timestamptz", &[], &[3], false),
            ("bpchar", &[4], &[8], false),
        ];
        for (name, old, new, expected) in cases {
            assert_eq!(widens(name, old, new), *expected, "{name} {old:?} {new:?}");
        }
    }
}
