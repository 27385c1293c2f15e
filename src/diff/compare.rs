//! The comparison itself: two sorted lists of objects walked side by side.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{
    Catalog, Compare, Facet, Object, ObjectId, Value, equal_text, equal_text_across_14, kinds,
};
use crate::model::Level;

use super::accept::{self, Acceptance};
use super::change::{Change, Diff, What};
use super::invariant::{self, Invariant};
use super::{follow, implied, rename};

/// What the project declares about differences.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Invariants that raise levels.
    pub invariants: Vec<Invariant>,
    /// Drift that is accepted.
    pub accept: Vec<Acceptance>,
    /// The day, `YYYY-MM-DD`, that decides which acceptances have run out.
    pub today: String,
}

/// Compares two catalogs.
pub fn compare(from: &Catalog, to: &Catalog, options: &Options) -> Diff {
    // A facet or a kind that one of the servers does not have says nothing about the schema.
    let major = from.major.min(to.major);
    let mut walk = Walk {
        from,
        to,
        major,
        majors: Majors {
            low: major,
            high: from.major.max(to.major),
        },
        options,
        changes: Vec::new(),
    };
    walk.objects();
    walk.order();
    let mut changes = implied::without(walk.changes, from, to);
    let acceptance = accept::apply(&mut changes, &options.accept, &options.today);
    changes.sort_by(|left, right| left.object.cmp(&right.object));
    rename::mark(&mut changes, from, to);
    let changes = follow::fold(changes);
    Diff {
        changes,
        not_compared: not_compared(from, to),
        acceptance,
    }
}

struct Walk<'a> {
    from: &'a Catalog,
    to: &'a Catalog,
    major: u32,
    majors: Majors,
    options: &'a Options,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn objects(&mut self) {
        let major = self.major;
        let mut left = self
            .from
            .objects
            .iter()
            .filter(|(id, _)| id.kind.since <= major)
            .peekable();
        let mut right = self
            .to
            .objects
            .iter()
            .filter(|(id, _)| id.kind.since <= major)
            .peekable();
        loop {
            let order = match (left.peek(), right.peek()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((left, _)), Some((right, _))) => left.cmp(right),
            };
            match order {
                Ordering::Less => {
                    if let Some((id, _)) = left.next() {
                        self.one_sided(id, self.to, |children| What::Removed { children }, self.from);
                    }
                }
                Ordering::Greater => {
                    if let Some((id, _)) = right.next() {
                        self.one_sided(id, self.from, |children| What::Added { children }, self.to);
                    }
                }
                Ordering::Equal => {
                    if let (Some((id, from)), Some((_, to))) = (left.next(), right.next()) {
                        self.facets(id, from, to);
                    }
                }
            }
        }
    }

    /// Records an object that one side has; a child that shares its parent's fate is counted there, not told.
    fn one_sided(&mut self, id: &ObjectId, other: &Catalog, what: fn(usize) -> What, own: &Catalog) {
        if id.kind.both_sided {
            return;
        }
        let parent_shares = id
            .parent
            .as_deref()
            .is_some_and(|parent| own.objects.contains_key(parent) && !other.objects.contains_key(parent));
        if parent_shares {
            return;
        }
        let descends = |child: &ObjectId| {
            std::iter::successors(child.parent.as_deref(), |id| id.parent.as_deref()).any(|above| above == id)
        };
        let children = own
            .objects
            .range(id..)
            .skip(1)
            .take_while(|(child, _)| descends(child))
            .count();
        self.push(id, what(children), Level::Error);
    }

    fn facets(&mut self, id: &ObjectId, from: &Object, to: &Object) {
        if from.facets == to.facets {
            return;
        }
        let major = self.major;
        for facet in id.kind.facets.iter().filter(|facet| facet.since <= major) {
            let (left, right) = (from.facets.get(facet.name), to.facets.get(facet.name));
            let one_knows = facet.is_hidden() && (left.is_none() || right.is_none());
            if one_knows || (facet.of_major && self.majors.low != self.majors.high) {
                continue;
            }
            if equal(facet, left, right, self.majors) || self.both_initial(id, facet, left, right) {
                continue;
            }
            let value = |value: Option<&Value>| value.cloned().unwrap_or_else(|| facet.default_value());
            self.push(
                id,
                What::Altered {
                    facet,
                    from: value(left),
                    to: value(right),
                },
                facet.level,
            );
        }
    }

    /// Says whether both values are what initdb gave, on servers where it gives different ones.
    fn both_initial(
        &self,
        id: &ObjectId,
        facet: &Facet,
        left: Option<&Value>,
        right: Option<&Value>,
    ) -> bool {
        let shown =
            |value: Option<&Value>| value.map_or_else(|| facet.default_value().to_string(), Value::to_string);
        let mut known = id
            .kind
            .initial
            .iter()
            .filter(|initial| initial.facet == facet.name && *initial.name == *id.name);
        known.any(|initial| {
            let own = |major: u32| {
                if major < initial.major {
                    initial.before
                } else {
                    initial.since
                }
            };
            self.majors.straddle(initial.major)
                && shown(left) == own(self.from.major)
                && shown(right) == own(self.to.major)
        })
    }

    /// Compares the order of children that both sides have, so that an addition in the middle is not a reordering.
    fn order(&mut self) {
        for (id, from) in groups(self.from) {
            let to = siblings(self.to, id, from[0].kind);
            let both: BTreeSet<&str> = {
                let left: BTreeSet<&str> = from.iter().map(|child| &*child.name).collect();
                to.iter()
                    .map(|child| &*child.name)
                    .filter(|name| left.contains(name))
                    .collect()
            };
            let common = |children: &[&ObjectId]| -> Vec<String> {
                children
                    .iter()
                    .filter(|c| both.contains(&*c.name))
                    .map(|c| c.name.to_string())
                    .collect()
            };
            let (left, right) = (common(&from), common(&to));
            if left != right {
                let what = What::Reordered {
                    children: from[0].kind.plural,
                    from: left,
                    to: right,
                };
                self.push(id, what, Level::Info);
            }
        }
    }

    fn push(&mut self, id: &ObjectId, what: What, level: Level) {
        let invariants = invariant::of(id, &self.options.invariants, [self.from, self.to]);
        let level = invariants
            .iter()
            .map(|(_, raised)| *raised)
            .fold(level, Level::max);
        let invariants = invariants.into_iter().map(|(name, _)| name).collect();
        self.changes.push(Change {
            object: id.clone(),
            what,
            level,
            invariants,
            accepted: None,
            other_name: None,
            followers: Vec::new(),
            attribution: None,
        });
    }
}

/// Objects with their places.
type Placed<'a> = Vec<(Option<u32>, &'a ObjectId)>;

/// Returns, for each parent, its children of an ordered kind in their order.
fn groups(catalog: &Catalog) -> Vec<(&ObjectId, Vec<&ObjectId>)> {
    let mut groups: Vec<(&ObjectId, Placed<'_>)> = Vec::new();
    for (id, object) in catalog.objects.iter().filter(|(id, _)| id.kind.ordered) {
        let Some(parent) = id.parent.as_deref() else {
            continue;
        };
        match groups.last_mut() {
            Some((last, children)) if *last == parent && children[0].1.kind == id.kind => {
                children.push((object.position, id));
            }
            _ => groups.push((parent, vec![(object.position, id)])),
        }
    }
    groups
        .into_iter()
        .map(|(parent, children)| (parent, sorted(children)))
        .collect()
}

fn siblings<'a>(catalog: &'a Catalog, parent: &ObjectId, kind: &crate::catalog::Kind) -> Vec<&'a ObjectId> {
    let below = catalog
        .objects
        .range(parent..)
        .skip_while(|(id, _)| *id == parent);
    let inside = below.take_while(|(id, _)| {
        std::iter::successors(id.parent.as_deref(), |id| id.parent.as_deref()).any(|above| above == parent)
    });
    let own = inside.filter(|(id, _)| id.kind == kind && id.parent.as_deref() == Some(parent));
    sorted(own.map(|(id, object)| (object.position, id)).collect())
}

fn sorted(mut children: Placed<'_>) -> Vec<&ObjectId> {
    children.sort();
    children.into_iter().map(|(_, id)| id).collect()
}

/// Says whether two values of a facet mean the same. An absent one is the default.
pub(super) fn equal(facet: &Facet, left: Option<&Value>, right: Option<&Value>, majors: Majors) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) if left == right => true,
        (Some(Value::Text(left)), Some(Value::Text(right))) if facet.compare == Compare::Sql => {
            match majors.straddle(14) {
                true => equal_text_across_14(left, right),
                false => equal_text(left, right),
            }
        }
        (Some(Value::Map(left)), Some(Value::Map(right))) if facet.compare == Compare::Sql => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| equal(facet, Some(value), right.get(key), majors))
        }
        (left, right) if facet.compare == Compare::Privileges && majors.straddle(17) => {
            before_17(left) == before_17(right)
        }
        _ => false,
    }
}

/// The older and the newer of the servers that are compared.
#[derive(Clone, Copy)]
pub(super) struct Majors {
    pub low: u32,
    pub high: u32,
}

impl Majors {
    /// Says whether one is older than a major and the other is not.
    fn straddle(self, major: u32) -> bool {
        self.low < major && self.high >= major
    }
}

/// MAINTAIN came with 17: GRANT ALL has meant one privilege more since. Whoever has nothing else had nothing before.
fn before_17(value: Option<&Value>) -> BTreeMap<&str, Vec<&Value>> {
    let Some(Value::Map(grantees)) = value else {
        return BTreeMap::new();
    };
    let is_new = |item: &Value| item.as_text().is_some_and(|word| word.starts_with("MAINTAIN"));
    let mut rest = BTreeMap::new();
    for (grantee, granted) in grantees {
        let Value::List(items) = granted else { continue };
        let old: Vec<&Value> = items.iter().filter(|item| !is_new(item)).collect();
        if !old.is_empty() || items.is_empty() {
            rest.insert(&**grantee, old);
        }
    }
    rest
}

fn not_compared(from: &Catalog, to: &Catalog) -> Vec<(&'static str, Option<&'static str>, u32)> {
    let (low, high) = (from.major.min(to.major), from.major.max(to.major));
    let mut skipped = Vec::new();
    for kind in kinds::ALL {
        if kind.since > low && kind.since <= high {
            skipped.push((kind.name, None, kind.since));
            continue;
        }
        let apart = |facet: &&Facet| facet.of_major && low != high;
        let of_major = kind.facets.iter().filter(apart);
        skipped.extend(of_major.map(|facet| (kind.name, Some(facet.name), 0)));
        let facets = kind
            .facets
            .iter()
            .filter(|facet| facet.since > low && facet.since <= high);
        skipped.extend(facets.map(|facet| (kind.name, Some(facet.name), facet.since)));
    }
    skipped
}
