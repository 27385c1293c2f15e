//! The rules of loading and of the graph: names that users see, never renamed.
//!
//! A rule here is found without reading SQL: in a file name, a header or an edge. Add one as a constant and a line in
//! [`RULES`]; a test keeps the list sorted and every finding registered.

use crate::model::{Finding, Level};

/// A rule: what it is called, how bad it is, what it finds.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable name.
    pub name: &'static str,
    /// The level, unless the configuration sets another.
    pub level: Level,
    /// What it finds, in one line.
    pub summary: &'static str,
}

impl Rule {
    /// Makes a finding of this rule at its own level.
    pub fn finding(&self, message: impl Into<String>) -> Finding {
        Finding::new(self.name, self.level, message)
    }
}

macro_rules! rules {
    ($($constant:ident $name:literal $level:ident $summary:literal;)*) => {
        $(
            #[doc = $summary]
            pub const $constant: Rule = Rule { name: $name, level: Level::$level, summary: $summary };
        )*
        /// Every rule of loading and of the graph, sorted by name.
        pub const RULES: &[Rule] = &[$($constant),*];
    };
}

rules! {
    BRANCH_FOLDER_MISSING "branch-folder-missing" Error
        "A branch of the configuration has no folder.";
    CYCLE "cycle" Error
        "Revisions follow each other in a circle.";
    DUPLICATE_LABEL "duplicate-label" Warning
        "A label is declared by several revisions.";
    DUPLICATE_REVISION "duplicate-revision" Error
        "Two files declare the same revision.";
    FILE_NAME_MISMATCH "file-name-mismatch" Error
        "A file is not named after the revision in its header.";
    HEADER_DUPLICATE_KEY "header-duplicate-key" Error
        "A header holds a key twice.";
    HEADER_IN_LATER_COMMENT "header-in-later-comment" Error
        "The header does not stand in the first comment of the file.";
    HEADER_MISSING "header-missing" Error
        "A migration file has no header.";
    HEADER_NOT_CLOSED "header-not-closed" Error
        "The comment of a header does not end where the header ends.";
    HEADER_SYNTAX "header-syntax" Error
        "A header is not YAML.";
    HEADER_UNKNOWN_KEY "header-unknown-key" Error
        "A header holds a key that does not exist.";
    HEADER_VALUE "header-value" Error
        "A header holds a value that its key does not take.";
    HEADER_WITHOUT_REVISION "header-without-revision" Error
        "A header does not say which revision the file is.";
    IDS_DIFFER_ONLY_IN_CASE "ids-differ-only-in-case" Error
        "Two revisions have ids that differ only in case.";
    MISSING_DEPENDENCY "missing-dependency" Error
        "A revision depends on one that does not exist.";
    MISSING_PARENT "missing-parent" Error
        "A revision names a parent that does not exist.";
    ORPHANED_SIBLING "orphaned-sibling" Warning
        "A down or verify file belongs to no revision.";
    PARENT_IN_OTHER_BRANCH "parent-in-other-branch" Info
        "An edge crosses from one branch folder into another in the middle of a branch.";
    REPEATED_EDGE "repeated-edge" Warning
        "A revision names another one twice.";
    REVISION_LOOKS_LIKE_TARGET "revision-looks-like-target" Warning
        "A revision id reads like a word or a step of the command line.";
    REVISION_OUTSIDE_BRANCHES "revision-outside-branches" Warning
        "A revision file lies outside the configured branch folders.";
    SELF_PARENT "self-parent" Error
        "A revision names itself.";
    SEVERAL_HEADS "several-heads" Error
        "The graph has more than one head.";
    SEVERAL_ROOTS "several-roots" Error
        "The graph has more than one root.";
    UNKNOWN_HEAD_LABEL "unknown-head-label" Warning
        "The configuration allows a head for a label that no revision carries.";
    UNREADABLE_FILE "unreadable-file" Error
        "A file or folder below the migrations cannot be read.";
}

/// Returns the rule of this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}
