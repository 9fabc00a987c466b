//! `vd-datafusion`: which columns of a query matter, and a small model of them.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use vd_datafusion::cli::{DataFusionCli, run};

fn main() -> ExitCode {
    match run(&DataFusionCli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed too; the exit code still says it.
            let _ = writeln!(std::io::stderr(), "vd-datafusion: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
