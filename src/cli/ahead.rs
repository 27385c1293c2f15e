//! Findings that are written while the command still works: of 100,000 files, no more than a few are held.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use super::context::{Context, Output};
use super::output;
use crate::model::Finding;
use crate::report::formats::{Format, Layout, Pieces, Rendering, Source};
use crate::report::{Counts, Report};
use crate::sql::mask;

/// The outputs of a run, open, with what was written to them.
pub struct Ahead {
    rendering: Rendering,
    sinks: Vec<Sink>,
    counts: Counts,
}

struct Sink {
    pieces: Pieces,
    output: Output,
    to: Box<dyn Write + Send + Sync>,
    /// Whether something was written.
    written: bool,
    /// Why writing ended.
    failed: Option<std::io::Error>,
}

/// The findings of a file as each output shows them.
pub struct Rendered {
    pieces: Vec<String>,
    counts: Counts,
}

impl Ahead {
    /// Opens the outputs and writes the command's own text; nothing where an output needs the whole report.
    pub fn begin(context: &Context, text: &str) -> Option<Self> {
        let layouts = context.outputs.iter().map(|output| match output.format {
            Some(Format {
                layout: Layout::Pieces(pieces),
                ..
            }) => Some((output, *pieces)),
            _ => None,
        });
        let layouts: Vec<(&Output, Pieces)> = layouts.collect::<Option<_>>()?;
        let rendering = output::rendering(context);
        let mut sinks = Vec::with_capacity(layouts.len());
        for (output, pieces) in layouts {
            // What cannot be opened is reported with the whole report, in its own words.
            sinks.push(Sink {
                pieces,
                output: output.clone(),
                to: output::open(output, &context.directory).ok()?,
                written: false,
                failed: None,
            });
        }
        for sink in &mut sinks {
            sink.put(&(sink.pieces.head)(text, &rendering));
        }
        Some(Ahead {
            rendering,
            sinks,
            counts: Counts::default(),
        })
    }

    /// Renders the findings of one file for every output; `text` is what the file holds.
    pub fn render(&self, findings: &[Finding], file: &Path, text: Option<&str>) -> Rendered {
        let mut rendering = self.rendering.clone();
        let shows_sources = self.sinks.iter().any(|sink| output::shows_sources(&sink.output));
        if let Some(text) = text.filter(|_| shows_sources && !findings.is_empty()) {
            let source = Source::new(mask::in_place(text));
            rendering.sources = HashMap::from([(file.to_path_buf(), source)]);
        }
        let mut counts = Counts::default();
        counts.add(findings);
        let pieces = self
            .sinks
            .iter()
            .map(|sink| (sink.pieces.findings)(findings, &rendering));
        Rendered {
            pieces: pieces.collect(),
            counts,
        }
    }

    /// Writes what was rendered.
    pub fn write(&mut self, rendered: &Rendered) {
        self.counts.add_counts(rendered.counts);
        for (sink, piece) in self.sinks.iter_mut().zip(&rendered.pieces) {
            if piece.is_empty() {
                continue;
            }
            if sink.written {
                sink.put(sink.pieces.between);
            }
            sink.put(piece);
        }
    }

    /// Returns how many findings were written.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Writes the rest of the report; errors are what could not be written.
    pub fn end(self, report: &Report, rendering: &Rendering) -> Vec<String> {
        let ended = self.sinks.into_iter().map(|mut sink| {
            let pieces = sink.pieces;
            let written = Some(sink.written);
            let Ok(()) = pieces.write(report, rendering, written, |piece| {
                sink.put(piece);
                Ok::<(), std::convert::Infallible>(())
            });
            if sink.failed.is_none() {
                sink.failed = sink.to.flush().err();
            }
            output::said(sink.failed.map_or(Ok(()), Err), &sink.output)
        });
        ended.filter_map(Result::err).collect()
    }
}

impl Sink {
    fn put(&mut self, piece: &str) {
        if self.failed.is_none() {
            self.failed = self.to.write_all(piece.as_bytes()).err();
        }
        self.written |= !piece.is_empty();
    }
}
