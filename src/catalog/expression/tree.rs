//! A syntax tree without what has no meaning: white space, comments, the case of key words.

use std::fmt;

use crate::sql::parse::{SyntaxKind, SyntaxToken};

/// A tree that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// A construct and its parts.
    Node(SyntaxKind, Vec<Tree>),
    /// A word or a sign.
    Token(SyntaxKind, String),
}

impl Tree {
    /// Returns the kind of the construct or the sign.
    pub fn kind(&self) -> SyntaxKind {
        match self {
            Tree::Node(kind, _) | Tree::Token(kind, _) => *kind,
        }
    }

    /// Returns the parts.
    pub fn parts(&self) -> &[Tree] {
        match self {
            Tree::Node(_, parts) => parts,
            Tree::Token(..) => &[],
        }
    }

    /// Makes a token, or nothing for white space and comments.
    pub fn token(token: &SyntaxToken) -> Option<Tree> {
        let text = token.text();
        match token.kind() {
            SyntaxKind::WHITESPACE | SyntaxKind::COMMENT => None,
            SyntaxKind::IDENT => Some(Tree::Token(SyntaxKind::IDENT, identifier(text))),
            // Literals count letter by letter, key words do not.
            kind if text.contains(['\'', '"', '$']) => Some(Tree::Token(kind, text.to_owned())),
            kind => Some(Tree::Token(kind, text.to_ascii_lowercase())),
        }
    }

    /// Says whether the tree stands for one name without quotes or schema.
    pub fn is_name(&self, name: &str) -> bool {
        match self {
            Tree::Token(SyntaxKind::IDENT, text) => text == name,
            Tree::Node(_, parts) => matches!(parts.as_slice(), [only] if only.is_name(name)),
            Tree::Token(..) => false,
        }
    }
}

/// Returns the name that an identifier stands for (manual, section 4.1.1).
fn identifier(text: &str) -> String {
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        // The server folds ASCII letters only where the encoding has more than one byte.
        None => text.to_ascii_lowercase(),
    }
}

impl fmt::Display for Tree {
    /// Writes kinds, lengths and texts, so that different trees never look alike.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tree::Token(kind, text) => write!(f, "{kind:?}:{}:{text} ", text.len()),
            Tree::Node(kind, parts) => {
                write!(f, "({kind:?} ")?;
                parts.iter().try_for_each(|part| write!(f, "{part}"))?;
                f.write_str(")")
            }
        }
    }
}
