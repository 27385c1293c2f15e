//! Comparisons of a snapshot folder with a large database that found both equal, remembered.
//!
//! ```text
//! <cache>/equal/<checksum of tool, folder, database and role>
//!     a checksum of the rest, then as JSON what was equal: a checksum of the folder, one of all that the read depended on
//! ```
//!
//! Where both checksums are what they were, both sides are equal now as they were then, and nothing is read. In every
//! other case the catalog is read. A file that is damaged, of something else, or that others may write is as good as
//! none. The checksum of a database costs half of reading it, so it is taken only where there was equality before.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use serde::{Deserialize, Serialize};

use super::CommandError;
use super::source::{Equal, Loaded, against, both, from_folder, introspected, other_schemas};
use crate::catalog::{Catalog, Scope, kinds};
use crate::introspect::{self, Introspection};
use crate::model::Checksum;
use crate::pg::cluster::{self, ClusterOptions};
use crate::pg::{Session, Target};
use crate::snapshot::{self, Folder, Meta, SnapshotError};

/// Part of every name: another version of what is kept is another file.
const FORMAT: u32 = 1;

/// How many comparisons are kept.
const KEPT: usize = 64;

/// With fewer objects reading takes no longer than looking whether anything has changed.
const MANY: usize = 10_000;

/// A database whose comparisons are remembered.
pub struct Remember {
    target: Target,
    cache: PathBuf,
    /// Whether a fingerprint is wanted, which is not kept of every comparison.
    wants_fingerprint: bool,
}

/// Both sides as they were read.
struct Compared {
    sides: [Loaded; 2],
    are_equal: bool,
}

/// What was equal.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Kept {
    /// The folder; nothing where equality was seen once and no checksum taken.
    folder: Option<Checksum>,
    /// Everything that reading the database depended on.
    imprint: Option<Checksum>,
    /// How many objects there are.
    pub objects: usize,
    /// Their fingerprint.
    pub fingerprint: Option<Checksum>,
    /// What exists and nobody asked for.
    not_compared: Vec<(String, u64)>,
}

impl Remember {
    /// Remembers comparisons with a database, where there is a place for it.
    pub fn new(target: Target, wants_fingerprint: bool) -> Option<Self> {
        let cache = cluster::cache_folder(&ClusterOptions::default())?;
        Some(Remember {
            target,
            cache,
            wants_fingerprint,
        })
    }

    /// Reads the folder and the database, as far as it is not known that they are equal.
    pub fn load(&self, path: &Path, scope: &Scope) -> Result<[Loaded; 2], CommandError> {
        let mut session = match Session::open(&self.target, "zerodrift schema") {
            Ok(session) => session,
            Err(error) => {
                // A folder that is not there is said first: a server may be down, a folder is missing by mistake.
                snapshot::open(path)?;
                return Err(error.into());
            }
        };
        // Where nothing is kept, the server is not asked which database it is.
        if self.folder().is_dir()
            && let Some(place) = self.place(path, &mut session)
            && let Some(kept) = read(&place)
        {
            return self.look((&place, kept), path, scope, &mut session);
        }
        let (opened, found) = both(|| snapshot::open(path), || introspect::read(&mut session, scope));
        let (folder, found) = (opened?, found?);
        let compared = self.compared(folder, path, scope, &mut session, found)?;
        Ok(compared.sides)
    }

    /// Looks whether both sides are what they were; reads them otherwise.
    fn look(
        &self,
        (place, kept): (&Path, Kept),
        path: &Path,
        scope: &Scope,
        session: &mut Session,
    ) -> Result<[Loaded; 2], CommandError> {
        let (send, digest) = mpsc::channel();
        let open = || {
            let folder = snapshot::open(path)?;
            // Nobody listens where the database is another.
            let _ = send.send(folder.digest().ok());
            Ok::<Folder, SnapshotError>(folder)
        };
        let is_known = |sum: &Checksum| {
            kept.imprint == Some(*sum)
                && (kept.fingerprint.is_some() || !self.wants_fingerprint)
                && digest.recv().is_ok_and(|now| now.is_some() && now == kept.folder)
        };
        let (opened, found) = both(open, || introspect::read_unless(session, scope, is_known));
        let (folder, found) = (opened?, found?);
        let Some(found) = found else {
            return self.as_before(folder, path, scope, session, kept);
        };
        let compared = self.compared(folder, path, scope, session, found)?;
        if !compared.are_equal {
            // What is no more equal costs no second look until it is again. Kept, it would be true all the same.
            let _ = fs::remove_file(place);
        }
        Ok(compared.sides)
    }

    /// Both sides, with nothing of them read.
    fn as_before(
        &self,
        folder: Folder,
        path: &Path,
        scope: &Scope,
        session: &mut Session,
        kept: Kept,
    ) -> Result<[Loaded; 2], CommandError> {
        let kept = Arc::new(kept);
        let mut one = from_folder(folder.unread(), path, scope);
        one.equal = Equal::All(Arc::clone(&kept));
        let major = session.server().major();
        let plural = |name: &str| {
            kinds::ALL
                .iter()
                .map(|kind| kind.plural)
                .find(|plural| *plural == name)
        };
        let counted = kept
            .not_compared
            .iter()
            .filter_map(|(name, count)| Some((plural(name)?, *count)));
        let other = Loaded {
            catalog: Catalog::new(major),
            meta: Meta {
                major,
                reach: scope.reach,
                schemas: scope.schemas.clone(),
                roles: scope.roles.clone(),
                not_read: Vec::new(),
            },
            not_compared: counted.collect(),
            refused: Vec::new(),
            other_schemas: other_schemas(session, scope)?,
            diagnostics: Vec::new(),
            shown: self.target.to_string(),
            equal: one.equal.clone(),
        };
        Ok([one, other])
    }

    /// Both sides as they were read, and whether they are equal; if so, it is kept.
    fn compared(
        &self,
        folder: Folder,
        path: &Path,
        scope: &Scope,
        session: &mut Session,
        found: Introspection,
    ) -> Result<Compared, CommandError> {
        let imprint = found.imprint;
        let mut other = introspected(found, scope, self.target.to_string());
        other.other_schemas = other_schemas(session, scope)?;
        let as_opened = imprint.map(|_| folder.clone());
        let [one, other] = against(folder, path, other, scope)?;
        let Equal::Objects(equal) = &one.equal else {
            return Ok(Compared {
                sides: [one, other],
                are_equal: false,
            });
        };
        let are_equal = [&one, &other]
            .iter()
            .all(|side| is_complete(side) && side.catalog.objects.is_empty());
        if are_equal
            && equal.objects.len() >= MANY
            && let Some(place) = self.place(path, session)
        {
            let kept = Kept {
                folder: as_opened.map(|folder| folder.digest_of(equal)),
                imprint,
                objects: equal.objects.len(),
                fingerprint: (self.wants_fingerprint && imprint.is_some()).then(|| equal.fingerprint()),
                not_compared: named(&other),
            };
            // Without it the next comparison is slower, that is all.
            let _ = write(&place, &kept);
        }
        Ok(Compared {
            sides: [one, other],
            are_equal,
        })
    }

    /// Reads the database for a snapshot; returns what [`Remember::written`] wants.
    pub fn read(&self, scope: &Scope) -> Result<(Loaded, Option<Checksum>), CommandError> {
        let mut session = Session::open(&self.target, "zerodrift schema")?;
        // Nothing is known, so nothing is spared.
        let found = match introspect::read_unless(&mut session, scope, |_| false)? {
            Some(found) => found,
            None => introspect::read(&mut session, scope)?,
        };
        let imprint = found.imprint;
        let mut loaded = introspected(found, scope, self.target.to_string());
        loaded.other_schemas = other_schemas(&mut session, scope)?;
        Ok((loaded, imprint))
    }

    /// Keeps that a folder was written of a database.
    pub fn written(&self, path: &Path, loaded: &Loaded, imprint: Checksum) -> Result<(), CommandError> {
        if loaded.objects() < MANY || !is_complete(loaded) {
            return Ok(());
        }
        let mut session = Session::open(&self.target, "zerodrift schema")?;
        let folder = snapshot::open(path)?;
        if let Some(place) = self.place(path, &mut session) {
            let kept = Kept {
                folder: Some(folder.digest_of(&loaded.catalog)),
                imprint: Some(imprint),
                objects: loaded.objects(),
                fingerprint: folder.fingerprint(),
                not_compared: named(loaded),
            };
            // Without it the next comparison is slower, that is all.
            let _ = write(&place, &kept);
        }
        Ok(())
    }

    /// The file of a comparison. None where the server does not say which one it is.
    fn place(&self, path: &Path, session: &mut Session) -> Option<PathBuf> {
        let rows = session.text_rows(IDENTITY).ok()?;
        let folder = path.canonicalize().ok()?;
        let program = std::env::current_exe().and_then(fs::metadata).ok()?;
        let text = format!(
            "{FORMAT} {} {} {:?} {folder:?} {rows:?}",
            env!("CARGO_PKG_VERSION"),
            program.len(),
            program.modified().ok()?
        );
        let name = Checksum::of(text).to_string();
        Some(self.folder().join(&name[..32]))
    }

    fn folder(&self) -> PathBuf {
        self.cache.join("equal")
    }
}

const IDENTITY: &str =
    "SELECT c.system_identifier::pg_catalog.text, d.oid::pg_catalog.text, SESSION_USER::pg_catalog.text
FROM pg_catalog.pg_control_system() AS c
CROSS JOIN pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()";

/// Says whether nothing was left out and nothing was strange.
fn is_complete(loaded: &Loaded) -> bool {
    loaded.refused.is_empty() && loaded.diagnostics.is_empty()
}

fn named(loaded: &Loaded) -> Vec<(String, u64)> {
    let counts = loaded.not_compared.iter();
    counts.map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

fn read(place: &Path) -> Option<Kept> {
    if !place.parent().is_some_and(cluster::is_own) || !cluster::is_own(place) {
        return None;
    }
    let text = fs::read_to_string(place).ok()?;
    let (sum, content) = text.split_once('\n')?;
    (sum == Checksum::of(content).to_string()).then(|| serde_json::from_str(content).ok())?
}

fn write(place: &Path, kept: &Kept) -> io::Result<()> {
    let content = serde_json::to_string(kept)?;
    cluster::keep(place, &format!("{}\n{content}", Checksum::of(&content)), KEPT)
}
