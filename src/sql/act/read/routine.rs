//! Functions, procedures and DO blocks.

use super::literal::decode;
use super::names::{Reader, name_of, word};
use super::place::Place;
use super::session::parameter;
use super::types::type_in;
use super::{plpgsql, statement_acts, with_stack};
use crate::sql::act::routine::{Body, BodyKind, BodyStatement, CreateRoutine, Volatility};
use crate::sql::act::{Act, Action, TypeName, Uses};
use crate::sql::parse::{Grammar, Node, SyntaxKind as K, nesting};

/// How many bodies may stand in each other before the innermost is left unread.
const DEEPEST: usize = 6;

impl Reader<'_> {
    /// Reads CREATE FUNCTION and CREATE PROCEDURE.
    pub(super) fn create_routine(&mut self, node: Node<'_>) -> Option<Action> {
        let name = node.child_of(&[K::FUNCTION_NAME, K::PROCEDURE_NAME])?;
        let arguments = node.child(K::PARAM_LIST).map(|list| self.parameters(list));
        let mut routine = CreateRoutine {
            name: name_of(name),
            name_span: self.span(name),
            is_procedure: node.kind() == K::CREATE_PROCEDURE,
            or_replace: node.has(K::OR_REPLACE),
            arguments: arguments.unwrap_or_default(),
            returns: node
                .child(K::RET_TYPE)
                .and_then(|returns| self.return_type(returns)),
            language: None,
            volatility: None,
            security_definer: None,
            settings: Vec::new(),
            resets: Vec::new(),
            body: None,
        };
        let mut text = None;
        if let Some(options) = node.child(K::FUNC_OPTION_LIST) {
            text = self.options(options, &mut routine);
        }
        routine.body = match (text, node.child_of(&[K::ATOMIC_BODY, K::RETURN_STMT])) {
            (_, Some(body)) => Some(self.atomic(body)),
            (Some(literal), None) => {
                let language = routine.language.clone().unwrap_or_else(|| "sql".into());
                self.body(literal, language)
            }
            (None, None) => None,
        };
        Some(Action::CreateRoutine(Box::new(routine)))
    }

    /// Reads ALTER FUNCTION, PROCEDURE and ROUTINE with options; nothing where others are written.
    pub(super) fn alter_routine(&mut self, node: Node<'_>) -> Option<Action> {
        let options = node.child(K::FUNC_OPTION_LIST)?;
        let object = self.altered_object(node)?;
        let mut routine = CreateRoutine {
            name: object.name,
            name_span: object.span,
            is_procedure: node.kind() == K::ALTER_PROCEDURE,
            or_replace: false,
            arguments: object.arguments.unwrap_or_default(),
            returns: None,
            language: None,
            volatility: None,
            security_definer: None,
            settings: Vec::new(),
            resets: Vec::new(),
            body: None,
        };
        self.options(options, &mut routine);
        Some(Action::AlterRoutine(Box::new(routine)))
    }

    fn return_type(&mut self, node: Node<'_>) -> Option<TypeName> {
        if let Some(table) = node.child(K::RETURN_TABLE_ARG_LIST) {
            for column in table.nodes() {
                type_in(column).map(|written| self.type_name(written));
            }
            return None;
        }
        type_in(node).map(|written| self.type_name(written))
    }

    /// Reads options, and returns the literal behind AS.
    fn options<'t>(&mut self, list: Node<'t>, routine: &mut CreateRoutine) -> Option<Node<'t>> {
        let mut text = None;
        for option in list.nodes() {
            match option.kind() {
                K::LANGUAGE_FUNC_OPTION => routine.language = language_of(option),
                K::IMMUTABLE => routine.volatility = Some(Volatility::Immutable),
                K::STABLE => routine.volatility = Some(Volatility::Stable),
                K::VOLATILE => routine.volatility = Some(Volatility::Volatile),
                K::SECURITY_DEFINER_FUNC_OPTION => routine.security_definer = Some(true),
                K::SECURITY_INVOKER_FUNC_OPTION => routine.security_definer = Some(false),
                K::SET_FUNC_OPTION => {
                    if let Some(set) = option.child(K::SET_CONFIG_PARAM) {
                        let (name, value) = parameter(set);
                        let name: Box<str> = super::spelling::meant(&name).into();
                        match value {
                            Some(value) => routine.settings.push((name, value)),
                            None => routine.resets.push(name),
                        }
                    }
                }
                K::RESET_FUNC_OPTION => {
                    let name = option.nodes().next().map(super::names::as_written);
                    routine
                        .resets
                        .push(name.map_or("all".into(), |name| name.to_ascii_lowercase().into()));
                }
                K::SUPPORT_FUNC_OPTION => self.parts_of_statement(option),
                K::AS_FUNC_OPTION => {
                    let definition = option.child(K::AS_DEFINITION);
                    text = definition.and_then(|definition| definition.child(K::LITERAL));
                }
                _ => {}
            }
        }
        text
    }

    /// Reads DO.
    pub(super) fn do_block(&mut self, node: Node<'_>) -> Option<Action> {
        let literal = node.child(K::LITERAL)?;
        let language = node.child(K::DO_LANGUAGE).and_then(language_of);
        let language = language.unwrap_or_else(|| "plpgsql".into());
        let body = self.body(literal, language.clone());
        let unread = || Body {
            language,
            span: self.span(literal),
            ..Body::default()
        };
        Some(Action::Do(Box::new(body.unwrap_or_else(unread))))
    }

    /// Reads a body that is a string; nothing where its language is neither sql nor plpgsql.
    fn body(&mut self, literal: Node<'_>, language: Box<str>) -> Option<Body> {
        if !matches!(&*language, "sql" | "plpgsql") || self.level >= DEEPEST {
            return None;
        }
        let decoded = decode(literal)?;
        let mut place = Place::default();
        place.append(0, &decoded.place, decoded.text.len(), self.place);
        let mut body = Body {
            span: place.span(0..decoded.text.len() as u32),
            is_string: true,
            language,
            fingerprint: crate::sql::normal::fingerprint(&decoded.text),
            statements: Vec::new(),
            broken: None,
        };
        let level = self.level + 1;
        let is_sql = &*body.language == "sql";
        let read = with_stack(nesting(&decoded.text), || match is_sql {
            true => {
                sql_body(&decoded.text, &place, level, &mut body);
                Uses::default()
            }
            false => plpgsql::read(&decoded.text, &place, level, &mut body),
        });
        match read {
            Ok(declared) => self.adopt(&declared),
            Err(message) => body.broken = Some((message, body.span.clone())),
        }
        if is_sql {
            for statement in &body.statements {
                if let BodyKind::Sql(act) = &statement.kind {
                    self.adopt(&act.uses);
                }
            }
        }
        Some(body)
    }

    /// Reads `BEGIN ATOMIC … END` and `RETURN expression`.
    fn atomic(&mut self, node: Node<'_>) -> Body {
        let mut body = Body {
            language: "sql".into(),
            span: self.span(node),
            is_string: false,
            fingerprint: crate::sql::normal::fingerprint(node.text()),
            statements: Vec::new(),
            broken: None,
        };
        let statements: Vec<Node<'_>> = match node.kind() {
            K::ATOMIC_BODY => node.nodes().collect(),
            _ => vec![node],
        };
        for statement in statements {
            if statement.kind() == K::RETURN_STMT {
                let value = self.only_expr(statement);
                let kind = BodyKind::Return {
                    value,
                    span: self.span(statement),
                };
                body.statements.push(BodyStatement { kind, ..nowhere() });
                continue;
            }
            let mut acts = Vec::new();
            statement_acts(statement, self.place, self.level + 1, &mut acts);
            acts.iter().for_each(|act| self.adopt(&act.uses));
            body.statements.extend(acts.into_iter().map(unconditional));
        }
        body
    }
}

fn sql_body(text: &str, place: &Place, level: usize, body: &mut Body) {
    let (tree, found) = super::parsed(text, place, Grammar::Sql);
    body.broken = found;
    let mut acts = Vec::new();
    for node in tree.root().nodes() {
        statement_acts(node, place, level, &mut acts);
    }
    body.statements.extend(acts.into_iter().map(unconditional));
}

fn unconditional(act: Act) -> BodyStatement {
    BodyStatement {
        kind: BodyKind::Sql(Box::new(act)),
        ..nowhere()
    }
}

/// A statement below nothing.
fn nowhere() -> BodyStatement {
    BodyStatement {
        kind: BodyKind::Transaction(0..0),
        conditional: false,
        in_loop: false,
        caught: false,
        conditions: Vec::new(),
    }
}

/// A language, in lower case.
fn language_of(option: Node<'_>) -> Option<Box<str>> {
    let named = option.child_of(&[K::LANGUAGE_REF, K::LITERAL])?;
    let name = match named.kind() {
        K::LITERAL => super::create::text_of(named),
        _ => word(named),
    };
    Some(name.to_ascii_lowercase().into())
}
