//! A name is a reserved word and must be quoted wherever it is used.

use crate::lint::context::Step;
use crate::lint::naming::given;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "keyword-as-name",
    level: Level::Info,
    category: Category::Style,
    summary: "a name is a reserved word and must be quoted wherever it is used",
    check: Check::Statement(check),
};

/// The words that are reserved in 13 to 18 (manual, appendix C, column PostgreSQL: "reserved").
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for given in given(&step.act.action, &step.act.span) {
        if RESERVED.binary_search(&given.name).is_err() {
            continue;
        }
        problems.push(
            Problem::new(
                given.span,
                format!("{} \"{}\" has a reserved word for a name", given.kind, given.name),
            )
            .object(given.name)
            .effect(
                "Without quotes it is a syntax error or means something else: SELECT user gives the role.",
            )
            .instead("Choose another name."),
        );
    }
}
