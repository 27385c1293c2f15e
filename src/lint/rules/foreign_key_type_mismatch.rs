//! A foreign key compares types that have no common operator, or merely different ones.

use crate::lint::context::Step;
use crate::lint::reference::references;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::model::quote_identifier;

pub(super) static RULE: Rule = Rule {
    name: "foreign-key-type-mismatch",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a foreign key compares types that have no common operator, or merely different ones",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for reference in references(step) {
        let Some(columns) = reference.referenced_columns() else {
            continue;
        };
        for ((name, from), to) in reference.columns.iter().zip(&columns) {
            let to_type = reference
                .referenced
                .column(to)
                .and_then(|column| column.data_type.as_ref());
            let (Some(from), Some(to_type)) = (from, to_type) else {
                continue;
            };
            if from.dimensions > 0 || to_type.dimensions > 0 {
                continue;
            }
            let Some(fits) = fit(&from.name, &to_type.name) else {
                continue;
            };
            let problem = Problem::new(
                reference.span.clone(),
                format!(
                    "column \"{name}\" of \"{}\" is {} and refers to \"{to}\" of \"{}\", which is {}",
                    reference.table, from.name, reference.key.table, to_type.name
                ),
            )
            .object(format!("{}.{name}", reference.table))
            .instead(format!(
                "Give {} the type {}.",
                quote_identifier(name),
                to_type.name
            ));
            problems.push(match fits {
                Fit::Never => problem.effect(
                    "The server refuses it with 42804 (no common operator), and the whole transaction is rolled back.",
                ),
                Fit::Differs => problem.level(Level::Info).effect(
                    "Every check converts or compares across types, and values that the one holds may not fit the other.",
                ),
            });
        }
    }
}

enum Fit {
    /// There is no operator that could compare them.
    Never,
    /// They can be compared, but are not the same.
    Differs,
}

/// Types that are compared with each other by operators of one family (`pg_amop` of btree, 13 to 18).
const FAMILIES: &[&[&str]] = &[
    &["int2", "int4", "int8"],
    &["float4", "float8"],
    &["numeric"],
    &["text", "varchar", "bpchar", "name"],
    &["date", "timestamp", "timestamptz"],
    &["uuid"],
    &["bool"],
    &["bytea"],
    &["json"],
    &["jsonb"],
    &["inet", "cidr"],
    &["time"],
    &["interval"],
];

/// Says how a column fits the one that it refers to; nothing where it does, or where a type is not known.
fn fit(from: &str, to: &str) -> Option<Fit> {
    let (from, to) = (plain(from), plain(to));
    if from == to {
        return None;
    }
    let family = |name: &str| FAMILIES.iter().position(|family| family.contains(&name));
    let (one, other) = (family(from)?, family(to)?);
    // Whole numbers become numeric and floats by themselves, numeric becomes floats, a time an interval; not the other
    // way round (`pg_cast.castcontext` is `i`).
    let widens = matches!((one, other), (0, 1 | 2) | (2, 1)) || (from, to) == ("time", "interval");
    Some(match one == other || widens {
        true => Fit::Differs,
        false => Fit::Never,
    })
}

/// The type that a serial column has.
fn plain(name: &str) -> &str {
    match name {
        "serial" | "serial4" => "int4",
        "bigserial" | "serial8" => "int8",
        "smallserial" | "serial2" => "int2",
        name => name,
    }
}
