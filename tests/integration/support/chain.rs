//! A project of a few files in a folder of its own.

use std::fs;
use std::path::Path;

use zerodrift::apply::{self, ApplyError, Progress, Settings, Silent, Upgraded};
use zerodrift::load::{Layout, load_graph};
use zerodrift::pg::Session;

/// A folder with migrations, removed with this value.
pub struct TestProject {
    folder: tempfile::TempDir,
}

impl TestProject {
    /// Makes a chain: each revision follows the one before it.
    pub fn chain(revisions: &[(&str, &str)]) -> Self {
        let project = TestProject {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut parent = "";
        for (id, sql) in revisions {
            project.revision(id, parent, "", sql);
            parent = id;
        }
        project
    }

    /// Adds a revision; `keys` are further header keys, each ended by a line break.
    pub fn revision(&self, id: &str, parents: &str, keys: &str, sql: &str) {
        let text = format!("/*---\nrevision: {id}\nparents: [{parents}]\n{keys}---*/\n{sql}");
        self.file(&format!("{id}_step.sql"), &text);
    }

    /// Writes a file below `migrations/`.
    pub fn file(&self, name: &str, text: &str) {
        let folder = self.folder.path().join("migrations");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Loads it.
    pub fn load(&self) -> apply::Project {
        let layout = Layout {
            root: self.root().to_path_buf(),
            migrations: "migrations".into(),
            branches: None,
        };
        let (graph, findings) = load_graph(&layout).unwrap();
        assert!(
            findings
                .iter()
                .all(|finding| finding.level < zerodrift::model::Level::Warning),
            "{findings:?}"
        );
        apply::Project {
            root: self.root().to_path_buf(),
            graph,
        }
    }

    /// Upgrades to all heads with default settings.
    pub fn upgrade(&self, session: &mut Session) -> Result<Upgraded, ApplyError> {
        self.upgrade_with(session, &Settings::default())
    }

    /// Upgrades to all heads.
    pub fn upgrade_with(&self, session: &mut Session, settings: &Settings) -> Result<Upgraded, ApplyError> {
        self.upgrade_to(session, "heads", settings, &mut Silent)
    }

    /// Upgrades.
    pub fn upgrade_to(
        &self,
        session: &mut Session,
        target: &str,
        settings: &Settings,
        progress: &mut dyn Progress,
    ) -> Result<Upgraded, ApplyError> {
        apply::upgrade(session, &self.load(), target, settings, progress)
    }
}

/// Returns the first column of the first row as text.
pub fn value(session: &mut Session, sql: &str) -> String {
    let rows = session.text_rows(sql).unwrap();
    rows.first().and_then(|row| row[0].clone()).unwrap_or_default()
}

/// Shows an error as its findings: rule, place, message, detail and hint.
pub fn shown(error: &ApplyError) -> String {
    let mut text = format!("exit {}\n", error.outcome().code());
    for finding in error.findings() {
        let place = finding.location.map(|at| at.to_string()).unwrap_or_default();
        text.push_str(&format!(
            "{} {} {place}\n  {}\n",
            finding.level, finding.rule, finding.message
        ));
        for (name, part) in [("detail", finding.detail), ("hint", finding.hint)] {
            if let Some(part) = part {
                text.push_str(&format!("  {name}: {}\n", part.replace('\n', "\n    ")));
            }
        }
    }
    text
}
