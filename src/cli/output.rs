//! Writes rendered reports: the only place that prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::args::Global;
use super::context::{Context, Output};
use super::error::CommandError;
use crate::model::Outcome;
use crate::report::Report;
use crate::report::formats::{self, Layout, Rendering, Source};
use crate::sql::mask;

/// Renders the report in every wanted format and returns the outcome of the run.
pub fn write(report: &Report, context: &Context) -> Outcome {
    let mut rendering = rendering(context);
    if context.outputs.iter().any(shows_sources) {
        rendering.sources = sources(report, &context.directory);
    }
    let failed: Vec<String> = match context.taken_ahead() {
        Some(ahead) => ahead.end(report, &rendering),
        None => {
            let put = context.outputs.iter().map(|output| {
                let written = open(output, &context.directory)
                    .and_then(|mut sink| whole(report, output, &rendering, &mut sink));
                said(written, output)
            });
            put.filter_map(Result::err).collect()
        }
    };
    for error in &failed {
        eprintln!("error: {error}");
    }
    let outcome = report.outcome(context.fail_on);
    match failed.is_empty() {
        true => outcome,
        false => outcome.and(Outcome::Usage),
    }
}

/// Returns how the run wants reports, without the files that findings point into.
pub(super) fn rendering(context: &Context) -> Rendering {
    Rendering {
        color: context.color,
        verbose: context.verbose,
        quiet: context.quiet,
        fail_on: context.fail_on,
        sources: HashMap::new(),
    }
}

pub(super) fn shows_sources(output: &Output) -> bool {
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
    match machine.filter(|format| format.name != formats::TEXT.name) {
        Some(format) => print!("{}", format.render(&report, &rendering)),
        None => eprint!("{}", formats::TEXT.render(&report, &rendering)),
    }
    report.outcome
}

/// Opens what an output goes to.
pub(super) fn open(output: &Output, directory: &Path) -> io::Result<Box<dyn Write + Send + Sync>> {
    let sink: Box<dyn Write + Send + Sync> = match &output.file {
        Some(file) => Box::new(File::create(directory.join(file))?),
        None => Box::new(io::stdout()),
    };
    Ok(Box::new(BufWriter::with_capacity(64 * 1024, sink)))
}

/// Writes a report to an output.
fn whole(report: &Report, output: &Output, rendering: &Rendering, sink: &mut dyn Write) -> io::Result<()> {
    match output.format.map(|format| format.layout) {
        Some(Layout::Pieces(pieces)) => {
            pieces.write(report, rendering, None, |piece| sink.write_all(piece.as_bytes()))?;
        }
        Some(Layout::Whole(render)) => sink.write_all(render(report, rendering).as_bytes())?,
        None => sink.write_all(report.text.as_bytes())?,
    }
    sink.flush()
}

/// Says what could not be written. A reader that went away, as `| head` does, is no failure of ours.
pub(super) fn said(written: io::Result<()>, output: &Output) -> Result<(), String> {
    match (written, &output.file) {
        (Ok(()), _) => Ok(()),
        (Err(error), None) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        (Err(error), None) => Err(format!("could not write to standard output: {error}")),
        (Err(error), Some(file)) => Err(format!("could not write report \"{}\": {error}", file.display())),
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
