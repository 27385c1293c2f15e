//! Access privileges, read from the text of `aclitem[]` (manual, section 5.7, "ACL privilege abbreviations").
//!
//! The answer lists each grantee whose privileges differ from what the object has without any GRANT or REVOKE, so
//! that a null ACL and one that spells the default out are the same. The pseudo-role PUBLIC is written `public`, a
//! name that no real role can have (CREATE ROLE refuses it).

use std::collections::{BTreeMap, BTreeSet};

use super::canon::Canon;
use super::value::Value;

/// The class of objects that an ACL belongs to, which decides its default (`acldefault` in acl.c).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclClass {
    /// Tables, views and everything like them: the owner has all, which is more from major to major.
    Relation,
    /// Columns: nobody has anything beyond the table's privileges.
    Column,
    /// Sequences.
    Sequence,
    /// Databases: PUBLIC may connect and create temporary tables.
    Database,
    /// Functions, procedures and aggregates: PUBLIC may execute.
    Routine,
    /// Languages: PUBLIC may use.
    Language,
    /// Types and domains: PUBLIC may use.
    Type,
    /// Schemas.
    Schema,
    /// Tablespaces.
    Tablespace,
    /// Foreign-data wrappers and foreign servers.
    ForeignData,
    /// Large objects.
    LargeObject,
    /// Configuration parameters (15 and later).
    Parameter,
    /// Default privileges: the array is what was changed, there is no default below it.
    Explicit,
}

/// Every privilege letter and its word.
const WORDS: &[(char, &str)] = &[
    ('a', "INSERT"),
    ('r', "SELECT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('m', "MAINTAIN"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('T', "TEMPORARY"),
    ('c', "CONNECT"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
];

impl AclClass {
    /// Returns what PUBLIC has by default.
    fn public(self) -> &'static str {
        match self {
            AclClass::Database => "Tc",
            AclClass::Routine => "X",
            AclClass::Language | AclClass::Type => "U",
            _ => "",
        }
    }

    /// Returns what the owner has by default on every major.
    fn owner(self) -> &'static str {
        match self {
            AclClass::Relation => "arwdDxt",
            AclClass::Sequence => "rwU",
            AclClass::Database => "CTc",
            AclClass::Routine => "X",
            AclClass::Language | AclClass::Type | AclClass::ForeignData => "U",
            AclClass::Schema => "UC",
            AclClass::Tablespace => "C",
            AclClass::LargeObject => "rw",
            AclClass::Parameter => "sA",
            AclClass::Column | AclClass::Explicit => "",
        }
    }
}

/// Privileges by grantee.
pub type Privileges = BTreeMap<Box<str>, BTreeSet<String>>;

/// Reads the items of an ACL. `None` for an item that cannot be read.
pub(super) fn privileges(
    items: &[String],
    class: AclClass,
    owner: Option<&str>,
    canon: &Canon,
    major: u32,
) -> Option<Value> {
    let owner = owner.map(|owner| canon.role(owner));
    let mut by_grantee = Privileges::new();
    for item in items {
        let item = Item::parse(item)?;
        let grantee = if item.grantee.is_empty() {
            "public"
        } else {
            canon.role(&item.grantee)
        };
        let grantor = canon.role(&item.grantor);
        let suffix = if owner.is_none_or(|owner| owner == grantor) {
            String::new()
        } else {
            format!(" granted by {grantor}")
        };
        let granted = by_grantee.entry(grantee.into()).or_default();
        for (word, grantable) in item.privileges {
            let option = if grantable && owner != Some(grantee) {
                " with grant option"
            } else {
                ""
            };
            granted.insert(format!("{word}{option}{suffix}"));
        }
    }
    fold_default(&mut by_grantee, class, owner, major);
    Some(value(by_grantee))
}

fn fold_default(by_grantee: &mut Privileges, class: AclClass, owner: Option<&str>, major: u32) {
    if class == AclClass::Explicit {
        return;
    }
    let public = words(class.public());
    if by_grantee.get("public").cloned().unwrap_or_default() == public {
        by_grantee.remove("public");
    } else {
        by_grantee.entry("public".into()).or_default();
    }
    let Some(owner) = owner.filter(|_| class != AclClass::Column) else {
        return;
    };
    let mut held = by_grantee.get(owner).cloned().unwrap_or_default();
    // MAINTAIN came with 17; the default is one on all majors all the same.
    let every = words(class.owner());
    let has_all = class != AclClass::Relation || major < 17 || held.remove("MAINTAIN");
    if has_all && held == every {
        by_grantee.remove(owner);
    } else {
        by_grantee.entry(owner.into()).or_default();
    }
}

fn words(letters: &str) -> BTreeSet<String> {
    letters.chars().filter_map(word).map(str::to_owned).collect()
}

fn word(letter: char) -> Option<&'static str> {
    WORDS
        .iter()
        .find(|(known, _)| *known == letter)
        .map(|(_, word)| *word)
}

fn value(privileges: Privileges) -> Value {
    Value::Map(
        privileges
            .into_iter()
            .map(|(grantee, granted)| (grantee, Value::texts(granted)))
            .collect(),
    )
}

/// One `aclitem`: `grantee=privileges/grantor`.
struct Item {
    grantee: String,
    privileges: Vec<(String, bool)>,
    grantor: String,
}

impl Item {
    fn parse(text: &str) -> Option<Self> {
        let (grantee, rest) = role(text)?;
        let rest = rest.strip_prefix('=')?;
        let (letters, grantor) = rest.split_once('/')?;
        let (grantor, _) = role(grantor)?;
        let mut privileges = Vec::new();
        let mut letters = letters.chars().peekable();
        while let Some(letter) = letters.next() {
            let word = word(letter).map_or_else(|| format!("privilege {letter}"), str::to_owned);
            privileges.push((word, letters.next_if_eq(&'*').is_some()));
        }
        Some(Item {
            grantee,
            privileges,
            grantor,
        })
    }
}

/// Reads a role name that may be quoted (`putid` in acl.c), and returns what follows it.
fn role(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(['=', '/']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RoleName;

    fn shown(items: &[&str], class: AclClass, owner: &str) -> String {
        shown_on(15, items, class, owner)
    }

    fn shown_on(major: u32, items: &[&str], class: AclClass, owner: &str) -> String {
        let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
        let canon = Canon::new(&[RoleName("migrator".into()), RoleName("postgres".into())]);
        privileges(&items, class, Some(owner), &canon, major).map_or_else(String::new, |v| v.to_string())
    }

    #[test]
    fn the_default_spelled_out_is_nothing() {
        assert_eq!(shown(&["bob=arwdDxt/bob"], AclClass::Relation, "bob"), "nothing");
        assert_eq!(
            shown_on(17, &["bob=arwdDxtm/bob"], AclClass::Relation, "bob"),
            "nothing"
        );
        assert_ne!(
            shown_on(17, &["bob=arwdDxt/bob"], AclClass::Relation, "bob"),
            "nothing"
        );
        assert_eq!(
            shown(&["=X/bob", "bob=X/bob"], AclClass::Routine, "bob"),
            "nothing"
        );
    }

    #[test]
    fn a_revoked_default_is_shown() {
        assert_eq!(shown(&["bob=X/bob"], AclClass::Routine, "bob"), "public: nothing");
        assert_eq!(shown(&["bob=r/bob"], AclClass::Relation, "bob"), "bob: SELECT");
        assert_eq!(shown(&[], AclClass::Relation, "bob"), "bob: nothing");
    }

    #[test]
    fn grant_options_grantors_and_quoted_names() {
        let items = ["bob=arwdDxt/bob", "\"a \"\"b\"=r*w/bob", "eve=r/carl"];
        assert_eq!(
            shown(&items, AclClass::Relation, "bob"),
            "a \"b: SELECT with grant option, UPDATE, eve: SELECT granted by carl"
        );
    }

    #[test]
    fn migration_roles_are_one() {
        let items = ["postgres=arwdDxt/postgres", "app=r/postgres"];
        assert_eq!(shown(&items, AclClass::Relation, "migrator"), "app: SELECT");
    }
}
