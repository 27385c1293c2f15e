//! What a command may know of its surroundings.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::ahead::Ahead;
use super::args::{ColorWhen, Global};
use super::error::CommandError;
use super::progress::Progress;
use super::verb::Entry;
use crate::apply::Interrupt;
use crate::config::{self, ConfigError, Project};
use crate::model::FailOn;
use crate::report::formats::{self, Format};

/// Options and surroundings of one run.
pub struct Context {
    /// The directory that the run started in, or that `-C` named.
    pub directory: PathBuf,
    /// The configuration file that `--config` named.
    pub config: Option<PathBuf>,
    /// Where reports go.
    pub outputs: Vec<Output>,
    /// The threshold of `--fail-on`.
    pub fail_on: FailOn,
    /// `-v`
    pub verbose: bool,
    /// `-q`
    pub quiet: bool,
    /// Whether standard output takes colours.
    pub color: bool,
    interrupt: Interrupt,
    ahead: Mutex<Option<Ahead>>,
}

/// One rendering of the report.
#[derive(Clone)]
pub struct Output {
    /// The name of the format.
    pub name: String,
    /// The renderer; none for a format of the verb's own, whose text is printed as it is.
    pub format: Option<&'static Format>,
    /// The file; none for standard output.
    pub file: Option<PathBuf>,
}

impl Context {
    pub(super) fn new(global: &Global, entry: Entry, interrupt: Interrupt) -> Result<Self, CommandError> {
        let directory = match &global.directory {
            Some(directory) => std::path::absolute(directory),
            None => std::env::current_dir(),
        }
        .map_err(|error| CommandError::usage(format!("cannot find the working directory: {error}")))?;
        if !directory.is_dir() {
            return Err(CommandError::usage(format!(
                "directory \"{}\" does not exist",
                directory.display()
            )));
        }
        Ok(Context {
            config: global.config.as_ref().map(|file| directory.join(file)),
            directory,
            outputs: outputs(global, entry)?,
            fail_on: global.fail_on,
            verbose: global.verbose,
            quiet: global.quiet,
            color: color(global.color),
            interrupt,
            ahead: Mutex::new(None),
        })
    }

    /// Finds and reads the project's configuration.
    pub fn project(&self) -> Result<Project, CommandError> {
        config::load(&self.directory, self.config.as_deref()).map_err(CommandError::from)
    }

    /// Finds and reads the project's configuration; where there is none, everything has its default.
    pub fn project_if_any(&self) -> Result<Project, CommandError> {
        match config::load(&self.directory, self.config.as_deref()) {
            Err(ConfigError::NotFound { .. }) => Ok(Project {
                root: self.directory.clone(),
                file: self.directory.join(config::FILE_NAME),
                written: config::written::Config::default(),
            }),
            other => other.map_err(CommandError::from),
        }
    }

    /// Returns the value of an environment variable that is set and not empty.
    pub fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// Returns what a signal raises, for work that has to end cleanly.
    pub fn interrupt(&self) -> Interrupt {
        super::exit::leave_to_the_command();
        self.interrupt.clone()
    }

    /// Keeps outputs that findings were written to, for the rest of the report.
    pub fn keep_ahead(&self, ahead: Ahead) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }

    pub(super) fn taken_ahead(&self) -> Option<Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Returns the day, as YYYY-MM-DD in the local time zone.
    pub fn today(&self) -> String {
        jiff::Zoned::now().date().to_string()
    }

    /// Says whether the first output is of a format of the verb's own, and which.
    pub fn own_format(&self) -> Option<&str> {
        self.outputs
            .iter()
            .find(|output| output.format.is_none())
            .map(|output| output.name.as_str())
    }

    /// Says whether some output shows what machines get beside the findings: the plain text does not.
    pub fn wants_data(&self) -> bool {
        self.outputs.iter().any(|output| output.name != "text")
    }

    /// Makes a progress display: on a terminal only, and never with `-q`.
    pub fn progress(&self) -> Progress {
        Progress::new(!self.quiet)
    }

    /// Makes a path readable: relative to the working directory where it lies below it.
    pub fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.directory).unwrap_or(path)
    }
}

fn outputs(global: &Global, entry: Entry) -> Result<Vec<Output>, CommandError> {
    let written = if global.formats.is_empty() {
        &["text".to_owned()][..]
    } else {
        &global.formats[..]
    };
    written
        .iter()
        .map(|text| {
            let (name, file) = match text.split_once('=') {
                Some((name, file)) => (name, Some(PathBuf::from(file))),
                None => (text.as_str(), None),
            };
            let format = formats::find(name);
            if format.is_none() && !entry.own_formats.contains(&name) {
                let known = formats::FORMATS
                    .iter()
                    .map(|format| format.name)
                    .chain(entry.own_formats.iter().copied());
                return Err(CommandError::usage_with_hint(
                    format!("format \"{name}\" does not exist"),
                    format!(
                        "\"{}\" knows {}.",
                        entry.name,
                        known.collect::<Vec<_>>().join(", ")
                    ),
                ));
            }
            Ok(Output {
                name: name.to_owned(),
                format,
                file,
            })
        })
        .collect()
}

fn color(when: ColorWhen) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
    }
}
