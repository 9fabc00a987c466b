//! The commands.

mod export;
pub(crate) mod fit;
mod inspect;
mod kl;
mod plot;
mod predict;
mod report;
mod shell;

pub(crate) use inspect::describe;

use crate::cli::{Cli, Command};
use crate::error::Result;
use crate::show::Style;

/// Runs a command line that was parsed.
///
/// # Errors
/// Whatever the command meets.
pub fn run(cli: &Cli) -> Result<()> {
    let style = Style::new(cli.color, cli.quiet);
    match &cli.command {
        Command::Fit(args) => fit::run(args, style),
        Command::Predict(args) => predict::run(args, style),
        Command::Inspect(args) => inspect::run(args, style),
        Command::Plot(args) => plot::run(args),
        Command::Report(args) => report::run(args, style),
        Command::Export(args) => export::run(args),
        Command::Kl(args) => kl::run(args),
        Command::Completions { shell } => shell::completions(*shell),
        Command::Man { dir } => shell::man(dir.as_deref()),
    }
}
