//! The door to Python: an environment of its own below `target/`, the wheel, its installation and its tests.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::steps::{Outcome, and, cargo, output, passed, target};

/// The oldest Python that the wheel is for.
const OLDEST: &str = "(3, 11)";

/// Formats and lints the door, builds the wheel, installs it where nothing else of ours is, and runs its tests there.
pub fn check(root: &Path) -> Outcome {
    let door = root.join("crates/vd-python");
    if !door.join("Cargo.toml").is_file() {
        return Outcome::LeftOut("no crates/vd-python here".to_owned());
    }
    let Some(python) = interpreter() else {
        return Outcome::LeftOut("no Python 3.11 or later here, which has venv and pip".to_owned());
    };
    let lints = ["clippy", "--all-targets", "--quiet", "--", "-D", "warnings"];
    and(cargo(&door, &["fmt", "--all", "--check"]), || {
        and(cargo(&door, &lints), || {
            let target = match root.canonicalize() {
                Ok(root) => target(&root),
                Err(error) => return Outcome::Failed(format!("cannot find the root: {error}")),
            };
            Place { door, target }.build_and_test(&python, root)
        })
    })
}

/// A Python that is young enough and can make environments.
fn interpreter() -> Option<String> {
    let names = ["python3", "python3.15", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
    let probe = format!("import sys, venv, ensurepip; print(sys.version_info >= {OLDEST})");
    let fits = |name: &&str| output(name, &["-c", &probe]).as_deref() == Some("True");
    names.into_iter().find(fits).map(str::to_owned)
}

/// Where the door is, and where what it makes goes.
struct Place {
    door: PathBuf,
    target: PathBuf,
}

impl Place {
    fn build_and_test(&self, python: &str, root: &Path) -> Outcome {
        let environment = self.target.join("python-ci");
        let wheels = self.target.join("python-wheels");
        let python_there = program(&environment, "python");
        // A wheel of an earlier build would be installed beside the new one.
        let _ = fs::remove_dir_all(&wheels);
        let mut steps: Vec<Command> = Vec::new();
        // Also where there is one: an environment whose making was interrupted has no pip.
        steps.push(self.command(python, &["-m".into(), "venv".into(), environment.clone().into()]));
        let pip = |arguments: &[&str]| {
            let head = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            let words: Vec<OsString> = head.iter().chain(arguments).map(OsString::from).collect();
            self.command(&python_there, &words)
        };
        steps.push(pip(&["-r", "requirements.txt"]));
        let mut maturin = self.command(
            program(&environment, "maturin"),
            &["build", "--release", "--locked", "--quiet", "--interpreter"].map(OsString::from),
        );
        maturin.arg(&python_there).arg("--out").arg(&wheels);
        steps.push(maturin);
        let wheels = wheels.to_string_lossy().into_owned();
        steps.push(pip(&["--no-index", "--no-deps", "--force-reinstall", "--find-links", &wheels, "vd-ard"]));
        for mut step in steps {
            if let Outcome::Failed(why) = passed(&mut step) {
                return Outcome::Failed(why);
            }
        }
        let vectors = match self.vectors(&python_there) {
            Ok(vectors) => vectors,
            Err(why) => return Outcome::Failed(why),
        };
        // As `cargo test --workspace` builds it, so that nothing is compiled again after that.
        let vd = ["test", "--workspace", "--no-run", "--quiet", "--test", "commands"];
        and(cargo(root, &vd), || {
            let mut tests = self.command(&python_there, &["-m", "pytest"].map(OsString::from));
            tests
                .env("VD_BIN", self.target.join("debug").join(format!("vd{}", std::env::consts::EXE_SUFFIX)));
            tests.env("VD_PYTHON_VECTORS", vectors);
            passed(&mut tests)
        })
    }

    /// The bits that the crates themselves make, in a file.
    fn vectors(&self, python: &Path) -> Result<PathBuf, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(
            cargo,
            &["run", "--release", "--locked", "--quiet", "--example", "python_vectors"].map(OsString::from),
        );
        // As maturin sets them, so that it does not build again what is there.
        command.env("PYO3_PYTHON", python).env("PYO3_BUILD_EXTENSION_MODULE", "1");
        let made = command.output().map_err(|error| format!("{command:?}: {error}"))?;
        if !made.status.success() {
            return Err(format!("{command:?}: {}\n{}", made.status, String::from_utf8_lossy(&made.stderr)));
        }
        let file = self.target.join("python-vectors.jsonl");
        fs::write(&file, made.stdout).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(file)
    }

    /// A command in the door's folder.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[OsString]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.door);
        command
    }
}

/// A program of an environment.
fn program(environment: &Path, name: &str) -> PathBuf {
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    environment.join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
