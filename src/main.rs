//! The `zerodrift` program.

use std::process::ExitCode;

// Linting is thousands of small values a statement: measured, the system's allocator took a seventh of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` (mimalloc.h, 2.x and 3.x), which `libmimalloc_sys` has no name for.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

fn main() -> ExitCode {
    keep_memory();
    zerodrift::cli::main()
}

/// Memory goes back when the program ends. Given back earlier, much of it is wanted again at once, and the system has to
/// clear it each time: measured, a fifth of a large `schema diff`. `MIMALLOC_PURGE_DELAY` overrides it.
#[allow(unsafe_code)]
fn keep_memory() {
    // SAFETY: the option is a number that is looked at from time to time; no memory is touched.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, -1) }
}
