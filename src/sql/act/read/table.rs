//! CREATE TABLE, its columns and constraints.

use super::literal::{decode, identifier};
use super::names::{Reader, as_written, name_of, upper, word, word_at, words_of};
use super::query::relation_names;
use super::types::type_in;
use crate::sql::act::table::{ColumnDef, Constraint, ConstraintKind, CreateTable, ForeignKey};
use crate::sql::act::{Action, Expr, Query};
use crate::sql::parse::{Node, SyntaxKind as K};

impl Reader<'_> {
    /// Reads CREATE TABLE, CREATE FOREIGN TABLE and CREATE TABLE AS.
    pub(super) fn create_table(&mut self, node: Node<'_>) -> Action {
        let mut table = CreateTable {
            foreign: node.kind() == K::CREATE_FOREIGN_TABLE,
            ..CreateTable::default()
        };
        for part in node.nodes() {
            self.table_part(part, &mut table);
        }
        Action::CreateTable(Box::new(table))
    }

    /// Reads SELECT … INTO.
    pub(super) fn select_into(&mut self, node: Node<'_>) -> Action {
        let mut table = CreateTable::default();
        if let Some(into) = node.child(K::INTO_CLAUSE) {
            into.nodes().for_each(|part| self.table_part(part, &mut table));
        }
        table.query = Some(Box::new(self.query(node)));
        Action::CreateTable(Box::new(table))
    }

    fn table_part(&mut self, part: Node<'_>, table: &mut CreateTable) {
        match part.kind() {
            K::TEMP => table.temporary = true,
            K::UNLOGGED => table.unlogged = true,
            K::IF_NOT_EXISTS => table.if_not_exists = true,
            K::TABLE_NAME => {
                table.name = name_of(part);
                table.name_span = self.span(part);
            }
            K::TABLE_ARG_LIST => part.nodes().for_each(|item| self.table_item(item, table)),
            K::INHERITS => table.inherits = relation_names(part),
            K::PARTITION_OF => table.partition_of = part.child(K::TABLE_NAME_REF).map(name_of),
            K::PARTITION_FOR_VALUES_FROM
            | K::PARTITION_FOR_VALUES_IN
            | K::PARTITION_FOR_VALUES_WITH
            | K::PARTITION_DEFAULT => {
                self.parts(part);
                table.bound = Some(as_written(part));
            }
            K::PARTITION_BY => table.partition_by = Some(self.partition_by(part)),
            K::WITH_PARAMS => table.options = options(part),
            K::OF_TYPE => {
                if let Some(of) = type_in(part) {
                    self.type_name(of);
                }
            }
            K::WITH_NO_DATA => table.no_data = true,
            K::EXECUTE => {
                table.query = Some(Box::new(Query {
                    span: self.span(part),
                    ..Query::default()
                }))
            }
            kind if super::expr::is_query(kind) => table.query = Some(Box::new(self.query(part))),
            _ => {}
        }
    }

    fn table_item(&mut self, item: Node<'_>, table: &mut CreateTable) {
        match item.kind() {
            K::COLUMN => {
                let column = self.column(item);
                table.columns.push(column);
            }
            K::LIKE_CLAUSE => {
                let indexes = item.children_of(K::INCLUDING_PROPERTY).any(|property| {
                    property
                        .child_of(&[K::PROPERTY_ALL, K::PROPERTY_INDEXES])
                        .is_some()
                });
                table.like.extend(
                    item.child(K::RELATION_NAME_REF)
                        .map(|name| (name_of(name), indexes)),
                );
            }
            _ => table.constraints.extend(self.constraint(item)),
        }
    }

    fn partition_by(&mut self, node: Node<'_>) -> (Box<str>, Vec<Expr>) {
        let strategy = node.child(K::PARTITION_STRATEGY).map(word).unwrap_or_default();
        let items = node.child(K::PARTITION_ITEM_LIST);
        let items = items
            .into_iter()
            .flat_map(|list| list.children_of(K::PARTITION_ITEM));
        (strategy, items.filter_map(|item| self.only_expr(item)).collect())
    }

    /// Reads a column of CREATE TABLE or ADD COLUMN.
    pub(super) fn column(&mut self, node: Node<'_>) -> ColumnDef {
        let mut column = ColumnDef {
            name: word_at(node, K::COLUMN_NAME),
            data_type: type_in(node).map(|written| self.type_name(written)),
            collation: None,
            constraints: Vec::new(),
            span: self.span(node),
        };
        for part in node.nodes() {
            match part.kind() {
                K::COLLATE => column.collation = collation(part),
                _ => self.add_constraint_to(&mut column.constraints, part),
            }
        }
        if let (K::ADD_COLUMN, Some(first)) = (node.kind(), node.child(K::COLUMN_NAME)) {
            column.span.start = self.span(first).start;
        }
        column
    }

    /// Reads a constraint; what the parser keeps apart (`DEFERRABLE` after it) belongs to the one before.
    pub(super) fn add_constraint_to(&mut self, constraints: &mut Vec<Constraint>, part: Node<'_>) {
        match self.constraint(part) {
            Some(constraint) => constraints.push(constraint),
            None => {
                if let Some(last) = constraints.last_mut() {
                    characteristic(part.kind(), last);
                }
            }
        }
    }

    /// Reads a constraint; nothing where the node is none.
    pub(super) fn constraint(&mut self, node: Node<'_>) -> Option<Constraint> {
        let kind = self.constraint_kind(node)?;
        let clause = node.child(K::CONSTRAINT_NAME_CLAUSE);
        let mut constraint = Constraint {
            name: clause.map(|clause| word_at(clause, K::CONSTRAINT_NAME)),
            kind,
            not_valid: false,
            not_enforced: false,
            deferrable: false,
            initially_deferred: false,
            span: self.span(node),
        };
        node.nodes()
            .for_each(|part| characteristic(part.kind(), &mut constraint));
        Some(constraint)
    }

    fn constraint_kind(&mut self, node: Node<'_>) -> Option<ConstraintKind> {
        Some(match node.kind() {
            K::NOT_NULL_CONSTRAINT => ConstraintKind::NotNull {
                column: node.child(K::COLUMN_NAME_REF).map(word),
                no_inherit: node.has(K::NO_INHERIT),
            },
            K::NULL_CONSTRAINT => ConstraintKind::Null,
            K::DEFAULT_CONSTRAINT => ConstraintKind::Default(self.expr_or_nothing(node)),
            K::CHECK_CONSTRAINT => ConstraintKind::Check {
                expr: self.expr_or_nothing(node),
                no_inherit: node.has(K::NO_INHERIT),
            },
            K::UNIQUE_CONSTRAINT => {
                let parameters = node.child(K::INDEX_PARAMETERS);
                ConstraintKind::Unique {
                    columns: key_columns(parameters),
                    nulls_not_distinct: parameters.is_some_and(|index| index.has(K::NULLS_NOT_DISTINCT)),
                    using_index: using_index(node),
                }
            }
            K::PRIMARY_KEY_CONSTRAINT => ConstraintKind::PrimaryKey {
                columns: key_columns(node.child(K::INDEX_PARAMETERS)),
                using_index: using_index(node),
            },
            K::EXCLUDE_CONSTRAINT => {
                self.exclusion_by_equality(node);
                self.parts(node);
                ConstraintKind::Exclude
            }
            K::FOREIGN_KEY_CONSTRAINT | K::REFERENCES_CONSTRAINT => {
                ConstraintKind::ForeignKey(self.foreign_key(node))
            }
            K::GENERATED_CONSTRAINT => self.generated(node),
            _ => return None,
        })
    }

    /// Reads the expression of a clause; an empty one where the parser found none.
    pub(super) fn expr_or_nothing(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(node);
        let nothing = super::super::expression::ExprKind::Other(Vec::new());
        self.only_expr(node).unwrap_or(Expr { span, kind: nothing })
    }

    fn generated(&mut self, node: Node<'_>) -> ConstraintKind {
        if let Some(identity) = node.child(K::GENERATED_IDENTITY) {
            return ConstraintKind::Identity {
                always: identity.has(K::GENERATED_ALWAYS),
            };
        }
        let stored = node.child(K::GENERATED_STORED).unwrap_or(node);
        ConstraintKind::Generated {
            expr: self.expr_or_nothing(stored),
            stored: stored.has(K::STORED),
        }
    }

    fn foreign_key(&mut self, node: Node<'_>) -> ForeignKey {
        let mut lists = node.children_of(K::FOREIGN_KEY_COLUMN_LIST);
        let (columns, mut referenced) = match node.kind() {
            K::FOREIGN_KEY_CONSTRAINT => (lists.next().map(columns_of), lists.next().map(columns_of)),
            _ => (None, None),
        };
        if node.kind() == K::REFERENCES_CONSTRAINT {
            referenced = Some(words_of(node, K::COLUMN_NAME_REF));
        }
        let table = node.child(K::TABLE_NAME_REF);
        let action = |kind: K| {
            let clause = node.child(kind)?;
            let action = clause.nodes().next()?;
            let words: Vec<String> = action
                .children()
                .filter(|part| part.is_token())
                .map(|token| token.text().to_ascii_uppercase())
                .collect();
            Some(words.join(" ").into_boxed_str())
        };
        ForeignKey {
            columns: columns.unwrap_or_default(),
            table: table.map(name_of).unwrap_or_default(),
            table_span: self.span(table.unwrap_or(node)),
            referenced: referenced.unwrap_or_default(),
            on_delete: action(K::ON_DELETE_ACTION),
            on_update: action(K::ON_UPDATE_ACTION),
        }
    }
}

fn characteristic(kind: K, constraint: &mut Constraint) {
    match kind {
        K::NOT_VALID => constraint.not_valid = true,
        K::NOT_ENFORCED => constraint.not_enforced = true,
        K::DEFERRABLE_CONSTRAINT_OPTION => constraint.deferrable = true,
        K::INITIALLY_DEFERRED_CONSTRAINT_OPTION => {
            constraint.deferrable = true;
            constraint.initially_deferred = true;
        }
        _ => {}
    }
}

/// Reads the name behind COLLATE.
pub(super) fn collation(node: Node<'_>) -> Option<crate::sql::WrittenName> {
    node.child(K::COLLATION_REF).map(name_of)
}

fn columns_of(list: Node<'_>) -> Vec<Box<str>> {
    let mut columns = words_of(list, K::COLUMN_NAME_REF);
    let period = list.child(K::PERIOD_COLUMN);
    columns.extend(period.map(|period| word_at(period, K::COLUMN_NAME_REF)));
    columns
}

fn key_columns(parameters: Option<Node<'_>>) -> Vec<Box<str>> {
    let list = parameters.and_then(|parameters| parameters.child(K::CONSTRAINT_COLUMN_REF_LIST));
    list.map(|list| words_of(list, K::COLUMN_NAME_REF))
        .unwrap_or_default()
}

fn using_index(node: Node<'_>) -> Option<Box<str>> {
    let using = node.child(K::USING_INDEX_NAME)?;
    using.child(K::INDEX_REF).map(word)
}

/// Reads `WITH (name = value, …)` and `SET (…)`: names in lower case, strings decoded.
pub(super) fn options(node: Node<'_>) -> Vec<(Box<str>, Box<str>)> {
    let list = node.child(K::ATTRIBUTE_LIST).unwrap_or(node);
    list.children_of(K::ATTRIBUTE_OPTION).map(option).collect()
}

fn option(node: Node<'_>) -> (Box<str>, Box<str>) {
    let mut name = String::new();
    if let Some(namespace) = node.child(K::ATTRIBUTE_NAMESPACE) {
        name.push_str(&identifier(namespace.text()));
        name.push('.');
    }
    name.push_str(&word_at(node, K::ATTRIBUTE_NAME));
    let value = node.child(K::ATTRIBUTE_VALUE).map(value_of);
    (name.into(), value.unwrap_or_else(|| "true".into()))
}

/// Reads a value as the server stores it: strings decoded, anything else as written.
pub(super) fn value_of(node: Node<'_>) -> Box<str> {
    let literal = match node.kind() {
        K::LITERAL => Some(node),
        _ => node.child(K::LITERAL),
    };
    match literal.and_then(decode) {
        Some(decoded) => decoded.text.into(),
        None => as_written(node),
    }
}

/// Reads the key words of a node that is nothing else, in upper case.
pub(super) fn key_words(node: Node<'_>) -> Box<str> {
    upper(node)
}
