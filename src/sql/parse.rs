//! The only file that names the SQL parser.

use std::ops::Range;

pub use squawk_lexer::{LiteralKind, TokenKind};
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
