//! What an expression over one column gives for one literal: enough for the CHECKs that people write. Pure.

use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Expr, Literal};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
}

impl Value {
    /// Returns the value of a literal, casts left out; nothing for everything else.
    pub fn of(expr: &Expr) -> Option<Value> {
        Some(match expr.without_casts().as_literal()? {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Number(text) => Value::Number(text.parse().ok()?),
            Literal::Text(text) => Value::Text(text.to_string()),
            Literal::Other(_) => return None,
        })
    }
}

/// Evaluates an expression with a value for one column. Nothing where it names anything else, or does what is not known
/// here.
pub fn evaluate(expr: &Expr, column: &str, value: &Value) -> Option<Value> {
    let of = |expr: &Expr| evaluate(expr, column, value);
    match &expr.kind {
        ExprKind::Literal(_) => Value::of(expr),
        ExprKind::Column(found) => (*found.name == *column).then(|| value.clone()),
        // Casts between texts and of literals change nothing that is compared here; others might.
        ExprKind::Cast { operand, target } => {
            let inner = of(operand)?;
            match target.name.name.as_str() {
                "text" | "varchar" if target.modifiers.is_empty() && matches!(inner, Value::Text(_)) => {
                    Some(inner)
                }
                _ if operand.as_literal().is_some() => Some(inner),
                _ => None,
            }
        }
        ExprKind::And(parts) => connected(parts, of, false),
        ExprKind::Or(parts) => connected(parts, of, true),
        ExprKind::Not(part) => match of(part)? {
            Value::Bool(value) => Some(Value::Bool(!value)),
            Value::Null => Some(Value::Null),
            _ => None,
        },
        ExprKind::IsNull { operand, negated } => Some(Value::Bool((of(operand)? == Value::Null) != *negated)),
        ExprKind::In {
            operand,
            members,
            query: None,
            negated,
        } => is_in(&of(operand)?, members, of, *negated),
        ExprKind::Operator { sign, operands } => match operands.as_slice() {
            [left, right] => compare(sign, &of(left)?, &of(right)?),
            [operand, low, high] if &**sign == "BETWEEN" => {
                let operand = of(operand)?;
                let (low, high) = (
                    compare(">=", &operand, &of(low)?)?,
                    compare("<=", &operand, &of(high)?)?,
                );
                match (low, high) {
                    (Value::Bool(low), Value::Bool(high)) => Some(Value::Bool(low && high)),
                    _ => Some(Value::Null),
                }
            }
            _ => None,
        },
        ExprKind::Call { name, arguments, .. } => call(&name.name, arguments, of),
        _ => None,
    }
}

/// AND and OR: one part that decides is enough, whatever the others are.
fn connected(parts: &[Expr], of: impl Fn(&Expr) -> Option<Value>, decides: bool) -> Option<Value> {
    let values: Vec<Option<Value>> = parts.iter().map(of).collect();
    if values.contains(&Some(Value::Bool(decides))) {
        return Some(Value::Bool(decides));
    }
    if values.iter().any(Option::is_none) {
        return None;
    }
    match values.contains(&Some(Value::Null)) {
        true => Some(Value::Null),
        false => Some(Value::Bool(!decides)),
    }
}

fn is_in(
    value: &Value,
    members: &[Expr],
    of: impl Fn(&Expr) -> Option<Value>,
    negated: bool,
) -> Option<Value> {
    let members = match members {
        // `= ANY ((ARRAY[…])::text[])`, as the server prints a list.
        [list] => match (&list.without_casts().kind, list.as_literal()) {
            (ExprKind::Row(inner), _) => inner.as_slice(),
            // `= ANY ('{…}')`.
            (_, Some(Literal::Text(text))) if text.starts_with('{') => return None,
            _ if list.as_literal().is_none() && matches!(list.kind, ExprKind::Cast { .. }) => return None,
            _ => members,
        },
        [] => return None,
        _ => members,
    };
    let members: Option<Vec<Value>> = members.iter().map(of).collect();
    let mut has_null = *value == Value::Null;
    for member in members? {
        match compare("=", value, &member)? {
            Value::Bool(true) => return Some(Value::Bool(!negated)),
            Value::Null => has_null = true,
            _ => {}
        }
    }
    Some(match has_null {
        true => Value::Null,
        false => Value::Bool(negated),
    })
}

fn compare(sign: &str, left: &Value, right: &Value) -> Option<Value> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return Some(Value::Null),
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right)?,
        (Value::Number(left), Value::Text(right)) => left.partial_cmp(&right.parse().ok()?)?,
        (Value::Text(left), Value::Number(right)) => left.parse::<f64>().ok()?.partial_cmp(right)?,
        // How texts are ordered depends on the collation; whether they are equal does not.
        (Value::Text(left), Value::Text(right)) if matches!(sign, "=" | "<>" | "!=") => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => return None,
    };
    Some(Value::Bool(match sign {
        "=" => order == Equal,
        "<>" | "!=" => order != Equal,
        "<" => order == Less,
        "<=" => order != Greater,
        ">" => order == Greater,
        ">=" => order != Less,
        _ => return None,
    }))
}

fn call(name: &str, arguments: &[Expr], of: impl Fn(&Expr) -> Option<Value>) -> Option<Value> {
    let [argument] = arguments else { return None };
    let text = match of(argument)? {
        Value::Null => return Some(Value::Null),
        Value::Text(text) => text,
        _ => return None,
    };
    Some(match name {
        "length" | "char_length" | "character_length" => Value::Number(text.chars().count() as f64),
        "octet_length" => Value::Number(text.len() as f64),
        "lower" if text.is_ascii() => Value::Text(text.to_ascii_lowercase()),
        "upper" if text.is_ascii() => Value::Text(text.to_ascii_uppercase()),
        "btrim" => Value::Text(text.trim_matches(' ').to_owned()),
        _ => return None,
    })
}
