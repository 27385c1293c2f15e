//! Writes rendered reports: the only place that prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use super::args::Global;
use super::context::{Context, Output};
use super::error::CommandError;
use crate::model::Outcome;
use crate::report::Report;
use crate::report::formats::{self, Rendering};
use crate::sql::mask;

/// Renders the report in every wanted format and returns the outcome of the run.
pub fn write(report: &Report, context: &Context) -> Outcome {
    let rendering = Rendering {
        color: context.color,
        verbose: context.verbose,
        quiet: context.quiet,
        fail_on: context.fail_on,
        sources: sources(report, &context.directory),
    };
    let mut outcome = report.outcome(context.fail_on);
    for output in &context.outputs {
        let text = match output.format {
            Some(format) => (format.render)(report, &rendering),
            None => report.text.clone(),
        };
        if let Err(error) = put(&text, output, &context.directory) {
            eprintln!("error: {error}");
            outcome = outcome.and(Outcome::Usage);
        }
    }
    outcome
}

/// Renders an error that ended a command.
pub fn failure(error: &CommandError, global: &Global, command: &'static str) -> Outcome {
    let mut report = Report::new(command);
    report.findings = error.findings.clone();
    report.outcome = error.outcome;
    let machine = global
        .formats
        .iter()
        .find_map(|text| formats::find(text.split('=').next().unwrap_or(text)));
    let directory = std::env::current_dir().unwrap_or_default();
    let rendering = Rendering {
        color: false,
        verbose: true,
        quiet: true,
        fail_on: global.fail_on,
        sources: sources(&report, &directory),
    };
    match machine.filter(|format| format.name != "text") {
        Some(format) => print!("{}", (format.render)(&report, &rendering)),
        None => eprint!("{}", formats::text::render(&report, &rendering)),
    }
    report.outcome
}

fn put(text: &str, output: &Output, directory: &Path) -> Result<(), String> {
    match &output.file {
        Some(file) => std::fs::write(directory.join(file), text)
            .map_err(|error| format!("could not write report \"{}\": {error}", file.display())),
        // A reader that went away, as `| head` does, is no failure of ours.
        None => match std::io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(format!("could not write to standard output: {error}"))
            }
            _ => Ok(()),
        },
    }
}

/// Reads the files that findings point into, for excerpts. A file that cannot be read has none.
fn sources(report: &Report, working_directory: &Path) -> HashMap<std::path::PathBuf, String> {
    let directory = working_directory.join(&report.root);
    let mut files: Vec<_> = report
        .findings
        .iter()
        .filter_map(|finding| Some(&finding.location.as_ref()?.file))
        .collect();
    files.sort();
    files.dedup();
    files
        .into_iter()
        .filter_map(|file| {
            let text = match report.texts.get(file) {
                Some(text) => text.clone(),
                None => std::fs::read_to_string(directory.join(file)).ok()?,
            };
            // Excerpts of SQL are shown to people and kept in logs: no password may stand in them.
            let is_sql = file.extension().is_some_and(|extension| extension == "sql");
            let shown = if is_sql || report.texts.contains_key(file) {
                mask::in_place(&text)
            } else {
                text
            };
            Some((file.clone(), shown))
        })
        .collect()
}
