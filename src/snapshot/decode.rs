//! From the text of a file to objects. Strict: whatever is not part of the format is an error with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::{Facet, Facets, Kind, Object, ObjectId, Shape, Value, kinds};

use super::yaml::{self, Mistake, Node};

/// Reads the file of one top-level object.
pub(super) fn objects(text: &str) -> Result<Vec<(ObjectId, Object)>, Mistake> {
    let root = yaml::parse(text)?;
    let entries = root.map()?;
    let kind_node = entry(entries, "kind").ok_or_else(|| root.mistake("the key \"kind\" is missing"))?;
    let kind = kind_named(kind_node)?;
    if kind.is_child() {
        return Err(kind_node.mistake(format!("a {} has no file of its own", kind.name)));
    }
    let schema = match entry(entries, "schema") {
        Some(node) => Some(Arc::from(node.text()?)),
        None => None,
    };
    let mut reader = Reader { objects: Vec::new() };
    reader.object(&root, kind, Owner::Top(schema), None)?;
    Ok(reader.objects)
}

/// What an object hangs on.
enum Owner {
    Top(Option<Arc<str>>),
    Parent(Arc<ObjectId>),
}

struct Reader {
    objects: Vec<(ObjectId, Object)>,
}

impl Reader {
    fn object(
        &mut self,
        node: &Node,
        kind: &'static Kind,
        owner: Owner,
        position: Option<u32>,
    ) -> Result<(), Mistake> {
        let top = matches!(owner, Owner::Top(_));
        let id = Arc::new(identity(node, kind, owner)?);
        let mut facets = BTreeMap::new();
        let mut children = Vec::new();
        let mut absent = false;
        for (key, value) in node.map()? {
            match key.text()? {
                "name" | "signature" => {}
                "kind" | "schema" if top => {}
                "absent" => absent = true,
                name => match (kind.facet(name), child_kind(name)) {
                    (Some(facet), _) => {
                        facets.insert(facet.name, facet_value(facet, value)?);
                    }
                    (None, Some(child)) => children.push((child, value)),
                    (None, None) => return Err(key.mistake(unknown_key(kind, name))),
                },
            }
        }
        if !absent {
            let object = Object {
                position,
                facets: in_order(kind, facets),
            };
            self.objects.push(((*id).clone(), object));
        }
        for (child, list) in children {
            for (index, item) in list.list()?.iter().enumerate() {
                let position = child.ordered.then_some(index as u32 + 1);
                self.object(item, child, Owner::Parent(Arc::clone(&id)), position)?;
            }
        }
        Ok(())
    }
}

fn identity(node: &Node, kind: &'static Kind, owner: Owner) -> Result<ObjectId, Mistake> {
    let entries = node.map()?;
    let name = entry(entries, "name")
        .ok_or_else(|| node.mistake("the key \"name\" is missing"))?
        .text()?;
    let signature = match entry(entries, "signature") {
        Some(node) => Some(node.text()?.into()),
        None => None,
    };
    let mut id = match owner {
        Owner::Top(schema) => ObjectId::top(kind, schema, name),
        Owner::Parent(parent) => ObjectId::child(kind, parent, name),
    };
    id.signature = signature;
    Ok(id)
}

/// Sets facets in the order of the kind's table, whatever the order in the file.
fn in_order(kind: &'static Kind, mut values: BTreeMap<&'static str, Value>) -> Facets {
    let mut facets = Facets::default();
    for facet in kind.facets {
        if let Some(value) = values.remove(facet.name) {
            facets.set(facet, value);
        }
    }
    facets
}

fn facet_value(facet: &'static Facet, node: &Node) -> Result<Value, Mistake> {
    match facet.shape {
        Shape::Bool => match node.text()? {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            other => Err(node.mistake(format!("\"{other}\" is neither true nor false"))),
        },
        Shape::Int => {
            let text = node.text()?;
            text.parse()
                .map(Value::Int)
                .map_err(|_| node.mistake(format!("\"{text}\" is not a whole number")))
        }
        Shape::Text | Shape::Role => node.text().map(Value::text),
        Shape::List => texts(node),
        Shape::Set | Shape::Roles => sorted(texts(node)?),
        Shape::Options(_) | Shape::Digests => map(node, |value| value.text().map(Value::text)),
        Shape::Acl(_) => map(node, |value| sorted(texts(value)?)),
    }
}

fn texts(node: &Node) -> Result<Value, Mistake> {
    let texts: Result<Vec<&str>, Mistake> = node.list()?.iter().map(Node::text).collect();
    texts.map(Value::texts)
}

fn sorted(value: Value) -> Result<Value, Mistake> {
    match value {
        Value::List(mut items) => {
            items.sort_unstable();
            items.dedup();
            Ok(Value::List(items))
        }
        other => Ok(other),
    }
}

fn map(node: &Node, read: impl Fn(&Node) -> Result<Value, Mistake>) -> Result<Value, Mistake> {
    let mut entries = BTreeMap::new();
    for (key, value) in node.map()? {
        entries.insert(key.text()?.into(), read(value)?);
    }
    Ok(Value::Map(entries))
}

fn entry<'a>(entries: &'a [(Node, Node)], key: &str) -> Option<&'a Node> {
    entries
        .iter()
        .find(|(known, _)| known.text().is_ok_and(|known| known == key))
        .map(|(_, value)| value)
}

fn kind_named(node: &Node) -> Result<&'static Kind, Mistake> {
    let name = node.text()?;
    kinds::named(name).ok_or_else(|| node.mistake(format!("\"{name}\" is not a kind of object")))
}

fn child_kind(plural: &str) -> Option<&'static Kind> {
    kinds::ALL
        .iter()
        .copied()
        .find(|kind| kind.is_child() && kind.plural == plural)
}

fn unknown_key(kind: &'static Kind, name: &str) -> String {
    let known = kind.facets.iter().map(|facet| facet.name);
    let nearest = known
        .min_by_key(|known| strsim::damerau_levenshtein(known, name))
        .unwrap_or("name");
    format!(
        "a {} has no \"{name}\"; the nearest facet is \"{nearest}\"",
        kind.name
    )
}
