//! Why a text is no target.

use crate::model::RevisionId;

/// How many candidates an error names.
const LISTED: usize = 10;

/// Why a text is no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Nothing has this name.
    #[error("target \"{text}\": {what} \"{name}\" does not exist")]
    Missing {
        /// The target as written.
        text: String,
        /// What was looked for.
        what: &'static str,
        /// The part that names nothing.
        name: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// Several revisions could be meant.
    #[error("target \"{text}\" is ambiguous: {}", list(candidates))]
    Ambiguous {
        /// The target as written.
        text: String,
        /// All that could be meant, with their labels.
        candidates: Vec<String>,
    },
    /// One head is asked for and there are several.
    #[error("target \"{text}\" needs one head, found {}: {}", heads.len(), list(heads))]
    SeveralHeads {
        /// The target as written.
        text: String,
        /// The heads, with their labels.
        heads: Vec<String>,
        /// The ids of the heads.
        ids: Vec<RevisionId>,
    },
    /// The graph ends before the steps do.
    #[error("target \"{text}\" goes {}, there {} only {available}", steps(*asked), if *available == 1 { "is" } else { "are" })]
    TooFar {
        /// The target as written.
        text: String,
        /// How many steps were asked for.
        asked: usize,
        /// How many there are.
        available: usize,
    },
    /// The text is no target at all.
    #[error("target \"{text}\" cannot be read: {because}")]
    Malformed {
        /// The target as written.
        text: String,
        /// What is wrong with it.
        because: &'static str,
    },
}

impl TargetError {
    /// Returns what to do next.
    pub fn hint(&self) -> String {
        match self {
            TargetError::Missing {
                nearest: Some(nearest),
                ..
            } => format!("Did you mean \"{nearest}\"?"),
            TargetError::Missing { .. } => {
                "\"zerodrift history\" lists every id, label and branch folder.".to_owned()
            }
            TargetError::Ambiguous { .. } => "Write more of the id.".to_owned(),
            TargetError::SeveralHeads { ids, .. } => {
                let ids = if ids.len() > LISTED {
                    "heads".to_owned()
                } else {
                    joined(ids)
                };
                format!("Join them with \"zerodrift merge {ids}\", or name one of them, LABEL@head or heads.")
            }
            TargetError::TooFar { .. } => "Ask for fewer steps, or for \"heads\" or \"base\".".to_owned(),
            TargetError::Malformed { .. } => {
                "Write head, heads, base, +N, -N, an id, ID+N, ID-N or LABEL@head.".to_owned()
            }
        }
    }
}

fn steps(count: usize) -> String {
    if count == 1 {
        "1 step".to_owned()
    } else {
        format!("{count} steps")
    }
}

fn joined(ids: &[RevisionId]) -> String {
    ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" ")
}

fn list(names: &[String]) -> String {
    let mut shown = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        shown.push_str(&format!(" and {} more", names.len() - LISTED));
    }
    shown
}
