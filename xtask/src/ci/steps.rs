//! The checks themselves.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a step ended.
pub enum Outcome {
    /// Everything holds.
    Passed,
    /// Something that is no part of a Rust toolchain is missing.
    LeftOut(String),
    /// What is wrong.
    Failed(String),
}

/// One check.
pub struct Step {
    /// The name for `--only`, `--skip` and the table of times.
    pub name: &'static str,
    /// What is checked.
    pub about: &'static str,
    /// Runs the check in the workspace's root.
    pub run: fn(&Path) -> Outcome,
}

/// Every check, in order. `tests` is the test command of the README.
pub fn all() -> Vec<Step> {
    const fn step(name: &'static str, about: &'static str, run: fn(&Path) -> Outcome) -> Step {
        Step { name, about, run }
    }
    vec![
        step("tests", "every fast test of the workspace", |root| {
            cargo(root, &["test", "--workspace", "--quiet"])
        }),
        step("rust-version", "the stated rust-version is not newer than the toolchain", rust_version),
        step("format", "rustfmt", |root| cargo(root, &["fmt", "--all", "--check"])),
        step("lints", "clippy on every target with every feature", |root| {
            cargo(
                root,
                &[
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--all-features",
                    "--quiet",
                    "--",
                    "-D",
                    "warnings",
                ],
            )
        }),
        step("feature-tests", "tests behind features that nothing in the workspace turns on", |root| {
            cargo(root, &["test", "--package", "kl-approx", "--all-features", "--quiet"])
        }),
        step("slow-tests", "tests marked #[ignore = \"slow: …\"]", |root| {
            cargo(root, &["test", "--workspace", "--quiet", "--tests", "--", "--ignored"])
        }),
        step("no-std", "kl-approx without the standard library, with and without libm", |root| {
            let check = ["check", "--package", "kl-approx", "--no-default-features", "--quiet"];
            and(cargo(root, &check), || cargo(root, &[&check[..], &["--features", "libm"]].concat()))
        }),
        step("documentation", "rustdoc without warnings", |root| {
            cargo(root, &["doc", "--workspace", "--no-deps", "--all-features", "--quiet"])
        }),
        step("smoke", "a reduced reproduction writes all its files", smoke),
        step(
            "report",
            "reports in a real browser, which apt installs where it is missing",
            super::browser::check,
        ),
        step("burn-vd", "lints and tests of the door to burn", |root| {
            door(root, "burn-vd", "train,predictor")
        }),
        step("vd-python", "lints, wheel and tests of the door to Python", super::python::check),
        step("vd-datafusion", "lints and tests of the door to DataFusion", |root| {
            door(root, "vd-datafusion", "")
        }),
        step("dependencies", "licences, sources and bans of the dependencies", dependencies),
        step("semver", "the public interfaces keep what the last release promised", semver),
        step("mnist", "the MNIST experiment on the data in VD_MNIST_DIR", mnist),
    ]
}

/// Runs cargo in `directory`; the error is its exit status.
pub(super) fn cargo<S: AsRef<OsStr>>(directory: &Path, arguments: &[S]) -> Outcome {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory);
    command.env("CARGO_TERM_COLOR", "never").env("RUSTDOCFLAGS", "-D warnings");
    passed(&mut command)
}

/// Where cargo builds.
pub(super) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |own| root.join(own))
}

/// Runs a command and says what it is; the error is its exit status.
pub(super) fn passed(command: &mut Command) -> Outcome {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let program =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let words = format!("{program} {}", words.join(" "));
    println!("   {words}");
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(status) => Outcome::Failed(format!("{words}: {status}")),
        Err(error) => Outcome::Failed(format!("cannot run {words}: {error}")),
    }
}

/// The first outcome, or the second where the first is a pass.
pub(super) fn and(first: Outcome, second: impl FnOnce() -> Outcome) -> Outcome {
    if matches!(first, Outcome::Passed) { second() } else { first }
}

fn rust_version(root: &Path) -> Outcome {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let stated =
        manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).map(|v| v.trim_matches('"'));
    let found = output("rustc", &["--version"]);
    let found = found.as_deref().and_then(|text| text.split_whitespace().nth(1));
    println!("   stated: {}, here: {}", stated.unwrap_or("nothing"), found.unwrap_or("nothing"));
    match (stated.and_then(numbers), found.and_then(numbers)) {
        (Some(stated), Some(found)) if stated <= found => Outcome::Passed,
        _ => Outcome::Failed(
            "state in Cargo.toml the oldest version that the project is tested with".to_owned(),
        ),
    }
}

/// `1.95.0-nightly` → [1, 95, 0]
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('-').next()?.split('.').map(|part| part.parse().ok()).collect()
}

/// What a program prints, if it runs and succeeds.
pub(super) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A folder for a run's results, removed afterwards.
fn with_place(run: impl FnOnce(&Path) -> Outcome) -> Outcome {
    let place = std::env::temp_dir().join(format!("vd-ard-ci-{}", std::process::id()));
    let outcome = run(&place.join("result"));
    let _ = fs::remove_dir_all(&place);
    outcome
}

fn xtask(root: &Path, arguments: &[&str], out: &Path) -> Outcome {
    let head = ["run", "--quiet", "--package", "xtask", "--"].map(OsStr::new);
    let words = arguments.iter().map(OsStr::new);
    let all: Vec<&OsStr> =
        head.into_iter().chain(words).chain([OsStr::new("--out"), out.as_os_str()]).collect();
    cargo(root, &all)
}

fn smoke(root: &Path) -> Outcome {
    const FILES: [&str; 7] = [
        "summary.json",
        "provenance.json",
        "results.csv",
        "report.html",
        "table.md",
        "figures/kl.svg",
        "figures/kl.png",
    ];
    // The binary of the tests: optimised as they are, and there already. A release build of its own would take longer than all else here.
    let built = ["test", "--workspace", "--no-run", "--quiet", "--test", "command"];
    let bench = target(root).join("debug").join(format!("vd-bench{}", std::env::consts::EXE_SUFFIX));
    with_place(|out| {
        let reproduce = || {
            let mut command = Command::new(&bench);
            command.args(["reproduce", "--smoke", "--out"]).arg(out).current_dir(root);
            passed(&mut command)
        };
        and(and(cargo(root, &built), reproduce), || {
            let empty = |file: &&str| fs::metadata(out.join(file)).map_or(0, |found| found.len()) == 0;
            let missing: Vec<_> = FILES.into_iter().filter(empty).collect();
            if missing.is_empty() {
                Outcome::Passed
            } else {
                Outcome::Failed(format!("missing: {missing:?}"))
            }
        })
    })
}

/// A crate with heavy dependencies is a workspace of its own.
fn door(root: &Path, name: &str, features: &str) -> Outcome {
    let place: PathBuf = root.join("crates").join(name);
    if !place.join("Cargo.toml").is_file() {
        return Outcome::LeftOut(format!("no crates/{name} here"));
    }
    let lints = ["clippy", "--all-targets", "--quiet", "--features", features, "--", "-D", "warnings"];
    and(cargo(&place, &["fmt", "--all", "--check"]), || {
        and(cargo(&place, &lints), || cargo(&place, &["test", "--quiet", "--features", features]))
    })
}

fn dependencies(root: &Path) -> Outcome {
    if output("cargo-deny", &["--version"]).is_none() {
        return Outcome::LeftOut("no cargo-deny here".to_owned());
    }
    // Without advisories, whose database comes from the network: `cargo deny check` has them too.
    cargo(root, &["deny", "--log-level", "error", "--all-features", "check", "bans", "licenses", "sources"])
}

fn semver(root: &Path) -> Outcome {
    let release = output("git", &["describe", "--tags", "--abbrev=0", "--match", "v*"]);
    match release {
        Some(release) if output("cargo-semver-checks", &["--version"]).is_some() => {
            cargo(root, &["semver-checks", "--workspace", "--baseline-rev", &release])
        }
        _ => Outcome::LeftOut("no cargo-semver-checks here, or no release to compare with".to_owned()),
    }
}

fn mnist(root: &Path) -> Outcome {
    match std::env::var("VD_MNIST_DIR") {
        Ok(data) if Path::new(&data).is_dir() => {
            with_place(|out| xtask(root, &["reproduce", "--only", "mnist", "--mnist", &data], out))
        }
        _ => Outcome::LeftOut("VD_MNIST_DIR names no folder".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{all, numbers};

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(numbers("1.95"), Some(vec![1, 95]));
        assert!(numbers("1.95") <= numbers("1.95.0") && numbers("1.9") < numbers("1.95.0-nightly"));
        assert_eq!(numbers("new"), None);
    }

    #[test]
    fn names_are_distinct() {
        let names: std::collections::BTreeSet<_> = all().iter().map(|step| step.name).collect();
        assert_eq!(names.len(), all().len());
    }
}
