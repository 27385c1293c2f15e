//! Projects on disk for tests that run the program.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A copy of a project in a temporary folder.
pub struct Project {
    folder: tempfile::TempDir,
}

/// What the program printed, and how it ended.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub error: String,
}

impl Run {
    /// What a finished process printed, and how it ended.
    pub fn of(output: Output) -> Self {
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            error: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Everything that was printed.
    pub fn said(&self) -> String {
        format!("{}{}", self.out, self.error)
    }

    /// Checks the exit code and that each part was printed; shows the first lines otherwise.
    #[track_caller]
    pub fn expect(&self, code: i32, parts: &[&str]) -> &Self {
        let said = self.said();
        let missing: Vec<&&str> = parts.iter().filter(|part| !said.contains(**part)).collect();
        let first: Vec<&str> = said.lines().take(30).collect();
        assert!(
            self.code == code && missing.is_empty(),
            "exit {} instead of {code}, missing {missing:?} in:\n{}",
            self.code,
            first.join("\n")
        );
        self
    }
}

/// The folder of this repository, which is the reference project.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl Project {
    /// A copy of the reference project.
    pub fn reference() -> Self {
        let project = Project {
            folder: tempfile::tempdir().unwrap(),
        };
        for part in ["zerodrift.yaml", "migrations", "seeds", "schema"] {
            copy(&repository().join(part), &project.path().join(part));
        }
        // The pages of the built-in rules lie beside the project's own rules, and no project needs them.
        let rules = std::fs::read_to_string(repository().join("lints/skeldir.yaml")).unwrap();
        project.write("lints/skeldir.yaml", rules);
        project
    }

    /// The reference project with the overlay of `tests/fixtures/<name>`.
    pub fn fixture(name: &str) -> Self {
        let project = Project::reference();
        let overlay = repository().join("tests/fixtures").join(name);
        let description: serde_yaml::Value =
            serde_yaml::from_str(&std::fs::read_to_string(overlay.join("overlay.yaml")).unwrap()).unwrap();
        for path in description["remove"].as_sequence().unwrap() {
            project.remove(path.as_str().unwrap());
        }
        for entry in std::fs::read_dir(&overlay).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            if name != "overlay.yaml" {
                copy(&path, &project.path().join(name));
            }
        }
        project
    }

    /// A project of a configuration and a few files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let project = Project {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Runs the program in the project, without any connection of the environment.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &[])
    }

    /// Runs the program in the project with a few environment variables.
    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let mut command = program();
        let output = command
            .args(arguments)
            .current_dir(self.path())
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        Run::of(output)
    }

    /// Starts the program in the project, with its output captured.
    pub fn start(&self, arguments: &[&str]) -> Child {
        program()
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs the program with `--format json` and returns the document.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let run = self.run(&[arguments, &["--format", "json"]].concat());
        let document = serde_json::from_str(&run.out)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.out, run.error));
        (run.code, document)
    }
}

/// The program, in an environment that names no database.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zerodrift"));
    for name in [
        "MIGRATION_DATABASE_URL",
        "DATABASE_URL",
        "PGHOST",
        "PGSERVICE",
        "PGDATABASE",
        "PGUSER",
        "PGPASSWORD",
    ] {
        command.env_remove(name);
    }
    command
}

/// The findings of a JSON document: rule, object and message.
pub fn findings(document: &Value) -> Vec<(String, String, String)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["level"] != "info")
        .map(|finding| {
            (
                text(finding, "rule"),
                text(finding, "object"),
                text(finding, "message"),
            )
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in walkdir::WalkDir::new(from) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                copy(entry.path(), &to.join(entry.path().strip_prefix(from).unwrap()));
            }
        }
    } else if from.exists() {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
}
