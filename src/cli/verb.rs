//! What a command is to the command line.

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::{CommandError, Context};
use crate::report::Report;

/// One verb. The doc comment of the implementing struct is its `--help`.
pub trait Verb: Args + FromArgMatches {
    /// The word that users type.
    const NAME: &'static str;
    /// Shorter or older words for the same.
    const ALIASES: &'static [&'static str] = &[];
    /// Formats that only this verb has; its report's text is then printed as it is.
    const OWN_FORMATS: &'static [&'static str] = &[];
    /// An example, shown at the end of `--help`.
    const EXAMPLE: &'static str;

    /// Does the work.
    fn run(self, context: &Context) -> Result<Report, CommandError>;
}

/// A verb in the list of commands.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The word that users type.
    pub name: &'static str,
    /// Formats that only this verb has.
    pub own_formats: &'static [&'static str],
    /// Builds the argument parser.
    pub command: fn() -> Command,
    /// Parses the arguments and does the work.
    pub run: fn(&ArgMatches, &Context) -> Result<Report, CommandError>,
}

impl Entry {
    /// Makes the entry of a verb.
    pub const fn of<V: Verb>() -> Self {
        Entry {
            name: V::NAME,
            own_formats: V::OWN_FORMATS,
            command: command_of::<V>,
            run: run_of::<V>,
        }
    }
}

fn command_of<V: Verb>() -> Command {
    V::augment_args(Command::new(V::NAME))
        .visible_aliases(V::ALIASES)
        .after_help(format!("Example:\n  {}", V::EXAMPLE.replace('\n', "\n  ")))
}

fn run_of<V: Verb>(matches: &ArgMatches, context: &Context) -> Result<Report, CommandError> {
    V::from_arg_matches(matches)
        .map_err(|error| CommandError::usage(error.to_string()))?
        .run(context)
}
