//! From what a user wrote to a connection: strings, sources, files, and real servers that say no.

mod encryption;
mod refusals;
mod strings;
