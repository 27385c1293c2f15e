//! CREATE of everything but tables and routines.

use super::literal::decode;
use super::names::{Reader, as_written, name_of, upper, word, word_at, words_of};
use super::objects::{column_path, role, unqualified};
use super::table::options;
use super::types::type_in;
use crate::sql::WrittenName;
use crate::sql::act::Action;
use crate::sql::act::object::{
    AlterRole, CreateDomain, CreateExtension, CreateIndex, CreatePolicy, CreateSequence, CreateTrigger,
    CreateType, CreateView, DomainCommand, ObjectKind as O, ObjectName, TypeShape,
};
use crate::sql::parse::{Node, SyntaxKind as K};

/// Statements that create what rules ask little about.
const OTHERS: [(K, O); 21] = [
    (K::CREATE_ACCESS_METHOD, O::AccessMethod),
    (K::CREATE_AGGREGATE, O::Aggregate),
    (K::CREATE_CAST, O::Cast),
    (K::CREATE_COLLATION, O::Collation),
    (K::CREATE_CONVERSION, O::Conversion),
    (K::CREATE_FOREIGN_DATA_WRAPPER, O::ForeignDataWrapper),
    (K::CREATE_LANGUAGE, O::Language),
    (K::CREATE_OPERATOR, O::Operator),
    (K::CREATE_OPERATOR_CLASS, O::OperatorClass),
    (K::CREATE_OPERATOR_FAMILY, O::OperatorFamily),
    (K::CREATE_PUBLICATION, O::Publication),
    (K::CREATE_SERVER, O::Server),
    (K::CREATE_STATISTICS, O::Statistics),
    (K::CREATE_SUBSCRIPTION, O::Subscription),
    (K::CREATE_TEXT_SEARCH_CONFIGURATION, O::TextSearchConfiguration),
    (K::CREATE_TEXT_SEARCH_DICTIONARY, O::TextSearchDictionary),
    (K::CREATE_TEXT_SEARCH_PARSER, O::TextSearchParser),
    (K::CREATE_TEXT_SEARCH_TEMPLATE, O::TextSearchTemplate),
    (K::CREATE_TRANSFORM, O::Transform),
    (K::CREATE_USER_MAPPING, O::UserMapping),
    (K::CREATE_PROPERTY_GRAPH, O::Table),
];

impl Reader<'_> {
    /// Reads CREATE of what rules ask little about; nothing for any other statement.
    pub(super) fn create_other(&mut self, node: Node<'_>) -> Option<Action> {
        let kind = OTHERS.iter().find(|(other, _)| *other == node.kind())?.1;
        let mut named = None;
        let types = self.uses.types.len();
        for part in node.nodes() {
            match part.kind() {
                K::OR_REPLACE | K::IF_NOT_EXISTS | K::TEMP | K::UNLOGGED => {}
                _ if named.is_none() => {
                    named = Some(part);
                    if matches!(kind, O::Cast | O::Transform) {
                        self.parts_of_statement(part);
                    }
                }
                K::TABLE_NAME_REF | K::TABLE_RELATION_NAME => drop(self.read_relation(part)),
                _ => self.parts_of_statement_and_self(part),
            }
        }
        // Values of options are written like types: `provider = icu`, `copy = english`.
        let has_types = [O::Aggregate, O::Cast, O::Operator, O::OperatorClass, O::Transform];
        if !has_types.contains(&kind) {
            self.uses.types.truncate(types);
        }
        if kind == O::Statistics {
            self.columns_of_statistics(node);
        }
        // CREATE STATISTICS may leave the name out.
        let named = named.filter(|part| part.kind() != K::STATISTICS_ON_CLAUSE);
        let mut object = match named {
            Some(part) => self.object(part, kind),
            None => ObjectName {
                kind,
                name: WrittenName::default(),
                on: None,
                arguments: None,
                conditional: false,
                or_replace: false,
                span: self.span(node),
            },
        };
        object.conditional = node.has(K::IF_NOT_EXISTS);
        object.or_replace = node.has(K::OR_REPLACE);
        if let Some(list) = node.child(K::PARAM_LIST).filter(|_| kind == O::Aggregate) {
            object.arguments = Some(self.parameters(list));
        }
        Some(Action::CreateOther(object))
    }

    /// The columns that CREATE STATISTICS lists, beside its expressions.
    fn columns_of_statistics(&mut self, node: Node<'_>) {
        let table = node
            .child(K::FROM_TABLE)
            .and_then(|from| from.child(K::TABLE_NAME_REF))
            .map(name_of);
        let listed = node.child(K::STATISTICS_ON_CLAUSE);
        let (Some(table), Some(listed)) = (table, listed) else {
            return;
        };
        for column in listed.children_of(K::NAME_REF) {
            let span = self.span(column);
            self.uses
                .columns
                .push((table.clone(), super::names::word(column), span));
        }
    }

    fn parts_of_statement_and_self(&mut self, part: Node<'_>) {
        if super::expr::is_expr(part.kind()) {
            self.expr(part);
        } else if super::types::is_type(part.kind()) {
            self.type_name(part);
        } else {
            self.parts_of_statement(part);
        }
    }

    /// Reads CREATE INDEX.
    pub(super) fn create_index(&mut self, node: Node<'_>) -> Option<Action> {
        let outer = node.child(K::TABLE_RELATION_NAME)?;
        let relation = outer.child(K::TABLE_NAME_REF)?;
        let method = node
            .child(K::USING_METHOD)
            .map(|using| word_at(using, K::ACCESS_METHOD_REF));
        let include = node
            .child(K::INDEX_INCLUDE_CLAUSE)
            .and_then(|clause| clause.child(K::PARTITION_ITEM_LIST));
        let mut key = Vec::new();
        if let Some(list) = node.child(K::PARTITION_ITEM_LIST) {
            for item in list.children_of(K::PARTITION_ITEM) {
                let tail: Vec<Box<str>> = item.nodes().skip(1).map(upper).collect();
                key.push((self.expr_or_nothing(item), tail.join(" ").into()));
            }
        }
        let condition = node
            .child(K::WHERE_CLAUSE)
            .and_then(|clause| self.only_expr(clause));
        Some(Action::CreateIndex(Box::new(CreateIndex {
            name: node.child(K::INDEX).map(|name| name_of(name).name.into()),
            relation: name_of(relation),
            relation_span: self.span(relation),
            only: outer.has(K::ONLY_KW),
            unique: node.has(K::UNIQUE_KW),
            concurrently: node.has(K::CONCURRENTLY_KW),
            if_not_exists: node.has(K::IF_NOT_EXISTS),
            method: method.unwrap_or_else(|| "btree".into()),
            key,
            include: include
                .map(|list| words_of(list, K::PARTITION_ITEM))
                .unwrap_or_default(),
            nulls_not_distinct: node.has(K::NULLS_NOT_DISTINCT),
            condition,
        })))
    }

    /// Reads CREATE VIEW and CREATE MATERIALIZED VIEW.
    pub(super) fn create_view(&mut self, node: Node<'_>) -> Option<Action> {
        let name = node.child(K::VIEW)?;
        let mut options = node.child(K::WITH_PARAMS).map(options).unwrap_or_default();
        if let Some(check) = node.child(K::WITH_CHECK_OPTION) {
            let local = check.has(K::LOCAL_CHECK_OPTION);
            options.push((
                "check_option".into(),
                if local { "local".into() } else { "cascaded".into() },
            ));
        }
        let known = self.in_scope.len();
        if node.has(K::RECURSIVE_KW) {
            self.in_scope.push(name_of(name).name.into());
        }
        let query = node.nodes().find(|part| super::expr::is_query(part.kind()));
        let query = query.map(|query| self.query(query)).unwrap_or_default();
        self.in_scope.truncate(known);
        Some(Action::CreateView(Box::new(CreateView {
            name: name_of(name),
            name_span: self.span(name),
            materialized: node.kind() == K::CREATE_MATERIALIZED_VIEW,
            temporary: node.has(K::TEMP),
            or_replace: node.has(K::OR_REPLACE),
            if_not_exists: node.has(K::IF_NOT_EXISTS),
            columns: node
                .child(K::COLUMN_LIST)
                .map(|list| words_of(list, K::COLUMN_NAME))
                .unwrap_or_default(),
            query,
            options,
            no_data: node.has(K::WITH_NO_DATA),
        })))
    }

    /// Reads CREATE SEQUENCE.
    pub(super) fn create_sequence(&mut self, node: Node<'_>) -> Option<Action> {
        Some(Action::CreateSequence(CreateSequence {
            name: name_of(node.child(K::SEQUENCE)?),
            if_not_exists: node.has(K::IF_NOT_EXISTS),
            temporary: node.has(K::TEMP),
            owned_by: owned_by(node).flatten(),
        }))
    }

    /// Reads ALTER SEQUENCE that changes the sequence itself.
    pub(super) fn alter_sequence(&mut self, node: Node<'_>) -> Option<Action> {
        Some(Action::AlterSequence {
            name: name_of(node.child(K::SEQUENCE_REF)?),
            if_exists: node.has(K::IF_EXISTS),
            owned_by: owned_by(node),
            options: node
                .nodes()
                .filter(|part| !matches!(part.kind(), K::IF_EXISTS | K::SEQUENCE_REF | K::OPTION_OWNED_BY))
                .map(upper)
                .collect(),
        })
    }

    /// Reads CREATE TRIGGER.
    pub(super) fn create_trigger(&mut self, node: Node<'_>) -> Option<Action> {
        let relation = node.child(K::ON_RELATION)?.nodes().next()?;
        let call = node.child(K::CALL_EXPR)?;
        let function = call.nodes().next()?;
        let events = node.child(K::TRIGGER_EVENT_LIST)?;
        let timing = node.child_of(&[K::TIMING_BEFORE, K::TIMING_AFTER, K::TIMING_INSTEAD_OF])?;
        let condition = node
            .child(K::WHEN_CONDITION)
            .and_then(|clause| self.only_expr(clause));
        if let Some(from) = node
            .child(K::FROM_TABLE)
            .and_then(|from| from.child(K::TABLE_NAME_REF))
        {
            self.read_relation(from);
        }
        Some(Action::CreateTrigger(Box::new(CreateTrigger {
            name: word_at(node, K::TRIGGER),
            relation: name_of(relation),
            relation_span: self.span(relation),
            or_replace: node.has(K::OR_REPLACE),
            constraint: node.has(K::CONSTRAINT_KW),
            initially_deferred: node.has(K::INITIALLY_DEFERRED_CONSTRAINT_OPTION),
            timing: upper(timing),
            events: events
                .nodes()
                .filter_map(|event| event.tokens().next())
                .map(|token| token.text().to_ascii_uppercase().into())
                .collect(),
            columns: events
                .nodes()
                .flat_map(|event| words_of(event, K::COLUMN_NAME_REF))
                .collect(),
            for_each_row: node.has(K::FOR_EACH_ROW),
            condition,
            function: name_of(function),
            function_span: self.span(function),
        })))
    }

    /// Reads CREATE RULE; its actions count as uses.
    pub(super) fn create_rule(&mut self, node: Node<'_>) -> Option<Action> {
        let on = node.child(K::RULE_ON)?;
        if let Some(condition) = on.child(K::WHERE_CLAUSE) {
            self.parts(condition);
        }
        if let Some(actions) = node.child(K::RULE_DO) {
            self.parts_of_statement(actions);
        }
        Some(Action::CreateRule {
            name: word_at(node, K::RULE),
            relation: name_of(on.child(K::RELATION_NAME_REF)?),
            or_replace: node.has(K::OR_REPLACE),
        })
    }

    /// Reads CREATE EVENT TRIGGER.
    pub(super) fn create_event_trigger(&mut self, node: Node<'_>) -> Option<Action> {
        let function = node.child(K::CALL_EXPR)?.nodes().next()?;
        Some(Action::CreateEventTrigger {
            name: word_at(node, K::EVENT_TRIGGER),
            function: name_of(function),
        })
    }

    /// Reads CREATE POLICY and ALTER POLICY.
    pub(super) fn policy(&mut self, node: Node<'_>) -> Option<Action> {
        let relation = node.child(K::ON_TABLE)?.nodes().next()?;
        let clauses = node.child(K::ALTER_POLICY_TO).unwrap_or(node);
        let kind = node
            .child(K::AS_POLICY_TYPE)
            .and_then(|clause| clause.tokens().last());
        let command = node
            .child(K::POLICY_COMMAND)
            .and_then(|clause| clause.nodes().next());
        let roles = clauses
            .child(K::POLICY_ROLES)
            .and_then(|clause| clause.child(K::ROLE_REF_LIST));
        let using = clauses
            .child(K::USING_EXPR_CLAUSE)
            .and_then(|clause| self.only_expr(clause));
        let with_check = clauses
            .child(K::WITH_CHECK_EXPR_CLAUSE)
            .and_then(|clause| self.only_expr(clause));
        Some(Action::Policy(Box::new(CreatePolicy {
            name: node
                .child_of(&[K::POLICY, K::POLICY_REF])
                .map(word)
                .unwrap_or_default(),
            relation: name_of(relation),
            relation_span: self.span(relation),
            alter: node.kind() == K::ALTER_POLICY,
            restrictive: kind.is_some_and(|kind| kind.text().eq_ignore_ascii_case("restrictive")),
            command: command.map(upper).unwrap_or_else(|| "ALL".into()),
            roles: roles
                .map(|list| list.nodes().map(role).collect())
                .unwrap_or_default(),
            using,
            with_check,
        })))
    }

    /// Reads CREATE TYPE.
    pub(super) fn create_type(&mut self, node: Node<'_>) -> Option<Action> {
        let name = name_of(node.child(K::TYPE_NAME)?);
        let shape = match node.child_of(&[K::ENUM_TYPE, K::COMPOSITE_TYPE]) {
            Some(shape) if shape.kind() == K::ENUM_TYPE => {
                let labels = shape
                    .child(K::VARIANT_LIST)
                    .into_iter()
                    .flat_map(|list| list.children_of(K::VARIANT));
                TypeShape::Enum(
                    labels
                        .filter_map(|label| label.child(K::LITERAL))
                        .map(text_of)
                        .collect(),
                )
            }
            Some(shape) => {
                let fields = shape.child(K::COMPOSITE_FIELD_LIST);
                let fields = fields
                    .into_iter()
                    .flat_map(|list| list.children_of(K::COMPOSITE_FIELD_DEF));
                let field = |field: Node<'_>| {
                    Some((
                        word_at(field, K::COMPOSITE_FIELD),
                        self.type_name(type_in(field)?),
                    ))
                };
                TypeShape::Composite(fields.filter_map(field).collect())
            }
            None => {
                self.parts_of_statement(node);
                TypeShape::Other
            }
        };
        Some(Action::CreateType(Box::new(CreateType { name, shape })))
    }

    /// Reads ALTER TYPE that changes the type itself.
    pub(super) fn alter_type(&mut self, node: Node<'_>) -> Option<Action> {
        let name = name_of(node.child(K::TYPE_NAME_REF)?);
        if let Some(add) = node.child(K::ADD_VALUE) {
            return Some(Action::AddEnumValue {
                name,
                value: add.child(K::LITERAL).map(text_of).unwrap_or_default(),
                if_not_exists: add.has(K::IF_NOT_EXISTS),
                beside: add.nodes().find_map(|part| {
                    let before = part.kind() == K::BEFORE_VALUE;
                    let other = part
                        .child(K::LITERAL)
                        .filter(|_| before || part.kind() == K::AFTER_VALUE)?;
                    Some((before, text_of(other)))
                }),
            });
        }
        if let Some(rename) = node.child(K::RENAME_VALUE) {
            let mut labels = rename.children_of(K::LITERAL).map(text_of);
            return Some(Action::RenameEnumValue {
                name,
                from: labels.next().unwrap_or_default(),
                to: labels.next().unwrap_or_default(),
            });
        }
        node.nodes()
            .skip(1)
            .for_each(|part| self.parts_of_statement(part));
        Some(Action::AlterType(name))
    }

    /// Reads CREATE DOMAIN.
    pub(super) fn create_domain(&mut self, node: Node<'_>) -> Option<Action> {
        let mut constraints = Vec::new();
        let base = self.type_name(type_in(node)?);
        node.nodes()
            .for_each(|part| self.add_constraint_to(&mut constraints, part));
        Some(Action::CreateDomain(Box::new(CreateDomain {
            name: name_of(node.child(K::DOMAIN)?),
            base,
            constraints,
        })))
    }

    /// Reads ALTER DOMAIN that changes the domain itself.
    pub(super) fn alter_domain(&mut self, node: Node<'_>) -> Option<Action> {
        let name = name_of(node.child(K::DOMAIN_REF)?);
        let part = node.nodes().nth(1)?;
        let constraint = || word_at(part, K::CONSTRAINT_NAME_REF);
        let command = match part.kind() {
            K::ADD_CONSTRAINT => {
                DomainCommand::AddConstraint(Box::new(part.nodes().find_map(|inner| self.constraint(inner))?))
            }
            K::VALIDATE_CONSTRAINT => DomainCommand::ValidateConstraint(constraint()),
            K::DROP_CONSTRAINT => DomainCommand::DropConstraint(constraint()),
            K::SET_NOT_NULL => DomainCommand::SetNotNull,
            K::DROP_NOT_NULL => DomainCommand::DropNotNull,
            K::SET_DEFAULT => DomainCommand::Default(self.only_expr(part)),
            K::DROP_DEFAULT => DomainCommand::Default(None),
            _ => return None,
        };
        Some(Action::AlterDomain { name, command })
    }

    /// Reads CREATE SCHEMA without its elements.
    pub(super) fn create_schema(&mut self, node: Node<'_>) -> Action {
        let named = node.child(K::NAMED_SCHEMA);
        let owner = named.and_then(|named| named.child(K::ROLE_REF));
        let owner = owner.or_else(|| {
            node.child(K::AUTHORIZATION_SCHEMA)
                .and_then(|of| of.nodes().next())
        });
        Action::CreateSchema {
            name: named.map(|named| word_at(named, K::SCHEMA)),
            if_not_exists: node.has(K::IF_NOT_EXISTS),
            owner: owner.map(role),
        }
    }

    /// Reads CREATE EXTENSION.
    pub(super) fn create_extension(&mut self, node: Node<'_>) -> Action {
        Action::CreateExtension(CreateExtension {
            name: word_at(node, K::EXTENSION),
            if_not_exists: node.has(K::IF_NOT_EXISTS),
            schema: node
                .child(K::EXTENSION_SCHEMA)
                .map(|clause| word_at(clause, K::SCHEMA_REF)),
        })
    }

    /// Reads CREATE and ALTER of roles.
    pub(super) fn role_statement(&mut self, node: Node<'_>) -> Action {
        let named = node.child_of(&[K::ROLE, K::ROLE_REF]);
        let list = node.child(K::ROLE_OPTION_LIST);
        let set = node
            .child(K::SET_CONFIG_PARAM)
            .and_then(|set| set.child(K::CONFIG_PARAMETER_REF));
        Action::Role(Box::new(AlterRole {
            name: named.map(role).unwrap_or_else(|| "all".into()),
            create: matches!(node.kind(), K::CREATE_ROLE | K::CREATE_USER | K::CREATE_GROUP),
            options: list
                .map(|list| list.nodes().filter_map(role_option).collect())
                .unwrap_or_default(),
            sets: set.map(|set| as_written(set).to_ascii_lowercase().into()),
        }))
    }

    /// Reads what concerns the whole cluster.
    pub(super) fn cluster_wide(&mut self, node: Node<'_>) -> Option<Action> {
        let (kind, names) = match node.kind() {
            K::CREATE_DATABASE => (O::Database, K::DATABASE),
            K::ALTER_DATABASE => (O::Database, K::DATABASE_REF),
            K::CREATE_TABLESPACE => (O::Tablespace, K::TABLESPACE),
            K::ALTER_TABLESPACE => (O::Tablespace, K::TABLESPACE_REF),
            _ => (O::Parameter, K::CONFIG_PARAMETER_REF),
        };
        let named = match kind {
            O::Parameter => node.descendants().find(|part| part.kind() == names),
            _ => node.child(names),
        };
        let mut object = self.object(named.unwrap_or(node), kind);
        object.name = unqualified(
            &named
                .map(|named| as_written(named).to_string())
                .unwrap_or_else(|| "all".into()),
        );
        if kind != O::Parameter
            && let Some(named) = named
        {
            object.name = unqualified(&word(named));
        }
        Some(Action::Cluster(object))
    }
}

/// The text of a string literal.
pub(super) fn text_of(literal: Node<'_>) -> Box<str> {
    match decode(literal) {
        Some(decoded) => decoded.text.into(),
        None => literal.text().into(),
    }
}

fn owned_by(node: Node<'_>) -> Option<Option<(WrittenName, Box<str>)>> {
    let option = node.child(K::OPTION_OWNED_BY)?;
    Some(option.child(K::QUALIFIED_COLUMN_NAME_REF).map(column_path))
}

/// An option of a role in upper case; a password by that word only, and none where it is NULL.
fn role_option(option: Node<'_>) -> Option<Box<str>> {
    match option.kind() {
        K::ROLE_OPTION_PASSWORD | K::ROLE_OPTION_ENCRYPTED_PASSWORD => {
            option.has(K::LITERAL).then(|| "PASSWORD".into())
        }
        _ => {
            let words: Vec<String> = option
                .children()
                .take_while(|part| part.is_token())
                .map(|token| token.text().to_ascii_uppercase())
                .collect();
            Some(words.join(" ").into())
        }
    }
}
