//! Reads the tree of a header key by key and notes every mistake.

use std::collections::HashSet;
use std::ops::Range;

use super::header::{Header, Problem, Spanned};
use super::yaml::{self, Kind, Node};
use crate::graph::nearest;
use crate::graph::rules::{self, Rule};
use crate::model::{AcceptedFinding, RevisionId};

/// How many mistakes of one header are reported. Whoever has more is looking at another file format.
const REPORTED: usize = 20;

/// What other tools call our keys.
const FOREIGN: &[(&str, &str)] = &[
    ("branch_labels", "labels"),
    ("description", "message"),
    ("down_revision", "parents"),
    ("id", "revision"),
    ("label", "labels"),
    ("name", "message"),
    ("title", "message"),
    ("version", "revision"),
];

type Take = fn(&mut Reader, &str, &Node);

/// The keys of a header and how each is read, sorted by name.
const KEYS: &[(&str, Take)] = &[
    ("allow", |reader, _, node| reader.allow(node)),
    ("approval", |reader, key, node| {
        reader.header.approval = reader.line(key, node)
    }),
    ("depends-on", |reader, key, node| {
        reader.header.depends_on = reader.ids(key, node)
    }),
    ("labels", |reader, key, node| {
        reader.header.labels = reader.labels(key, node)
    }),
    ("message", |reader, key, node| {
        reader.header.message = reader.line(key, node)
    }),
    ("parents", |reader, key, node| {
        reader.header.parents = reader.ids(key, node)
    }),
    ("revision", |reader, key, node| reader.revision(key, node)),
    ("transaction", |reader, key, node| reader.transaction(key, node)),
];

/// Reads the header whose YAML stands at `range` of `text`.
///
/// A list of one may be written as a single value (`parents: a1`), and a key without value is one that is not there.
pub fn read(text: &str, range: Range<usize>) -> (Header, Vec<Problem>) {
    let mut reader = Reader {
        header: Header::default(),
        problems: Vec::new(),
        names_revision: false,
    };
    match yaml::parse(text, range.clone()) {
        Ok(None) => {}
        Ok(Some(Node {
            kind: Kind::Map(pairs),
            ..
        })) => reader.pairs(&pairs),
        Ok(Some(node)) => reader.no_mapping(&node),
        Err(error) => reader.syntax(text, range.clone(), error),
    }
    if !reader.names_revision {
        reader.problem(
            &rules::HEADER_WITHOUT_REVISION,
            range,
            "the header does not name its revision".to_owned(),
            Some("Nothing else says which revision the file is; its name alone is not enough.".to_owned()),
            Some("Add \"revision: ID\" with the id that the file name begins with.".to_owned()),
        );
    }
    (reader.header, reader.problems)
}

struct Reader {
    header: Header,
    problems: Vec<Problem>,
    /// Whether the key was there, or nobody can know.
    names_revision: bool,
}

impl Reader {
    fn pairs(&mut self, pairs: &[(Node, Node)]) {
        let mut seen: HashSet<&str> = HashSet::new();
        for (key, value) in pairs {
            if self.problems.len() >= REPORTED {
                break;
            }
            let Kind::Scalar { text: name, .. } = &key.kind else {
                let message = format!("a key of the header is {}, not a word", key.kind.noun());
                self.problem(
                    &rules::HEADER_UNKNOWN_KEY,
                    key.range.clone(),
                    message,
                    None,
                    Some(known_keys()),
                );
                continue;
            };
            if !seen.insert(name) {
                self.duplicate(name, &key.range);
                continue;
            }
            match KEYS.binary_search_by(|(known, _)| known.cmp(&name.as_str())) {
                Ok(at) if !is_nothing(value) => KEYS[at].1(self, name, value),
                Ok(_) => {}
                Err(_) => self.unknown(name, &key.range),
            }
        }
    }

    fn revision(&mut self, key: &str, node: &Node) {
        self.names_revision = true;
        self.header.id = self.id(key, node);
    }

    fn ids(&mut self, key: &str, node: &Node) -> Vec<Spanned<RevisionId>> {
        items(node).iter().filter_map(|item| self.id(key, item)).collect()
    }

    fn id(&mut self, key: &str, node: &Node) -> Option<Spanned<RevisionId>> {
        let text = self.text(key, node)?;
        match RevisionId::new(text) {
            Ok(value) => Some(Spanned {
                value,
                range: node.range.clone(),
            }),
            Err(error) => {
                let hint = match text {
                    "~" => Some(
                        "Write [] where there is none: a header has text only, \"~\" is not nothing."
                            .to_owned(),
                    ),
                    _ => None,
                };
                self.problem(
                    &rules::HEADER_VALUE,
                    node.range.clone(),
                    error.to_string(),
                    None,
                    hint,
                );
                None
            }
        }
    }

    fn labels(&mut self, key: &str, node: &Node) -> Vec<Spanned<String>> {
        let mut labels = Vec::new();
        for item in items(node) {
            let Some(text) = self.text(key, item) else {
                continue;
            };
            // A label is typed before "@head", so it is made like an id.
            if RevisionId::new(text).is_ok() && !matches!(text, "head" | "heads" | "base") {
                labels.push(Spanned {
                    value: text.to_owned(),
                    range: item.range.clone(),
                });
                continue;
            }
            self.problem(
                &rules::HEADER_VALUE,
                item.range.clone(),
                format!("\"{text}\" cannot be a label"),
                Some(
                    "A label has 1 to 128 characters of 0-9, A-Z, a-z, \"_\", \".\" and \"-\", and is none of head, \
                     heads and base."
                        .to_owned(),
                ),
                None,
            );
        }
        labels
    }

    fn transaction(&mut self, key: &str, node: &Node) {
        let Some(text) = self.text(key, node) else { return };
        self.header.transaction = match text {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => {
                let message = format!("transaction is true or false, not \"{text}\"");
                let hint =
                    "true runs the file in one transaction, false each statement by itself.".to_owned();
                self.problem(
                    &rules::HEADER_VALUE,
                    node.range.clone(),
                    message,
                    None,
                    Some(hint),
                );
                None
            }
        };
    }

    fn allow(&mut self, node: &Node) {
        for item in items(node) {
            let Kind::Map(pairs) = &item.kind else {
                self.accepted_shape(&item.range, format!("an item of allow is {}", item.kind.noun()));
                continue;
            };
            let (mut rule, mut because) = (None, None);
            for (key, value) in pairs {
                match &key.kind {
                    Kind::Scalar { text, .. } if text == "rule" && rule.is_none() => {
                        rule = self.line(text, value)
                    }
                    Kind::Scalar { text, .. } if text == "because" && because.is_none() => {
                        because = self.line(text, value);
                    }
                    _ => self.accepted_shape(
                        &key.range,
                        "an item of allow has the keys rule and because".to_owned(),
                    ),
                }
            }
            match (rule, because) {
                (Some(rule), Some(because)) => self.header.allow.push(AcceptedFinding { rule, because }),
                _ => self.accepted_shape(
                    &item.range,
                    "an item of allow lacks its rule or its reason".to_owned(),
                ),
            }
        }
    }

    fn accepted_shape(&mut self, range: &Range<usize>, message: String) {
        let hint =
            "Write \"- {rule: NAME, because: the reason}\" for each finding that is accepted.".to_owned();
        self.problem(&rules::HEADER_VALUE, range.clone(), message, None, Some(hint));
    }

    /// Reads one line of text. Of several lines only the first is kept.
    fn line(&mut self, key: &str, node: &Node) -> Option<String> {
        let text = self.text(key, node)?.trim();
        if text.is_empty() {
            return None;
        }
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            let message = match control {
                '\n' => format!("{key} has more than one line"),
                _ => format!("{key} contains the control character {control:?}"),
            };
            self.problem(
                &rules::HEADER_VALUE,
                node.range.clone(),
                message,
                None,
                Some("Write it in one line.".to_owned()),
            );
        }
        text.split(char::is_control)
            .map(str::trim)
            .find(|line| !line.is_empty())
            .map(str::to_owned)
    }

    fn text<'n>(&mut self, key: &str, node: &'n Node) -> Option<&'n str> {
        match &node.kind {
            Kind::Scalar { text, .. } => Some(text),
            other => {
                let message = format!("{key} takes text here, not {}", other.noun());
                self.problem(&rules::HEADER_VALUE, node.range.clone(), message, None, None);
                None
            }
        }
    }

    fn duplicate(&mut self, name: &str, range: &Range<usize>) {
        let message = format!("key \"{name}\" stands twice in the header");
        let detail = "The first one counts.".to_owned();
        let hint = "Join both into one, or remove this one.".to_owned();
        self.problem(
            &rules::HEADER_DUPLICATE_KEY,
            range.clone(),
            message,
            Some(detail),
            Some(hint),
        );
    }

    fn unknown(&mut self, name: &str, range: &Range<usize>) {
        let foreign = FOREIGN
            .iter()
            .find(|(foreign, _)| *foreign == name)
            .map(|(_, ours)| *ours);
        let meant = foreign.or_else(|| nearest(name, KEYS.iter().map(|(known, _)| *known)));
        let hint = match meant {
            Some(meant) => format!("Write \"{meant}\". {}", known_keys()),
            None => known_keys(),
        };
        let message = format!("key \"{name}\" does not exist in a header");
        self.problem(
            &rules::HEADER_UNKNOWN_KEY,
            range.clone(),
            message,
            None,
            Some(hint),
        );
    }

    fn no_mapping(&mut self, node: &Node) {
        self.names_revision = true;
        let message = format!("the header is {}, not a mapping of keys", node.kind.noun());
        let hint = "Write one key on each line, as in \"revision: a1\".".to_owned();
        self.problem(
            &rules::HEADER_SYNTAX,
            node.range.clone(),
            message,
            None,
            Some(hint),
        );
    }

    fn syntax(&mut self, text: &str, range: Range<usize>, error: yaml::SyntaxError) {
        self.names_revision = true;
        let at = error.at.clamp(range.start, range.end);
        let end = text[at..range.end]
            .chars()
            .next()
            .filter(|c| !c.is_control())
            .map_or(at, |c| at + c.len_utf8());
        self.problem(
            &rules::HEADER_SYNTAX,
            at..end,
            format!("the header is not YAML: {}", error.because),
            None,
            Some(
                "Begin each key in the same column; put quotes around a text that contains \": \" or \" #\", or that \
                 begins with a sign such as @, *, &, [ or {."
                    .to_owned(),
            ),
        );
    }

    fn problem(
        &mut self,
        rule: &'static Rule,
        range: Range<usize>,
        message: String,
        detail: Option<String>,
        hint: Option<String>,
    ) {
        if self.problems.len() >= REPORTED {
            return;
        }
        self.problems.push(Problem {
            rule,
            range,
            message,
            detail,
            hint,
        });
    }
}

/// Returns the items of a list; a single value is a list of one.
fn items(node: &Node) -> &[Node] {
    match &node.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// A key with nothing behind it. An empty text in quotes is something.
fn is_nothing(node: &Node) -> bool {
    matches!(&node.kind, Kind::Scalar { text, plain: true } if text.is_empty())
}

fn known_keys() -> String {
    let names: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
    format!("The keys are {}.", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::KEYS;

    #[test]
    fn keys_are_sorted() {
        assert!(KEYS.is_sorted_by_key(|(name, _)| *name));
    }
}
