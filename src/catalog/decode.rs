//! Makes objects out of rows of text.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use super::acl;
use super::array;
use super::canon::Canon;
use super::catalog::Catalog;
use super::deparse::{Attributes, Definitions, Deparsed, Place, Question, Texts};
use super::facet::{Facet, OptionKeys, Shape};
use super::kind::Kind;
use super::kinds;
use super::object::{Facets, Object, ObjectId};
use super::order;
use super::query::{Column, Query, Trees};
use super::value::Value;

/// Why a row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {what} of {kind} \"{name}\" from {text:?}")]
pub struct RowError {
    /// The kind whose query it was.
    pub kind: &'static str,
    /// The name of the object as far as it is known.
    pub name: String,
    /// The facet or the part of the identity.
    pub what: &'static str,
    /// The text as the server sent it.
    pub text: String,
}

/// What tells one parent from another: the address of its own parent, its kind, its name, its schema.
type ParentKey = (Option<usize>, &'static str, Box<str>, Option<Arc<str>>);

/// Makes a catalog out of the rows of all kinds' queries.
#[derive(Debug, Default)]
pub struct Decoder {
    canon: Canon,
    major: u32,
    objects: Vec<(ObjectId, Object)>,
    parents: HashMap<ParentKey, Arc<ObjectId>>,
    schemas: HashMap<Box<str>, Arc<str>>,
    unknown: BTreeMap<(&'static str, &'static str, String), u64>,
    recent: Option<Arc<ObjectId>>,
    definitions: Definitions,
    /// Where the facets of a row come together.
    facets: Facets,
}

impl Decoder {
    /// Starts with the names that roles are known under and the major version that rows come from.
    pub fn new(canon: Canon, major: u32) -> Self {
        Decoder {
            canon,
            major,
            ..Decoder::default()
        }
    }

    /// Takes the words that the server quotes; without them every definition has to be asked for by itself.
    pub fn quote(&mut self, words: impl IntoIterator<Item = String>) {
        self.definitions.quote(words);
    }

    /// Returns the columns that were read.
    pub fn columns(&self) -> Arc<Attributes> {
        Arc::clone(&self.definitions.attributes)
    }

    /// Takes the columns that another decoder has read.
    pub fn know(&mut self, columns: Arc<Attributes>) {
        self.definitions.attributes = columns;
    }

    /// Takes definitions that were asked for beforehand.
    pub fn take_texts(&mut self, texts: Arc<Texts>) {
        self.definitions.texts = texts;
    }

    /// Takes all objects of another decoder that nothing is left to ask for.
    pub fn absorb(&mut self, other: Decoder) {
        self.objects.extend(other.objects);
        for (key, count) in other.unknown {
            *self.unknown.entry(key).or_default() += count;
        }
    }

    /// Returns what must still be asked for, when all rows are there; again after the answers, until nothing is left.
    pub fn questions(&mut self) -> Vec<Question> {
        let objects = &mut self.objects;
        self.definitions.questions(|place, text| {
            if let Some((_, object)) = objects.get_mut(place.object as usize) {
                object.facets.fill(place.facet, text.map(Value::Text));
            }
        })
    }

    /// Takes one row of a question's answer.
    pub fn answer(&mut self, question: &Question, row: &[Option<&str>]) -> Result<(), RowError> {
        if self.definitions.answer(question, row) {
            return Ok(());
        }
        Err(RowError {
            kind: "object",
            name: row.first().copied().flatten().unwrap_or_default().to_owned(),
            what: "the answer",
            text: format!("{row:?}"),
        })
    }

    /// Takes one row of a kind's query.
    pub fn row(&mut self, query: &Query, row: &[Option<&str>]) -> Result<(), RowError> {
        if let [Column::Aside(trees)] = query.columns[..] {
            return self.aside(query.kind, trees, row);
        }
        let mut id = Builder::default();
        let mut facets = std::mem::take(&mut self.facets);
        let mut acl_owner = None;
        let mut position = None;
        let mut fields = row;
        for column in &query.columns {
            let (own, rest) = fields.split_at(column.width().min(fields.len()));
            fields = rest;
            let text = own.first().unwrap_or(&None);
            match column {
                Column::Attribute => self.attribute(query.kind, &id, own)?,
                Column::Deparsed(facet, deparsed, trees) => {
                    self.definition(query.kind, id.name, (facet, deparsed, *trees), own, &mut facets)?;
                }
                Column::Reserved(facet) => {
                    if text.is_some() {
                        facets.reserve(facet);
                    }
                }
                // Such rows have nothing else.
                Column::Aside(_) => {}
                Column::Schema => id.schema = text.map(|name| self.schema(name)),
                Column::ParentKind => id.parent_kind = *text,
                Column::ParentName => self.parent(query.kind, &mut id, text.unwrap_or_default())?,
                Column::Name => id.name = text.unwrap_or_default(),
                Column::Signature => id.signature = *text,
                Column::AclOwner => acl_owner = *text,
                Column::Position => position = text.and_then(|number| number.parse().ok()),
                Column::Facet(facet) => {
                    let Some(text) = text else { continue };
                    let value = self
                        .value(query.kind, facet, text, acl_owner)
                        .ok_or_else(|| RowError {
                            kind: query.kind.name,
                            name: id.name.to_owned(),
                            what: facet.name,
                            text: (*text).to_owned(),
                        })?;
                    facets.push(facet, value);
                }
            }
        }
        let object = Object {
            position,
            facets: facets.take(),
        };
        self.facets = facets;
        let name = if query.kind.identity.name_is_role {
            self.canon.role(id.name)
        } else {
            id.name
        };
        let object_id = ObjectId {
            kind: query.kind,
            schema: if id.parent.is_some() { None } else { id.schema },
            parent: id.parent,
            name: name.into(),
            signature: id.signature.map(Into::into),
        };
        self.objects.push((object_id, object));
        Ok(())
    }

    /// Returns the catalog, and how often each option key was seen that no kind knows: (kind, facet, key).
    pub fn finish(self, major: u32) -> (Catalog, BTreeMap<(&'static str, &'static str, String), u64>) {
        let mut objects = self.objects;
        // The role may not have been allowed to read what was to come.
        objects.iter_mut().for_each(|(_, object)| object.facets.give_up());
        order::count_places(&mut objects);
        let mut catalog = Catalog::new(major);
        catalog.objects = order::by_root(objects).into_iter().collect();
        (catalog, self.unknown)
    }

    fn schema(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.schemas.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.schemas.insert(name.into(), Arc::clone(&shared));
        shared
    }

    fn parent(&mut self, kind: &'static Kind, id: &mut Builder<'_>, name: &str) -> Result<(), RowError> {
        // Rows of one parent mostly follow each other.
        if let (None, Some(known)) = (&id.parent, &self.recent)
            && *known.name == *name
            && Some(known.kind.name) == id.parent_kind
            && known.schema == id.schema
        {
            id.parent = Some(Arc::clone(known));
            return Ok(());
        }
        let parent_kind = id.parent_kind.and_then(kinds::named).ok_or_else(|| RowError {
            kind: kind.name,
            name: name.to_owned(),
            what: "the kind of the parent",
            text: id.parent_kind.unwrap_or_default().to_owned(),
        })?;
        let above = id.parent.as_ref().map(|parent| Arc::as_ptr(parent) as usize);
        let key = (above, parent_kind.name, name.into(), id.schema.clone());
        let grandparent = id.parent.take();
        let schema = if grandparent.is_some() {
            None
        } else {
            id.schema.clone()
        };
        id.parent = Some(Arc::clone(self.parents.entry(key).or_insert_with(|| {
            let parent = ObjectId {
                kind: parent_kind,
                schema,
                parent: grandparent,
                name: name.into(),
                signature: None,
            };
            Arc::new(parent)
        })));
        self.recent = id
            .parent
            .as_ref()
            .filter(|parent| parent.parent.is_none())
            .map(Arc::clone)
            .or(self.recent.take());
        Ok(())
    }

    /// Remembers a column for the definitions that name it.
    fn attribute(
        &mut self,
        kind: &'static Kind,
        id: &Builder<'_>,
        fields: &[Option<&str>],
    ) -> Result<(), RowError> {
        let number = |index: usize| fields.get(index).copied().flatten()?.parse::<u32>().ok();
        let parts = (number(0), number(1), number(2), number(3), id.parent.as_ref());
        let (Some(relation), Some(place), Some(datatype), Some(collation), Some(parent)) = parts else {
            return Err(wrong(kind, id.name, "the numbers", fields));
        };
        let Ok(place) = i16::try_from(place) else {
            return Err(wrong(kind, id.name, "the numbers", fields));
        };
        let attributes = Arc::make_mut(&mut self.definitions.attributes);
        let object = self.objects.len() as u32;
        attributes.add(relation, parent, place, id.name, (datatype, collation), object);
        Ok(())
    }

    /// Takes a definition that came with a row of its own. One of a relation that is out of sight is passed over.
    fn aside(&mut self, kind: &'static Kind, trees: Trees, row: &[Option<&str>]) -> Result<(), RowError> {
        let [Some(oid), Some(relation), Some(number), text] = row else {
            return Err(wrong(kind, "", "the definition", row));
        };
        let (Ok(oid), Ok(relation), Ok(number)) = (oid.parse(), relation.parse(), number.parse()) else {
            return Err(wrong(kind, "", "the definition", row));
        };
        let Some((index, name)) = self.definitions.attributes.object(relation, number) else {
            return Ok(());
        };
        let Some((_, object)) = self.objects.get_mut(index as usize) else {
            return Err(wrong(kind, &name, "the column", row));
        };
        let mut asides = kind
            .facets
            .iter()
            .filter_map(|facet| Some((facet, facet.deparsed.filter(|deparsed| deparsed.aside.is_some())?)));
        let Some((facet, deparsed)) = asides.find(|(facet, _)| object.facets.is_reserved(facet)) else {
            return Ok(());
        };
        let place = Place { object: index, facet };
        match (trees, text) {
            (Trees::Raw, _) => {
                let relation = row[1];
                self.definitions
                    .add(place, deparsed, oid, (&name, &[*text], &[relation]));
            }
            (Trees::Counted, Some(text)) => object.facets.fill(facet, Some(Value::text(*text))),
            (Trees::Counted, None) => self.definitions.add_unknown(place, deparsed, oid),
        }
        Ok(())
    }

    /// Keeps a place for a definition, unless the row brings its text.
    fn definition(
        &mut self,
        kind: &'static Kind,
        name: &str,
        (facet, deparsed, trees): (&'static Facet, &'static Deparsed, Trees),
        fields: &[Option<&str>],
        facets: &mut Facets,
    ) -> Result<(), RowError> {
        let Some((Some(oid), fields)) = fields.split_first() else {
            return Ok(());
        };
        let oid = oid.parse().map_err(|_| wrong(kind, name, facet.name, fields))?;
        facets.reserve(facet);
        let place = Place {
            object: self.objects.len() as u32,
            facet,
        };
        match (trees, fields.split_first()) {
            (Trees::Raw, _) => {
                let (trees, parts) = fields.split_at(deparsed.trees.len());
                self.definitions.add(place, deparsed, oid, (name, trees, parts));
            }
            (Trees::Counted, Some((Some("false"), parts))) => {
                self.definitions.add(place, deparsed, oid, (name, &[], parts));
            }
            (Trees::Counted, _) => self.definitions.add_unknown(place, deparsed, oid),
        }
        Ok(())
    }

    fn value(
        &mut self,
        kind: &'static Kind,
        facet: &'static Facet,
        text: &str,
        owner: Option<&str>,
    ) -> Option<Value> {
        match facet.shape {
            Shape::Bool => match text {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
            Shape::Int => text.parse().ok().map(Value::Int),
            Shape::Text => Some(Value::text(text)),
            Shape::Role => Some(Value::text(self.canon.role(text))),
            Shape::List => array::items(text).map(Value::texts),
            Shape::Set => array::items(text).map(sorted),
            Shape::Roles => {
                let roles = array::items(text)?;
                Some(sorted(
                    roles
                        .iter()
                        .map(|role| self.canon.role(role).to_owned())
                        .collect(),
                ))
            }
            Shape::Options(keys) => {
                let items = array::items(text)?;
                Some(self.options(kind, facet, keys, items))
            }
            Shape::Digests => {
                let items = array::items(text)?;
                let pair = |item: &String| {
                    let (name, digest) = item.rsplit_once('=')?;
                    Some((name.into(), Value::text(digest)))
                };
                items.iter().map(pair).collect::<Option<_>>().map(Value::Map)
            }
            Shape::Acl(class) => acl::privileges(&array::items(text)?, class, owner, &self.canon, self.major),
        }
    }

    fn options(
        &mut self,
        kind: &'static Kind,
        facet: &'static Facet,
        keys: OptionKeys,
        items: Vec<String>,
    ) -> Value {
        let mut options = BTreeMap::new();
        for item in items {
            let (key, value) = item.split_once('=').unwrap_or((&item, ""));
            match keys {
                OptionKeys::Only(known) if !known.contains(&key) => {
                    *self
                        .unknown
                        .entry((kind.name, facet.name, key.to_owned()))
                        .or_default() += 1;
                }
                _ => {
                    options.insert(key.into(), Value::text(value));
                }
            }
        }
        Value::Map(options)
    }
}

fn wrong(kind: &'static Kind, name: &str, what: &'static str, fields: &[Option<&str>]) -> RowError {
    RowError {
        kind: kind.name,
        name: name.to_owned(),
        what,
        text: format!("{fields:?}"),
    }
}

fn sorted(mut texts: Vec<String>) -> Value {
    texts.sort_unstable();
    texts.dedup();
    Value::texts(texts)
}

/// The parts of an identity, as they come.
#[derive(Default)]
struct Builder<'a> {
    schema: Option<Arc<str>>,
    parent_kind: Option<&'a str>,
    parent: Option<Arc<ObjectId>>,
    name: &'a str,
    signature: Option<&'a str>,
}
