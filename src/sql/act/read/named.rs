//! Objects that a statement names and that have no list of their own: servers, dictionaries, publications, operators.

use super::literal::identifier;
use super::names::{Reader, name_of};
use crate::sql::WrittenName;
use crate::sql::act::expression::{Expr, ExprKind, Literal};
use crate::sql::act::{ObjectKind as O, Span};
use crate::sql::parse::{Node, SyntaxKind as K};

/// The nodes that refer to an object of a sort, wherever they stand.
const REFERENCES: [(K, O); 13] = [
    (K::CONVERSION_REF, O::Conversion),
    (K::EVENT_TRIGGER_REF, O::EventTrigger),
    (K::FOREIGN_DATA_WRAPPER_REF, O::ForeignDataWrapper),
    (K::OP_CLASS_REF, O::OperatorClass),
    (K::OP_FAMILY_REF, O::OperatorFamily),
    (K::PUBLICATION_REF, O::Publication),
    (K::SERVER_REF, O::Server),
    (K::STATISTICS_REF, O::Statistics),
    (K::SUBSCRIPTION_REF, O::Subscription),
    (K::TEXT_SEARCH_CONFIGURATION_REF, O::TextSearchConfiguration),
    (K::TEXT_SEARCH_DICTIONARY_REF, O::TextSearchDictionary),
    (K::TEXT_SEARCH_PARSER_REF, O::TextSearchParser),
    (K::TEXT_SEARCH_TEMPLATE_REF, O::TextSearchTemplate),
];

/// Functions whose first of two arguments may name a text search configuration (manual, table 9.43).
const BY_CONFIGURATION: [&str; 8] = [
    "array_to_tsvector",
    "json_to_tsvector",
    "jsonb_to_tsvector",
    "phraseto_tsquery",
    "plainto_tsquery",
    "to_tsquery",
    "to_tsvector",
    "websearch_to_tsquery",
];

/// The operators that every database has (`pg_operator` of 18).
const BUILT_IN: &str = " !! !~ !~* !~~ !~~* # ## #- #> #>> % & && &< &<| &> * *< *<= *<> *= *> *>= + - -> ->> -|- / \
    < <-> << <<= <<| <= <> != <@ <^ = > >= >> >>= >^ ? ?# ?& ?- ?-| ?| ?|| @ @-@ @> @? @@ @@@ ^ ^@ | |&> |/ |>> || \
    ||/ ~ ~* ~<=~ ~<~ ~= ~>=~ ~>~ ~~ ~~* ";

impl Reader<'_> {
    /// Notes the objects that a statement names outside of what computes; DROP and what changes rows have none.
    pub(super) fn named_objects(&mut self, statement: Node<'_>) {
        if !names_objects(statement.kind()) {
            return;
        }
        for part in statement.descendants() {
            if let Some((_, kind)) = REFERENCES.iter().find(|(node, _)| *node == part.kind()) {
                let span = self.span(part);
                self.names_object(*kind, name_of(part), span);
            }
            if part.kind() == K::PUBLICATION_OBJECT_TABLE {
                self.columns_of_publication(part);
            }
            // What ALTER TABLE names is read with its commands.
            if matches!(part.kind(), K::CLUSTER_USING_INDEX | K::CLUSTER_LEGACY)
                && let Some(index) = part.child(K::INDEX_REF)
            {
                let span = self.span(index);
                self.names_object(O::Index, name_of(index), span);
            }
        }
        if matches!(
            statement.kind(),
            K::REASSIGN | K::DROP_OWNED | K::CREATE_USER_MAPPING
        ) {
            for role in statement.descendants().filter(|part| part.kind() == K::ROLE_REF) {
                let span = self.span(role);
                let text = role.text();
                let name = match text.to_ascii_lowercase().as_str() {
                    word @ ("current_user" | "current_role" | "session_user" | "user" | "public") => {
                        word.to_owned()
                    }
                    _ => identifier(text),
                };
                self.names_object(O::Role, WrittenName { schema: None, name }, span);
            }
        }
    }

    /// The columns that CREATE and ALTER PUBLICATION list for a table.
    fn columns_of_publication(&mut self, object: Node<'_>) {
        let (Some(table), Some(list)) = (object.child(K::TABLE_NAME_REF), object.child(K::COLUMN_REF_LIST))
        else {
            return;
        };
        for column in list.nodes() {
            let span = self.span(column);
            self.uses
                .columns
                .push((name_of(table), super::names::word(column), span));
        }
    }

    /// Notes `'own'` of `to_tsvector('own', body)`.
    pub(super) fn note_configuration(&mut self, name: &WrittenName, arguments: &[Expr]) {
        if let [first, _, ..] = arguments
            && BY_CONFIGURATION.contains(&name.name.as_str())
            && matches!(name.schema.as_deref(), None | Some("pg_catalog"))
        {
            self.configuration_in(first);
        }
    }

    /// Notes the text search configuration that a literal names.
    pub(super) fn configuration_in(&mut self, literal: &Expr) {
        if let ExprKind::Literal(Literal::Text(text)) = &literal.kind
            && let Some(name) = WrittenName::parse(text.trim())
            && name.schema.as_deref() != Some("pg_catalog")
        {
            self.names_object(O::TextSearchConfiguration, name, literal.span.clone());
        }
    }

    /// Notes that a GiST index over plain values, which `WITH =` asks for, comes with an extension.
    pub(super) fn exclusion_by_equality(&mut self, constraint: Node<'_>) {
        let is_gist = constraint
            .child(K::CONSTRAINT_INDEX_METHOD)
            .is_some_and(|method| {
                method
                    .tokens()
                    .any(|word| word.text().eq_ignore_ascii_case("gist"))
            });
        let compares = constraint.descendants().any(|part| {
            part.kind() == K::CONSTRAINT_EXCLUSION
                && part.tokens().last().is_some_and(|sign| sign.text() == "=")
        });
        if is_gist && compares {
            let name = WrittenName {
                schema: None,
                name: "btree_gist".to_owned(),
            };
            let span = self.span(constraint);
            self.names_object(O::Extension, name, span);
        }
    }

    /// Notes an operator that the server does not bring.
    pub(super) fn note_operator(&mut self, sign: &str, span: Span) {
        let is_symbol = |sign: char| "+-*/<>=~!@#%^&|`?".contains(sign);
        if sign.is_empty() || !sign.chars().all(is_symbol) || BUILT_IN.contains(&format!(" {sign} ")) {
            return;
        }
        let name = WrittenName {
            schema: None,
            name: sign.to_owned(),
        };
        self.names_object(O::Operator, name, span);
    }
}

/// Says whether statements of a kind may name objects that are looked for here.
fn names_objects(kind: K) -> bool {
    let computes = matches!(
        kind,
        K::SELECT
            | K::PAREN_SELECT
            | K::COMPOUND_SELECT
            | K::SELECT_INTO
            | K::TABLE
            | K::VALUES
            | K::INSERT
            | K::UPDATE
            | K::DELETE
            | K::MERGE
            | K::COPY
            | K::DO
            | K::CREATE_VIEW
            | K::ALTER_TABLE
            | K::CREATE_TABLE
            | K::CREATE_TABLE_AS
            | K::CREATE_FUNCTION
            | K::CREATE_PROCEDURE
            | K::CREATE_TRIGGER
            | K::CREATE_POLICY
            | K::CREATE_TYPE
            | K::SET
    );
    let drops = matches!(
        kind,
        K::DROP_CONVERSION
            | K::DROP_EVENT_TRIGGER
            | K::DROP_FOREIGN_DATA_WRAPPER
            | K::DROP_INDEX
            | K::DROP_OPERATOR_CLASS
            | K::DROP_OPERATOR_FAMILY
            | K::DROP_PUBLICATION
            | K::DROP_SERVER
            | K::DROP_STATISTICS
            | K::DROP_SUBSCRIPTION
            | K::DROP_TEXT_SEARCH_CONFIG
            | K::DROP_TEXT_SEARCH_DICT
            | K::DROP_TEXT_SEARCH_PARSER
            | K::DROP_TEXT_SEARCH_TEMPLATE
            | K::DROP_USER_MAPPING
    );
    !computes && !drops
}
