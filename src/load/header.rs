//! What a header says. The keys are listed where they are read, in `reader.rs`.

use std::ops::Range;

use crate::graph::rules::Rule;
use crate::model::{AcceptedFinding, RevisionId};

/// A value and its bytes in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub range: Range<usize>,
}

/// A header, as far as it could be understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// `revision`
    pub id: Option<Spanned<RevisionId>>,
    /// `parents`
    pub parents: Vec<Spanned<RevisionId>>,
    /// `depends-on`
    pub depends_on: Vec<Spanned<RevisionId>>,
    /// `labels`
    pub labels: Vec<Spanned<String>>,
    /// `message`
    pub message: Option<String>,
    /// `transaction`
    pub transaction: Option<bool>,
    /// `allow`
    pub allow: Vec<AcceptedFinding>,
    /// `approval`
    pub approval: Option<String>,
}

/// A mistake in a header.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The rule that it breaks.
    pub rule: &'static Rule,
    /// Where.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// Why.
    pub detail: Option<String>,
    /// What to write instead.
    pub hint: Option<String>,
}
