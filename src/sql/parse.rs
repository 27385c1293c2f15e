//! The only file that names the SQL parser.

pub use squawk_syntax::ast::{self, AstNode};
pub use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};

/// A parsed SQL text.
pub use squawk_syntax::SourceFile;
