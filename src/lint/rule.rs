//! What a rule is: a name, a level, and a check of one of three shapes.

use super::context::{Ended, Step};
use crate::model::Level;
use crate::sql::act::Span;

/// A built-in rule. Its page is `lints/<name>.md`, whose cases run as tests.
#[derive(Debug)]
pub struct Rule {
    /// The stable name, for what it finds: `volatile-default-on-new-column`.
    pub name: &'static str,
    /// How bad a finding is where nothing else is configured.
    pub level: Level,
    /// What it is about.
    pub category: Category,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// How it looks.
    pub check: Check,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Who has to wait, and how long.
    Lock,
    /// Tables that are written anew or read whole.
    Rewrite,
    /// Rows, columns and objects that are gone afterwards, and clients that break.
    DataLoss,
    /// Row security.
    RowSecurity,
    /// Owners, grants, SECURITY DEFINER.
    Privilege,
    /// Materialized views.
    Matview,
    /// Edges between revisions.
    Graph,
    /// Statements that fail or do nothing.
    Correctness,
    /// Advice.
    Style,
    /// The project's own rules.
    House,
}

impl Category {
    /// Returns the word that reports show.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Lock => "lock",
            Category::Rewrite => "rewrite",
            Category::DataLoss => "data-loss",
            Category::RowSecurity => "row-security",
            Category::Privilege => "privilege",
            Category::Matview => "matview",
            Category::Graph => "graph",
            Category::Correctness => "correctness",
            Category::Style => "style",
            Category::House => "house",
        }
    }
}

/// How a rule looks.
#[derive(Debug)]
pub enum Check {
    /// At each statement, those in DO blocks included, with the schema before it.
    Statement(fn(&Step<'_>, &mut Vec<Problem>)),
    /// At the end of each migration, with the schema before and after it.
    Migration(fn(&Ended<'_>, &mut Vec<Problem>)),
    /// Found by the engine itself: what does not parse, what no ancestor creates, what depends on the order.
    Engine,
}

/// What a rule found in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// The object concerned, as people name it.
    pub object: Option<String>,
    /// What it is: one line, lower case, without a full stop.
    pub message: String,
    /// What it does to whom: lock, who waits, how long.
    pub effect: Option<String>,
    /// What to do instead, with SQL that can be copied.
    pub instead: Option<String>,
    /// Another level than the rule's own, where this case is milder or worse.
    pub level: Option<Level>,
    /// Text for a place in the file that mends it.
    pub fix: Option<(Span, String)>,
}

impl Problem {
    /// Makes one with a place and a message.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Problem {
            span,
            object: None,
            message: message.into(),
            effect: None,
            instead: None,
            level: None,
            fix: None,
        }
    }

    /// Names the object.
    pub fn object(mut self, object: impl ToString) -> Self {
        self.object = Some(object.to_string());
        self
    }

    /// Says what it does to whom.
    pub fn effect(mut self, effect: impl Into<String>) -> Self {
        self.effect = Some(effect.into());
        self
    }

    /// Says what to do instead.
    pub fn instead(mut self, instead: impl Into<String>) -> Self {
        self.instead = Some(instead.into());
        self
    }

    /// Gives it a level of its own.
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// Mends it by replacing a place.
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some((span, replacement.into()));
        self
    }
}
