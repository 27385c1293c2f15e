//! The folder: written whole or not at all.
//!
//! A new tree is built in a folder beside the old one, then the two change places by renaming:
//!
//! ```text
//! build .schema.new → rename schema to .schema.old → rename .schema.new to schema → remove .schema.old
//! ```
//!
//! Killed between the renames, the next write or read finds `.schema.old` without `schema` and puts it back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::catalog::{Catalog, Object, ObjectId, Reach, kinds};
use crate::model::{Checksum, Location};

use super::error::SnapshotError;
use super::yaml::{self, Mistake};
use super::{decode, encode, path};

/// The format that this version writes, and the newest that it reads.
pub const FORMAT: i64 = 1;

/// The file that says what the folder is.
const HEAD: &str = "snapshot.yaml";

/// What a snapshot says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Meta {
    /// The major version of the server that was read.
    pub major: u32,
    /// How far it reaches.
    pub reach: Reach,
    /// The schemas that were asked for; every user schema where empty.
    pub schemas: Vec<String>,
    /// The roles of the cluster that were asked for.
    pub roles: Vec<String>,
    /// The kinds that the role could not read.
    pub not_read: Vec<String>,
}

/// A folder that was read.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The objects.
    pub catalog: Catalog,
    /// What the folder says about itself.
    pub meta: Meta,
    /// The fingerprint that the folder claims; it differs from the catalog's where files were merged or edited.
    pub fingerprint: Option<Checksum>,
    /// Files in the folder that are no part of the snapshot.
    pub foreign: Vec<PathBuf>,
}

/// A folder that was opened.
#[derive(Clone, Debug)]
pub struct Folder {
    /// What the folder says about itself.
    pub meta: Meta,
    pub(super) dir: PathBuf,
    /// The files of objects.
    pub(super) files: Vec<PathBuf>,
    /// Of the file that says what the folder is.
    pub(super) head: Checksum,
    fingerprint: Option<Checksum>,
    foreign: Vec<PathBuf>,
}

impl Folder {
    /// Reads files. `known` says whether an object is described elsewhere already.
    pub(super) fn catalog(
        &self,
        files: &[PathBuf],
        known: impl Fn(&ObjectId) -> bool,
    ) -> Result<Catalog, SnapshotError> {
        let texts: Vec<Result<Objects, SnapshotError>> =
            files.par_iter().map(|file| self.objects(file)).collect();
        let mut catalog = Catalog::new(self.meta.major);
        for (file, objects) in files.iter().zip(texts) {
            for (id, object) in objects? {
                let twice = known(&id) || catalog.objects.contains_key(&id);
                if twice {
                    return Err(SnapshotError::Content {
                        location: Location::file(self.dir.join(file)),
                        message: format!("{id} is described twice in the snapshot"),
                    });
                }
                catalog.objects.insert(id, object);
            }
        }
        Ok(catalog)
    }

    /// Returns the snapshot without its objects, for whoever knows them.
    pub fn unread(self) -> Snapshot {
        let nothing = Catalog::new(self.meta.major);
        self.with(nothing)
    }

    /// Returns the fingerprint that the folder claims.
    pub fn fingerprint(&self) -> Option<Checksum> {
        self.fingerprint
    }

    fn objects(&self, file: &Path) -> Result<Objects, SnapshotError> {
        let path = self.dir.join(file);
        let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
        decode::objects(&text).map_err(|mistake| content(&path, mistake))
    }

    pub(super) fn with(self, catalog: Catalog) -> Snapshot {
        Snapshot {
            catalog,
            meta: self.meta,
            fingerprint: self.fingerprint,
            foreign: self.foreign,
        }
    }
}

type Objects = Vec<(ObjectId, Object)>;

/// What writing did. Paths are relative to the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that were not there.
    pub added: Vec<PathBuf>,
    /// Files whose text is another.
    pub changed: Vec<PathBuf>,
    /// Files of objects that are no more.
    pub removed: Vec<PathBuf>,
    /// Files that stayed as they were.
    pub unchanged: usize,
    /// Files that are not ours and were left alone.
    pub foreign: Vec<PathBuf>,
}

/// Writes a catalog as the snapshot in `dir`.
pub fn write(dir: &Path, catalog: &Catalog, meta: &Meta) -> Result<Written, SnapshotError> {
    recover(dir)?;
    let files = files(catalog, meta);
    let (ours, foreign) = if dir.exists() {
        listed(dir)?
    } else {
        Default::default()
    };
    let mut written = Written {
        foreign,
        ..Written::default()
    };
    for (file, text) in &files {
        match ours.contains(file).then(|| fs::read_to_string(dir.join(file))) {
            None => written.added.push(file.clone()),
            Some(Ok(old)) if old == *text => written.unchanged += 1,
            Some(_) => written.changed.push(file.clone()),
        }
    }
    written.removed = ours
        .into_iter()
        .filter(|file| !files.contains_key(file))
        .collect();
    if written.added.is_empty() && written.changed.is_empty() && written.removed.is_empty() {
        return Ok(written);
    }
    let staging = beside(dir, "new");
    remove_tree(&staging)?;
    for (file, text) in &files {
        put(&staging.join(file), |path| fs::write(path, text))?;
    }
    for file in &written.foreign {
        put(&staging.join(file), |path| {
            fs::copy(dir.join(file), path).map(|_| ())
        })?;
    }
    exchange(dir, &staging)?;
    Ok(written)
}

/// Returns the files that a snapshot of a catalog consists of, without the one that says what it is.
pub fn documents(catalog: &Catalog) -> BTreeMap<PathBuf, String> {
    encode::trees(catalog)
        .iter()
        .map(|tree| (path::of(tree.root), encode::text(tree)))
        .collect()
}

/// Reads the snapshot in `dir`.
pub fn read(dir: &Path) -> Result<Snapshot, SnapshotError> {
    let folder = open(dir)?;
    let catalog = folder.catalog(&folder.files, |_| false)?;
    Ok(folder.with(catalog))
}

/// Opens the snapshot in `dir`: none of the objects is read yet.
pub fn open(dir: &Path) -> Result<Folder, SnapshotError> {
    recover(dir)?;
    let head = dir.join(HEAD);
    if !head.is_file() {
        return Err(SnapshotError::Missing {
            path: dir.to_path_buf(),
        });
    }
    let text = fs::read_to_string(&head).map_err(failed("read", &head))?;
    let (meta, fingerprint) = read_head(&head, &text)?;
    let (mut files, foreign) = listed(dir)?;
    files.retain(|file| file != Path::new(HEAD));
    Ok(Folder {
        dir: dir.to_path_buf(),
        meta,
        fingerprint,
        files,
        head: Checksum::of(text),
        foreign,
    })
}

fn files(catalog: &Catalog, meta: &Meta) -> BTreeMap<PathBuf, String> {
    let mut files = documents(catalog);
    files.insert(HEAD.into(), head_text(catalog, meta));
    files
}

fn head_text(catalog: &Catalog, meta: &Meta) -> String {
    let list = |texts: &[String]| -> String {
        let mut sorted = texts.to_vec();
        sorted.sort_unstable();
        let mut out = String::new();
        for text in sorted {
            out.push_str("\n  - ");
            yaml::put_line(&mut out, &text);
        }
        if out.is_empty() { " []".to_owned() } else { out }
    };
    let not_read = if meta.not_read.is_empty() {
        String::new()
    } else {
        format!("not read:{}\n", list(&meta.not_read))
    };
    format!(
        "format: {FORMAT}\nserver major: {}\nscope: {}\nschemas:{}\nroles:{}\n{not_read}fingerprint: \"{}\"\n",
        meta.major,
        meta.reach.as_str(),
        list(&meta.schemas),
        list(&meta.roles),
        catalog.fingerprint()
    )
}

fn read_head(path: &Path, text: &str) -> Result<(Meta, Option<Checksum>), SnapshotError> {
    let wrong = |mistake| content(path, mistake);
    let node = yaml::parse(text).map_err(wrong)?;
    let mut meta = Meta::default();
    let mut fingerprint = None;
    let mut format = None;
    for (key, value) in node.map().map_err(wrong)? {
        let number = || -> Result<i64, Mistake> {
            value
                .text()?
                .parse()
                .map_err(|_| value.mistake("expected a whole number"))
        };
        let texts = || -> Result<Vec<String>, Mistake> {
            value
                .list()?
                .iter()
                .map(|item| item.text().map(str::to_owned))
                .collect()
        };
        match key.text().map_err(wrong)? {
            "format" => format = Some(number().map_err(wrong)?),
            "server major" => meta.major = number().map_err(wrong)? as u32,
            "scope" => {
                let text = value.text().map_err(wrong)?;
                meta.reach = text
                    .parse()
                    .map_err(|message: String| wrong(value.mistake(message)))?;
            }
            "schemas" => meta.schemas = texts().map_err(wrong)?,
            "not read" => meta.not_read = texts().map_err(wrong)?,
            "roles" => meta.roles = texts().map_err(wrong)?,
            "fingerprint" => {
                let text = value.text().map_err(wrong)?.to_owned();
                fingerprint =
                    Some(Checksum::try_from(text).map_err(|message| wrong(value.mistake(message)))?);
            }
            // A newer format may have more to say; which one it is decides.
            _ if format.is_some_and(|found| found > FORMAT) => {}
            other => return Err(wrong(key.mistake(format!("a snapshot has no \"{other}\"")))),
        }
    }
    match format {
        Some(found) if found > FORMAT => Err(SnapshotError::Newer {
            path: path.to_path_buf(),
            found,
            known: FORMAT,
        }),
        Some(_) => Ok((meta, fingerprint)),
        None => Err(wrong(node.mistake("the key \"format\" is missing"))),
    }
}

/// Lists the files of a folder: ours, and the others.
fn listed(dir: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), SnapshotError> {
    let mut ours = Vec::new();
    let mut foreign = Vec::new();
    let top = kinds::ALL.iter().filter(|kind| !kind.is_child());
    let kinds: BTreeSet<String> = top.map(|kind| kind.folder()).collect();
    for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(dir).to_path_buf();
            SnapshotError::File {
                action: "list",
                path,
                cause: error.into(),
            }
        })?;
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry
            .path()
            .strip_prefix(dir)
            .unwrap_or(entry.path())
            .to_path_buf();
        if relative == Path::new(HEAD) || path::is_ours(&relative, |folder| kinds.contains(folder)) {
            ours.push(relative);
        } else {
            foreign.push(relative);
        }
    }
    Ok((ours, foreign))
}

fn exchange(dir: &Path, staging: &Path) -> Result<(), SnapshotError> {
    let old = beside(dir, "old");
    remove_tree(&old)?;
    if dir.exists() {
        fs::rename(dir, &old).map_err(failed("rename", dir))?;
    }
    fs::rename(staging, dir).map_err(failed("rename", staging))?;
    remove_tree(&old)
}

/// Puts back what a killed writer had moved aside.
fn recover(dir: &Path) -> Result<(), SnapshotError> {
    let old = beside(dir, "old");
    if !dir.exists() && old.exists() {
        fs::rename(&old, dir).map_err(failed("rename", &old))?;
    }
    Ok(())
}

fn beside(dir: &Path, suffix: &str) -> PathBuf {
    let name = dir
        .file_name()
        .map_or_else(|| "snapshot".into(), |name| name.to_string_lossy().into_owned());
    dir.with_file_name(format!(".{name}.{suffix}"))
}

fn remove_tree(path: &Path) -> Result<(), SnapshotError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

fn put(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), SnapshotError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed("create", parent))?;
    }
    write(path).map_err(failed("write", path))
}

pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SnapshotError {
    let path = path.to_path_buf();
    move |cause| SnapshotError::File { action, path, cause }
}

fn content(path: &Path, mistake: Mistake) -> SnapshotError {
    let location = Location::point(path, mistake.line, mistake.column);
    SnapshotError::Content {
        location,
        message: mistake.message,
    }
}
