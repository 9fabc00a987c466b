//! Reports in a real browser.

use std::path::Path;
use std::process::Command;

use super::steps::{Outcome, and, output, passed};

/// What the tests start, any of some names, and the Debian packages that bring it.
const PROGRAMS: [(&[&str], &str); 2] =
    [(&["chromium", "google-chrome"], "chromium"), (&["chromedriver"], "chromium-driver")];

/// Runs the tests that need a browser. Where it is missing, it is installed by apt; where that fails, so does the step.
pub(super) fn check(root: &Path) -> Outcome {
    and(install(), || {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut tests = Command::new(program);
        // The whole workspace, so that what the other tests have built serves.
        tests.args(["test", "--workspace", "--quiet", "--test", "browser", "--"]);
        tests.args(["--ignored", "--nocapture", "--test-threads", "1"]);
        passed(tests.current_dir(root).env("CARGO_TERM_COLOR", "never").env("VD_BROWSER", "required"))
    })
}

fn install() -> Outcome {
    let missing = || {
        PROGRAMS
            .iter()
            .filter(|(names, _)| !names.iter().any(|name| output(name, &["--version"]).is_some()))
            .map(|(_, package)| *package)
    };
    let packages: Vec<&str> = missing().collect();
    if packages.is_empty() {
        return Outcome::Passed;
    }
    let apt = |arguments: &[&str]| {
        let root = output("id", &["-u"]).is_some_and(|id| id == "0");
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.args(["--non-interactive", "apt-get"]);
        }
        passed(command.args(["--quiet", "--quiet"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install: Vec<&str> =
        ["install", "--yes", "--no-install-recommends"].into_iter().chain(packages.iter().copied()).collect();
    // The lists of packages may be old or missing: then they are fetched, and it is tried once more.
    let outcome = match apt(&install) {
        Outcome::Passed => Outcome::Passed,
        _ => and(apt(&["update"]), || apt(&install)),
    };
    match (outcome, missing().next()) {
        (Outcome::Passed, None) => Outcome::Passed,
        _ => Outcome::Failed(format!(
            "the tests of reports need {}: install it (Debian: apt-get install {0}), or leave the step out with --skip report",
            packages.join(" ")
        )),
    }
}
