//! Objects as statements name them: DROP, RENAME, OWNER, SET SCHEMA, COMMENT.

use super::literal::decode;
use super::names::{Reader, as_written, name_of, word, word_at};
use super::types::type_in;
use crate::sql::WrittenName;
use crate::sql::act::object::{Comment, Drop, ObjectKind as O, ObjectName, Rename};
use crate::sql::act::{Action, TypeName};
use crate::sql::parse::{Node, SyntaxKind as K};

/// Statements that drop, and what.
const DROPS: [(K, O); 39] = [
    (K::DROP_ACCESS_METHOD, O::AccessMethod),
    (K::DROP_AGGREGATE, O::Aggregate),
    (K::DROP_CAST, O::Cast),
    (K::DROP_COLLATION, O::Collation),
    (K::DROP_CONVERSION, O::Conversion),
    (K::DROP_DATABASE, O::Database),
    (K::DROP_DOMAIN, O::Domain),
    (K::DROP_EVENT_TRIGGER, O::EventTrigger),
    (K::DROP_EXTENSION, O::Extension),
    (K::DROP_FOREIGN_DATA_WRAPPER, O::ForeignDataWrapper),
    (K::DROP_FOREIGN_TABLE, O::ForeignTable),
    (K::DROP_FUNCTION, O::Function),
    (K::DROP_GROUP, O::Role),
    (K::DROP_INDEX, O::Index),
    (K::DROP_LANGUAGE, O::Language),
    (K::DROP_MATERIALIZED_VIEW, O::MaterializedView),
    (K::DROP_OPERATOR, O::Operator),
    (K::DROP_OPERATOR_CLASS, O::OperatorClass),
    (K::DROP_OPERATOR_FAMILY, O::OperatorFamily),
    (K::DROP_POLICY, O::Policy),
    (K::DROP_PROCEDURE, O::Procedure),
    (K::DROP_PUBLICATION, O::Publication),
    (K::DROP_ROLE, O::Role),
    (K::DROP_ROUTINE, O::Routine),
    (K::DROP_RULE, O::Rule),
    (K::DROP_SCHEMA, O::Schema),
    (K::DROP_SEQUENCE, O::Sequence),
    (K::DROP_SERVER, O::Server),
    (K::DROP_STATISTICS, O::Statistics),
    (K::DROP_SUBSCRIPTION, O::Subscription),
    (K::DROP_TABLE, O::Table),
    (K::DROP_TABLESPACE, O::Tablespace),
    (K::DROP_TRANSFORM, O::Transform),
    (K::DROP_TRIGGER, O::Trigger),
    (K::DROP_TYPE, O::Type),
    (K::DROP_USER, O::Role),
    (K::DROP_USER_MAPPING, O::UserMapping),
    (K::DROP_VIEW, O::View),
    (K::DROP_TEXT_SEARCH_CONFIG, O::TextSearchConfiguration),
];

/// Statements that drop parts of text search.
const DROPS_TEXT_SEARCH: [(K, O); 3] = [
    (K::DROP_TEXT_SEARCH_DICT, O::TextSearchDictionary),
    (K::DROP_TEXT_SEARCH_PARSER, O::TextSearchParser),
    (K::DROP_TEXT_SEARCH_TEMPLATE, O::TextSearchTemplate),
];

/// Statements that alter, and what; those of relations are in `alter`.
const ALTERS: [(K, O); 33] = [
    (K::ALTER_AGGREGATE, O::Aggregate),
    (K::ALTER_COLLATION, O::Collation),
    (K::ALTER_CONVERSION, O::Conversion),
    (K::ALTER_DATABASE, O::Database),
    (K::ALTER_DOMAIN, O::Domain),
    (K::ALTER_EVENT_TRIGGER, O::EventTrigger),
    (K::ALTER_EXTENSION, O::Extension),
    (K::ALTER_FOREIGN_DATA_WRAPPER, O::ForeignDataWrapper),
    (K::ALTER_FUNCTION, O::Function),
    (K::ALTER_GROUP, O::Role),
    (K::ALTER_LANGUAGE, O::Language),
    (K::ALTER_OPERATOR, O::Operator),
    (K::ALTER_OPERATOR_CLASS, O::OperatorClass),
    (K::ALTER_OPERATOR_FAMILY, O::OperatorFamily),
    (K::ALTER_POLICY, O::Policy),
    (K::ALTER_PROCEDURE, O::Procedure),
    (K::ALTER_PUBLICATION, O::Publication),
    (K::ALTER_ROLE, O::Role),
    (K::ALTER_ROUTINE, O::Routine),
    (K::ALTER_RULE, O::Rule),
    (K::ALTER_SCHEMA, O::Schema),
    (K::ALTER_SEQUENCE, O::Sequence),
    (K::ALTER_SERVER, O::Server),
    (K::ALTER_STATISTICS, O::Statistics),
    (K::ALTER_SUBSCRIPTION, O::Subscription),
    (K::ALTER_TABLESPACE, O::Tablespace),
    (K::ALTER_TEXT_SEARCH_CONFIGURATION, O::TextSearchConfiguration),
    (K::ALTER_TEXT_SEARCH_DICTIONARY, O::TextSearchDictionary),
    (K::ALTER_TEXT_SEARCH_PARSER, O::TextSearchParser),
    (K::ALTER_TEXT_SEARCH_TEMPLATE, O::TextSearchTemplate),
    (K::ALTER_TRIGGER, O::Trigger),
    (K::ALTER_TYPE, O::Type),
    (K::ALTER_USER, O::Role),
];

/// The objects that COMMENT and SECURITY LABEL name.
const COMMENTED: [(K, O); 43] = [
    (K::OBJECT_ACCESS_METHOD, O::AccessMethod),
    (K::OBJECT_AGGREGATE, O::Aggregate),
    (K::OBJECT_CAST, O::Cast),
    (K::OBJECT_COLLATION, O::Collation),
    (K::OBJECT_COLUMN, O::Column),
    (K::OBJECT_CONSTRAINT, O::Constraint),
    (K::OBJECT_CONVERSION, O::Conversion),
    (K::OBJECT_DATABASE, O::Database),
    (K::OBJECT_DOMAIN, O::Domain),
    (K::OBJECT_EVENT_TRIGGER, O::EventTrigger),
    (K::OBJECT_EXTENSION, O::Extension),
    (K::OBJECT_FOREIGN_DATA_WRAPPER, O::ForeignDataWrapper),
    (K::OBJECT_FOREIGN_TABLE, O::ForeignTable),
    (K::OBJECT_FUNCTION, O::Function),
    (K::OBJECT_INDEX, O::Index),
    (K::OBJECT_LANGUAGE, O::Language),
    (K::OBJECT_LARGE_OBJECT, O::LargeObject),
    (K::OBJECT_MATERIALIZED_VIEW, O::MaterializedView),
    (K::OBJECT_OPERATOR, O::Operator),
    (K::OBJECT_OPERATOR_CLASS, O::OperatorClass),
    (K::OBJECT_OPERATOR_FAMILY, O::OperatorFamily),
    (K::OBJECT_POLICY, O::Policy),
    (K::OBJECT_PROCEDURE, O::Procedure),
    (K::OBJECT_PUBLICATION, O::Publication),
    (K::OBJECT_ROLE, O::Role),
    (K::OBJECT_ROUTINE, O::Routine),
    (K::OBJECT_RULE, O::Rule),
    (K::OBJECT_SCHEMA, O::Schema),
    (K::OBJECT_SEQUENCE, O::Sequence),
    (K::OBJECT_SERVER, O::Server),
    (K::OBJECT_STATISTICS, O::Statistics),
    (K::OBJECT_SUBSCRIPTION, O::Subscription),
    (K::OBJECT_TABLE, O::Table),
    (K::OBJECT_TABLESPACE, O::Tablespace),
    (K::OBJECT_TEXT_SEARCH_CONFIG, O::TextSearchConfiguration),
    (K::OBJECT_TEXT_SEARCH_DICT, O::TextSearchDictionary),
    (K::OBJECT_TEXT_SEARCH_PARSER, O::TextSearchParser),
    (K::OBJECT_TEXT_SEARCH_TEMPLATE, O::TextSearchTemplate),
    (K::OBJECT_TRANSFORM, O::Transform),
    (K::OBJECT_TRIGGER, O::Trigger),
    (K::OBJECT_TYPE, O::Type),
    (K::OBJECT_VIEW, O::View),
    (K::OBJECT_PROPERTY_GRAPH, O::Table),
];

fn sort_of(table: &[(K, O)], node: Node<'_>) -> Option<O> {
    table
        .iter()
        .find(|(kind, _)| *kind == node.kind())
        .map(|(_, sort)| *sort)
}

impl Reader<'_> {
    /// Reads DROP of anything; nothing where the statement is no DROP of objects.
    pub(super) fn drop_objects(&mut self, node: Node<'_>) -> Option<Action> {
        let kind = sort_of(&DROPS, node).or_else(|| sort_of(&DROPS_TEXT_SEARCH, node))?;
        let if_exists = node.has(K::IF_EXISTS);
        let on = on_of(node);
        let mut objects = Vec::new();
        for part in node.nodes() {
            match part.kind() {
                K::FUNCTION_SIG_LIST | K::PROCEDURE_SIG_LIST | K::ROUTINE_SIG_LIST | K::OP_SIG_LIST => {
                    objects.extend(part.nodes().map(|object| self.object(object, kind)));
                }
                K::IF_EXISTS
                | K::CASCADE
                | K::RESTRICT
                | K::ON_RELATION
                | K::ON_TABLE
                | K::USING_METHOD
                | K::SERVER_CLAUSE
                | K::DROP_DATABASE_FORCE_CLAUSE => {}
                K::LANGUAGE_REF if kind == O::Transform => {}
                _ => objects.push(self.object(part, kind)),
            }
        }
        for object in &mut objects {
            object.conditional = if_exists;
            object.on.clone_from(&on);
        }
        Some(Action::Drop(Box::new(Drop {
            objects,
            if_exists,
            cascade: node.has(K::CASCADE),
            concurrently: node.has(K::CONCURRENTLY_KW),
        })))
    }

    /// Reads an object: a name, a routine with its arguments, an operator, a cast.
    pub(super) fn object(&mut self, node: Node<'_>, kind: O) -> ObjectName {
        let mut arguments = None;
        let name = match node.kind() {
            K::FUNCTION_SIG | K::PROCEDURE_SIG | K::ROUTINE_SIG | K::AGGREGATE => {
                arguments = node.child(K::PARAM_LIST).map(|list| self.parameters(list));
                node.nodes().next().map(name_of).unwrap_or_default()
            }
            K::OP_SIG | K::OP => {
                arguments = (node.kind() == K::OP_SIG).then(|| self.types_in(node));
                operator(node.child(K::OP).unwrap_or(node))
            }
            K::CAST_SIG => unqualified(&as_written(node)),
            _ if super::types::is_type(node.kind()) => self.type_name(node).name,
            K::LITERAL => unqualified(node.text()),
            K::ROLE_REF | K::USER_MAPPING_ROLE | K::ROLE => unqualified(&role(node)),
            _ => name_of(node),
        };
        ObjectName {
            kind,
            name,
            on: None,
            arguments,
            conditional: false,
            or_replace: false,
            span: self.span(node),
        }
    }

    fn types_in(&mut self, node: Node<'_>) -> Vec<TypeName> {
        node.nodes()
            .filter(|part| super::types::is_type(part.kind()))
            .map(|part| self.type_name(part))
            .collect()
    }

    /// Reads the types of parameters, OUT left out.
    pub(super) fn parameters(&mut self, list: Node<'_>) -> Vec<TypeName> {
        let mut types = Vec::new();
        for parameter in list.nodes() {
            match parameter.kind() {
                K::PARAM if !parameter.has(K::PARAM_OUT) => {
                    types.extend(type_in(parameter).map(|written| self.type_name(written)));
                    if let Some(default) = parameter.child(K::PARAM_DEFAULT) {
                        self.parts(default);
                    }
                }
                K::AGGREGATE_ORDER_BY => types.extend(self.parameters(parameter)),
                _ => {}
            }
        }
        types
    }

    /// Reads ALTER of anything but relations, as far as it renames, moves or gives away; nothing otherwise.
    pub(super) fn alter_object(&mut self, node: Node<'_>) -> Option<Action> {
        let kind = sort_of(&ALTERS, node)?;
        let mut parts = node.nodes().filter(|part| part.kind() != K::IF_EXISTS);
        let mut object = self.object(parts.next()?, kind);
        object.on = on_of(node);
        object.conditional = node.has(K::IF_EXISTS);
        let mut actions = parts.filter(|part| {
            !matches!(
                part.kind(),
                K::ON_TABLE | K::ON_RELATION | K::USING_METHOD | K::IN_DATABASE
            )
        });
        match (actions.next(), actions.next()) {
            (Some(only), None) => {
                let if_exists = object.conditional;
                common_action(self, only, object, if_exists)
            }
            _ => None,
        }
    }

    /// Reads the object that an ALTER names.
    pub(super) fn altered_object(&mut self, node: Node<'_>) -> Option<ObjectName> {
        let kind = sort_of(&ALTERS, node)?;
        let named = node.nodes().find(|part| part.kind() != K::IF_EXISTS)?;
        let mut object = self.object(named, kind);
        object.conditional = node.has(K::IF_EXISTS);
        Some(object)
    }

    /// Reads COMMENT ON and SECURITY LABEL.
    pub(super) fn comment(&mut self, node: Node<'_>) -> Option<Action> {
        let named = node.nodes().find(|part| sort_of(&COMMENTED, *part).is_some())?;
        let kind = sort_of(&COMMENTED, named)?;
        let object = match kind {
            O::Column => self.commented_column(named),
            O::Operator => self.commented_operator(named),
            _ => {
                let first = named.nodes().next()?;
                let mut object = self.object(first, kind);
                let belongs = matches!(kind, O::Constraint | O::Policy | O::Rule | O::Trigger);
                object.on = named.nodes().nth(1).filter(|_| belongs).map(name_of);
                object
            }
        };
        let text = node.children().filter(|part| part.kind() == K::LITERAL).last();
        let is_null = node
            .children()
            .last()
            .is_some_and(|last| last.kind() == K::NULL_KW);
        Some(Action::Comment(Comment {
            object,
            text: text
                .filter(|_| !is_null)
                .and_then(decode)
                .map(|decoded| decoded.text.into()),
            is_label: node.kind() == K::SECURITY_LABEL,
        }))
    }

    fn commented_column(&mut self, node: Node<'_>) -> ObjectName {
        let (on, name) = column_path(node.nodes().next().unwrap_or(node));
        ObjectName {
            on: Some(on),
            name: unqualified(&name),
            ..self.object(node, O::Column)
        }
    }

    fn commented_operator(&mut self, node: Node<'_>) -> ObjectName {
        let arguments = Some(self.types_in(node));
        let name = node.child(K::OP).map(operator).unwrap_or_default();
        ObjectName {
            name,
            arguments,
            ..self.object(node.child(K::OP).unwrap_or(node), O::Operator)
        }
    }
}

/// RENAME, SET SCHEMA and OWNER TO of any object.
pub(super) fn common_action(
    reader: &mut Reader<'_>,
    part: Node<'_>,
    mut object: ObjectName,
    if_exists: bool,
) -> Option<Action> {
    let span = reader.span(part);
    if let Some((kind, from, to, span)) = super::alter::rename_part(part, span) {
        let relation = std::mem::replace(&mut object.name, unqualified(&from));
        let object = ObjectName {
            kind,
            on: Some(relation),
            span,
            arguments: None,
            ..object
        };
        return Some(Action::Rename(Box::new(Rename {
            object,
            if_exists,
            to,
        })));
    }
    match part.kind() {
        K::OWNER_TO => Some(Action::Owner {
            object,
            owner: owner_of(part),
        }),
        K::SET_SCHEMA => Some(Action::SetSchema {
            object,
            schema: word_at(part, K::SCHEMA_REF),
        }),
        _ if is_rename(part) => {
            let to = renamed(part)?;
            Some(Action::Rename(Box::new(Rename {
                object,
                if_exists,
                to,
            })))
        }
        _ => None,
    }
}

fn is_rename(part: Node<'_>) -> bool {
    let mut children = part.children();
    let rename = children.next().is_some_and(|token| token.kind() == K::RENAME_KW);
    rename && children.next().is_some_and(|token| token.kind() == K::TO_KW)
}

/// Reads the new name of RENAME: the last one written.
pub(super) fn renamed(part: Node<'_>) -> Option<Box<str>> {
    let kinds = [K::CASCADE, K::RESTRICT];
    let name = part
        .nodes()
        .filter(|inner| !kinds.contains(&inner.kind()))
        .last()?;
    Some(name_of(name).name.into())
}

/// Reads the role behind OWNER TO.
pub(super) fn owner_of(part: Node<'_>) -> Box<str> {
    part.child(K::ROLE_REF).map(role).unwrap_or_default()
}

/// Reads a role: key words in lower case, names folded; the old word GROUP is passed over.
pub(super) fn role(node: Node<'_>) -> Box<str> {
    let token = node.tokens().filter(|token| token.kind() != K::GROUP_KW).last();
    token.map(word).unwrap_or_default()
}

/// Reads `relation.column`.
pub(super) fn column_path(path: Node<'_>) -> (WrittenName, Box<str>) {
    let mut names: Vec<String> = path
        .tokens()
        .filter(|token| token.kind() != K::DOT)
        .map(|token| super::literal::identifier(token.text()))
        .collect();
    let column = names.pop().unwrap_or_default();
    let name = names.pop().unwrap_or_default();
    let relation = WrittenName {
        schema: names.pop(),
        name,
    };
    (relation, column.into())
}

/// A name that lives in no schema.
pub(super) fn unqualified(name: &str) -> WrittenName {
    WrittenName {
        schema: None,
        name: name.to_owned(),
    }
}

fn operator(op: Node<'_>) -> WrittenName {
    let schema = op.child(K::PATH_REF).map(name_of);
    let mut name = String::new();
    for part in op.children().filter(|part| part.kind() != K::PATH_REF) {
        part.tokens().for_each(|token| name.push_str(token.text()));
    }
    WrittenName {
        schema: schema.map(|schema| schema.name),
        name,
    }
}

fn on_of(node: Node<'_>) -> Option<WrittenName> {
    let on = node.child_of(&[K::ON_RELATION, K::ON_TABLE])?;
    on.nodes().next().map(name_of)
}
