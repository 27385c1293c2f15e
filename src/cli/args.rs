//! What stands before and beside the verb.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::commands::COMMANDS;
use super::verb::Entry;
use crate::model::FailOn;

const ABOUT: &str = "Migrate PostgreSQL safely under row-level security, and see every drift";

/// Options that every verb has.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,

    /// Use this configuration instead of the nearest zerodrift.yaml
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// Report as NAME, to standard output or to a file; may be repeated
    #[arg(long = "format", value_name = "NAME[=FILE]", global = true, action = ArgAction::Append)]
    pub formats: Vec<String>,

    /// Lowest level of a finding that makes the exit code 1: error, warning, info or never
    #[arg(long, value_name = "LEVEL", global = true, default_value = "warning")]
    pub fail_on: FailOn,

    /// Show advice and details
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,

    /// Show findings only
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// When to colour the output
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value = "auto")]
    pub color: ColorWhen,
}

/// The values of `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The command line, understood.
pub struct Parsed {
    pub global: Global,
    pub entry: Entry,
    pub matches: ArgMatches,
}

/// Returns the whole argument parser.
pub fn command() -> Command {
    let root = Command::new("zerodrift")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(
            "Exit codes:\n  0 clean or done, 1 findings, 2 usage or configuration, 3 cannot connect or unfit role or server,\n  \
             4 a migration failed and was rolled back, 5 stopped part-way, 6 another migrator holds the lock,\n  \
             7 integrity: edited, unknown or missing revision, 8 a verify script or row expectation failed",
        );
    // Adding the options takes their doc comment for the program's own.
    let root = Global::augment_args(root).about(ABOUT).long_about(None);
    COMMANDS
        .iter()
        .fold(root, |root, entry| root.subcommand((entry.command)()))
}

/// Parses the arguments of this process. Help and usage errors are printed here and end the program.
pub fn parse() -> Result<Parsed, ExitCode> {
    let matches = command().try_get_matches().map_err(|error| stop(&error))?;
    let global = Global::from_arg_matches(&matches).map_err(|error| stop(&error))?;
    let (name, matches) = matches.subcommand().expect("the parser demands a subcommand");
    let entry = COMMANDS
        .iter()
        .find(|entry| entry.name == name)
        .expect("the parser knows only listed commands");
    Ok(Parsed {
        global,
        entry: *entry,
        matches: matches.clone(),
    })
}

fn stop(error: &clap::Error) -> ExitCode {
    let code = if error.use_stderr() { 2 } else { 0 };
    match error.print() {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(2),
    }
}
