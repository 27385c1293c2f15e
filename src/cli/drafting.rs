//! What commands that write new files share.

use super::{CommandError, Workspace};
use crate::graph::{nearest, target};
use crate::load::write::Draft;
use crate::model::RevisionId;

impl Workspace {
    /// Resolves targets to ids, each once, in the order of the arguments.
    pub fn resolve_all(&self, targets: &[String]) -> Result<Vec<RevisionId>, CommandError> {
        let mut ids: Vec<RevisionId> = Vec::new();
        for text in targets {
            for id in target::resolve(&self.graph, text, &|_| false)? {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        Ok(ids)
    }

    /// Checks the id that was asked for, or makes one of the time in UTC that no revision has.
    pub fn free_id(&self, wanted: Option<&str>) -> Result<RevisionId, CommandError> {
        if let Some(wanted) = wanted {
            let id = RevisionId::new(wanted).map_err(|error| CommandError::usage(error.to_string()))?;
            return match self.graph.get(&id) {
                None => Ok(id),
                Some(found) => Err(CommandError::usage_with_hint(
                    format!("revision \"{id}\" exists already"),
                    format!("It is {}. Choose another id.", found.path.display()),
                )),
            };
        }
        let mut time = jiff::Timestamp::now();
        loop {
            let id = RevisionId::new(time.strftime("%Y%m%d%H%M%S").to_string())
                .map_err(|error| CommandError::usage(error.to_string()))?;
            if self.graph.get(&id).is_none() {
                return Ok(id);
            }
            // Two commands within a second: the next second is as good.
            time += jiff::SignedDuration::from_secs(1);
        }
    }

    /// Checks that labels can be labels and that no revision declares them.
    pub fn labels(&self, labels: &[String]) -> Result<Vec<String>, CommandError> {
        for label in labels {
            if RevisionId::new(label.as_str()).is_err() || matches!(label.as_str(), "head" | "heads" | "base")
            {
                return Err(CommandError::usage_with_hint(
                    format!("\"{label}\" cannot be a label"),
                    "A label has 1 to 128 characters of 0-9, A-Z, a-z, \"_\", \".\" and \"-\".",
                ));
            }
            if let Some(found) = self.graph.revisions().find(|found| found.labels.contains(label)) {
                return Err(CommandError::usage_with_hint(
                    format!("label \"{label}\" is declared by revision \"{}\"", found.id),
                    "Descendants inherit it; choose another label for this place.",
                ));
            }
        }
        Ok(labels.to_vec())
    }

    /// Checks that files may lie in a branch folder.
    pub fn branch(&self, branch: &str) -> Result<(), CommandError> {
        let Some(configured) = &self.project.written.branches else {
            let simple = !branch.contains(['/', '\\']) && !branch.starts_with('.');
            return if simple {
                Ok(())
            } else {
                Err(no_folder_name(branch))
            };
        };
        if configured.iter().any(|known| known == branch) {
            return Ok(());
        }
        let hint = match nearest(branch, configured.iter().map(String::as_str)) {
            Some(meant) => format!("Write \"{meant}\"."),
            None => format!(
                "Name one with --branch, or add it to branches in zerodrift.yaml: {}.",
                configured.join(", ")
            ),
        };
        let message = match branch {
            "" => "no branch folder is named".to_owned(),
            _ => format!("branch folder \"{branch}\" is not among the configured branches"),
        };
        Err(CommandError::usage_with_hint(message, hint))
    }
}

fn no_folder_name(branch: &str) -> CommandError {
    CommandError::usage_with_hint(
        format!("\"{branch}\" cannot be a branch folder"),
        "A branch is one folder directly below the migrations, and its name does not begin with a dot.",
    )
}

/// Says which files were written.
pub fn written(drafts: &[Draft]) -> String {
    drafts
        .iter()
        .map(|draft| format!("wrote {}\n", draft.path.display()))
        .collect()
}
