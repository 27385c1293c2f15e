//! Expressions and queries as one line of text that is the same wherever and however they were laid out.

use std::fmt::Write;

use super::expression::{Expr, ExprKind, Literal, TypeName};
use super::query::{FromItem, Query, SelectCore};

impl Expr {
    /// Returns the expression as one line without places, comments and needless parentheses. Two expressions with the
    /// same text mean the same; the reverse need not hold.
    pub fn normal(&self) -> String {
        let mut text = String::new();
        write_expr(&mut text, self);
        text
    }
}

impl Query {
    /// Returns the query as one line, like [`Expr::normal`].
    pub fn normal(&self) -> String {
        let mut text = String::new();
        write_query(&mut text, self);
        text
    }
}

impl TypeName {
    /// Returns the type as one word: `numeric(10,2)`, `int4[]`.
    pub fn normal(&self) -> String {
        let mut text = self.name.to_string();
        if !self.modifiers.is_empty() {
            let modifiers: Vec<String> = self.modifiers.iter().map(i32::to_string).collect();
            let _ = write!(text, "({})", modifiers.join(","));
        }
        (0..self.dimensions).for_each(|_| text.push_str("[]"));
        text
    }
}

fn write_list(text: &mut String, parts: &[Expr], between: &str) {
    text.push('(');
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            text.push_str(between);
        }
        write_expr(text, part);
    }
    text.push(')');
}

fn write_expr(text: &mut String, expr: &Expr) {
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => text.push_str("NULL"),
        ExprKind::Literal(Literal::Bool(value)) => text.push_str(if *value { "true" } else { "false" }),
        ExprKind::Literal(Literal::Number(number)) => text.push_str(number),
        ExprKind::Literal(Literal::Text(value)) => text.push_str(&crate::model::quote_literal(value)),
        ExprKind::Literal(Literal::Other(written)) => text.push_str(written),
        ExprKind::Column(column) => {
            if let Some(qualifier) = &column.qualifier {
                text.push_str(&qualifier.quoted());
                text.push('.');
            }
            text.push_str(&crate::model::quote_identifier(&column.name));
        }
        ExprKind::Call {
            name,
            arguments,
            windowed,
        } => {
            text.push_str(&name.quoted());
            write_list(text, arguments, ", ");
            if *windowed {
                text.push('*');
            }
        }
        ExprKind::Operator { sign, operands } => {
            text.push_str(sign);
            write_list(text, operands, ", ");
        }
        ExprKind::And(parts) => write_list(text, parts, " AND "),
        ExprKind::Or(parts) => write_list(text, parts, " OR "),
        ExprKind::Not(part) => {
            text.push_str("NOT ");
            write_expr(text, part);
        }
        ExprKind::IsNull { operand, negated } => {
            write_expr(text, operand);
            text.push_str(if *negated { " IS NOT NULL" } else { " IS NULL" });
        }
        ExprKind::In {
            operand,
            members,
            query,
            negated,
        } => {
            write_expr(text, operand);
            text.push_str(if *negated { " NOT IN " } else { " IN " });
            match query {
                Some(query) => write_query(text, query),
                None => write_list(text, members, ", "),
            }
        }
        ExprKind::Cast { operand, target } => {
            write_expr(text, operand);
            text.push_str("::");
            text.push_str(&target.normal());
        }
        ExprKind::Case(parts) => {
            text.push_str("CASE");
            write_list(text, parts, ", ");
        }
        ExprKind::Row(parts) => {
            text.push_str("ROW");
            write_list(text, parts, ", ");
        }
        ExprKind::Query(query) => write_query(text, query),
        ExprKind::Other(parts) => {
            text.push('?');
            write_list(text, parts, ", ");
        }
    }
}

fn write_query(text: &mut String, query: &Query) {
    text.push('(');
    for (name, with) in &query.with {
        let _ = write!(text, "WITH {name} ");
        write_query(text, with);
    }
    for (name, change) in &query.changes {
        let _ = write!(text, "WITH {name} {} {} ", change.action.as_str(), change.target);
        change
            .values
            .iter()
            .chain(&change.condition)
            .for_each(|expr| write_expr(text, expr));
    }
    for arm in &query.arms {
        write_core(text, arm);
    }
    let _ = write!(
        text,
        " distinct={} locks={}",
        query.distinct_arms, query.locks_rows
    );
    for expr in query.order_by.iter().chain(query.limit.as_deref()) {
        write_expr(text, expr);
    }
    text.push(')');
}

fn write_core(text: &mut String, core: &SelectCore) {
    text.push_str(if core.distinct {
        "SELECT DISTINCT "
    } else {
        "SELECT "
    });
    for target in &core.targets {
        write_expr(text, &target.expr);
        if let Some(alias) = &target.alias {
            let _ = write!(text, " AS {}", crate::model::quote_identifier(alias));
        }
        text.push(',');
    }
    text.push_str(" FROM ");
    core.from.iter().for_each(|item| write_from(text, item));
    for (word, parts) in [
        (" WHERE ", core.condition.as_slice()),
        (" GROUP BY ", &core.group_by),
        (" HAVING ", core.having.as_slice()),
        (" ON ", &core.distinct_on),
    ] {
        if !parts.is_empty() {
            text.push_str(word);
            write_list(text, parts, ", ");
        }
    }
    core.values.iter().for_each(|row| write_list(text, row, ", "));
}

fn write_from(text: &mut String, item: &FromItem) {
    let alias = match item {
        FromItem::Relation {
            name, alias, only, ..
        } => {
            let _ = write!(text, "{}{}", if *only { "ONLY " } else { "" }, name.quoted());
            alias
        }
        FromItem::Query { query, alias } => {
            write_query(text, query);
            alias
        }
        FromItem::Call { call, alias } => {
            write_expr(text, call);
            alias
        }
        FromItem::Join {
            left,
            right,
            kind,
            on,
            using,
        } => {
            write_from(text, left);
            let _ = write!(text, " {kind:?} JOIN ");
            write_from(text, right);
            on.iter().for_each(|on| write_expr(text, on));
            let _ = write!(text, "{using:?}");
            &None
        }
    };
    if let Some(alias) = alias {
        let _ = write!(text, " {}", crate::model::quote_identifier(alias));
    }
    text.push(',');
}
