//! What follows a rename: definitions that name the renamed object and say nothing else anew.
//!
//! A definition follows if the old one with the new name in the place of the old is the new one, letter by letter. It is
//! then told with the rename, not as a difference of its own.

use crate::catalog::{Compare, Facet, ObjectId, Shape, Value};
use crate::model::quote_identifier;

use super::change::{Change, What};

/// Takes out the changes that follow a rename and names them at the object that went.
pub(super) fn fold(changes: Vec<Change>) -> Vec<Change> {
    let renames: Vec<(ObjectId, ObjectId)> = changes
        .iter()
        .filter(|change| matches!(change.what, What::Removed { .. }))
        .filter_map(|change| Some((change.object.clone(), change.other_name.clone()?)))
        .collect();
    if renames.is_empty() {
        return changes;
    }
    let (mut kept, mut followers) = (Vec::new(), Vec::new());
    for change in changes {
        match renames.iter().find(|(old, new)| follows(&change, old, new)) {
            Some((old, _)) => followers.push((old.clone(), change.object)),
            None => kept.push(change),
        }
    }
    for (old, follower) in followers {
        let told = kept
            .iter_mut()
            .find(|change| change.object == old && matches!(change.what, What::Removed { .. }));
        if let Some(change) = told {
            change.followers.push(follower);
        }
    }
    kept
}

fn follows(change: &Change, old: &ObjectId, new: &ObjectId) -> bool {
    let What::Altered { facet, from, to } = &change.what else {
        return false;
    };
    let expected = renamed(from, &old.name, &new.name).map(|value| match (facet.shape, value) {
        (Shape::Set, Value::List(mut items)) => {
            items.sort();
            Value::List(items)
        }
        (_, value) => value,
    });
    names_objects(facet) && expected.as_ref() == Some(to)
}

/// Bodies, comments and owners do not follow a rename by themselves.
fn names_objects(facet: &Facet) -> bool {
    let is_text = matches!(facet.shape, Shape::Text | Shape::List | Shape::Set);
    is_text && (facet.compare == Compare::Sql || (facet.compare == Compare::Exact && !facet.fixed))
}

/// Returns a value with a name in the place of another, or nothing where it does not name it.
fn renamed(value: &Value, old: &str, new: &str) -> Option<Value> {
    match value {
        Value::Text(text) => {
            let text = replaced(text, old, new);
            text.map(Value::text)
        }
        Value::List(items) => {
            let mut named = false;
            let items = items.iter().map(|item| match renamed(item, old, new) {
                Some(item) => {
                    named = true;
                    item
                }
                None => item.clone(),
            });
            let items: Vec<Value> = items.collect();
            named.then_some(Value::List(items))
        }
        _ => None,
    }
}

/// Replaces a name where it stands as a whole word, outside of constants.
fn replaced(text: &str, old: &str, new: &str) -> Option<String> {
    let (old, new) = (quoted(old), quoted(new));
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '"';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut named = false;
    while let Some(at) = rest.find(old.as_str()) {
        let (before, after) = (&rest[..at], &rest[at + old.len()..]);
        let joined = before.ends_with(is_word)
            || (before.is_empty() && out.ends_with(is_word))
            || after.starts_with(is_word);
        out += before;
        let in_constant = out.matches('\'').count() % 2 == 1;
        if joined || in_constant {
            out += &old;
        } else {
            out += &new;
            named = true;
        }
        rest = after;
    }
    named.then(|| out + rest)
}

/// Writes a name as the server does: bare where it can be, which is where our own quoting keeps it as it is.
fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain {
        name.to_owned()
    } else {
        quote_identifier(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_replaced_as_a_word_outside_of_constants() {
        let replaced = |text| replaced(text, "a", "b");
        assert_eq!(
            replaced("(a > 0 AND t.a <> 'a')").as_deref(),
            Some("(b > 0 AND t.b <> 'a')")
        );
        assert_eq!(replaced("(ab > 0)"), None);
        assert_eq!(replaced("('it''s a' = x)"), None);
        assert_eq!(replaced("(\"a\" > 0)"), None);
    }

    #[test]
    fn a_list_keeps_its_order() {
        let old = Value::texts(["est.a", "est.c"]);
        assert_eq!(renamed(&old, "a", "z"), Some(Value::texts(["est.z", "est.c"])));
    }
}
