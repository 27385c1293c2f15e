//! Bodies in PL/pgSQL: blocks, branches and loops flattened into statements.

use super::dynamic::{Constant, fold};
use super::names::Reader;
use super::place::Place;
use super::variables::{Value, Variables};
use super::{parsed, statement_acts, with_stack};
use crate::sql::WrittenName;
use crate::sql::act::expression::{ColumnRef, Expr, ExprKind};
use crate::sql::act::routine::{Body, BodyKind, BodyStatement};
use crate::sql::act::{Act, Action, Span, Uses};
use crate::sql::parse::{Grammar, Node, SyntaxKind as K, nesting};

/// How many conditions above a statement are kept.
const CONDITIONS: usize = 8;

/// Reads the text of a body into `body`, and returns what has to be there already: the types of its declarations.
pub(super) fn read(text: &str, place: &Place, level: usize, body: &mut Body) -> Uses {
    let variables = Variables::of(text);
    let text = super::into::without_into(text);
    let (tree, found) = parsed(&text, place, Grammar::PlPgSql);
    body.broken = found;
    let mut walk = Walk {
        reader: Reader::new(place, level),
        statements: Vec::new(),
        declared: Reader::new(place, level),
        variables,
        again: false,
    };
    let start = Above::default();
    for node in tree.root().nodes() {
        walk.statement(node, &start);
    }
    body.statements = walk.statements;
    walk.declared.take_uses()
}

struct Walk<'p> {
    reader: Reader<'p>,
    statements: Vec<BodyStatement>,
    /// Notes the types of declarations, which the server looks up when the function is made.
    declared: Reader<'p>,
    /// What the variables in scope hold.
    variables: Variables,
    /// Whether the body of a loop is read again, with the next element: only what EXECUTE runs is another statement.
    again: bool,
}

/// What stands above a statement.
#[derive(Clone, Default)]
struct Above {
    conditional: bool,
    in_loop: bool,
    caught: bool,
    conditions: Vec<Expr>,
    depth: usize,
}

impl Above {
    fn below(&self, condition: Option<Expr>) -> Above {
        let mut above = Above {
            conditional: true,
            ..self.clone()
        };
        if let Some(condition) = condition {
            if above.conditions.len() >= CONDITIONS {
                above.conditions.remove(0);
            }
            above.conditions.push(condition);
        }
        above
    }

    fn looped(&self, condition: Option<Expr>) -> Above {
        Above {
            in_loop: true,
            ..self.below(condition)
        }
    }
}

/// How deep blocks may nest.
const DEEPEST: usize = 200;

impl Walk<'_> {
    fn add(&mut self, kind: BodyKind, above: &Above) {
        if self.again && !matches!(kind, BodyKind::Dynamic(_)) {
            return;
        }
        self.statements.push(BodyStatement {
            kind,
            conditional: above.conditional,
            in_loop: above.in_loop,
            caught: above.caught,
            conditions: above.conditions.clone(),
        });
    }

    fn body(&mut self, node: Node<'_>, above: &Above) {
        if above.depth >= DEEPEST {
            return;
        }
        let above = Above {
            depth: above.depth + 1,
            ..above.clone()
        };
        node.nodes()
            .for_each(|statement| self.statement(statement, &above));
        if above.conditional {
            self.variables.forget_assigned(node);
        }
    }

    fn statement(&mut self, node: Node<'_>, above: &Above) {
        match node.kind() {
            K::PLPGSQL_BLOCK => self.block(node, above),
            K::PLPGSQL_IF_STMT => self.branches(node, None, above),
            K::PLPGSQL_CASE_STMT => self.case(node, above),
            K::PLPGSQL_ASSIGN_STMT => self.assign(node, above),
            K::PLPGSQL_LOOP_STMT
            | K::PLPGSQL_WHILE_STMT
            | K::PLPGSQL_FOR_I_STMT
            | K::PLPGSQL_FOR_DYN_STMT
            | K::PLPGSQL_FOR_CURSOR_STMT
            | K::PLPGSQL_FOR_QUERY_STMT => self.looping(node, above),
            K::PLPGSQL_FOR_EACH_STMT => self.for_each(node, above),
            K::PLPGSQL_DYN_EXECUTE_STMT | K::PLPGSQL_RETURN_QUERY_EXECUTE_STMT | K::PLPGSQL_OPEN_EXECUTE => {
                self.execute(node, above);
            }
            K::PLPGSQL_RAISE_STMT => self.raise(node, above),
            K::PLPGSQL_RETURN_STMT | K::PLPGSQL_RETURN_NEXT_STMT => self.returning(node, above),
            K::PLPGSQL_COMMIT_STMT | K::PLPGSQL_ROLLBACK_STMT => {
                let span = self.reader.span(node);
                self.add(BodyKind::Transaction(span), above);
            }
            K::PLPGSQL_PERFORM_STMT => self.perform(node, above),
            K::PLPGSQL_EXEC_SQL_STMT
            | K::PLPGSQL_CALL_STMT
            | K::PLPGSQL_DO_STMT
            | K::PLPGSQL_RETURN_QUERY_STMT => {
                node.nodes().for_each(|statement| self.sql(statement, above));
            }
            K::PLPGSQL_OPEN_STMT => node.nodes().for_each(|part| self.open(part, above)),
            K::ERROR | K::PLPGSQL_NULL_STMT => {}
            _ => self.expressions(node, above),
        }
    }

    fn sql(&mut self, node: Node<'_>, above: &Above) {
        let mut acts = Vec::new();
        statement_acts(node, self.reader.place, self.reader.level, &mut acts);
        for act in acts {
            self.add(BodyKind::Sql(Box::new(act)), above);
        }
    }

    fn open(&mut self, part: Node<'_>, above: &Above) {
        match part.kind() {
            K::PLPGSQL_OPEN_QUERY => part.nodes().for_each(|query| self.sql(query, above)),
            K::PLPGSQL_OPEN_EXECUTE => self.execute(part, above),
            _ => {}
        }
    }

    /// Every expression below a node that is no SQL: assignments, ASSERT, EXIT WHEN.
    fn expressions(&mut self, node: Node<'_>, above: &Above) {
        for part in node.nodes() {
            if part.kind() == K::PLPGSQL_EXPR {
                let expr = self.reader.expr(part);
                self.add(BodyKind::Expression(expr), above);
            } else {
                self.expressions(part, above);
            }
        }
    }

    fn perform(&mut self, node: Node<'_>, above: &Above) {
        for query in node.nodes() {
            let mut expr = self.reader.expr(query);
            if let ExprKind::Query(query) = &mut expr.kind
                && let [arm] = query.arms.as_mut_slice()
                && arm.from.is_empty()
                && arm.condition.is_none()
                && query.with.is_empty()
                && let [target] = arm.targets.as_mut_slice()
            {
                let nothing = Expr {
                    span: 0..0,
                    kind: ExprKind::Other(Vec::new()),
                };
                expr = std::mem::replace(&mut target.expr, nothing);
            }
            self.add(BodyKind::Expression(expr), above);
        }
    }

    fn block(&mut self, node: Node<'_>, above: &Above) {
        let scopes = self.variables.count();
        let handlers = node.child(K::PLPGSQL_EXCEPTION_SECTION);
        let caught = Above {
            caught: above.caught || handlers.is_some(),
            ..above.clone()
        };
        for part in node.nodes() {
            match part.kind() {
                K::PLPGSQL_DECLARE_SECTION => part.nodes().for_each(|item| self.declare(item, above)),
                K::PLPGSQL_BODY => self.body(part, &caught),
                K::PLPGSQL_EXCEPTION_SECTION => {
                    let below = Above {
                        conditional: true,
                        ..caught.clone()
                    };
                    for handler in part.nodes() {
                        handler.nodes().for_each(|inner| {
                            if inner.kind() == K::PLPGSQL_BODY {
                                self.body(inner, &below);
                            }
                        });
                    }
                }
                _ => {}
            }
        }
        self.variables.leave(scopes);
    }

    fn declare(&mut self, item: Node<'_>, above: &Above) {
        match item.kind() {
            K::PLPGSQL_CURSOR_DECL => {
                for part in item.nodes().filter(|part| super::expr::is_query(part.kind())) {
                    self.sql(part, above);
                }
            }
            _ => {
                self.declared_type(item);
                self.expressions(item, above);
            }
        }
        let name = super::names::word_at(item, K::PLPGSQL_VAR_NAME);
        let value = item
            .child(K::PLPGSQL_VAR_INIT)
            .and_then(|init| init.child(K::PLPGSQL_EXPR))
            .and_then(|expr| self.variables.read(expr, self.reader.place));
        self.variables.declare(&name, value);
    }

    fn assign(&mut self, node: Node<'_>, above: &Above) {
        match self.assignment_to_row(node) {
            Some(assignment) => self.add(BodyKind::Expression(assignment), above),
            None => self.expressions(node, above),
        }
        let value = node
            .child(K::PLPGSQL_EXPR)
            .and_then(|expr| self.variables.read(expr, self.reader.place));
        if let Some(target) = node.child(K::PLPGSQL_ASSIGN_TARGET) {
            // An element of an array, a field of a row: nothing that is kept.
            let is_whole = target.nodes().count() == 1;
            let name = super::variables::name_of(target);
            self.variables.assign(&name, value.filter(|_| is_whole));
        }
    }

    /// Reads `NEW.x := …`, which changes the row of a trigger, as an operator over both sides.
    fn assignment_to_row(&mut self, node: Node<'_>) -> Option<Expr> {
        let target = node.child(K::PLPGSQL_ASSIGN_TARGET)?;
        let name = super::names::name_of(target);
        let of = name.schema.filter(|of| of.eq_ignore_ascii_case("new"))?;
        let value = self.reader.expr(node.child(K::PLPGSQL_EXPR)?);
        let column = Expr {
            span: self.reader.span(target),
            kind: ExprKind::Column(ColumnRef {
                qualifier: Some(WrittenName {
                    schema: None,
                    name: of,
                }),
                name: name.name.into(),
            }),
        };
        Some(Expr {
            span: self.reader.span(node),
            kind: ExprKind::Operator {
                sign: ":=".into(),
                operands: vec![column, value],
            },
        })
    }

    /// FOREACH over a list that is constant is read once for each element, as if they stood one after the other.
    fn for_each(&mut self, node: Node<'_>, above: &Above) {
        let list = node
            .child(K::PLPGSQL_EXPR)
            .filter(|_| node.child(K::PLPGSQL_FOR_EACH_SLICE).is_none())
            .and_then(|expr| self.variables.list(expr, self.reader.place));
        let variables: Vec<Node<'_>> = node.children_of(K::PLPGSQL_FOR_VARIABLE).collect();
        let ([variable], Some(list), Some(body)) = (variables.as_slice(), list, node.child(K::PLPGSQL_BODY))
        else {
            return self.looping(node, above);
        };
        let name = super::variables::name_of(*variable);
        let was_again = self.again;
        for element in list {
            self.variables.forget_assigned(body);
            let scopes = self.variables.count();
            self.variables.declare(&name, Some(Value::Text(element)));
            self.body(body, above);
            self.variables.leave(scopes);
            self.again = true;
        }
        self.again = was_again;
        self.variables.forget_assigned(node);
    }

    /// Notes the type of a declaration: `t%ROWTYPE` and `t.c%TYPE` name a relation unless they name a variable.
    fn declared_type(&mut self, item: Node<'_>) {
        let Some(written) = item
            .nodes()
            .find(|part| part.kind() == K::PLPGSQL_PERCENT_ROWTYPE || super::types::is_type(part.kind()))
        else {
            return;
        };
        if !matches!(written.kind(), K::PLPGSQL_PERCENT_ROWTYPE | K::PERCENT_TYPE) {
            self.declared.type_name(written);
            return;
        }
        let mut names: Vec<String> = written
            .child(K::PATH_REF)
            .into_iter()
            .flat_map(|path| path.tokens().filter(|token| token.kind() != K::DOT))
            .map(|token| super::literal::identifier(token.text()))
            .collect();
        if written.kind() == K::PERCENT_TYPE {
            names.pop();
        }
        let Some(name) = names.pop() else { return };
        let schema = names.pop();
        let is_variable = schema.is_none() && self.variables.declares(&name);
        if !is_variable {
            let span = self.reader.span(written);
            self.declared.types(&WrittenName { schema, name }, span);
        }
    }

    /// IF and CASE: each branch stands below the negation of those before it and its own condition.
    fn branches(&mut self, node: Node<'_>, subject: Option<&Expr>, above: &Above) {
        let mut before: Vec<Expr> = Vec::new();
        let mut current = None;
        for part in node.nodes() {
            match part.kind() {
                K::PLPGSQL_EXPR => current = Some(self.reader.expr(part)),
                K::PLPGSQL_BODY => {
                    let below = under(above, &before, current.clone());
                    self.body(part, &below);
                }
                K::PLPGSQL_ELSIF_CLAUSE | K::PLPGSQL_CASE_WHEN => {
                    before.extend(current.take().map(negated));
                    let condition = part.child(K::PLPGSQL_EXPR).map(|expr| self.reader.expr(expr));
                    current = condition.map(|condition| compared(subject, condition));
                    if let Some(body) = part.child(K::PLPGSQL_BODY) {
                        let below = under(above, &before, current.clone());
                        self.body(body, &below);
                    }
                }
                K::PLPGSQL_ELSE_CLAUSE => {
                    before.extend(current.take().map(negated));
                    if let Some(body) = part.child(K::PLPGSQL_BODY) {
                        let below = under(above, &before, None);
                        self.body(body, &below);
                    }
                }
                _ => {}
            }
        }
    }

    fn case(&mut self, node: Node<'_>, above: &Above) {
        let subject = node.child(K::PLPGSQL_EXPR).map(|expr| self.reader.expr(expr));
        let mut before: Vec<Expr> = Vec::new();
        for part in node.nodes() {
            let Some(body) = part.child(K::PLPGSQL_BODY) else {
                continue;
            };
            let condition = part.child(K::PLPGSQL_EXPR).map(|expr| self.reader.expr(expr));
            let condition = condition.map(|condition| compared(subject.as_ref(), condition));
            let below = under(above, &before, condition.clone());
            self.body(body, &below);
            before.extend(condition.map(negated));
            // Only the last ones are kept anyway.
            if before.len() > CONDITIONS {
                before.remove(0);
            }
        }
    }

    fn looping(&mut self, node: Node<'_>, above: &Above) {
        self.variables.forget_assigned(node);
        let mut condition = None;
        for part in node.nodes() {
            match part.kind() {
                K::PLPGSQL_EXPR if node.kind() == K::PLPGSQL_WHILE_STMT => {
                    condition = Some(self.reader.expr(part));
                }
                K::PLPGSQL_EXPR if node.kind() == K::PLPGSQL_FOR_DYN_STMT => self.dynamic(part, above),
                K::PLPGSQL_EXPR => {
                    let expr = self.reader.expr(part);
                    self.add(BodyKind::Expression(expr), above);
                }
                K::PLPGSQL_FOR_RANGE => self.expressions(part, above),
                K::PLPGSQL_BODY => {
                    let below = above.looped(condition.take());
                    self.body(part, &below);
                }
                kind if is_sql(kind) => self.sql(part, above),
                _ => {}
            }
        }
    }

    fn raise(&mut self, node: Node<'_>, above: &Above) {
        // Without a level it is EXCEPTION (manual, section 41.9.1).
        let level = node.child(K::PLPGSQL_RAISE_LEVEL);
        let exception = level.is_none_or(|level| level.text().eq_ignore_ascii_case("exception"));
        let span = self.reader.span(node);
        self.add(BodyKind::Raise { exception, span }, above);
    }

    fn returning(&mut self, node: Node<'_>, above: &Above) {
        let value = node.child(K::PLPGSQL_EXPR).map(|expr| self.reader.expr(expr));
        let span = self.reader.span(node);
        self.add(BodyKind::Return { value, span }, above);
    }

    fn execute(&mut self, node: Node<'_>, above: &Above) {
        if let Some(text) = node.child(K::PLPGSQL_EXPR) {
            self.dynamic(text, above);
        }
    }

    fn dynamic(&mut self, expr: Node<'_>, above: &Above) {
        let span = self.reader.span(expr);
        let mut constant = Constant::default();
        if !fold(expr, self.reader.place, &self.variables, &mut constant) {
            let prefix = constant.text.into();
            return self.add(BodyKind::Opaque { prefix, span }, above);
        }
        for act in dynamic_acts(&constant, self.reader.level + 1, &span) {
            self.add(BodyKind::Dynamic(Box::new(act)), above);
        }
    }
}

fn dynamic_acts(constant: &Constant, level: usize, span: &Span) -> Vec<Act> {
    let broken_act = |message: Box<str>, at: Span| Act {
        span: span.clone(),
        action: Action::Broken { message, at },
        uses: Default::default(),
    };
    let read = with_stack(nesting(&constant.text), || {
        let (tree, found) = parsed(&constant.text, &constant.place, Grammar::Sql);
        if let Some((message, at)) = found {
            return vec![broken_act(message, at)];
        }
        let mut acts = Vec::new();
        for node in tree.root().nodes() {
            statement_acts(node, &constant.place, level, &mut acts);
        }
        acts
    });
    read.unwrap_or_else(|message| vec![broken_act(message, span.clone())])
}

fn under(above: &Above, before: &[Expr], condition: Option<Expr>) -> Above {
    let mut below = above.below(None);
    for condition in before.iter().cloned().chain(condition) {
        below = below.below(Some(condition));
    }
    below
}

fn negated(condition: Expr) -> Expr {
    Expr {
        span: condition.span.clone(),
        kind: ExprKind::Not(Box::new(condition)),
    }
}

fn compared(subject: Option<&Expr>, value: Expr) -> Expr {
    match subject {
        Some(subject) => Expr {
            span: value.span.clone(),
            kind: ExprKind::Operator {
                sign: "=".into(),
                operands: vec![subject.clone(), value],
            },
        },
        None => value,
    }
}

fn is_sql(kind: K) -> bool {
    super::expr::is_query(kind)
        || matches!(
            kind,
            K::INSERT | K::UPDATE | K::DELETE | K::MERGE | K::EXECUTE | K::EXPLAIN
        )
}
