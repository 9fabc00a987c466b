//! `vd`: which columns matter, and a small model of them.

use clap::FromArgMatches;
use std::io::Write;
use std::process::ExitCode;
use vd_cli::Error;
use vd_cli::cli::Cli;

fn main() -> ExitCode {
    let matches = vd_cli::cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match vd_cli::run(&cli) {
        Ok(()) | Err(Error::Closed) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn complain(error: &Error) {
    // Standard error may be closed too; the exit code still says it.
    let _ = writeln!(std::io::stderr(), "vd: {error}");
}
