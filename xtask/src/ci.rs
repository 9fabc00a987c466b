//! `cargo xtask ci`: the project's checks, with the time that each takes.

mod browser;
mod python;
mod steps;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use steps::{Outcome, Step};

pub const HELP: &str = "\
Runs the project's checks, stops at the first failure, and prints how long each step took.

Usage: cargo xtask ci [OPTIONS]

Options:
  --list             list the steps and run nothing
  --only STEP        run this step; may be given more than once
  --skip STEP        leave this step out; may be given more than once
  --took STEP=SECS   the caller has run this step in SECS seconds: leave it out, and count its time (.ci/run uses this)
  --keep-going       run the other steps after a failure, too

A Rust toolchain is needed, and for the step `report` Chromium with its driver, which apt installs where they are missing. Steps that need more (cargo-deny, MNIST in VD_MNIST_DIR, Python 3.11, a door's folder) say what is missing and are
left out.";

/// What the command line asks for.
#[derive(Default)]
struct Options {
    list: bool,
    keep_going: bool,
    only: Vec<String>,
    skip: Vec<String>,
    took: Vec<(String, Duration)>,
}

/// One line of the table at the end.
struct Line {
    step: &'static str,
    outcome: &'static str,
    time: Duration,
}

pub fn run(root: &Path, arguments: &[String]) -> ExitCode {
    let all = steps::all();
    let options = match parse(arguments, &all) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("error: {message}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    if options.list {
        for step in &all {
            println!("{:<24} {}", step.name, step.about);
        }
        return ExitCode::SUCCESS;
    }
    let (lines, failed) = run_steps(root, &all, &options);
    print!("{}", summary(&lines));
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn run_steps(root: &Path, all: &[Step], options: &Options) -> (Vec<Line>, bool) {
    let (mut lines, mut failed) = (Vec::new(), false);
    for step in all {
        if let Some((_, time)) = options.took.iter().find(|(name, _)| name == step.name) {
            lines.push(Line { step: step.name, outcome: "passed", time: *time });
            continue;
        }
        let wanted = options.only.is_empty() || options.only.iter().any(|name| name == step.name);
        if !wanted || options.skip.iter().any(|name| name == step.name) {
            continue;
        }
        println!("\n== {}: {}", step.name, step.about);
        let start = Instant::now();
        let outcome = (step.run)(root);
        let time = start.elapsed();
        let word = match &outcome {
            Outcome::Passed => "passed",
            Outcome::LeftOut(_) => "left out",
            Outcome::Failed(_) => "FAILED",
        };
        if let Outcome::LeftOut(why) | Outcome::Failed(why) = &outcome {
            println!("   {word}: {why}");
        }
        lines.push(Line { step: step.name, outcome: word, time });
        failed |= matches!(outcome, Outcome::Failed(_));
        if failed && !options.keep_going {
            break;
        }
    }
    (lines, failed)
}

/// The table of step times, in the order of the steps, with the sum.
fn summary(lines: &[Line]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("\n| step | outcome | seconds |\n| --- | --- | ---: |\n");
    for Line { step, outcome, time } in lines {
        let _ = writeln!(text, "| {step} | {outcome} | {:.0} |", time.as_secs_f64());
    }
    let total: Duration = lines.iter().map(|line| line.time).sum();
    let _ = writeln!(text, "| **all** | | {:.0} |", total.as_secs_f64());
    text
}

fn parse(arguments: &[String], all: &[Step]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    let known = |name: &str| {
        if all.iter().any(|step| step.name == name) {
            Ok(name.to_owned())
        } else {
            Err(format!("no step '{name}'; `cargo xtask ci --list` lists them"))
        }
    };
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--list" => options.list = true,
            "--keep-going" => options.keep_going = true,
            "--only" => options.only.push(known(value()?)?),
            "--skip" => options.skip.push(known(value()?)?),
            "--took" => {
                let text = value()?;
                let (name, seconds) = text
                    .split_once('=')
                    .and_then(|(name, seconds)| Some((name, seconds.parse().ok()?)))
                    .ok_or_else(|| format!("--took {text}: expected STEP=SECONDS"))?;
                options.took.push((known(name)?, Duration::from_secs(seconds)));
            }
            other => return Err(format!("no option '{other}'")),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::steps::{Outcome, Step};
    use super::{Options, parse, run_steps, summary};
    use std::path::Path;

    const STEPS: [Step; 4] = [
        Step { name: "one", about: "", run: |_| Outcome::Passed },
        Step { name: "two", about: "", run: |_| Outcome::LeftOut("no tool".to_owned()) },
        Step { name: "three", about: "", run: |_| Outcome::Failed("broken".to_owned()) },
        Step { name: "four", about: "", run: |_| Outcome::Passed },
    ];

    fn outcomes(arguments: &[&str]) -> (Vec<String>, bool) {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let options: Options = parse(&arguments, &STEPS).unwrap_or_default();
        let (lines, failed) = run_steps(Path::new("."), &STEPS, &options);
        (lines.iter().map(|line| format!("{} {}", line.step, line.outcome)).collect(), failed)
    }

    #[test]
    fn the_first_failure_stops_the_run_unless_told_otherwise() {
        assert_eq!(
            outcomes(&[]),
            (vec!["one passed".into(), "two left out".into(), "three FAILED".into()], true)
        );
        assert_eq!(outcomes(&["--keep-going"]).0.len(), 4);
        assert_eq!(outcomes(&["--skip", "three"]).0.len(), 3);
        assert_eq!(
            outcomes(&["--only", "four", "--only", "one"]),
            (vec!["one passed".into(), "four passed".into()], false)
        );
    }

    #[test]
    fn what_the_caller_ran_is_counted_and_not_run() {
        assert_eq!(outcomes(&["--took", "three=90"]).0[2], "three passed");
        let options = parse(&["--took".into(), "three=90".into()], &STEPS).unwrap_or_default();
        let text = summary(&run_steps(Path::new("."), &STEPS, &options).0);
        assert!(text.contains("| three | passed | 90 |") && text.contains("| **all** | | 90 |"), "{text}");
    }

    #[test]
    fn unknown_steps_and_options_are_errors() {
        for arguments in [
            vec!["--only", "five"],
            vec!["--only"],
            vec!["--fast"],
            vec!["--took", "one"],
            vec!["--took", "one=x"],
        ] {
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            assert!(parse(&arguments, &STEPS).is_err(), "{arguments:?}");
        }
    }
}
