//! A plan that somebody agreed to: what it was made for, and whether that still holds.

use serde::{Deserialize, Serialize};

use super::step::{Mode, Step};
use crate::model::{Checksum, Finding, Level};

/// The version of the format of plan files.
pub const FORMAT: u32 = 1;

/// What a plan file says that decides whether it may still be run. Everything else in it is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The version of the format.
    pub format: u32,
    /// The target as it was written.
    pub target: String,
    /// `each` or `all`.
    pub tx: String,
    /// SHA-256 over order, statements and settings.
    pub hash: String,
    /// The fingerprint of the catalog that it was made for; none for a plan that was made without a database.
    pub fingerprint: Option<String>,
    /// The revisions, in order.
    pub revisions: Vec<String>,
}

impl Agreement {
    /// Reads a plan file.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if format != FORMAT {
            return Err(format!("it has format {format}, this zerodrift knows {FORMAT}"));
        }
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Says how what would run now differs from what was agreed to.
    pub fn differences(&self, now: &Agreement) -> Vec<Finding> {
        let mut findings = Vec::new();
        let only = |left: &[String], right: &[String]| -> Vec<String> {
            left.iter().filter(|id| !right.contains(id)).cloned().collect()
        };
        if self.revisions != now.revisions {
            let gone = only(&self.revisions, &now.revisions);
            let new = only(&now.revisions, &self.revisions);
            let mut detail = Vec::new();
            if !gone.is_empty() {
                detail.push(format!("No longer pending: {}.", gone.join(", ")));
            }
            if !new.is_empty() {
                detail.push(format!("Pending now and not in the plan: {}.", new.join(", ")));
            }
            if detail.is_empty() {
                detail.push("The same revisions would run in another order.".to_owned());
            }
            findings.push(stale("other revisions are pending", detail.join(" ")));
        } else if self.hash != now.hash {
            findings.push(stale(
                "statements or settings changed",
                "A file of a planned revision, its verify file, a timeout, the search path or another setting is not \
                 what it was."
                    .to_owned(),
            ));
        }
        if self.fingerprint.is_none() {
            findings.push(stale(
                "it was made without a database",
                "Nothing says which catalog it fits.".to_owned(),
            ));
        } else if self.fingerprint != now.fingerprint {
            findings.push(stale(
                "the catalog changed",
                "Something in the database is not what it was when the plan was made.".to_owned(),
            ));
        }
        findings
    }
}

fn stale(why: &str, detail: String) -> Finding {
    Finding::new("plan-stale", Level::Error, format!("plan is stale: {why}"))
        .detail(detail)
        .hint("Make it again with \"zerodrift plan --out FILE\" and look at what changed.")
}

/// SHA-256 over the order of the revisions, their statements and `settings`, one `name = value` a line.
///
/// `verify` gives the checksum of each step's verify file. Everything is hashed with its length, so that no text can
/// pass for another one's end.
pub fn hash(steps: &[Step], verify: &[Option<Checksum>], settings: &str) -> Checksum {
    let mut text = format!("zerodrift plan {FORMAT}\n");
    let mut put = |part: &str| text.push_str(&format!("{}:{part}\n", part.len()));
    put(settings);
    for (at, step) in steps.iter().enumerate() {
        put(step.revision.id.as_str());
        put(match step.mode {
            Mode::Transaction => "transaction",
            Mode::Standalone => "standalone",
        });
        put(&step.checksum.to_string());
        put(&verify
            .get(at)
            .copied()
            .flatten()
            .map_or_else(String::new, |sum| sum.to_string()));
        for index in 0..step.script.statements.len() {
            put(step.text(index));
        }
    }
    Checksum::of(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreement(revisions: &[&str], hash: &str, fingerprint: Option<&str>) -> Agreement {
        Agreement {
            format: FORMAT,
            target: "head".to_owned(),
            tx: "each".to_owned(),
            hash: hash.to_owned(),
            fingerprint: fingerprint.map(str::to_owned),
            revisions: revisions.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    #[test]
    fn each_difference_is_named() {
        let agreed = agreement(&["a", "b"], "1", Some("f"));
        assert!(agreed.differences(&agreed).is_empty());
        let cases = [
            (
                agreement(&["b", "c"], "2", Some("f")),
                "plan is stale: other revisions are pending",
            ),
            (
                agreement(&["b", "a"], "2", Some("f")),
                "plan is stale: other revisions are pending",
            ),
            (
                agreement(&["a", "b"], "2", Some("f")),
                "plan is stale: statements or settings changed",
            ),
            (
                agreement(&["a", "b"], "1", Some("g")),
                "plan is stale: the catalog changed",
            ),
        ];
        for (now, message) in cases {
            let found = agreed.differences(&now);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].message, message);
        }
        let offline = agreement(&["a", "b"], "1", None);
        assert_eq!(offline.differences(&agreed).len(), 1);
        let shown = agreed.differences(&agreement(&["b", "c"], "2", Some("f")));
        assert_eq!(
            shown[0].detail.as_deref(),
            Some("No longer pending: a. Pending now and not in the plan: c.")
        );
    }

    #[test]
    fn a_plan_file_is_read_with_its_version() {
        let text = serde_json::to_string(&agreement(&["a"], "1", None)).expect("a plan can be written");
        assert_eq!(Agreement::parse(&text), Ok(agreement(&["a"], "1", None)));
        let newer = text.replace("\"format\":1", "\"format\":9");
        assert_eq!(
            Agreement::parse(&newer),
            Err("it has format 9, this zerodrift knows 1".to_owned())
        );
        assert!(Agreement::parse("{}").is_err());
    }
}
