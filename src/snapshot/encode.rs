//! From a top-level object and its children to the text of its file.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, Kind, Object, ObjectId, Value, kinds};

use super::yaml;

/// One file to be: the root of a tree of objects and everything in it.
pub(super) struct Tree<'a> {
    /// The top-level object.
    pub root: &'a ObjectId,
    members: Vec<(&'a ObjectId, &'a Object)>,
}

impl<'a> Tree<'a> {
    /// Returns the objects in it.
    pub fn ids(&self) -> impl Iterator<Item = &'a ObjectId> + '_ {
        self.members.iter().map(|(id, _)| *id)
    }
}

/// Splits a catalog into the trees of its top-level objects, in order.
///
/// A child whose parent is not there (a table that an extension owns, with a policy of ours) has a tree too.
pub(super) fn trees(catalog: &Catalog) -> Vec<Tree<'_>> {
    let mut trees: Vec<Tree<'_>> = Vec::new();
    for (id, object) in &catalog.objects {
        match trees.last_mut() {
            Some(tree) if tree.root == id.root() => tree.members.push((id, object)),
            _ => trees.push(Tree {
                root: id.root(),
                members: vec![(id, object)],
            }),
        }
    }
    trees
}

/// Writes the text of one file.
pub(super) fn text(tree: &Tree<'_>) -> String {
    let mut children: BTreeMap<&ObjectId, Vec<(&ObjectId, Option<&Object>)>> = BTreeMap::new();
    let mut own = None;
    for (id, object) in &tree.members {
        if let Some(parent) = id.parent.as_deref() {
            children.entry(parent).or_default().push((id, Some(object)));
        } else {
            own = Some(*object);
        }
    }
    add_absent_parents(&mut children, tree);
    let mut out = String::new();
    put_entry(&mut out, 0, "kind", tree.root.kind.name);
    if let Some(schema) = &tree.root.schema {
        put_entry(&mut out, 0, "schema", schema);
    }
    put_object(&mut out, tree.root, own, &children, 0);
    out
}

type Children<'a> = BTreeMap<&'a ObjectId, Vec<(&'a ObjectId, Option<&'a Object>)>>;

/// A child's parent in the middle of the tree may be missing as well; it then stands there by name alone.
fn add_absent_parents<'a>(children: &mut Children<'a>, tree: &Tree<'a>) {
    // Members are in order.
    let present = |id: &ObjectId| {
        tree.members
            .binary_search_by(|(member, _)| (*member).cmp(id))
            .is_ok()
    };
    let absent: Vec<&ObjectId> = children
        .keys()
        .copied()
        .filter(|id| id.parent.is_some() && !present(id))
        .collect();
    for id in absent {
        if let Some(parent) = id.parent.as_deref() {
            children.entry(parent).or_default().push((id, None));
        }
    }
}

fn put_object(
    out: &mut String,
    id: &ObjectId,
    object: Option<&Object>,
    children: &Children<'_>,
    indent: usize,
) {
    put_entry(out, indent, "name", &id.name);
    if let Some(signature) = &id.signature {
        put_entry(out, indent, "signature", signature);
    }
    match object {
        Some(object) => put_facets(out, object, id.kind, indent),
        None => put_entry(out, indent, "absent", "true"),
    }
    let Some(children) = children.get(id).map(|own| (own, children)) else {
        return;
    };
    let (own, all) = children;
    let place = |kind: &Kind| kinds::ALL.iter().position(|known| std::ptr::eq(*known, kind));
    let mut kinds: Vec<_> = own.iter().map(|(child, _)| child.kind).collect();
    kinds.dedup();
    kinds.sort_by_key(|kind| place(kind));
    kinds.dedup();
    for kind in kinds {
        let mut siblings: Vec<_> = own.iter().filter(|(child, _)| child.kind == kind).collect();
        siblings.sort_by_key(|(child, object)| (object.and_then(|object| object.position), *child));
        put_key(out, indent, kind.plural);
        out.push('\n');
        for (child, object) in siblings {
            let start = out.len();
            put_object(out, child, *object, all, indent + 4);
            // The first line of an item carries the dash.
            out.replace_range(start + indent + 2..start + indent + 3, "-");
        }
    }
}

/// Facets are in the order of the kind's table.
fn put_facets(out: &mut String, object: &Object, kind: &'static Kind, indent: usize) {
    let shown = |name: &str| kind.facet(name).is_none_or(|facet| !facet.is_hidden());
    for (name, value) in object.facets.iter().filter(|(name, _)| shown(name)) {
        put_key(out, indent, name);
        put_value(out, value, indent);
    }
}

fn put_value(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str(" null\n"),
        Value::Bool(value) => out.push_str(if *value { " true\n" } else { " false\n" }),
        Value::Int(number) => out.push_str(&format!(" {number}\n")),
        Value::Text(text) => {
            out.push(' ');
            yaml::put_text(out, text, indent);
            out.push('\n');
        }
        Value::List(items) => put_list(out, items, indent),
        Value::Map(entries) => {
            out.push('\n');
            for (key, value) in entries {
                put_key(out, indent + 2, key);
                put_value(out, value, indent + 2);
            }
        }
    }
}

fn put_list(out: &mut String, items: &[Value], indent: usize) {
    let texts: Vec<&str> = items.iter().filter_map(Value::as_text).collect();
    if texts.len() == items.len() && yaml::fits_flow(&texts) {
        out.push_str(&format!(" [{}]\n", texts.join(", ")));
        return;
    }
    out.push('\n');
    for text in texts {
        yaml::put_indent(out, indent + 2);
        out.push_str("- ");
        yaml::put_line(out, text);
        out.push('\n');
    }
}

fn put_entry(out: &mut String, indent: usize, key: &str, text: &str) {
    put_key(out, indent, key);
    out.push(' ');
    yaml::put_line(out, text);
    out.push('\n');
}

fn put_key(out: &mut String, indent: usize, key: &str) {
    yaml::put_indent(out, indent);
    yaml::put_line(out, key);
    out.push(':');
}
