//! SET, RESET and transactions.

use super::literal::decode;
use super::names::{Reader, as_written, word, word_at};
use crate::sql::act::expression::{Expr, ExprKind, Literal};
use crate::sql::act::session::{SetScope, Setting, SettingValue, TransactionAct};
use crate::sql::act::{Action, Query};
use crate::sql::parse::{Node, SyntaxKind as K, tokens};

/// Reads SET, RESET and their special forms; nothing for any other statement.
pub(super) fn setting(node: Node<'_>) -> Option<Action> {
    let scope = match node.has(K::LOCAL_SCOPE) {
        true => SetScope::Local,
        false => SetScope::Session,
    };
    let (name, value, scope) = match node.kind() {
        K::SET => return set(node, scope),
        K::RESET => (reset_target(node), None, SetScope::Reset),
        K::SET_ROLE => ("role".into(), Some(last_words(node)), scope),
        K::RESET_ROLE => ("role".into(), None, SetScope::Reset),
        K::SET_SESSION_AUTH => match node.has(K::SET_SESSION_AUTH_DEFAULT) {
            true => ("session_authorization".into(), None, SetScope::Reset),
            false => ("session_authorization".into(), Some(last_words(node)), scope),
        },
        K::RESET_SESSION_AUTH => ("session_authorization".into(), None, SetScope::Reset),
        K::SET_CONSTRAINTS => ("constraints".into(), Some(constraints(node)), SetScope::Local),
        K::SET_TRANSACTION => {
            let session = node.has(K::SESSION_CHARACTERISTICS);
            let part = node.nodes().next().unwrap_or(node);
            let value = super::names::upper(part);
            let scope = if session {
                SetScope::Session
            } else {
                SetScope::Local
            };
            ("transaction".into(), Some(value), scope)
        }
        _ => return None,
    };
    Some(act(name, value, scope))
}

fn act(name: Box<str>, value: Option<Box<str>>, scope: SetScope) -> Action {
    let value = value.map(SettingValue::Text);
    Action::Set(Box::new(Setting { name, value, scope }))
}

fn set(node: Node<'_>, scope: SetScope) -> Option<Action> {
    let target = node
        .nodes()
        .find(|part| !matches!(part.kind(), K::LOCAL_SCOPE | K::SESSION_SCOPE))?;
    let text = |part: Node<'_>| {
        part.child(K::LITERAL)
            .and_then(decode)
            .map(|decoded| decoded.text.into())
    };
    Some(match target.kind() {
        K::SET_CONFIG => {
            let (name, value) = parameter(target);
            match value {
                Some(value) => act(name, Some(value), scope),
                None => act(name, None, SetScope::Reset),
            }
        }
        K::SET_SCHEMA_VALUE => act("search_path".into(), text(target), scope),
        K::SET_TIME_ZONE => {
            let default = target
                .children()
                .last()
                .is_some_and(|last| matches!(last.kind(), K::DEFAULT_KW | K::LOCAL_KW));
            match default {
                true => act("timezone".into(), None, SetScope::Reset),
                false => {
                    let value = target.nodes().last();
                    act("timezone".into(), value.map(super::table::value_of), scope)
                }
            }
        }
        K::SET_XML_OPTION => act("xmloption".into(), target.nodes().last().map(as_written), scope),
        K::SET_CATALOG => act("catalog".into(), text(target), scope),
        _ => return None,
    })
}

/// Reads `name = value, …` of SET: no value for DEFAULT, `FROM CURRENT` as such.
pub(super) fn parameter(node: Node<'_>) -> (Box<str>, Option<Box<str>>) {
    let name = node
        .child(K::CONFIG_PARAMETER_REF)
        .map(parameter_name)
        .unwrap_or_default();
    let Some(assignment) = node.child_of(&[K::TO_CONFIG_VALUE, K::FROM_CURRENT]) else {
        return (name, None);
    };
    if assignment.kind() == K::FROM_CURRENT {
        return (name, Some("FROM CURRENT".into()));
    }
    if assignment.has(K::DEFAULT_KW) {
        return (name, None);
    }
    let values: Vec<Box<str>> = assignment.nodes().map(value).collect();
    (name, Some(values.join(", ").into()))
}

fn value(node: Node<'_>) -> Box<str> {
    match node.kind() {
        K::CONFIG_VALUE_NAME => super::names::word(node),
        _ => super::table::value_of(node),
    }
}

fn parameter_name(node: Node<'_>) -> Box<str> {
    as_written(node).to_ascii_lowercase().into()
}

fn reset_target(node: Node<'_>) -> Box<str> {
    match node.nodes().next() {
        Some(target) if target.kind() == K::ALL => "all".into(),
        Some(target) if target.kind() == K::RESET_TIME_ZONE => "timezone".into(),
        Some(target) if target.kind() == K::RESET_TRANSACTION_ISOLATION => "transaction_isolation".into(),
        Some(target) => parameter_name(target),
        None => Box::default(),
    }
}

/// The role of SET ROLE and SET SESSION AUTHORIZATION.
fn last_words(node: Node<'_>) -> Box<str> {
    let last = node.nodes().last().unwrap_or(node);
    match last.kind() {
        K::LITERAL => super::create::text_of(last),
        _ => super::objects::role(last),
    }
}

fn constraints(node: Node<'_>) -> Box<str> {
    let text: Vec<String> = node
        .children()
        .skip(2)
        .map(|part| as_written(part).to_string())
        .collect();
    let words: Vec<&str> = text
        .iter()
        .map(String::as_str)
        .filter(|word| *word != ",")
        .collect();
    words.join(" ").into()
}

/// `SET NAMES 'utf8'`, which the parser does not know, is SET client_encoding.
pub(super) fn set_names(text: &str) -> Option<Action> {
    let mut words = tokens(text).filter(|token| !token.is_trivia());
    let mut next_is = |word: &str| {
        words
            .next()
            .is_some_and(|token| token.text(text).eq_ignore_ascii_case(word))
    };
    if !next_is("set") || !next_is("names") {
        return None;
    }
    let value = words.next();
    if words.next().is_some() {
        return None;
    }
    let value = value.map(|token| token.text(text));
    Some(match value {
        Some(quoted) if quoted.starts_with('\'') => {
            let value = quoted.trim_matches('\'').into();
            act("client_encoding".into(), Some(value), SetScope::Session)
        }
        Some(word) if !word.eq_ignore_ascii_case("default") => return None,
        _ => act("client_encoding".into(), None, SetScope::Reset),
    })
}

/// `SELECT set_config('name', 'value', is_local)` and nothing else is a SET.
pub(super) fn set_config(query: &Query) -> Option<Action> {
    let [arm] = query.arms.as_slice() else { return None };
    let [target] = arm.targets.as_slice() else {
        return None;
    };
    let ExprKind::Call { name, arguments, .. } = &target.expr.kind else {
        return None;
    };
    let ours = name.name == "set_config" && matches!(name.schema.as_deref(), None | Some("pg_catalog"));
    if !ours || !arm.from.is_empty() || arm.condition.is_some() || !query.with.is_empty() {
        return None;
    }
    let [parameter, value, local] = arguments.as_slice() else {
        return None;
    };
    let ExprKind::Literal(Literal::Text(parameter)) = &parameter.without_casts().kind else {
        return None;
    };
    let value = match &value.without_casts().kind {
        ExprKind::Literal(Literal::Text(text)) => SettingValue::Text(text.clone()),
        _ => SettingValue::Expr(value.clone()),
    };
    let scope = match is_true(local) {
        true => SetScope::Local,
        false => SetScope::Session,
    };
    Some(Action::Set(Box::new(Setting {
        name: parameter.to_ascii_lowercase().into(),
        value: Some(value),
        scope,
    })))
}

fn is_true(expr: &Expr) -> bool {
    match expr.without_casts().as_literal() {
        Some(Literal::Bool(value)) => *value,
        // boolin: any prefix of true, yes, on, 1.
        Some(Literal::Text(text)) => matches!(
            text.to_ascii_lowercase().trim(),
            "t" | "tr" | "tru" | "true" | "y" | "ye" | "yes" | "on" | "1"
        ),
        _ => false,
    }
}

/// Reads BEGIN, COMMIT and the like; nothing for any other statement.
pub(super) fn transaction(node: Node<'_>) -> Option<TransactionAct> {
    Some(match node.kind() {
        K::BEGIN => TransactionAct::Begin,
        K::COMMIT_TRANSACTION => TransactionAct::Commit,
        K::ROLLBACK_TRANSACTION => TransactionAct::Rollback,
        K::SAVEPOINT_CREATE => TransactionAct::Savepoint(word_at(node, K::SAVEPOINT)),
        K::RELEASE_SAVEPOINT => TransactionAct::Release,
        K::ROLLBACK_TO_SAVEPOINT => {
            TransactionAct::RollbackTo(node.nodes().next().map(word).unwrap_or_default())
        }
        K::PREPARE_TRANSACTION | K::COMMIT_PREPARED | K::ROLLBACK_PREPARED => TransactionAct::TwoPhase,
        _ => return None,
    })
}

impl Reader<'_> {
    /// Reads a query at the top.
    pub(super) fn top_query(&mut self, node: Node<'_>) -> Action {
        let query = self.query(node);
        set_config(&query).unwrap_or_else(|| Action::Select(Box::new(query)))
    }
}
