//! The `zerodrift` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    zerodrift::cli::main()
}
