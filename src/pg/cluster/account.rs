//! Who the server runs as: PostgreSQL refuses to run as root (manual, section 19.1).

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An unprivileged account that lends its ids to a server started by root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub uid: u32,
    pub gid: u32,
    pub name: String,
}

/// Ids for a machine whose only account is root; nobody else uses them there.
const UNUSED_ID: u32 = 64_999;

/// Says whether we are root.
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Says whether a file or folder is ours and nobody else may write to it.
pub(super) fn is_own(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0)
}

/// Chooses the account for the server, or none when we are an ordinary user and the server simply runs as us.
///
/// The account is changed by the system calls, so neither sudo nor su nor runuser is needed.
pub(super) fn choose() -> Option<Account> {
    is_root().then(|| from_passwd(&fs::read_to_string("/etc/passwd").unwrap_or_default()))
}

/// Prefers `postgres`, then `nobody`, then any system account, then ids that nobody has.
fn from_passwd(passwd: &str) -> Account {
    let accounts: Vec<Account> = passwd.lines().filter_map(account_of_line).collect();
    let named = |name: &str| accounts.iter().find(|account| account.name == name);
    named("postgres")
        .or_else(|| named("nobody"))
        .or_else(|| {
            accounts
                .iter()
                .filter(|account| account.uid < 1000)
                .max_by_key(|account| account.uid)
        })
        .cloned()
        .unwrap_or_else(|| Account {
            uid: UNUSED_ID,
            gid: UNUSED_ID,
            name: UNUSED_ID.to_string(),
        })
}

fn account_of_line(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    (uid != 0).then_some(Account { uid, gid, name })
}

impl Account {
    /// Lets the command run as this account; the standard library drops our supplementary groups with it.
    pub(super) fn apply(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives a file or folder to this account.
    pub(super) fn own(&self, path: &Path) -> std::io::Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
    }

    /// Returns the first folder on the way to `path` that this account may not enter.
    pub(super) fn barred_at(&self, path: &Path) -> Option<PathBuf> {
        let mut way: Vec<&Path> = path.ancestors().skip(1).collect();
        way.reverse();
        way.into_iter()
            .find(|folder| !self.may_enter(folder))
            .map(Path::to_path_buf)
    }

    fn may_enter(&self, folder: &Path) -> bool {
        let Ok(metadata) = fs::metadata(folder) else {
            return true;
        };
        let bit = match () {
            () if metadata.uid() == self.uid => 0o100,
            () if metadata.gid() == self.gid => 0o010,
            () => 0o001,
        };
        metadata.mode() & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_preferred_in_order() {
        let all = "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\nbin:x:2:2::/:/bin/false\n\
                   nobody:x:65534:65534::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n";
        let without = |name: &str| {
            all.lines()
                .filter(|line| !line.starts_with(name))
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        };
        let no_postgres = without("postgres");
        let cases = [
            (all, "postgres"),
            (no_postgres.as_str(), "nobody"),
            (
                "root:x:0:0:\ndaemon:x:1:1::\nbin:x:2:2::\nann:x:1000:1000::",
                "bin",
            ),
            ("root:x:0:0:", "64999"),
            ("garbage", "64999"),
        ];
        for (passwd, expected) in cases {
            assert_eq!(from_passwd(passwd).name, expected, "{passwd}");
        }
    }
}
