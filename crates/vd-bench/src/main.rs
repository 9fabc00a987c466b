//! The program behind `cargo xtask`: parses, runs, says what went wrong.
#![allow(clippy::print_stderr, clippy::print_stdout)] // The one place that talks to a person.

use std::process::ExitCode;

use clap::Parser;
use vd_bench::cli::{Cli, Command};

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Reproduce(options) => vd_bench::reproduce::run(&options),
        Command::Data(options) => vd_bench::data::download_command::run(&options, &vd_bench::root()),
        Command::Bench(options) => vd_bench::bench::run(&options, &vd_bench::root()),
    };
    match result {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
