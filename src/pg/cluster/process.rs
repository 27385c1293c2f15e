//! Processes: ours, which do not outlive us, and those that a dead predecessor left.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

type Request = (Command, mpsc::Sender<io::Result<Child>>);

/// Starts a process that gets SIGQUIT when we die, whatever we die of (Linux; elsewhere the sweep ends it).
///
/// The kernel ties that to the *thread* that forked, so all are forked by one thread that lives as long as we do.
pub(super) fn spawn(mut command: Command) -> io::Result<Child> {
    #[cfg(target_os = "linux")]
    die_with_us(&mut command);
    let (reply, answer) = mpsc::channel();
    let gone = || io::Error::other("the thread that starts servers is gone");
    keeper()?.send((command, reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

fn keeper() -> io::Result<&'static mpsc::Sender<Request>> {
    static KEEPER: OnceLock<mpsc::Sender<Request>> = OnceLock::new();
    if let Some(keeper) = KEEPER.get() {
        return Ok(keeper);
    }
    let (sender, requests) = mpsc::channel::<Request>();
    std::thread::Builder::new()
        .name("server-keeper".to_owned())
        .spawn(move || {
            for (mut command, reply) in requests {
                // A requester that is gone has no use for the answer.
                let _ = reply.send(command.spawn());
            }
        })?;
    // A second caller that comes too late drops its sender, which ends its thread.
    Ok(KEEPER.get_or_init(|| sender))
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn die_with_us(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    let parent = rustix::process::getpid();
    let bind = move || {
        // After the change of user, which would clear the setting (prctl(2), PR_SET_PDEATHSIG).
        rustix::process::set_parent_process_death_signal(Some(Signal::QUIT))?;
        // We may have died between the fork and the line above.
        if rustix::process::getppid() == Some(parent) {
            Ok(())
        } else {
            Err(rustix::io::Errno::SRCH.into())
        }
    };
    // SAFETY: between fork and exec only async-signal-safe work is allowed; the closure makes two plain system
    // calls, allocates nothing and takes no lock.
    unsafe {
        command.pre_exec(bind);
    }
}

/// Sends a signal; a process that is already gone is fine.
pub(super) fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Waits until the child has ended; false if it still runs after `patience`.
pub(super) fn ended(child: &mut Child, patience: Duration) -> bool {
    until(patience, || !matches!(child.try_wait(), Ok(None)))
}

/// Asks once a millisecond until the answer is yes; false if it never was.
pub(super) fn until(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Ends every server process that works in this data folder: first as PostgreSQL wants it, then for good.
pub(super) fn evict(data: &Path) {
    let servers = servers_in(data);
    if servers.is_empty() {
        return;
    }
    for pid in &servers {
        signal(*pid, Signal::QUIT);
    }
    if !until(Duration::from_secs(6), || servers_in(data).is_empty()) {
        for pid in servers_in(data) {
            signal(pid, Signal::KILL);
        }
        until(Duration::from_secs(2), || servers_in(data).is_empty());
    }
}

/// Finds the server processes of a data folder: each one has it as its working directory.
///
/// The working directory cannot be mistaken, a process id in a file can: ids are reused.
#[cfg(target_os = "linux")]
fn servers_in(data: &Path) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let is_server = |pid: u32| {
        let link = |name: &str| fs::read_link(format!("/proc/{pid}/{name}")).ok();
        let works_here = link("cwd").is_some_and(|folder| folder == data);
        works_here
            && link("exe").is_some_and(|exe| {
                exe.file_name()
                    .is_some_and(|name| name.as_encoded_bytes().starts_with(b"postgres"))
            })
    };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| is_server(*pid))
        .collect()
}

/// Finds the postmaster of a data folder by its pid file and, since ids are reused, by its command line.
#[cfg(not(target_os = "linux"))]
fn servers_in(data: &Path) -> Vec<u32> {
    let pid = fs::read_to_string(data.join("postmaster.pid"))
        .ok()
        .and_then(|text| {
            text.lines()
                .next()
                .and_then(|line| line.trim().parse::<u32>().ok())
        });
    let Some(pid) = pid else { return Vec::new() };
    let output = Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .output();
    let ours =
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&*data.to_string_lossy()));
    if ours { vec![pid] } else { Vec::new() }
}
