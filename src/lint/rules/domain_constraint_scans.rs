//! ALTER DOMAIN … ADD CONSTRAINT without NOT VALID, and SET NOT NULL.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::Level;
use crate::sql::WrittenName;
use crate::sql::act::Action;
use crate::sql::act::object::DomainCommand;

pub(super) static RULE: Rule = Rule {
    name: "domain-constraint-scans",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a domain gets a constraint and every table that uses it is read while its writers wait",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::AlterDomain { name, command } = &step.act.action else {
        return;
    };
    let constraint = match command {
        DomainCommand::AddConstraint(constraint) if !constraint.not_valid => Some(constraint),
        DomainCommand::SetNotNull => None,
        _ => return,
    };
    let Some(tables) = users(step, name) else {
        return;
    };
    let domain = name.quoted();
    let shown = if tables.is_empty() {
        "every table that uses it".to_owned()
    } else {
        tables.join(", ")
    };
    let instead = match constraint {
        Some(constraint) => {
            let text = step
                .migration
                .source
                .get(constraint.span.start as usize..constraint.span.end as usize)
                .unwrap_or("CHECK (…)");
            let validated = constraint
                .name
                .as_deref()
                .map_or_else(|| "…".to_owned(), crate::model::quote_identifier);
            format!(
                "ALTER DOMAIN {domain} ADD {text} NOT VALID;\n-- when it is quiet:\nALTER DOMAIN {domain} VALIDATE CONSTRAINT {validated};"
            )
        }
        None => format!("ALTER DOMAIN {domain} ADD CONSTRAINT … CHECK (VALUE IS NOT NULL) NOT VALID;"),
    };
    let mut problem = Problem::new(
        step.act.span.clone(),
        format!("constraint on domain \"{name}\", which existing tables use"),
    )
    .object(name)
    .effect(format!(
        "SHARE on {shown} while every row is tested: INSERT, UPDATE and DELETE wait."
    ))
    .instead(instead);
    if let Some(constraint) = constraint {
        problem = problem.fix(constraint.span.end..constraint.span.end, " NOT VALID");
    }
    problems.push(problem);
}

/// Returns the tables in use that have a column of the domain, none where the domain is unknown; nothing where there is
/// no such table.
fn users(step: &Step<'_>, name: &WrittenName) -> Option<Vec<String>> {
    let domain = match step.schema.type_(name) {
        Found::Known(domain) => domain,
        Found::Unknown => return Some(Vec::new()),
        Found::Absent | Found::System => return None,
    };
    if domain.origin.migration() == Some(step.migration.number) {
        return None;
    }
    let full = domain.key.to_string();
    let tables: Vec<String> = step
        .schema
        .relations()
        .filter(|relation| step.is_busy(relation))
        .filter(|relation| {
            relation.columns.iter().any(|column| {
                column
                    .data_type
                    .as_ref()
                    .is_some_and(|found| *found.name == *full || *found.name == *domain.key.name)
            })
        })
        .map(|relation| format!("\"{}\"", relation.key.name))
        .collect();
    (!tables.is_empty()).then_some(tables)
}
