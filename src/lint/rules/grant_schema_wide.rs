//! `grant-schema-wide`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, ObjectKind};

/// A grant on whatever a schema holds at that moment.
pub(super) static RULE: Rule = Rule {
    name: "grant-schema-wide",
    level: Level::Info,
    category: Category::Privilege,
    summary: "GRANT ON ALL … IN SCHEMA grants what happens to be there, which depends on the order of the revisions",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Grant(grant) = &step.act.action else {
        return;
    };
    let (Some(kind), Some(schema)) = (grant.all_of, grant.schemas.first()) else {
        return;
    };
    if grant.revoke {
        return;
    }
    let (word, plural) = match kind {
        ObjectKind::Sequence => ("SEQUENCE", "SEQUENCES"),
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => ("FUNCTION", "FUNCTIONS"),
        _ => ("TABLE", "TABLES"),
    };
    problems.push(
        Problem::new(step.act.span.clone(), format!("ALL {plural} IN SCHEMA \"{schema}\" are granted, whatever they are"))
            .object(schema)
            .effect(
                "What is there depends on which revisions ran before: two databases at the same revision end with different \
                 privileges, and tables that were never meant are granted.",
            )
            .instead(format!("GRANT … ON {word} {}.<name> TO …;", quote_identifier(schema))),
    );
}
