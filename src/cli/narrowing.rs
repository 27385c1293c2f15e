//! Options that look at a part of a catalog, and what they leave out: silence about that is not equality.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde_json::{Value, json};

use super::CommandError;
use super::source::Loaded;
use crate::catalog::{Home, Kind, ObjectId, Scope, kinds};

/// The options.
#[derive(Args, Clone, Debug, Default)]
pub struct Narrow {
    /// Look only at what is in this schema; may be repeated
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,

    /// Look only at objects of this kind and what belongs to them, for example table or policy; may be repeated
    #[arg(long = "kind", value_name = "NAME", value_parser = kind)]
    kinds: Vec<&'static Kind>,
}

/// What nobody looked at, because somebody said so.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    /// How many objects of each kind, in the plural, the options left out.
    counts: BTreeMap<&'static str, usize>,
    /// Kinds, in the plural, that the scope does not reach.
    kinds: Vec<&'static str>,
    /// Schemas that exist and are not among the configured ones.
    schemas: BTreeSet<String>,
    reach: &'static str,
}

fn kind(text: &str) -> Result<&'static Kind, String> {
    let named = |kind: &&&'static Kind| text == kind.name || text == kind.plural || text == kind.folder();
    kinds::ALL.iter().find(named).copied().ok_or_else(|| {
        let known: Vec<&str> = kinds::ALL.iter().map(|kind| kind.name).collect();
        format!("kinds are {}", known.join(", "))
    })
}

impl Narrow {
    /// Says whether an option leaves anything out: then all of both sides has to be at hand, to say what.
    pub fn is_active(&self) -> bool {
        !self.schemas.is_empty() || !self.kinds.is_empty()
    }

    /// Takes everything else out of all sides, and says what there was.
    pub fn apply(&self, sides: &mut [&mut Loaded], scope: &Scope) -> Result<LeftOut, CommandError> {
        if !self.is_active() {
            return Ok(LeftOut::of(scope, sides));
        }
        self.check(sides)?;
        let mut out = BTreeSet::new();
        for side in sides.iter_mut() {
            side.catalog.objects.retain(|id, _| {
                let holds = self.holds(id);
                if !holds {
                    out.insert(id.clone());
                }
                holds
            });
            side.refused.retain(|(kind, ..)| self.may_hold(kind));
        }
        let mut left = LeftOut::of(scope, sides);
        for id in out {
            *left.counts.entry(id.kind.plural).or_default() += 1;
        }
        Ok(left)
    }

    fn holds(&self, id: &ObjectId) -> bool {
        let schema = schema_of(id);
        let in_schema = self.schemas.is_empty()
            || schema.is_some_and(|schema| self.schemas.iter().any(|listed| listed == schema));
        let mut links = std::iter::successors(Some(id), |id| id.parent.as_deref());
        let of_kind = self.kinds.is_empty() || links.any(|link| self.kinds.contains(&link.kind));
        in_schema && of_kind
    }

    /// Says whether objects of a kind that could not be read may be among what is looked at.
    fn may_hold(&self, kind: &Kind) -> bool {
        let in_schema = self.schemas.is_empty() || matches!(kind.home, Home::Schema | Home::Child);
        let of_kind = self.kinds.is_empty() || kind.is_child() || self.kinds.iter().any(|own| **own == *kind);
        in_schema && of_kind
    }

    /// A schema that is nowhere is a slip of the pen: nothing would be compared and nothing would differ.
    fn check(&self, sides: &[&mut Loaded]) -> Result<(), CommandError> {
        let known: BTreeSet<&str> = sides
            .iter()
            .flat_map(|side| side.catalog.objects.keys().filter_map(schema_of))
            .collect();
        let missing = self
            .schemas
            .iter()
            .find(|schema| !known.contains(schema.as_str()));
        missing.map_or(Ok(()), |schema| {
            let shown: Vec<&str> = known.iter().copied().collect();
            Err(CommandError::usage_with_hint(
                format!("schema \"{schema}\" is in no source"),
                format!("The sources have {}.", shown.join(", ")),
            ))
        })
    }
}

/// Returns the schema that an object is in or is.
fn schema_of(id: &ObjectId) -> Option<&str> {
    let root = id.root();
    match root.kind.catalog {
        "pg_namespace" => Some(&root.name),
        _ => root.schema.as_deref(),
    }
}

impl LeftOut {
    fn of(scope: &Scope, sides: &[&mut Loaded]) -> Self {
        let beyond = kinds::ALL
            .iter()
            .filter(|kind| !kind.on_request && !scope.reaches(kind));
        LeftOut {
            counts: BTreeMap::new(),
            kinds: beyond.map(|kind| kind.plural).collect(),
            schemas: sides
                .iter()
                .flat_map(|side| side.other_schemas.iter().cloned())
                .collect(),
            reach: scope.reach.as_str(),
        }
    }

    /// Says it for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.counts.is_empty() {
            let mut counts: Vec<(&str, usize)> =
                self.counts.iter().map(|(kind, count)| (*kind, *count)).collect();
            counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let shown: Vec<String> = counts
                .iter()
                .map(|(kind, count)| format!("{kind}: {count}"))
                .collect();
            text += &format!("Left out by --schema or --kind: {}\n", shown.join(", "));
        }
        if !self.schemas.is_empty() {
            let shown: Vec<&str> = self.schemas.iter().map(String::as_str).collect();
            text += &format!(
                "Left out by schema.schemas of zerodrift.yaml: {}\n",
                shown.join(", ")
            );
        }
        if !self.kinds.is_empty() {
            text += &format!("Beyond scope {}: {}\n", self.reach, self.kinds.join(", "));
        }
        text
    }

    /// Says it for machines.
    pub fn data(&self) -> Value {
        json!({ "scope": self.reach, "objects": self.counts, "schemas": self.schemas, "kinds": self.kinds })
    }
}
