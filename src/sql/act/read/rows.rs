//! Statements that change and copy rows.

use super::names::{Reader, name_of, word, word_at};
use super::query::{alias_of, target_of};
use crate::sql::act::query::Query;
use crate::sql::act::rows::{Copy, Dml, DmlAction};
use crate::sql::act::{Action, ObjectKind};
use crate::sql::parse::{Node, SyntaxKind as K};

impl Reader<'_> {
    /// Reads INSERT, UPDATE, DELETE or MERGE.
    pub(super) fn dml(&mut self, node: Node<'_>) -> Dml {
        let known = self.in_scope.len();
        let target = target_of(node);
        let only = node.child_of(&[K::RELATION_NAME, K::TABLE_RELATION_NAME]);
        let action = match node.kind() {
            K::INSERT => DmlAction::Insert,
            K::UPDATE => DmlAction::Update,
            K::DELETE => DmlAction::Delete,
            _ => DmlAction::Merge,
        };
        let mut dml = Dml {
            action,
            target: target.map(name_of).unwrap_or_default(),
            target_span: self.span(target.unwrap_or(node)),
            alias: alias_of(node),
            only: only.is_some_and(|name| name.has(K::ONLY_KW)),
            columns: Vec::new(),
            values: Vec::new(),
            source: None,
            from: Vec::new(),
            condition: None,
            current_of: false,
            on_conflict: false,
            does: match action {
                DmlAction::Merge => Vec::new(),
                _ => vec![action],
            },
            conflict_columns: Vec::new(),
            conflict_key: Vec::new(),
            conflict_constraint: None,
            with: Vec::new(),
            returning: false,
        };
        node.nodes().for_each(|part| self.dml_part(part, &mut dml));
        self.in_scope.truncate(known);
        dml
    }

    fn dml_part(&mut self, part: Node<'_>, dml: &mut Dml) {
        match part.kind() {
            K::WITH_CLAUSE => {
                let mut query = Query::default();
                self.with(part, &mut query);
                dml.with = query.with;
                // A change inside WITH of a change is kept as a query that has nothing else.
                for change in query.changes {
                    let name = change.0.clone();
                    let query = Query {
                        changes: vec![change],
                        ..Query::default()
                    };
                    dml.with.push((name, query));
                }
            }
            K::COLUMN_TARGET_LIST => dml.columns.extend(targets(part)),
            K::SET_CLAUSE => self.set_clause(part, dml),
            K::FROM_CLAUSE | K::USING_CLAUSE => dml.from = self.items_of(part),
            K::USING_ON_CLAUSE => self.using_on(part, dml),
            K::WHERE_CLAUSE => dml.condition = self.only_expr(part),
            K::WHERE_CURRENT_OF => dml.current_of = true,
            K::RETURNING_CLAUSE => {
                dml.returning = true;
                self.parts(part);
            }
            K::ON_CONFLICT_CLAUSE => self.on_conflict(part, dml),
            K::MERGE_WHEN_MATCHED | K::MERGE_WHEN_NOT_MATCHED_SOURCE | K::MERGE_WHEN_NOT_MATCHED_TARGET => {
                self.merge_when(part, dml);
            }
            kind if super::expr::is_query(kind) => dml.source = Some(Box::new(self.query(part))),
            K::FOR_PORTION_OF => drop(self.parts(part)),
            _ => {}
        }
    }

    fn set_clause(&mut self, clause: Node<'_>, dml: &mut Dml) {
        let Some(list) = clause.child(K::SET_COLUMN_LIST) else {
            return;
        };
        for column in list.nodes() {
            dml.columns.extend(match column.child(K::COLUMN_TARGET_LIST) {
                Some(several) => targets(several),
                None => targets(column),
            });
            for value in column.nodes() {
                match value.kind() {
                    K::SET_EXPR => dml.values.extend(self.set_expr(value)),
                    K::SET_EXPR_LIST => {
                        for inner in value.children_of(K::SET_EXPR) {
                            dml.values.extend(self.set_expr(inner));
                        }
                    }
                    K::PAREN_SELECT => dml.values.push(self.expr(value)),
                    _ => {}
                }
            }
        }
    }

    /// DEFAULT is a literal, so that values and columns stay in step.
    fn set_expr(&mut self, node: Node<'_>) -> Option<super::super::Expr> {
        if let Some(expr) = self.only_expr(node) {
            return Some(expr);
        }
        let kind =
            super::super::expression::ExprKind::Literal(super::super::Literal::Other("DEFAULT".into()));
        Some(super::super::Expr {
            span: self.span(node),
            kind,
        })
    }

    fn using_on(&mut self, clause: Node<'_>, dml: &mut Dml) {
        for part in clause.nodes() {
            match part.kind() {
                K::ON_CLAUSE => dml.condition = self.only_expr(part),
                _ => {
                    let item = self.item_of(part);
                    if let super::super::FromItem::Query { query, .. } = &item {
                        dml.source = Some(query.clone());
                    }
                    dml.from.push(item);
                }
            }
        }
    }

    fn on_conflict(&mut self, clause: Node<'_>, dml: &mut Dml) {
        dml.on_conflict = true;
        for part in clause.nodes() {
            match part.kind() {
                K::CONFLICT_ON_CONSTRAINT => dml.conflict_constraint = part.nodes().next().map(word),
                K::CONFLICT_ON_INDEX if part.child(K::WHERE_CLAUSE).is_none() => {
                    dml.conflict_key = self.conflict_key(part).unwrap_or_default();
                }
                _ => {}
            }
            match part.child(K::SET_CLAUSE) {
                Some(set) => {
                    // The columns of the INSERT stay what they are: only the values are of interest here.
                    let columns = dml.columns.len();
                    self.set_clause(set, dml);
                    dml.conflict_columns = dml.columns.split_off(columns);
                    dml.does.push(DmlAction::Update);
                    if let Some(condition) = part.child(K::WHERE_CLAUSE) {
                        self.parts(condition);
                    }
                }
                None => drop(self.parts(part)),
            }
        }
    }

    /// Reads the columns that ON CONFLICT names, or nothing where an expression is among them.
    fn conflict_key(&mut self, target: Node<'_>) -> Option<Vec<Box<str>>> {
        let list = target.child(K::CONFLICT_INDEX_ITEM_LIST)?;
        let items = list.children_of(K::CONFLICT_INDEX_ITEM);
        items
            .map(|item| {
                let expr = self.only_expr(item)?;
                expr.as_column().map(|column| column.name.clone())
            })
            .collect()
    }

    fn merge_when(&mut self, clause: Node<'_>, dml: &mut Dml) {
        for part in clause.nodes() {
            let does = match part.kind() {
                K::MERGE_UPDATE => Some(DmlAction::Update),
                K::MERGE_DELETE => Some(DmlAction::Delete),
                K::MERGE_INSERT => Some(DmlAction::Insert),
                _ => None,
            };
            dml.does.extend(does.filter(|does| !dml.does.contains(does)));
            match part.kind() {
                K::MERGE_UPDATE => {
                    if let Some(set) = part.child(K::SET_CLAUSE) {
                        self.set_clause(set, dml);
                    }
                }
                K::MERGE_INSERT => {
                    if let Some(values) = part.child(K::VALUES) {
                        let query = self.query(values);
                        dml.values
                            .extend(query.arms.into_iter().flat_map(|arm| arm.values).flatten());
                    }
                }
                _ => drop(self.parts(part)),
            }
        }
    }

    /// Reads COPY.
    pub(super) fn copy(&mut self, node: Node<'_>) -> Action {
        let table = node
            .child(K::COPY_TABLE)
            .and_then(|table| table.child(K::TABLE_NAME_REF));
        let is_from = node.has(K::COPY_FROM);
        let direction = node.child_of(&[K::COPY_FROM, K::COPY_TO]);
        let client = direction.is_some_and(|way| way.child_of(&[K::COPY_STDIN, K::COPY_STDOUT]).is_some());
        let program = direction.and_then(|way| way.child(K::COPY_PROGRAM));
        if let Some(query) = node.child(K::COPY_QUERY) {
            self.parts_of_statement(query);
        }
        if let Some(condition) = node.child(K::WHERE_CLAUSE) {
            self.parts(condition);
        }
        if let Some(table) = table.filter(|_| !is_from) {
            self.read_relation(table);
        }
        Action::Copy(Box::new(Copy {
            table: table.map(name_of),
            is_from,
            through_client: client,
            program: program.is_some_and(|program| program.has(K::PROGRAM_KW)),
        }))
    }

    /// Notes what the statements below a node name, and drops what they do.
    pub(super) fn parts_of_statement(&mut self, node: Node<'_>) {
        for part in node.nodes() {
            match part.kind() {
                K::INSERT | K::UPDATE | K::DELETE | K::MERGE => {
                    let dml = self.dml(part);
                    self.reads(&dml.target, dml.target_span);
                }
                kind if super::expr::is_query(kind) || super::expr::is_expr(kind) => drop(self.expr(part)),
                kind if super::types::is_type(kind) => drop(self.type_name(part)),
                K::TABLE_NAME_REF | K::RELATION_NAME_REF | K::VIEW_REF => drop(self.read_relation(part)),
                K::FUNCTION_NAME_REF | K::PROCEDURE_NAME_REF => {
                    let span = self.span(part);
                    self.calls(&name_of(part), 0, span);
                }
                K::ATTRIBUTE_OPTION => self.definition(part),
                _ => self.parts_of_statement(part),
            }
        }
    }

    /// Reads `NAME = value` of a definition: what the value names depends on the attribute.
    fn definition(&mut self, option: Node<'_>) {
        let Some(value) = option.child(K::ATTRIBUTE_VALUE) else {
            return;
        };
        let attribute = word_at(option, K::ATTRIBUTE_NAME);
        if OF_TYPE.contains(&&*attribute) {
            self.parts_of_statement(value);
        } else if OF_FUNCTION.contains(&&*attribute) && !value.has(K::LITERAL) {
            let span = self.span(value);
            self.calls(&name_of(value), 0, span);
        } else if let Some((_, kind)) = OF_TEXT_SEARCH.iter().find(|(name, _)| *name == &*attribute) {
            let span = self.span(value);
            self.names_object(*kind, name_of(value), span);
        }
    }
}

/// Those of CREATE TEXT SEARCH CONFIGURATION and DICTIONARY that name objects of text search.
const OF_TEXT_SEARCH: [(&str, ObjectKind); 3] = [
    ("copy", ObjectKind::TextSearchConfiguration),
    ("parser", ObjectKind::TextSearchParser),
    ("template", ObjectKind::TextSearchTemplate),
];

/// Attributes of CREATE AGGREGATE, OPERATOR and TYPE that name a type (manual, "SQL Commands").
const OF_TYPE: [&str; 8] = [
    "basetype", "element", "leftarg", "like", "mstype", "rightarg", "stype", "subtype",
];

/// Those that name a function, with CREATE TEXT SEARCH PARSER and TEMPLATE.
const OF_FUNCTION: [&str; 30] = [
    "analyze",
    "canonical",
    "combinefunc",
    "deserialfunc",
    "end",
    "finalfunc",
    "function",
    "gettoken",
    "headline",
    "init",
    "input",
    "join",
    "lexize",
    "lextypes",
    "mfinalfunc",
    "minvfunc",
    "msfunc",
    "output",
    "procedure",
    "receive",
    "restrict",
    "send",
    "serialfunc",
    "sfunc",
    "sfunc1",
    "start",
    "subscript",
    "subtype_diff",
    "typmod_in",
    "typmod_out",
];

fn targets(list: Node<'_>) -> impl Iterator<Item = Box<str>> {
    list.children_of(K::COLUMN_TARGET)
        .map(|target| word_at(target, K::COLUMN_NAME_REF))
}
