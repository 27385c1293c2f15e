//! Interruptions at chosen messages of the program: see `src/pg/fault_point.rs`, which the tests' program has in it.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::project::{Project, Run, program};

/// When a fault strikes, seen from one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Before,
    /// So many microseconds after it was begun, or at its end if that comes first.
    During(u64),
    After,
}

/// One moment of one message, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub message: usize,
    pub moment: Moment,
}

impl Point {
    fn written(self, action: &str) -> String {
        let moment = match self.moment {
            Moment::Before => "before".to_owned(),
            Moment::During(micros) => micros.to_string(),
            Moment::After => "after".to_owned(),
        };
        format!("{}:{moment}:{action}", self.message)
    }
}

const VARIABLE: &str = "ZERODRIFT_FAULT_POINT";

/// Runs the program undisturbed and returns the messages that it sent.
pub fn messages(project: &Project, arguments: &[&str]) -> (Run, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("messages");
    let run = project.run_with(arguments, &[(VARIABLE, &format!("count:{}", file.display()))]);
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let messages: Vec<String> = text
        .lines()
        .map(|line| line.split_once(' ').unwrap().1.to_owned())
        .collect();
    assert!(
        !messages.is_empty(),
        "the program was built without fault points: {}",
        run.said()
    );
    (run, messages)
}

/// Runs the program until it kills itself at `point`; an error says that it ended by itself.
pub fn killed(project: &Project, arguments: &[&str], point: Point) -> Result<(), String> {
    let child = start(project, arguments, &point.written("kill"));
    let (status, said) = ended(child);
    if status.signal() == Some(9) {
        return Ok(());
    }
    Err(format!("it was not killed but ended with {status}: {said}"))
}

/// Runs the program, does `strike` at `point` while the program waits, and returns how it then ended.
pub fn struck(
    project: &Project,
    arguments: &[&str],
    point: Point,
    strike: impl FnOnce(),
) -> Result<Run, String> {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("asked");
    let listener = UnixListener::bind(&socket).unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut child = start(
        project,
        arguments,
        &point.written(&format!("ask:{}", socket.display())),
    );
    let asked = loop {
        match listener.accept() {
            Ok((asked, _)) => break Some(asked),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        if child.try_wait().unwrap().is_some() {
            break None;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let Some(asked) = asked else {
        let (status, said) = ended(child);
        return Err(format!(
            "it never came to the point and ended with {status}: {said}"
        ));
    };
    strike();
    drop(asked);
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            let (_, said) = ended(child);
            return Err(format!("it was still there a minute later: {said}"));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(Run::of(child.wait_with_output().unwrap()))
}

fn start(project: &Project, arguments: &[&str], fault: &str) -> Child {
    program()
        .args(arguments)
        .current_dir(project.path())
        .env(VARIABLE, fault)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ended(child: Child) -> (ExitStatus, String) {
    let output = child.wait_with_output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status, said)
}

/// A cable between clients and a server that can be cut.
pub struct Cable {
    folder: tempfile::TempDir,
    shared: Arc<Wires>,
}

#[derive(Default)]
struct Wires {
    ends: Mutex<Vec<UnixStream>>,
    is_cut: AtomicBool,
}

impl Cable {
    /// Lays a cable to the server whose socket is in `server`.
    pub fn to(server: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let shared = Arc::new(Wires::default());
        let (wires, socket) = (Arc::clone(&shared), server.join(".s.PGSQL.5432"));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                if wires.is_cut.load(Ordering::SeqCst) {
                    return;
                }
                let server = UnixStream::connect(&socket).unwrap();
                let mut ends = wires.ends.lock().unwrap();
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    ends.push(from.try_clone().unwrap());
                    std::thread::spawn(move || {
                        // However it ends, the other side has to learn of it.
                        let _ = io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Cable { folder, shared }
    }

    /// The folder to connect to instead of the server's.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Cuts every connection; nothing connects any more.
    pub fn cut(&self) {
        self.shared.is_cut.store(true, Ordering::SeqCst);
        for end in self.shared.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.cut();
        // Wakes the thread that accepts, which then ends.
        let _ = UnixStream::connect(self.folder.path().join(".s.PGSQL.5432"));
    }
}
