//! PgBouncer (Debian's package of that name) in front of a server of the tests.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zerodrift::pg::{Session, Target};

/// A running PgBouncer in front of a server; ends with this value.
pub struct Bouncer {
    process: Child,
    folder: tempfile::TempDir,
}

/// Finds the program; none where `scripts/test` leaves it out.
pub fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.is_file());
    assert!(
        found.is_some() || super::left_out("pgbouncer"),
        "no pgbouncer: install Debian's package of that name"
    );
    found
}

impl Bouncer {
    /// Starts it in front of the server that `any` is a database of, in a pool mode, with so many backends per database.
    pub fn start(program: &Path, any: &Target, mode: &str, backends: u32) -> Self {
        let shown = any.to_string();
        let (server, database) = shown.split_once('@').unwrap().1.rsplit_once('/').unwrap();
        let server = server.to_owned();
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let config = folder.path().join("pgbouncer.ini");
        std::fs::write(
            &config,
            format!(
                "[databases]\n* = host={server} user=postgres\n[pgbouncer]\nunix_socket_dir = {folder}\nauth_type = any\n\
                 pool_mode = {mode}\ndefault_pool_size = {backends}\nserver_reset_query = DISCARD ALL\n\
                 ignore_startup_parameters = extra_float_digits,options\n",
                folder = folder.path().display(),
            ),
        )
        .unwrap();
        let mut command = Command::new(program);
        // It does not run as root; the server's own account may reach the server's socket.
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            let owner = std::fs::metadata(&server).unwrap().uid().to_string();
            let name = Command::new("id").args(["-nu", &owner]).output().unwrap();
            command
                .arg("-u")
                .arg(String::from_utf8(name.stdout).unwrap().trim());
        }
        let process = command
            .arg("-q")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let bouncer = Bouncer { process, folder };
        let begun = Instant::now();
        while Session::open(&bouncer.target(database), "zerodrift test").is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "pgbouncer did not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        bouncer
    }

    /// Names a database behind it.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgresql:///{database}?host={}&port=6432&user=postgres",
            self.folder.path().display()
        )
    }

    /// Names a database behind it.
    pub fn target(&self, database: &str) -> Target {
        Target::parse(&self.url(database)).unwrap()
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
