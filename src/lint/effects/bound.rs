//! Partition bounds, and whether CHECK constraints prove that rows keep to them.

use super::proof;
use crate::lint::schema::Relation;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Expr, Literal};

/// The bound of a partition with one key column and literal limits.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    /// DEFAULT.
    Default,
    /// IN, with its values.
    List(Vec<Value>),
    /// FROM and TO; nothing where MINVALUE or MAXVALUE stands.
    Range(Option<Value>, Option<Value>),
    /// HASH, several key columns, or expressions.
    Other,
}

/// A literal, numbers as numbers.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(super) enum Value {
    /// A number.
    Number(f64),
    /// Anything else, without quotes. Texts are only told apart, not put in order.
    Text(String),
}

/// What the CHECK constraints of a table say about a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Every row keeps to it.
    Proven,
    /// Something is said about the column that is not understood here.
    Unsure,
    /// Nothing is said.
    Absent,
}

impl Bound {
    /// Reads `FOR VALUES …` or `DEFAULT` as written.
    pub(super) fn parse(text: &str) -> Bound {
        let upper = text.to_ascii_uppercase();
        if upper.trim() == "DEFAULT" {
            return Bound::Default;
        }
        let list = |word: &str| -> Option<Vec<String>> {
            let at = upper.find(word)? + word.len();
            let rest = text.get(at..)?.trim_start().strip_prefix('(')?;
            Some(parts(rest))
        };
        if let (Some(from), Some(to)) = (list("FROM"), list("TO")) {
            let ([from], [to]) = (from.as_slice(), to.as_slice()) else {
                return Bound::Other;
            };
            return match (limit(from), limit(to)) {
                (Some(from), Some(to)) => Bound::Range(from, to),
                _ => Bound::Other,
            };
        }
        match list("IN") {
            Some(values) if !upper.contains("MODULUS") => {
                match values.iter().map(|text| value(text)).collect() {
                    Some(values) => Bound::List(values),
                    None => Bound::Other,
                }
            }
            _ => Bound::Other,
        }
    }

    /// Asks the CHECK constraints of a table whether each row has its key column within the bound.
    pub(super) fn proven(&self, relation: &Relation, column: &str) -> Proof {
        let not_null = relation.column(column).is_some_and(|found| found.not_null)
            || proof::not_null(relation, column, &[]);
        let parts: Vec<&Expr> = proof::checks(relation, &[])
            .flat_map(|check| check.conjuncts())
            .collect();
        let within = match self {
            Bound::Range(from, to) => {
                from.as_ref()
                    .is_none_or(|from| parts.iter().any(|part| is_at_least(part, column, from)))
                    && to
                        .as_ref()
                        .is_none_or(|to| parts.iter().any(|part| is_below(part, column, to)))
            }
            Bound::List(values) => parts.iter().any(|part| {
                equals_one_of(part, column).is_some_and(|own| own.iter().all(|value| values.contains(value)))
            }),
            Bound::Default | Bound::Other => false,
        };
        // A row with NULL belongs to none of these bounds.
        match not_null {
            true => self.judged(within, &parts, column),
            false => Proof::Absent,
        }
    }

    /// Asks the CHECK constraints of a default partition whether no row belongs to the bound.
    pub(super) fn excluded(&self, relation: &Relation, column: &str) -> Proof {
        let parts: Vec<&Expr> = proof::checks(relation, &[])
            .flat_map(|check| check.conjuncts())
            .collect();
        let without = match self {
            Bound::List(values) => values
                .iter()
                .all(|value| parts.iter().any(|part| differs_from(part, column, value))),
            Bound::Range(from, to) => {
                let limits = (from.as_ref(), to.as_ref());
                parts.iter().any(|part| is_outside(part, column, limits))
            }
            Bound::Default | Bound::Other => false,
        };
        self.judged(without, &parts, column)
    }

    fn judged(&self, proven: bool, parts: &[&Expr], column: &str) -> Proof {
        if proven {
            return Proof::Proven;
        }
        let only_not_null = |part: &&Expr| matches!(part.kind, ExprKind::IsNull { .. });
        let says = parts
            .iter()
            .any(|part| !only_not_null(part) && super::column::names(part, column));
        if says { Proof::Unsure } else { Proof::Absent }
    }
}

/// Splits at commas up to the closing parenthesis, quotes and inner parentheses kept whole.
fn parts(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let (mut depth, mut quoted) = (0, false);
    for character in text.chars() {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => break,
            ')' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                found.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = found.last_mut() {
            last.push(character);
        }
    }
    found.iter().map(|part| part.trim().to_owned()).collect()
}

/// Reads a limit: nothing for what is no literal, an inner nothing for no limit.
fn limit(text: &str) -> Option<Option<Value>> {
    if text.eq_ignore_ascii_case("minvalue") || text.eq_ignore_ascii_case("maxvalue") {
        return Some(None);
    }
    value(text).map(Some)
}

fn value(text: &str) -> Option<Value> {
    let text = text.split("::").next().unwrap_or(text).trim();
    let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    match (text.parse::<f64>(), inner) {
        (Ok(number), _) => Some(Value::Number(number)),
        (_, Some(inner)) => Some(Value::Text(inner.replace("''", "'"))),
        _ => None,
    }
}

fn value_of(expr: &Expr) -> Option<Value> {
    match expr.without_casts().as_literal()? {
        Literal::Number(number) => number.parse().ok().map(Value::Number),
        Literal::Text(text) => Some(Value::Text(text.to_string())),
        _ => None,
    }
}

/// Reads `column sign literal`.
fn comparison<'a>(expr: &'a Expr, column: &str) -> Option<(&'a str, Value)> {
    let ExprKind::Operator { sign, operands } = &expr.kind else {
        return None;
    };
    let [left, right] = operands.as_slice() else {
        return None;
    };
    let is_column = left
        .without_casts()
        .as_column()
        .is_some_and(|found| *found.name == *column);
    is_column
        .then(|| value_of(right))
        .flatten()
        .map(|value| (&**sign, value))
}

/// Numbers are put in order; texts only where they are the same, for their order depends on type and collation.
fn reaches(value: &Value, limit: &Value) -> bool {
    match (value, limit) {
        (Value::Number(value), Value::Number(limit)) => value >= limit,
        _ => value == limit,
    }
}

fn is_at_least(expr: &Expr, column: &str, limit: &Value) -> bool {
    comparison(expr, column)
        .is_some_and(|(sign, value)| matches!(sign, ">=" | ">" | "=") && reaches(&value, limit))
}

fn is_below(expr: &Expr, column: &str, limit: &Value) -> bool {
    comparison(expr, column).is_some_and(|(sign, value)| match sign {
        "<" => reaches(limit, &value),
        "<=" | "=" => value != *limit && reaches(limit, &value),
        _ => false,
    })
}

/// The two ends of a range, nothing for one that is open.
type Limits<'v> = (Option<&'v Value>, Option<&'v Value>);

/// Says whether a condition holds for no value within a range: `x < from OR x >= to`, `NOT (x >= from AND x < to)`.
fn is_outside(expr: &Expr, column: &str, (from, to): Limits<'_>) -> bool {
    match &expr.kind {
        ExprKind::Or(parts) => parts.iter().all(|part| is_outside(part, column, (from, to))),
        ExprKind::And(parts) => parts.iter().any(|part| is_outside(part, column, (from, to))),
        ExprKind::Not(inner) => holds_within(inner, column, (from, to)),
        _ => {
            to.is_some_and(|to| is_at_least(expr, column, to))
                || from.is_some_and(|from| is_below(expr, column, from))
        }
    }
}

/// Says whether a condition holds for every value within a range.
fn holds_within(expr: &Expr, column: &str, (from, to): Limits<'_>) -> bool {
    match &expr.kind {
        ExprKind::And(parts) => parts.iter().all(|part| holds_within(part, column, (from, to))),
        ExprKind::IsNull { operand, negated } => {
            *negated && operand.as_column().is_some_and(|found| *found.name == *column)
        }
        _ => comparison(expr, column).is_some_and(|(sign, value)| match sign {
            ">=" => from.is_some_and(|from| reaches(from, &value)),
            "<" => to.is_some_and(|to| reaches(&value, to)),
            _ => false,
        }),
    }
}

fn equals_one_of(expr: &Expr, column: &str) -> Option<Vec<Value>> {
    if let ExprKind::In {
        operand,
        members,
        query: None,
        negated: false,
    } = &expr.kind
    {
        let is_column = operand.as_column().is_some_and(|found| *found.name == *column);
        return is_column
            .then(|| members.iter().map(value_of).collect())
            .flatten();
    }
    match comparison(expr, column)? {
        ("=", value) => Some(vec![value]),
        _ => None,
    }
}

fn differs_from(expr: &Expr, column: &str, value: &Value) -> bool {
    if let ExprKind::In {
        operand,
        members,
        query: None,
        negated: true,
    } = &expr.kind
    {
        return operand.as_column().is_some_and(|found| *found.name == *column)
            && members
                .iter()
                .any(|member| value_of(member).as_ref() == Some(value));
    }
    match (comparison(expr, column), value) {
        (Some(("<>" | "!=", other)), _) => other == *value,
        (Some(("=", other)), _) => other != *value,
        (Some((">", Value::Number(other))), Value::Number(value)) => value <= &other,
        (Some((">=", Value::Number(other))), Value::Number(value)) => value < &other,
        (Some(("<", Value::Number(other))), Value::Number(value)) => value >= &other,
        (Some(("<=", Value::Number(other))), Value::Number(value)) => value > &other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_read() {
        let number = |value| Some(Value::Number(value));
        let cases = [
            ("DEFAULT", Bound::Default),
            (
                "FOR VALUES FROM (200) TO (300)",
                Bound::Range(number(200.0), number(300.0)),
            ),
            (
                "FOR VALUES FROM (MINVALUE) TO (-1)",
                Bound::Range(None, number(-1.0)),
            ),
            (
                "for values in ('a,b', 'it''s'::text)",
                Bound::List(vec![Value::Text("a,b".into()), Value::Text("it's".into())]),
            ),
            ("FOR VALUES FROM (1, 2) TO (3, 4)", Bound::Other),
            ("FOR VALUES WITH (MODULUS 4, REMAINDER 1)", Bound::Other),
            ("FOR VALUES FROM (now()) TO (MAXVALUE)", Bound::Other),
        ];
        for (text, expected) in cases {
            assert_eq!(Bound::parse(text), expected, "{text}");
        }
    }
}
