//! The folder in which one server lives and dies.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::Account;
use super::{PgError, failure, process};

/// What the names of all run folders begin with; the owner's process id follows.
const PREFIX: &str = "zerodrift-pg-";
/// The file whose lock the owner holds while it lives.
const LOCK: &str = "owner.lock";
/// The longest path that fits a socket address, less the name of the socket (unix(7): 108 bytes with the final NUL).
const LONGEST: usize = 107 - "/.s.PGSQL.5432".len();
/// Room that a folder in memory must have: a container's default of 64 MB does not hold a few databases.
const ROOM: u64 = 256 << 20;

/// A private folder, locked by us as long as we live.
pub(super) struct RunFolder {
    path: PathBuf,
    _lock: File,
}

impl RunFolder {
    /// Creates the folder in memory if there is room and disk is not asked for, else where temporary files go.
    pub(super) fn create(account: Option<&Account>, on_disk: bool) -> Result<Self, PgError> {
        let mut refusals = Vec::new();
        for base in bases().into_iter().filter(|base| !(on_disk && is_memory(base))) {
            match Self::create_in(&base, account) {
                Ok(folder) => return Ok(folder),
                Err(reason) => refusals.push(format!("{}: {reason}", base.display())),
            }
        }
        Err(failure(
            format!(
                "could not create a folder for a throw-away server ({})",
                refusals.join("; ")
            ),
            "Set TMPDIR to a short path on which the server's account may write, for example /tmp.",
        ))
    }

    fn create_in(base: &Path, account: Option<&Account>) -> Result<Self, String> {
        if is_memory(base) && free_bytes(base) < ROOM {
            return Err("less than 256 MB free".to_owned());
        }
        if let Some(barrier) = account.and_then(|account| account.barred_at(&base.join("x"))) {
            return Err(format!(
                "the server's account may not enter {}",
                barrier.display()
            ));
        }
        let path = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(base)
            .map_err(|error| error.to_string())?
            .keep();
        let locked = if path.as_os_str().len() > LONGEST {
            Err(format!("{} is too long for a socket", path.display()))
        } else {
            lock_and_give(&path, account).map_err(|error| error.to_string())
        };
        match locked {
            Ok(lock) => Ok(RunFolder { path, _lock: lock }),
            Err(reason) => {
                let _ = fs::remove_dir_all(&path);
                Err(reason)
            }
        }
    }

    /// Returns the folder, which also holds the socket.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the data folder.
    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Returns the file that takes what the server writes to its standard error.
    pub(super) fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    /// Removes everything; patient with a process that is about to end.
    pub(super) fn remove(&self) {
        remove(&self.path);
    }
}

fn lock_and_give(path: &Path, account: Option<&Account>) -> std::io::Result<File> {
    let lock = File::create_new(path.join(LOCK))?;
    // Fails only if a sweep saw the file before we locked it and is now removing the folder.
    lock.try_lock()?;
    if lock.metadata()?.ino() != fs::metadata(path.join(LOCK))?.ino() {
        return Err(std::io::Error::other("the folder was removed by another process"));
    }
    if let Some(account) = account {
        account.own(path)?;
    }
    Ok(lock)
}

/// Removes the folders of owners that died without doing so, and ends servers that still run in them.
pub(super) fn sweep() {
    for base in bases() {
        let Ok(entries) = fs::read_dir(&base) else {
            continue;
        };
        for entry in entries.flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && entry.file_name().to_string_lossy().starts_with(PREFIX) {
                sweep_one(&entry.path());
            }
        }
    }
}

fn sweep_one(path: &Path) {
    // Not blocking and not through links: as root we look into folders that anyone may have put there.
    let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW).bits();
    let lock = OpenOptions::new()
        .read(true)
        .custom_flags(flags.cast_signed())
        .open(path.join(LOCK));
    let _held = match lock {
        Ok(lock) if lock.try_lock().is_ok() => Some(lock),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_old(path) => None,
        // A living owner, somebody else's folder, or one that is just being made.
        _ => return,
    };
    process::evict(&path.join("data"));
    remove(path);
}

fn is_old(path: &Path) -> bool {
    let age = fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .map(|time| time.elapsed());
    age.is_ok_and(|age| age.is_ok_and(|age| age > Duration::from_secs(60)))
}

fn remove(path: &Path) {
    process::until(Duration::from_secs(2), || match fs::remove_dir_all(path) {
        Ok(()) => true,
        Err(error) => matches!(
            error.kind(),
            std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied
        ),
    });
}

/// Lists where run folders may be, best first.
fn bases() -> Vec<PathBuf> {
    let mut bases = vec![
        PathBuf::from("/dev/shm"),
        std::env::temp_dir(),
        PathBuf::from("/tmp"),
    ];
    bases.dedup();
    bases.retain(|base| base.is_dir());
    bases
}

fn is_memory(base: &Path) -> bool {
    base == Path::new("/dev/shm")
}

fn free_bytes(base: &Path) -> u64 {
    rustix::fs::statvfs(base).map_or(0, |stat| stat.f_bavail.saturating_mul(stat.f_frsize))
}
