//! What of a fit is the command line's: progress on a terminal, Ctrl-C, and files that are read in passes.

mod stream;
mod watch;

pub(crate) use stream::{Streamed, fit_stream};
pub(crate) use watch::{Watch, catch_interrupt, interrupted};
