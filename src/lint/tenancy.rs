//! What policies say of tenants: which column, which setting, and whether an expression keeps tenants apart.

use super::context::Settings;
use super::schema::{Policy, Relation, Schema};
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Expr, Literal};

/// A call of `current_setting` with a constant name.
#[derive(Clone, Debug)]
pub struct SettingRead<'a> {
    /// The parameter.
    pub name: &'a str,
    /// Whether `missing_ok` is written and true.
    pub missing_ok: bool,
    /// The call.
    pub call: &'a Expr,
}

/// Returns the column that holds the tenant: the configured one, or the one that the policies of other tables compare
/// with a setting, where all of them agree.
pub fn tenant_column(settings: &Settings, schema: &Schema) -> Option<String> {
    if let Some(column) = &settings.tenant_column {
        return Some(column.clone());
    }
    let mut found: Option<&str> = None;
    for relation in schema.relations().filter(|relation| relation.row_security) {
        for policy in &relation.policies {
            let Some(column) = policy.using.as_ref().and_then(compared_with_setting) else {
                continue;
            };
            match found {
                Some(other) if other != column => return None,
                _ => found = Some(column),
            }
        }
    }
    found.map(str::to_owned)
}

/// Returns the column that an expression compares with a setting.
pub fn compared_with_setting(expr: &Expr) -> Option<&str> {
    let mut found = None;
    expr.walk(&mut |part| {
        if let ExprKind::Operator { sign, operands } = &part.kind
            && &**sign == "="
            && let [left, right] = operands.as_slice()
        {
            for (column, value) in [(left, right), (right, left)] {
                if let Some(column) = column.without_casts().as_column()
                    && !settings_read(value).is_empty()
                    && found.is_none()
                {
                    found = Some(&*column.name);
                }
            }
        }
    });
    found
}

/// Says whether an expression names a column, wherever it stands.
pub fn names_column(expr: &Expr, column: &str) -> bool {
    expr.any(|part| part.as_column().is_some_and(|found| *found.name == *column))
}

/// Returns the settings that an expression reads.
pub fn settings_read(expr: &Expr) -> Vec<SettingRead<'_>> {
    let mut reads = Vec::new();
    expr.walk(&mut |part| {
        if let ExprKind::Call { name, arguments, .. } = &part.kind
            && name.name == "current_setting"
            && let Some(Literal::Text(parameter)) = arguments
                .first()
                .and_then(|first| first.without_casts().as_literal())
        {
            let missing_ok = arguments.get(1).is_some_and(is_true);
            reads.push(SettingRead {
                name: parameter,
                missing_ok,
                call: part,
            });
        }
    });
    reads
}

/// Says whether an expression is true for every row: `true`, `1 = 1`, or an OR with such a part.
pub fn is_true(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(value)) => *value,
        ExprKind::Cast { operand, target } if target.name.name == "bool" => {
            is_true(operand)
                || matches!(operand.as_literal(), Some(Literal::Text(text)) if matches!(&**text, "t" | "true" | "on" | "1" | "yes"))
        }
        ExprKind::Operator { sign, operands } if &**sign == "=" => {
            matches!(operands.as_slice(), [left, right] if left.as_literal().is_some()
                && left.as_literal() == right.as_literal()
                && left.as_literal() != Some(&Literal::Null))
        }
        ExprKind::Or(parts) => parts.iter().any(is_true),
        ExprKind::And(parts) => parts.iter().all(is_true),
        _ => false,
    }
}

/// Says whether an expression may keep tenants apart: it compares the tenant's column with something else, calls a
/// function that may, or looks something up. Whether it really does, only rows can show.
pub fn may_restrict(expr: &Expr, column: Option<&str>) -> bool {
    match column {
        _ if is_true(expr) => false,
        Some(column) => restricts(expr, column),
        None => true,
    }
}

fn restricts(expr: &Expr, column: &str) -> bool {
    let is_column = |part: &Expr| {
        part.without_casts()
            .as_column()
            .is_some_and(|found| *found.name == *column)
    };
    match &expr.kind {
        ExprKind::Operator { operands, .. } => match operands.as_slice() {
            // A column is always equal to itself.
            [left, right] if is_column(left) && is_column(right) => false,
            [left, right] if is_column(left) || is_column(right) => true,
            parts => parts.iter().any(|part| restricts(part, column)),
        },
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Case(parts) | ExprKind::Row(parts) => {
            parts.iter().any(|part| restricts(part, column))
        }
        ExprKind::Other(parts) => parts
            .iter()
            .any(|part| is_column(part) || restricts(part, column)),
        ExprKind::In { operand, query, .. } => {
            is_column(operand) || query.is_some() || restricts(operand, column)
        }
        ExprKind::Not(part) | ExprKind::Cast { operand: part, .. } => restricts(part, column),
        ExprKind::Call { name, arguments, .. } => {
            super::schema::builtin_function(&name.name).is_none()
                && !matches!(name.name.as_str(), "coalesce" | "nullif" | "greatest" | "least")
                || arguments
                    .iter()
                    .any(|part| is_column(part) || restricts(part, column))
        }
        ExprKind::Query(_) => true,
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::IsNull { .. } => false,
    }
}

/// Says whether a policy is for a role: by name, for PUBLIC, or for everybody because nothing is written.
pub fn concerns(policy: &Policy, role: &str) -> bool {
    policy.roles.is_empty()
        || policy
            .roles
            .iter()
            .any(|named| &**named == "public" || &**named == role)
}

/// Says whether a policy is for the application: for everybody, or for one of the roles that it works with.
pub fn concerns_application(policy: &Policy, settings: &Settings) -> bool {
    concerns(policy, "public") || settings.runtime_roles.iter().any(|role| concerns(policy, role))
}

/// Says whether a table has the tenant's column and is not exempt.
pub fn is_tenant_table(settings: &Settings, relation: &Relation, column: &str) -> bool {
    relation.is_table()
        && !relation.temporary
        && relation.column(column).is_some()
        && !settings.is_exempt(relation)
}
