//! Reads SQL text into acts.
//!
//! One parse per statement, one walk over its tree. What a form has of its own is read by the file named for it;
//! expressions and queries note on their way what they name. The tree is left behind: acts own what they say.
//!
//! A statement that the server would refuse for its syntax is [`Action::Broken`]; the others are read. Text that nests
//! deeply is parsed on a thread with a stack to match, and beyond [`DEEPEST`] it is refused.

mod alter;
mod create;
mod dynamic;
mod expr;
mod grammar;
mod grants;
mod into;
mod literal;
mod named;
mod names;
mod objects;
mod operators;
mod pieces;
mod place;
mod plpgsql;
mod query;
mod routine;
mod rows;
mod session;
mod spelling;
mod table;
mod types;
mod variables;

#[cfg(test)]
mod tests;

use std::ops::Range;

use self::names::{Reader, name_of};
use self::pieces::Piece;
use self::place::Place;
use super::object::{Maintenance, Reindex};
use super::{Act, Action, Span, Uses};
use crate::sql::parse::{Grammar, Node, SyntaxKind as K, Tree};

/// How deep parentheses, CASE and blocks may nest. The server's own parser gives up at 10,000 (gram.c, YYMAXDEPTH).
const DEEPEST: usize = 4_000;

/// How deep text may nest that is parsed on the stack of the caller.
const SHALLOW: usize = 48;

/// Stack per level of nesting, with room for unoptimised builds.
const STACK_PER_LEVEL: usize = 64 * 1024;

/// Reads every statement of a file.
pub fn read(source: &str) -> Vec<Act> {
    let mut acts = Vec::new();
    for piece in pieces::pieces(source) {
        match piece {
            Piece::Statement(range, depth) => read_statement(source, range, depth, &mut acts),
            Piece::OpenComment(range) => acts.push(Act {
                span: range.start as u32..range.end as u32,
                action: Action::Broken {
                    message: "unterminated /* comment".into(),
                    at: range.start as u32..range.start as u32 + 2,
                },
                uses: Uses::default(),
            }),
            Piece::PsqlCommand(range) => acts.push(Act {
                action: Action::PsqlCommand(source[range.clone()].into()),
                span: range.start as u32..range.end as u32,
                uses: Uses::default(),
            }),
        }
    }
    acts
}

fn read_statement(source: &str, range: Range<usize>, depth: usize, acts: &mut Vec<Act>) {
    let text = &source[range.clone()];
    let span = range.start as u32..range.end as u32;
    if depth <= SHALLOW {
        return parse_statement(text, span, acts);
    }
    let read = with_stack(depth, || {
        let mut acts = Vec::new();
        parse_statement(text, span.clone(), &mut acts);
        acts
    });
    match read {
        Ok(read) => acts.extend(read),
        Err(message) => acts.push(Act {
            span: span.clone(),
            action: Action::Broken { message, at: span },
            uses: Uses::default(),
        }),
    }
}

/// Does something with a text on a stack that its nesting needs, or says why it cannot.
fn with_stack<T: Send>(depth: usize, work: impl FnOnce() -> T + Send) -> Result<T, Box<str>> {
    if depth <= SHALLOW {
        return Ok(work());
    }
    if depth > DEEPEST {
        return Err(format!("the text nests {depth} levels deep; more than {DEEPEST} are not read").into());
    }
    let thread = std::thread::Builder::new().stack_size(depth * STACK_PER_LEVEL + (8 << 20));
    let done = std::thread::scope(|scope| {
        let thread = thread
            .spawn_scoped(scope, work)
            .map_err(|error| error.to_string())?;
        thread.join().map_err(|_| "the parser gave up".to_owned())
    });
    done.map_err(|why| format!("the text nests {depth} levels deep and was not read: {why}").into())
}

fn parse_statement(text: &str, span: Span, acts: &mut Vec<Act>) {
    let place = Place::shifted(span.start);
    let (mut tree, mut found) = parsed(text, &place, Grammar::Sql);
    let plain;
    if found.is_some()
        && let Some(other) = spelling::plain(text)
    {
        plain = other;
        (tree, found) = parsed(&plain, &place, Grammar::Sql);
    }
    if found.is_some()
        && let Some(action) = session::set_names(text)
    {
        acts.push(Act {
            span,
            action,
            uses: Uses::default(),
        });
        return;
    }
    if let Some((message, at)) = found {
        acts.push(Act {
            span,
            action: Action::Broken { message, at },
            uses: Uses::default(),
        });
        return;
    }
    let Some(node) = tree.root().nodes().next() else {
        acts.push(Act {
            span,
            action: Action::Other(Box::default()),
            uses: Uses::default(),
        });
        return;
    };
    let first = acts.len();
    statement_acts(node, &place, 0, acts);
    if let Some(act) = acts.get_mut(first) {
        act.span = span;
    }
}

/// Parses a text, and returns the first thing that is wrong with it.
fn parsed<'t>(text: &'t str, place: &Place, grammar: Grammar) -> (Tree<'t>, Option<(Box<str>, Span)>) {
    let tree = Tree::parse(text, grammar);
    let found = broken(&tree, place, grammar);
    if found.is_some()
        && let Some(spelled) = spelling::names_for_words(text)
    {
        let other = Tree::parse_as(text, &spelled, grammar);
        if broken(&other, place, grammar).is_none() {
            return (other, None);
        }
    }
    (tree, found)
}

/// Returns the first thing that is wrong with a tree, in the server's words.
fn broken(tree: &Tree<'_>, place: &Place, grammar: Grammar) -> Option<(Box<str>, Span)> {
    let root = tree.root();
    let second = match grammar {
        Grammar::Sql => without_semicolon_before(root),
        Grammar::PlPgSql => None,
    };
    let (message, range) = match (tree.errors().iter().min_by_key(|error| error.1.start), second) {
        (Some((message, range)), _) => (Some(message), range.clone()),
        (None, Some(second)) => (None, second.range()),
        (None, None) => {
            let (message, range) = grammar::mistake(tree)?;
            let near = root.tokens().find(|token| token.range().start >= range.start);
            let words = near.map_or("", Node::text);
            let message = format!("syntax error at or near \"{}\": {message}", shortened(words));
            let at = match near {
                Some(token) if range.is_empty() => token.range(),
                _ => range,
            };
            return Some((message.into(), place.span(at)));
        }
    };
    let token = root.tokens().find(|token| token.range().end > range.start);
    let (words, at) = match token {
        // The lexer's complaints about a token say more than its name does.
        Some(token) if range.is_empty() || message.is_none() => (
            format!("syntax error at or near \"{}\"", shortened(token.text())).into(),
            token.range(),
        ),
        Some(_) => (lower(message.map(|message| &**message)), range),
        None => {
            let last = root.tokens().last().map_or(0..0, Node::range);
            ("syntax error at end of input".into(), last)
        }
    };
    Some((words, place.span(at)))
}

/// Returns the first statement that no semicolon parts from the one before it.
fn without_semicolon_before(root: Node<'_>) -> Option<Node<'_>> {
    let mut parted = true;
    for statement in root.nodes() {
        if !parted && statement.kind() != K::EMPTY_STMT {
            return Some(statement);
        }
        parted = statement
            .tokens()
            .last()
            .is_none_or(|last| last.kind() == K::SEMICOLON);
    }
    None
}

fn lower(message: Option<&str>) -> Box<str> {
    let message = message.unwrap_or("syntax error");
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect::<String>().into()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Reads a statement, and the elements of CREATE SCHEMA behind it.
fn statement_acts(node: Node<'_>, place: &Place, level: usize, acts: &mut Vec<Act>) {
    if node.kind() == K::EMPTY_STMT || node.kind() == K::ERROR {
        return;
    }
    let mut reader = Reader::new(place, level);
    let action = action(&mut reader, node);
    reader.named_objects(node);
    let span = place.span(without_semicolon(node));
    acts.push(Act {
        span,
        action,
        uses: reader.take_uses(),
    });
    if node.kind() == K::CREATE_SCHEMA {
        let named = [K::IF_NOT_EXISTS, K::NAMED_SCHEMA, K::AUTHORIZATION_SCHEMA];
        for element in node.nodes().filter(|part| !named.contains(&part.kind())) {
            statement_acts(element, place, level, acts);
        }
    }
}

fn without_semicolon(node: Node<'_>) -> Span {
    let mut range = node.range();
    if let Some(semicolon) = node.children().last().filter(|last| last.kind() == K::SEMICOLON) {
        range.end = node
            .children()
            .take_while(|part| part.range() != semicolon.range())
            .last()
            .map_or(range.end, |last| last.range().end);
    }
    range
}

/// Reads what a statement does.
fn action(reader: &mut Reader<'_>, node: Node<'_>) -> Action {
    let known = match node.kind() {
        K::SELECT | K::PAREN_SELECT | K::COMPOUND_SELECT | K::TABLE | K::VALUES => {
            Some(reader.top_query(node))
        }
        K::SELECT_INTO => Some(reader.select_into(node)),
        K::INSERT | K::UPDATE | K::DELETE | K::MERGE => Some(Action::Dml(Box::new(reader.dml(node)))),
        K::COPY => Some(reader.copy(node)),
        K::CREATE_TABLE | K::CREATE_TABLE_AS | K::CREATE_FOREIGN_TABLE => Some(reader.create_table(node)),
        K::ALTER_TABLE
        | K::ALTER_FOREIGN_TABLE
        | K::ALTER_INDEX
        | K::ALTER_MATERIALIZED_VIEW
        | K::ALTER_VIEW => reader.alter_table(node),
        K::CREATE_INDEX => reader.create_index(node),
        K::CREATE_VIEW | K::CREATE_MATERIALIZED_VIEW => reader.create_view(node),
        K::CREATE_SEQUENCE => reader.create_sequence(node),
        K::CREATE_TRIGGER => reader.create_trigger(node),
        K::CREATE_RULE => reader.create_rule(node),
        K::CREATE_EVENT_TRIGGER => reader.create_event_trigger(node),
        K::CREATE_POLICY => reader.policy(node),
        K::CREATE_FUNCTION | K::CREATE_PROCEDURE => reader.create_routine(node),
        K::CREATE_TYPE => reader.create_type(node),
        K::CREATE_DOMAIN => reader.create_domain(node),
        K::CREATE_SCHEMA => Some(reader.create_schema(node)),
        K::CREATE_EXTENSION => Some(reader.create_extension(node)),
        K::DO => reader.do_block(node),
        K::COMMENT_ON | K::SECURITY_LABEL => reader.comment(node),
        K::GRANT | K::REVOKE => Some(reader.grant(node)),
        K::ALTER_DEFAULT_PRIVILEGES => reader.default_privileges(node),
        _ => altered(reader, node).or_else(|| plain(reader, node)),
    };
    known.unwrap_or_else(|| other(reader, node))
}

/// ALTER of what is no relation, and what concerns roles and the cluster.
fn altered(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Action> {
    if let Some(action) = reader.alter_object(node) {
        return Some(action);
    }
    match node.kind() {
        K::ALTER_SEQUENCE => reader.alter_sequence(node),
        K::ALTER_POLICY => reader.policy(node),
        K::ALTER_FUNCTION | K::ALTER_PROCEDURE | K::ALTER_ROUTINE => reader.alter_routine(node),
        K::ALTER_TYPE => reader.alter_type(node),
        K::ALTER_DOMAIN => reader.alter_domain(node),
        K::CREATE_ROLE
        | K::CREATE_USER
        | K::CREATE_GROUP
        | K::ALTER_ROLE
        | K::ALTER_USER
        | K::ALTER_GROUP => Some(reader.role_statement(node)),
        K::CREATE_DATABASE
        | K::ALTER_DATABASE
        | K::CREATE_TABLESPACE
        | K::ALTER_TABLESPACE
        | K::ALTER_SYSTEM => reader.cluster_wide(node),
        K::ALTER_LARGE_OBJECT => Some(Action::Owner {
            object: reader.object(node.child(K::LITERAL)?, super::ObjectKind::LargeObject),
            owner: objects::owner_of(node),
        }),
        _ => None,
    }
}

/// What needs a few lines.
fn plain(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Action> {
    if let Some(action) = reader.create_other(node).or_else(|| reader.drop_objects(node)) {
        return Some(action);
    }
    if let Some(action) = session::setting(node) {
        return Some(action);
    }
    if let Some(act) = session::transaction(node) {
        return Some(Action::Transaction(act));
    }
    Some(match node.kind() {
        K::REFRESH => Action::Refresh {
            name: node.child(K::VIEW_REF).map(name_of)?,
            concurrently: node.has(K::CONCURRENTLY_KW),
            no_data: node.has(K::WITH_NO_DATA),
        },
        K::TRUNCATE => Action::Truncate {
            tables: node.child(K::TABLE_LIST).map(query::relation_names)?,
            cascade: node.has(K::CASCADE),
        },
        K::LOCK => Action::Lock {
            tables: node.child(K::RELATION_LIST).map(query::relation_names)?,
            mode: match node
                .child(K::LOCK_MODE_CLAUSE)
                .and_then(|clause| clause.nodes().next())
            {
                Some(mode) => table::key_words(mode),
                None => "ACCESS EXCLUSIVE".into(),
            },
        },
        K::CALL => call(reader, node)?,
        K::REINDEX => reindex(node)?,
        K::VACUUM | K::ANALYZE | K::CLUSTER => maintain(node),
        _ => return None,
    })
}

fn call(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Action> {
    let name = node.child(K::PROCEDURE_NAME_REF)?;
    let arguments = node
        .child(K::ARG_LIST)
        .map(|list| reader.parts(list))
        .unwrap_or_default();
    Some(Action::Call {
        name: name_of(name),
        arguments,
    })
}

fn reindex(node: Node<'_>) -> Option<Action> {
    let target = node.nodes().find(|part| part.kind() != K::REINDEX_OPTION_LIST)?;
    let listed = node
        .child(K::REINDEX_OPTION_LIST)
        .and_then(|list| list.child(K::REINDEX_OPTION_CONCURRENTLY));
    let listed = listed.is_some_and(|option| {
        let value = option
            .tokens()
            .nth(1)
            .map_or("on", Node::text)
            .trim_matches('\'')
            .to_ascii_lowercase();
        !matches!(value.as_str(), "off" | "false" | "0" | "no")
    });
    let word = target
        .children()
        .next()
        .map(|token| token.text().to_ascii_uppercase());
    Some(Action::Reindex(Reindex {
        target: word?.into(),
        name: target.nodes().next().map(name_of),
        concurrently: listed || target.has(K::CONCURRENTLY_KW),
    }))
}

fn maintain(node: Node<'_>) -> Action {
    let listed = node.child(K::VACUUM_OPTION_LIST).is_some_and(|list| {
        list.nodes().any(|option| {
            let mut words = option
                .tokens()
                .map(|token| token.text().trim_matches('\'').to_ascii_lowercase());
            let full = words.next().is_some_and(|name| name == "full");
            full && !words
                .next()
                .is_some_and(|value| matches!(value.as_str(), "off" | "false" | "0" | "no"))
        })
    });
    let verb = match node.kind() {
        K::VACUUM => Maintenance::Vacuum {
            full: listed || node.has(K::FULL_KW),
        },
        K::ANALYZE => Maintenance::Analyze,
        _ => Maintenance::Cluster,
    };
    let mut tables = Vec::new();
    for part in node.nodes() {
        match part.kind() {
            K::TABLE_AND_COLUMNS_LIST => {
                let named = part.nodes().filter_map(|item| item.child(K::TABLE_RELATION_NAME));
                tables.extend(named.map(name_of));
            }
            K::TABLE_NAME_REF => tables.push(name_of(part)),
            K::CLUSTER_LEGACY => {
                let on = part.child(K::ON_PATH).and_then(|on| on.child(K::TABLE_NAME_REF));
                tables.extend(on.map(name_of));
            }
            _ => {}
        }
    }
    Action::Maintain { verb, tables }
}

/// Anything else: its first words, and what it names.
fn other(reader: &mut Reader<'_>, node: Node<'_>) -> Action {
    let words: Vec<String> = node
        .children()
        .take_while(|part| part.is_token())
        .map(|token| token.text().to_ascii_uppercase())
        .collect();
    reader.parts_of_statement(node);
    Action::Other(words.join(" ").into())
}
