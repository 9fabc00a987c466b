//! The program from outside: what it writes, what it refuses, what an interrupt leaves behind.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail like tests.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn reproduce(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vd-bench"));
    command
        .arg("reproduce")
        .args(arguments)
        .arg("--out")
        .arg(place.join("result"))
        .env_remove("VD_MNIST_DIR");
    command.output().expect("the program starts")
}

fn standard_error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_empty(place: &TempDir) -> bool {
    fs::read_dir(place.path()).unwrap().next().is_none()
}

#[test]
fn an_unknown_experiment_lists_those_there_are() {
    let place = TempDir::new().unwrap();
    let output = reproduce(place.path(), &["--only", "kl-fti"]);
    assert!(!output.status.success());
    let text = standard_error(&output);
    assert!(text.contains("kl-fti") && text.contains("kl-fit") && text.contains("digits-noise"), "{text}");
    assert!(is_empty(&place));
}

#[test]
fn a_result_has_its_files_and_two_runs_agree() {
    let place = TempDir::new().unwrap();
    let run = || {
        let output = reproduce(place.path(), &["--only", "kl-fit", "--smoke"]);
        assert!(output.status.success(), "{}", standard_error(&output));
        fs::read_to_string(place.path().join("result/summary.json")).unwrap()
    };
    let first = run();
    assert_eq!(first, run(), "no times in this one: byte for byte");
    let summary: serde_json::Value = serde_json::from_str(&first).unwrap();
    let fit = &summary["kl_fit"];
    let number = |name: &str| fit[name].as_f64().unwrap();
    // The poster's constants, rounded as the poster rounds.
    let rounded = [number("k1"), number("k2") / number("k3"), number("k3")];
    assert_eq!(format!("{:.2} {:.1} {:.1}", rounded[0], rounded[1], rounded[2]), "0.64 1.3 1.5");
    for figure in summary["figures"].as_array().unwrap() {
        let path = |kind: &str| place.path().join("result").join(figure[kind].as_str().unwrap());
        assert!(fs::read_to_string(path("svg")).unwrap().contains("<text"));
        assert!(fs::read(path("png")).unwrap().starts_with(b"\x89PNG"));
    }
    let page = fs::read_to_string(place.path().join("result/report.html")).unwrap();
    assert!(
        page.contains("data:image/svg+xml;base64,") && !page.contains("src=\"http"),
        "one page, nothing fetched"
    );
    assert!(place.path().join("result/provenance.json").is_file());
}

#[test]
fn missing_mnist_is_named_when_it_was_asked_for_and_a_line_when_not() {
    let place = TempDir::new().unwrap();
    let output = reproduce(place.path(), &["--only", "mnist", "--mnist", "/no/such/place"]);
    assert!(!output.status.success());
    assert!(standard_error(&output).contains("/no/such/place"), "{}", standard_error(&output));
    assert!(is_empty(&place));
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    #[test]
    fn an_interrupt_half_way_leaves_nothing() {
        let place = TempDir::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_vd-bench"))
            .args(["reproduce", "--only", "digits-noise", "--jobs", "1", "--out"])
            .arg(place.path().join("result"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let partial = place.path().join(".result.partial");
        let started = Instant::now();
        while !partial.exists() && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(partial.exists(), "it has begun");
        std::thread::sleep(Duration::from_millis(100));
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130));
        assert!(is_empty(&place), "{:?}", fs::read_dir(place.path()).unwrap().collect::<Vec<_>>());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        // /proc refuses new files to everyone, the superuser included.
        if !Path::new("/proc/self").exists() {
            return;
        }
        let output = reproduce(Path::new("/proc"), &["--only", "kl-fit", "--smoke"]);
        assert!(!output.status.success());
        assert!(standard_error(&output).contains("/proc"), "{}", standard_error(&output));
    }
}
