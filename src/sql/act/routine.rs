//! Functions, procedures, DO blocks, and what stands in their bodies.

use super::expression::{Expr, TypeName};
use super::{Act, Span, WrittenName};

/// CREATE FUNCTION or PROCEDURE, and what ALTER FUNCTION writes.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateRoutine {
    /// Its name.
    pub name: WrittenName,
    /// Where the name stands.
    pub name_span: Span,
    /// PROCEDURE.
    pub is_procedure: bool,
    /// OR REPLACE.
    pub or_replace: bool,
    /// The types of its arguments, OUT and TABLE columns left out.
    pub arguments: Vec<TypeName>,
    /// RETURNS; nothing for procedures and RETURNS TABLE.
    pub returns: Option<TypeName>,
    /// LANGUAGE in lower case; nothing where none is written.
    pub language: Option<Box<str>>,
    /// IMMUTABLE, STABLE or VOLATILE; nothing where none is written.
    pub volatility: Option<Volatility>,
    /// SECURITY DEFINER (true), SECURITY INVOKER (false); nothing where none is written.
    pub security_definer: Option<bool>,
    /// SET: the parameter in lower case and its value as written (`FROM CURRENT` as such).
    pub settings: Vec<(Box<str>, Box<str>)>,
    /// RESET: the parameters in lower case; `all` for ALL.
    pub resets: Vec<Box<str>>,
    /// Its body, where the language is sql or plpgsql.
    pub body: Option<Body>,
}

/// How the result of a function depends on its arguments (`pg_proc.provolatile`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// `i`.
    Immutable,
    /// `s`.
    Stable,
    /// `v`.
    Volatile,
}

/// The body of a function or of a DO block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// The language in lower case; `plpgsql` for DO without one.
    pub language: Box<str>,
    /// Where the body's text stands.
    pub span: Span,
    /// Whether it is a string, which the server looks into only with `check_function_bodies`.
    pub is_string: bool,
    /// Its statements, flattened, in the order of the text. Ranges point into the file.
    pub statements: Vec<BodyStatement>,
    /// A hash of its text, to tell whether two bodies are the same.
    pub fingerprint: u64,
    /// Why it could not be read, and where.
    pub broken: Option<(Box<str>, Span)>,
}

/// A statement of a body.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyStatement {
    /// What it is.
    pub kind: BodyKind,
    /// Whether it stands below IF, CASE, a loop or an exception handler: it may not run.
    pub conditional: bool,
    /// Whether it stands in a loop.
    pub in_loop: bool,
    /// Whether it stands in a block that catches exceptions, or in a handler.
    pub caught: bool,
    /// The innermost conditions above it, outermost first, as far as they are expressions.
    pub conditions: Vec<Expr>,
}

/// What a statement of a body is.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyKind {
    /// SQL, as at the top.
    Sql(Box<Act>),
    /// EXECUTE of text that is constant: what it says. `format('…', 'literal', …)` of constants included.
    Dynamic(Box<Act>),
    /// EXECUTE of text that is known only when it runs.
    Opaque {
        /// The constant beginning of the text, as far as it goes.
        prefix: Box<str>,
        /// Where.
        span: Span,
    },
    /// RAISE.
    Raise {
        /// EXCEPTION, as against NOTICE and the like.
        exception: bool,
        /// Where.
        span: Span,
    },
    /// RETURN, with its expression.
    Return {
        /// The expression.
        value: Option<Expr>,
        /// Where.
        span: Span,
    },
    /// An assignment, PERFORM, a declaration's default and other expressions.
    Expression(Expr),
    /// COMMIT or ROLLBACK.
    Transaction(Span),
}
