//! Replays the revisions on a throw-away server and watches what each of them does to which object.

use std::path::Path;

use super::remembered::{self, Link};
use super::{Host, Rehearsal, RehearseError, prepared};
use crate::apply;
use crate::catalog::{Catalog, Reach, Scope, aside_query, kind_query, kinds};
use crate::diff::{History, RevisionTouches, touches};
use crate::introspect;
use crate::load::{LoadError, read_sql};
use crate::model::{Checksum, RevisionId};
use crate::pg::{Cluster, PgError, ServerVersion, Session};

/// Changes whenever what is remembered means something else.
const FORMAT: u32 = 1;

/// A history, and how much of it had to be replayed.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// What every revision did.
    pub history: History,
    /// How many revisions were run; none where everything was remembered.
    pub ran: usize,
}

/// Returns what every revision of the project does, on a server of `version`.
///
/// What was seen once is remembered in the folder `cache`, under a checksum of everything that it depends on: the
/// files of the revisions in their order, the server's version, the questions that the catalog is asked. A history that
/// is remembered is therefore never stale; one of which only later revisions are new is replayed, but read only from
/// there on. `start` is called when a server is needed.
pub fn history(
    rehearsal: &Rehearsal<'_>,
    version: ServerVersion,
    cache: Option<&Path>,
    start: &dyn Fn() -> Result<Cluster, PgError>,
    doing: &mut dyn FnMut(&str),
) -> Result<Replayed, RehearseError> {
    let scope = everything(rehearsal.scope);
    let chain = chain(rehearsal, &scope, version)?;
    let known = cache.map_or_else(History::default, |cache| remembered::longest(cache, &chain));
    let mut replayed = Replayed {
        history: known,
        ran: 0,
    };
    if replayed.history.revisions.len() < chain.len() {
        doing("who touched what: starting a server");
        let cluster = start()?;
        let known = std::mem::take(&mut replayed.history);
        replayed.history = replay(&Host::Cluster(&cluster), rehearsal, &scope, &chain, &known, doing)?;
        replayed.ran = chain.len();
        if let Some(cache) = cache {
            // Without a remembered history the next run is slower, that is all.
            let _ = remembered::store(cache, &chain, &replayed.history);
        }
    }
    for touched in &mut replayed.history.revisions {
        let revision = rehearsal.project.graph.get(&touched.revision);
        touched.file = revision.map(|revision| revision.path.clone()).unwrap_or_default();
    }
    Ok(replayed)
}

/// The history serves every narrower scope that somebody may ask for.
fn everything(scope: &Scope) -> Scope {
    let on_request = kinds::ALL.iter().filter(|kind| kind.on_request);
    Scope {
        reach: Reach::Cluster,
        schemas: Vec::new(),
        also: on_request.map(|kind| kind.name.to_owned()).collect(),
        ..scope.clone()
    }
}

/// Returns, for each revision in order, a checksum of everything that the catalog after it depends on.
fn chain(
    rehearsal: &Rehearsal<'_>,
    scope: &Scope,
    version: ServerVersion,
) -> Result<Vec<Link>, RehearseError> {
    let questions = kinds::ALL
        .iter()
        .flat_map(|kind| {
            [
                kind_query(kind, version.major(), scope),
                aside_query(kind, version.major(), scope),
            ]
        })
        .flatten();
    let questions: String = questions.map(|query| query.sql).collect();
    let settings = rehearsal.settings;
    let begin = format!(
        "{FORMAT} {} {version} {} {:?} {scope:?} {:?} {:?} {}",
        env!("CARGO_PKG_VERSION"),
        Checksum::of(questions),
        rehearsal.roles,
        settings.search_path,
        settings.role_policy,
        settings.history_table,
    );
    let mut last = Checksum::of(begin);
    let root = &rehearsal.project.root;
    let mut chain = Vec::with_capacity(rehearsal.project.graph.len());
    for revision in rehearsal.project.graph.revisions() {
        let mut text = format!("{last} {}", revision.id);
        for path in std::iter::once(&revision.path).chain(&revision.verify) {
            let file = read_sql(root, path).map_err(refused)?;
            text += &format!(" {}", file.checksum);
        }
        last = Checksum::of(text);
        chain.push(Link {
            revision: revision.id.clone(),
            checksum: last,
        });
    }
    Ok(chain)
}

fn refused(error: LoadError) -> RehearseError {
    let refusal = apply::ApplyError::refused(crate::model::Outcome::Usage, error.finding());
    RehearseError::Apply(Box::new(refusal))
}

fn replay(
    host: &Host<'_>,
    rehearsal: &Rehearsal<'_>,
    scope: &Scope,
    chain: &[Link],
    known: &History,
    doing: &mut dyn FnMut(&str),
) -> Result<History, RehearseError> {
    prepared(host, rehearsal, |target| {
        let mut witness = Witness {
            session: Session::open(target, "zerodrift replay")?,
            scope,
            chain,
            known,
            previous: Catalog::default(),
            seen: Vec::with_capacity(chain.len()),
            failure: None,
            doing,
        };
        // The same questions after every revision: half of the time would go into planning them.
        witness.session.keep_plans();
        if known.revisions.is_empty() {
            witness.previous = witness.read()?;
        }
        let mut session = Session::open(target, "zerodrift replay")?;
        let settings = apply::Settings {
            transactions: apply::Transactions::Each,
            ..rehearsal.settings.clone()
        };
        let result = apply::upgrade(&mut session, rehearsal.project, "heads", &settings, &mut witness);
        witness.failure.map_or(Ok(()), Err)?;
        result.map_err(Box::new)?;
        Ok(History {
            revisions: witness.seen,
        })
    })
}

/// Looks at the catalog after each revision, through a session of its own.
struct Witness<'a> {
    session: Session,
    scope: &'a Scope,
    chain: &'a [Link],
    known: &'a History,
    previous: Catalog,
    seen: Vec<RevisionTouches>,
    failure: Option<RehearseError>,
    doing: &'a mut dyn FnMut(&str),
}

impl Witness<'_> {
    fn read(&mut self) -> Result<Catalog, RehearseError> {
        Ok(introspect::read(&mut self.session, self.scope)?.catalog)
    }

    fn look(&mut self, revision: &RevisionId) -> Result<(), RehearseError> {
        let place = self.seen.len();
        let expected = self.chain.get(place).map(|link| &link.revision);
        if expected != Some(revision) {
            let message = format!("revision \"{revision}\" ran out of its turn");
            return Err(RehearseError::Database(PgError::Cluster {
                message,
                hint: "Report this as a defect.".to_owned(),
            }));
        }
        if let Some(known) = self.known.revisions.get(place) {
            self.seen.push(known.clone());
            // What comes next is compared with what is here now.
            if place + 1 == self.known.revisions.len() {
                self.previous = self.read()?;
            }
            return Ok(());
        }
        let after = self.read()?;
        self.seen.push(RevisionTouches {
            revision: revision.clone(),
            file: Default::default(),
            touches: touches(&self.previous, &after),
        });
        self.previous = after;
        Ok(())
    }
}

impl apply::Progress for Witness<'_> {
    fn event(&mut self, event: apply::Event<'_>) {
        match event {
            apply::Event::Began { revision, number, .. } => {
                let all = self.chain.len();
                (self.doing)(&format!(
                    "who touched what: revision {number} of {all}, {revision}"
                ));
            }
            apply::Event::Done { revision, .. } if self.failure.is_none() => {
                self.failure = self.look(revision).err();
            }
            _ => {}
        }
    }
}
