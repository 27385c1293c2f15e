//! Findings about the graph that a revision accepts.

use crate::graph::Graph;
use crate::model::{Finding, Level, RevisionId};

/// Switches off what the header of the revision accepts with a reason. Errors stay: a graph that is none cannot be
/// wished away, only mended or lowered for the whole project.
pub fn accept(findings: &mut [Finding], graph: &Graph) {
    for finding in findings.iter_mut().filter(|finding| finding.level < Level::Error) {
        let Some(id) = finding.object.as_deref().and_then(|id| RevisionId::new(id).ok()) else {
            continue;
        };
        let accepted = graph
            .get(&id)
            .is_some_and(|found| found.allow.iter().any(|allow| allow.rule == finding.rule));
        if accepted {
            finding.level = Level::Off;
        }
    }
}
