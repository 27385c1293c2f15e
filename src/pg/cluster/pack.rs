//! A data folder as one file: read in one go, replaced in one step, and known to be whole.
//!
//! ```text
//! magic │ entry … │ SHA-256 of all before
//! entry = kind (d, f) │ length of path (u32) │ path │ length of content (u64, files only) │ content
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path};

use super::account::Account;
use crate::model::Checksum;

const MAGIC: &[u8] = b"zerodrift seed 1\n";
const DIGEST: usize = 32;

/// Packs a folder. `wanted` is asked for each path relative to it.
pub(super) fn pack(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> io::Result<Vec<u8>> {
    let mut packed = MAGIC.to_vec();
    pack_into(&mut packed, folder, Path::new(""), wanted)?;
    let digest = *Checksum::of(&packed).bytes();
    packed.extend_from_slice(&digest);
    Ok(packed)
}

fn pack_into(
    packed: &mut Vec<u8>,
    root: &Path,
    relative: &Path,
    wanted: &dyn Fn(&Path) -> bool,
) -> io::Result<()> {
    let mut names: Vec<_> = fs::read_dir(root.join(relative))?
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    for name in names {
        let path = relative.join(name);
        if !wanted(&path) {
            continue;
        }
        let is_folder = root.join(&path).is_dir();
        packed.push(if is_folder { b'd' } else { b'f' });
        let bytes = path.as_os_str().as_bytes();
        packed.extend_from_slice(
            &u32::try_from(bytes.len())
                .map_err(io::Error::other)?
                .to_le_bytes(),
        );
        packed.extend_from_slice(bytes);
        if is_folder {
            pack_into(packed, root, &path, wanted)?;
        } else {
            let content = fs::read(root.join(&path))?;
            packed.extend_from_slice(&(content.len() as u64).to_le_bytes());
            packed.extend_from_slice(&content);
        }
    }
    Ok(())
}

/// Writes a packed folder to `folder`, which must not exist, and gives it to the account.
///
/// Fails if the pack is not whole; the folder is then of no use.
pub(super) fn unpack(packed: &[u8], folder: &Path, account: Option<&Account>) -> io::Result<()> {
    let end = packed.len().checked_sub(DIGEST).ok_or_else(broken)?;
    let (content, digest) = packed.split_at(end);
    // The sum is taken while the files are written: both take about the same time.
    std::thread::scope(|scope| {
        let sum = scope.spawn(|| Checksum::of(content));
        write_all(content.strip_prefix(MAGIC).ok_or_else(broken)?, folder, account)?;
        let sum = sum.join().map_err(|_| broken())?;
        if sum.bytes() == digest {
            Ok(())
        } else {
            Err(broken())
        }
    })
}

fn write_all(mut rest: &[u8], folder: &Path, account: Option<&Account>) -> io::Result<()> {
    let builder = |path: &Path| {
        DirBuilder::new().mode(0o700).create(path)?;
        account.map_or(Ok(()), |account| account.own(path))
    };
    builder(folder)?;
    while let Some((kind, after)) = rest.split_first() {
        rest = after;
        let length = u32::from_le_bytes(take_array(&mut rest)?) as usize;
        let relative = Path::new(std::ffi::OsStr::from_bytes(take(&mut rest, length)?));
        if !relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(broken());
        }
        let path = folder.join(relative);
        if *kind == b'd' {
            builder(&path)?;
            continue;
        }
        let length = usize::try_from(u64::from_le_bytes(take_array(&mut rest)?)).map_err(|_| broken())?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(take(&mut rest, length)?)?;
        if let Some(account) = account {
            std::os::unix::fs::fchown(&file, Some(account.uid), Some(account.gid))?;
        }
    }
    Ok(())
}

/// Puts a pack in its place: readers see the old file or the new one, never a part, not even after a power cut.
pub(super) fn store(packed: &[u8], place: &Path) -> io::Result<()> {
    let folder = place.parent().ok_or_else(broken)?;
    let mut file = tempfile::Builder::new().prefix(".seed-").tempfile_in(folder)?;
    file.write_all(packed)?;
    file.as_file().sync_all()?;
    file.persist(place).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> io::Result<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length).ok_or_else(broken)?;
    *rest = after;
    Ok(taken)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> io::Result<[u8; N]> {
    take(rest, N)?.try_into().map_err(|_| broken())
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the cached seed is not whole")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let source = tempfile::tempdir().unwrap();
        fs::create_dir_all(source.path().join("base/1")).unwrap();
        fs::write(source.path().join("base/1/1259"), [7; 9000]).unwrap();
        fs::write(source.path().join("base/1/1259_fsm"), [0; 10]).unwrap();
        fs::write(source.path().join("empty"), []).unwrap();
        pack(source.path(), &|path| !path.to_string_lossy().ends_with("_fsm")).unwrap()
    }

    #[test]
    fn unpacked_folder_equals_the_packed_one_without_the_unwanted() {
        let target = tempfile::tempdir().unwrap();
        let folder = target.path().join("data");
        unpack(&sample(), &folder, None).unwrap();
        assert_eq!(fs::read(folder.join("base/1/1259")).unwrap(), [7; 9000]);
        assert!(fs::read(folder.join("empty")).unwrap().is_empty());
        assert!(!folder.join("base/1/1259_fsm").exists());
    }

    #[test]
    fn damaged_pack_is_refused() {
        let whole = sample();
        let mut flipped = whole.clone();
        flipped[500] ^= 1;
        for damaged in [
            &flipped[..],
            &whole[..whole.len() - 1],
            &whole[..100],
            b"",
            b"zerodrift seed 1\n",
        ] {
            let target = tempfile::tempdir().unwrap();
            assert!(unpack(damaged, &target.path().join("data"), None).is_err());
        }
    }
}
