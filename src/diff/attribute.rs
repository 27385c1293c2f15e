//! Who touched what differs: the last revision of each change, or none.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::model::RevisionId;

use super::change::{Change, Diff, What};
use super::history::{History, RevisionTouches, Touch, TouchKind, mark};

/// Where a change comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// The last revision that touched the object; none where no revision ever did.
    pub last: Option<LastTouch>,
    /// The last revision that set the facet, where it is not that one.
    pub facet: Option<LastTouch>,
    /// Which side has what the revisions build, where that is certain.
    pub built: Option<Built>,
}

/// A revision that touched an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastTouch {
    /// The revision.
    pub revision: RevisionId,
    /// Its file, relative to the project.
    pub file: PathBuf,
    /// What it did to the object.
    pub what: TouchKind,
    /// The sides whose ledger does not have it: `FROM`, `TO`.
    pub not_applied_in: Vec<&'static str>,
}

/// The side that has what the revisions build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// FROM: the other one was changed outside any revision.
    From,
    /// TO: the other one does not follow the revisions.
    To,
}

impl Built {
    /// Returns the word for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Built::From => "from",
            Built::To => "to",
        }
    }
}

impl Diff {
    /// Names, for every change, the revision that last touched the object. `not_applied_in` says which sides' ledgers
    /// do not have a revision.
    pub fn attribute(
        &mut self,
        history: &History,
        not_applied_in: &dyn Fn(&RevisionId) -> Vec<&'static str>,
    ) {
        let index = Index::of(history);
        for change in &mut self.changes {
            change.attribution = Some(index.attribution(change, not_applied_in));
        }
    }
}

type Touched<'a> = (&'a RevisionTouches, &'a Touch);

/// The touches of each object, and of what is in it, in the order of the revisions.
struct Index<'a> {
    own: HashMap<&'a str, Vec<Touched<'a>>>,
    inside: HashMap<&'a str, Vec<Touched<'a>>>,
}

impl<'a> Index<'a> {
    fn of(history: &'a History) -> Self {
        let mut index = Index {
            own: HashMap::new(),
            inside: HashMap::new(),
        };
        for revision in &history.revisions {
            for touch in &revision.touches {
                index
                    .own
                    .entry(&touch.object)
                    .or_default()
                    .push((revision, touch));
                for above in std::iter::once(&touch.object).chain(&touch.within) {
                    index.inside.entry(above).or_default().push((revision, touch));
                }
            }
        }
        index
    }

    fn attribution(
        &self,
        change: &Change,
        not_applied_in: &dyn Fn(&RevisionId) -> Vec<&'static str>,
    ) -> Attribution {
        let object = change.object.to_string();
        let own = self.own.get(object.as_str()).map_or(&[][..], Vec::as_slice);
        let name = |(revision, touch): Touched<'_>| LastTouch {
            revision: revision.revision.clone(),
            file: revision.file.clone(),
            what: touch.what,
            not_applied_in: not_applied_in(&revision.revision),
        };
        // What is in an object shares its fate and is not told by itself; the same for the order of what is in it.
        let inside = matches!(
            change.what,
            What::Added { .. } | What::Removed { .. } | What::Reordered { .. }
        );
        let last = if inside {
            self.inside.get(object.as_str()).and_then(|all| all.last())
        } else {
            own.last()
        };
        let last = last.copied();
        let facet = change.what.facet().and_then(|facet| setter(own, &facet));
        let facet =
            facet.filter(|(revision, _)| last.is_some_and(|last| last.0.revision != revision.revision));
        Attribution {
            last: last.map(name),
            facet: facet.map(name),
            built: built(change, own),
        }
    }
}

/// The last touch that gave a facet its value: an object that was made anew has all of them from there.
fn setter<'a>(own: &[Touched<'a>], facet: &str) -> Option<Touched<'a>> {
    own.iter().rev().copied().find(|(_, touch)| {
        touch.what == TouchKind::Added || touch.facets.iter().any(|(name, _)| name == facet)
    })
}

fn built(change: &Change, own: &[Touched<'_>]) -> Option<Built> {
    let is_there = own.last()?.1.what != TouchKind::Removed;
    match &change.what {
        What::Added { .. } => Some(if is_there { Built::To } else { Built::From }),
        What::Removed { .. } => Some(if is_there { Built::From } else { Built::To }),
        What::Altered { facet, from, to } if is_there => {
            let (_, touch) = setter(own, facet.name)?;
            let set = touch.facets.iter().find(|(name, _)| name == facet.name);
            let value = set.and_then(|(_, value)| *value);
            let has = |side| mark(&change.object, facet.name, side) == value;
            match (has(from), has(to)) {
                (true, false) => Some(Built::From),
                (false, true) => Some(Built::To),
                _ => None,
            }
        }
        _ => None,
    }
}
