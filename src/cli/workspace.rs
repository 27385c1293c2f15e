//! The project of the working directory with its graph, as most commands need it.

use super::{CommandError, Context};
use crate::config::Project;
use crate::graph::{self, Graph};
use crate::load;
use crate::model::{Finding, Level, Outcome};
use crate::report::Report;

/// What a project without migrations is told.
pub const NO_REVISION: &str = "There is no revision yet. \"zerodrift new SLUG\" makes one.\n";

/// A project whose migrations are loaded.
pub struct Workspace {
    /// The configuration.
    pub project: Project,
    /// The graph, as far as it is one.
    pub graph: Graph,
    /// What is wrong with files and edges.
    pub findings: Vec<Finding>,
}

impl Workspace {
    /// Loads the project and its migrations. Mistakes in them are findings; the commands decide what they mean.
    pub fn load(context: &Context) -> Result<Self, CommandError> {
        Workspace::of(context.project()?)
    }

    /// Loads the migrations of a project.
    pub fn of(project: Project) -> Result<Self, CommandError> {
        let (graph, findings) = load::load_graph(&project.layout())
            .map_err(|error| CommandError::new(Outcome::Usage, error.finding()))?;
        Ok(Workspace {
            project,
            graph,
            findings,
        })
    }

    /// Loads the project for a command that needs a whole graph: an error in a file or an edge ends it.
    pub fn load_sound(context: &Context) -> Result<Self, CommandError> {
        Workspace::load(context)?.sound()
    }

    /// Refuses a graph that is not whole.
    pub fn sound(self) -> Result<Self, CommandError> {
        let errors: Vec<Finding> = self
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Error)
            .cloned()
            .collect();
        if errors.is_empty() {
            return Ok(self);
        }
        Err(CommandError {
            findings: errors,
            outcome: Outcome::Findings,
        })
    }

    /// Returns what the project's policy says about the graph, after what loading found.
    pub fn checked(&self) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        findings.extend(graph::check(&self.graph, &self.project.graph_policy()));
        findings
    }

    /// Makes an empty report whose places are in this project.
    pub fn report(&self, command: &'static str) -> Report {
        let mut report = Report::new(command);
        report.root = self.project.root.clone();
        report
    }
}
