//! Writes rendered reports: the only place that prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::args::Global;
use super::context::{Context, Output};
use super::error::CommandError;
use crate::model::Outcome;
use crate::report::Report;
use crate::report::formats::{self, Format, Rendering, Source};
use crate::sql::mask;

/// Renders the report in every wanted format and returns the outcome of the run.
pub fn write(report: &Report, context: &Context) -> Outcome {
    let rendering = Rendering {
        color: context.color,
        verbose: context.verbose,
        quiet: context.quiet,
        fail_on: context.fail_on,
        sources: match context.outputs.iter().any(shows_sources) {
            true => sources(report, &context.directory),
            false => HashMap::new(),
        },
    };
    let mut outcome = report.outcome(context.fail_on);
    for output in &context.outputs {
        let written = match output.format {
            Some(Format { line: Some(line), .. }) => {
                put(formats::reported(report).map(line), output, &context.directory)
            }
            Some(format) => put([(format.render)(report, &rendering)], output, &context.directory),
            None => put([&report.text], output, &context.directory),
        };
        if let Err(error) = written {
            eprintln!("error: {error}");
            outcome = outcome.and(Outcome::Usage);
        }
    }
    outcome
}

fn shows_sources(output: &Output) -> bool {
    output.format.is_some_and(|format| format.shows_sources)
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

/// Writes a report, piece by piece.
fn put(
    pieces: impl IntoIterator<Item = impl AsRef<str>>,
    output: &Output,
    directory: &Path,
) -> Result<(), String> {
    let all = |sink: &mut dyn Write| {
        let mut sink = BufWriter::with_capacity(64 * 1024, sink);
        pieces
            .into_iter()
            .try_for_each(|piece| sink.write_all(piece.as_ref().as_bytes()))?;
        sink.flush()
    };
    match &output.file {
        Some(file) => File::create(directory.join(file))
            .and_then(|mut created| all(&mut created))
            .map_err(|error| format!("could not write report \"{}\": {error}", file.display())),
        // A reader that went away, as `| head` does, is no failure of ours.
        None => match all(&mut std::io::stdout().lock()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(format!("could not write to standard output: {error}"))
            }
            _ => Ok(()),
        },
    }
}

/// Reads the files that findings point into, for excerpts. A file that cannot be read has none.
fn sources(report: &Report, working_directory: &Path) -> HashMap<PathBuf, Source> {
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
            Some((file.clone(), Source::new(shown)))
        })
        .collect()
}
