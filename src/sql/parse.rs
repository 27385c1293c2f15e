//! The only file that names the SQL parser.

use std::ops::Range;

pub use squawk_lexer::{LiteralKind, TokenKind};
pub use squawk_parser::is_type_func_name_keyword;
use squawk_parser::{EntryPoint, LexedStr, StrStep};
pub use squawk_syntax::ast::{self, AstNode};
pub use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};

/// A parsed SQL text.
pub use squawk_syntax::SourceFile;

/// A token and where it stands.
#[derive(Clone, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes.
    pub range: Range<usize>,
}

impl Token {
    /// Says whether the token is white space or a comment.
    pub fn is_trivia(&self) -> bool {
        matches!(
            self.kind,
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. }
        )
    }

    /// Returns what was written.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        &source[self.range.clone()]
    }
}

/// Reads all tokens of `source`, a byte order mark counted as white space.
pub fn tokens(source: &str) -> impl Iterator<Item = Token> + '_ {
    let mut at = 0;
    squawk_lexer::tokenize(source).map(move |token| {
        let start = at;
        at += token.len as usize;
        Token {
            kind: token.kind,
            range: start..at,
        }
    })
}

/// Returns the byte range of a node without the white space and comments at its ends.
pub fn range_of(node: &SyntaxNode) -> Range<usize> {
    let range = node.text_range();
    usize::from(range.start())..usize::from(range.end())
}

/// A syntax tree in one piece of memory: nodes and tokens in the order of the text, trivia left out.
///
/// It is built straight from the parser's events, so the errors of the grammar cost nothing, walking allocates
/// nothing, and dropping it recurses into nothing however deep the text nests.
#[derive(Debug)]
pub struct Tree<'s> {
    text: &'s str,
    cells: Vec<Cell>,
    errors: Vec<(Box<str>, Range<u32>)>,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    kind: SyntaxKind,
    is_token: bool,
    start: u32,
    end: u32,
    /// The cell after everything in this one.
    next: u32,
}

/// What a text is parsed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// SQL statements.
    Sql,
    /// The body of a PL/pgSQL function.
    PlPgSql,
}

impl<'s> Tree<'s> {
    /// Parses `text`. The parser recurses: see [`nesting`].
    pub fn parse(text: &'s str, grammar: Grammar) -> Self {
        Self::parse_as(text, text, grammar)
    }

    /// Parses `spelled` in place of `text`: as long, token for token, but with other words for some names.
    pub fn parse_as(text: &'s str, spelled: &str, grammar: Grammar) -> Self {
        debug_assert_eq!(text.len(), spelled.len());
        let lexed = LexedStr::new(spelled);
        let entry = match grammar {
            Grammar::Sql => EntryPoint::SourceFile,
            Grammar::PlPgSql => EntryPoint::Plpgsql,
        };
        let output = entry.parse(&lexed.to_input());
        let mut tree = Tree {
            text,
            cells: Vec::with_capacity(text.len() / 3 + 8),
            errors: Vec::new(),
        };
        let mut open: Vec<u32> = Vec::with_capacity(16);
        let mut at: u32 = 0;
        lexed.intersperse_trivia(&output, &mut |step| match step {
            StrStep::Token { kind, text } => {
                let start = at;
                at += text.len() as u32;
                if !kind.is_trivia() {
                    tree.add_token(kind, start, at);
                }
            }
            StrStep::Enter { kind } => {
                open.push(tree.cells.len() as u32);
                tree.cells.push(Cell {
                    kind,
                    is_token: false,
                    start: u32::MAX,
                    end: at,
                    next: 0,
                });
            }
            StrStep::Exit => {
                if let Some(node) = open.pop() {
                    tree.close(node);
                }
            }
            StrStep::Error { msg, pos } => {
                let pos = pos as u32;
                tree.errors.push((msg.into(), pos..pos));
            }
        });
        tree.errors.extend(
            lexed
                .errors()
                .map(|(range, message)| (message.into(), range.clone())),
        );
        tree
    }

    fn add_token(&mut self, kind: SyntaxKind, start: u32, end: u32) {
        let next = self.cells.len() as u32 + 1;
        self.cells.push(Cell {
            kind,
            is_token: true,
            start,
            end,
            next,
        });
    }

    fn close(&mut self, node: u32) {
        let next = self.cells.len() as u32;
        let end = self.cells.last().map_or(0, |last| last.end);
        let first = self.cells.get(node as usize + 1).map(|first| first.start);
        let cell = &mut self.cells[node as usize];
        cell.next = next;
        cell.start = first.unwrap_or(cell.end);
        cell.end = end.max(cell.start);
    }

    /// Returns the root.
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, at: 0 }
    }

    /// Returns what the lexer and the grammar complain about, each with its place.
    pub fn errors(&self) -> &[(Box<str>, Range<u32>)] {
        &self.errors
    }
}

/// A node or a token of a [`Tree`].
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree<'t>,
    at: u32,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_token() {
            return write!(f, "{:?}", self.text());
        }
        let name = format!("{:?}", self.kind());
        let mut list = f.debug_tuple(&name);
        self.children().for_each(|child| {
            list.field(&child);
        });
        list.finish()
    }
}

impl<'t> Node<'t> {
    fn cell(self) -> &'t Cell {
        &self.tree.cells[self.at as usize]
    }

    /// Returns what it is.
    pub fn kind(self) -> SyntaxKind {
        self.cell().kind
    }

    /// Says whether it is a token.
    pub fn is_token(self) -> bool {
        self.cell().is_token
    }

    /// Returns its bytes, from its first to its last token.
    pub fn range(self) -> Range<u32> {
        self.cell().start..self.cell().end
    }

    /// Returns what was written.
    pub fn text(self) -> &'t str {
        &self.tree.text[self.cell().start as usize..self.cell().end as usize]
    }

    /// Returns the text between two nodes of its tree.
    pub fn between(self, before: Node<'t>, after: Node<'t>) -> &'t str {
        let range = before.cell().end as usize..after.cell().start as usize;
        self.tree.text.get(range).unwrap_or_default()
    }

    /// Returns the nodes and tokens right below it.
    pub fn children(self) -> impl Iterator<Item = Node<'t>> {
        let (tree, end) = (self.tree, self.cell().next);
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let node = Node { tree, at };
                at = node.cell().next;
                node
            })
        })
    }

    /// Returns the nodes right below it, without tokens.
    pub fn nodes(self) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(|child| !child.is_token())
    }

    /// Returns everything below it, in the order of the text.
    pub fn descendants(self) -> impl Iterator<Item = Node<'t>> {
        let tree = self.tree;
        (self.at + 1..self.cell().next).map(move |at| Node { tree, at })
    }

    /// Returns the tokens in it, itself if it is one.
    pub fn tokens(self) -> impl Iterator<Item = Node<'t>> {
        let tree = self.tree;
        (self.at..self.cell().next)
            .map(move |at| Node { tree, at })
            .filter(|node| node.is_token())
    }

    /// Returns the first child of a kind.
    pub fn child(self, kind: SyntaxKind) -> Option<Node<'t>> {
        self.children().find(|child| child.kind() == kind)
    }

    /// Returns the first child of one of some kinds.
    pub fn child_of(self, kinds: &[SyntaxKind]) -> Option<Node<'t>> {
        self.children().find(|child| kinds.contains(&child.kind()))
    }

    /// Returns the children of a kind.
    pub fn children_of(self, kind: SyntaxKind) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(move |child| child.kind() == kind)
    }

    /// Says whether a child of the kind is there.
    pub fn has(self, kind: SyntaxKind) -> bool {
        self.child(kind).is_some()
    }
}

/// Returns how deep a text nests: parentheses, brackets, CASE, blocks of PL/pgSQL, operators in front of operators, and
/// chains of operators and joins that the parser lets lean to the right.
///
/// The parser recurses at each of these, so this says how much stack it needs; it may say more, never less.
pub fn nesting(text: &str) -> usize {
    let mut nesting = Nesting::default();
    tokens(text)
        .filter(|token| !token.is_trivia())
        .for_each(|token| nesting.add(&token, text));
    nesting.deepest
}

/// How deep the tokens of a statement nest, counted as they come.
#[derive(Debug, Default)]
pub struct Nesting {
    /// The deepest so far.
    pub deepest: usize,
    depth: usize,
    /// What leans to the right where we are.
    leaning: usize,
    /// The same of what stands around the parentheses that are open.
    around: Vec<usize>,
    /// How much of it BETWEEN made, which the AND behind it does not end.
    betweens: usize,
    /// Operators in front of operators.
    signs: usize,
    /// After END: `END IF` closes one thing.
    skips: bool,
    /// Whether the word before was none behind which a statement of PL/pgSQL begins.
    within_statement: bool,
}

impl Nesting {
    /// Adds a token that is no trivia.
    pub fn add(&mut self, token: &Token, text: &str) {
        let (mut is_sign, mut is_end, mut begins_statement) = (false, false, false);
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket => {
                self.depth += 1 + self.leaning;
                self.around.push(std::mem::take(&mut self.leaning));
            }
            TokenKind::CloseParen | TokenKind::CloseBracket => {
                self.leaning = self.around.pop().unwrap_or(0);
                self.depth = self.depth.saturating_sub(1 + self.leaning);
            }
            TokenKind::Ident => {
                // No word of interest is longer than this.
                let mut word = [0; 8];
                let text = token.text(text).as_bytes();
                if let Some(word) = word.get_mut(..text.len()) {
                    word.copy_from_slice(text);
                    word.make_ascii_lowercase();
                    is_sign = word == b"not";
                    is_end = word == b"end";
                    begins_statement = matches!(&*word, b"begin" | b"then" | b"else" | b"loop");
                    self.word(word);
                }
            }
            TokenKind::Comma => (self.leaning, self.betweens) = (0, 0),
            TokenKind::Semi => {
                (self.leaning, self.betweens) = (0, 0);
                begins_statement = true;
            }
            TokenKind::Literal { .. } | TokenKind::QuotedIdent { .. } | TokenKind::Dot => {}
            _ => is_sign = true,
        }
        self.skips = is_end;
        self.within_statement = !begins_statement;
        self.signs = if is_sign { self.signs + 1 } else { 0 };
        // The first character of a sign is a link of a chain, all of them may be signs in front of each other.
        self.leaning += usize::from(self.signs == 1);
        self.deepest = self.deepest.max(self.depth + self.leaning + self.signs);
    }

    fn word(&mut self, word: &[u8]) {
        if self.skips {
            return;
        }
        match word {
            b"case" | b"loop" | b"begin" => self.depth += 1,
            b"if" if !self.within_statement => self.depth += 1,
            b"end" => self.depth = self.depth.saturating_sub(1),
            b"join" | b"in" | b"like" | b"ilike" | b"is" | b"similar" | b"overlaps" => self.leaning += 1,
            b"on" | b"using" => self.leaning = self.leaning.saturating_sub(1),
            b"between" => (self.leaning, self.betweens) = (self.leaning + 1, self.betweens + 1),
            b"and" => self.leaning = self.betweens,
            b"select" | b"from" | b"where" | b"then" | b"when" | b"else" | b"set" | b"values" | b"or" => {
                (self.leaning, self.betweens) = (0, 0);
            }
            _ => {}
        }
    }
}
