//! The workspace's tasks, reached as `cargo xtask`. It runs the checks (`ci`), and for all else builds `vd-bench` in release mode
//! and hands over to it.
#![allow(clippy::print_stderr, clippy::print_stdout)] // It talks to a person.

mod ci;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

const HELP: &str = "\
Tasks of the workspace.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  reproduce   run the experiments; write tables, figures and report.html to target/reproduce
  data        download a data set: `data mnist`
  bench       run the benchmarks, with --peers beside other libraries
  ci          run the project's checks, with the time of each

`cargo xtask COMMAND --help` has the options and examples. The first call of the first three builds in
release mode (minutes).";

/// What `vd-bench` understands.
const COMMANDS: [&str; 3] = ["reproduce", "data", "bench"];

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let first = arguments.first().and_then(|argument| argument.to_str());
    match first {
        Some(command) if COMMANDS.contains(&command) => hand_over(&arguments),
        Some("ci") => checks(&arguments),
        None | Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Some(other) => {
            eprintln!("error: no command '{other}'\n\n{HELP}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root, as cargo names it when it runs this: a checkout may have been moved or copied together with its `target`.
fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(own).join("..")
}

/// Runs the checks, or prints what they are.
fn checks(arguments: &[OsString]) -> ExitCode {
    let words: Vec<String> =
        arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{}", ci::HELP);
        return ExitCode::SUCCESS;
    }
    ci::run(&root(), &words)
}

/// Runs `vd-bench` with these arguments, in its place where the system allows: then an interrupt reaches it alone.
fn hand_over(arguments: &[OsString]) -> ExitCode {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--release", "--package", "vd-bench", "--manifest-path"]);
    command.arg(root().join("Cargo.toml")).arg("--").args(arguments);
    #[cfg(unix)]
    let failure = std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    let failure = match command.status() {
        Ok(status) => return if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE },
        Err(failure) => failure,
    };
    eprintln!("error: cannot run {command:?}: {failure}");
    ExitCode::FAILURE
}
