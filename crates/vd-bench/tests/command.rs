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
    assert!(page.contains("connect-src 'none'") && !page.contains("src=\"http"), "one page, nothing fetched");
    // The curves are data, so that their values can be pointed at.
    assert!(page.contains("\"kind\":\"chart\"") && page.contains("sigmoid, fitted to samples"));
    assert!(place.path().join("result/provenance.json").is_file());
}

/// The summary, the lines of results.csv, the figures with their names.
type Timeless = (serde_json::Value, Vec<String>, Vec<(String, Vec<u8>)>);

/// A run's files, with what may differ between two runs taken out: times, and in the provenance how it was called.
fn without_times(result: &Path) -> Timeless {
    let read = |name: &str| fs::read_to_string(result.join(name)).unwrap();
    let mut summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
    for row in summary["table"].as_array_mut().unwrap() {
        assert!(row.as_object_mut().unwrap().remove("seconds").is_some());
    }
    for called in ["jobs", "command"] {
        assert!(summary["provenance"].as_object_mut().unwrap().remove(called).is_some());
    }
    let results = read("results.csv");
    assert!(results.lines().next().unwrap().ends_with(",seconds"));
    let lines = results.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect();
    let mut figures: Vec<(String, Vec<u8>)> = fs::read_dir(result.join("figures"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&p).unwrap()))
        .collect();
    figures.sort();
    (summary, lines, figures)
}

#[test]
fn two_runs_are_identical_but_for_the_times_whatever_the_number_of_threads() {
    let place = TempDir::new().unwrap();
    let run = |jobs: &str, threads: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_vd-bench"))
            .args([
                "reproduce",
                "--smoke",
                "--only",
                "digits",
                "--only",
                "digits-noise",
                "--jobs",
                jobs,
                "--out",
            ])
            .arg(place.path().join("result"))
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", standard_error(&output));
        without_times(&place.path().join("result"))
    };
    let first = run("1", "1");
    assert_eq!(first.1.len(), 1 + 6, "a header, three methods on two data sets");
    for (jobs, threads) in [("1", "1"), ("2", "4")] {
        assert!(run(jobs, threads) == first, "{jobs} units at a time, {threads} threads");
    }
}

#[test]
fn missing_mnist_is_named_when_it_was_asked_for_and_a_line_when_not() {
    let place = TempDir::new().unwrap();
    let output = reproduce(place.path(), &["--only", "mnist", "--mnist", "/no/such/place"]);
    assert!(!output.status.success());
    assert!(standard_error(&output).contains("/no/such/place"), "{}", standard_error(&output));
    assert!(is_empty(&place));
}

#[test]
fn without_mnist_a_line_says_what_is_left_out_and_how_to_get_it() {
    let place = TempDir::new().unwrap();
    // A workspace of its own, without a download, or with one that is not finished.
    fs::write(place.path().join("Cargo.lock"), "").unwrap();
    let half = place.path().join("target/mnist");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("train-images-idx3-ubyte.gz.part"), "half").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vd-bench"))
        .args(["reproduce", "--only", "kl-fit", "--only", "mnist", "--out"])
        .arg(place.path().join("result"))
        .env("CARGO_MANIFEST_DIR", place.path())
        .env_remove("VD_MNIST_DIR")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", standard_error(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.contains("left out")).expect("a line");
    assert!(line.contains("mnist") && line.contains("cargo xtask data mnist"), "{line}");
    assert!(place.path().join("result/figures/kl.svg").is_file(), "the rest is done");
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
    fn after_a_kill_half_way_a_rerun_starts_clean() {
        let place = TempDir::new().unwrap();
        assert!(reproduce(place.path(), &["--only", "kl-fit", "--smoke"]).status.success());
        let before = fs::read(place.path().join("result/summary.json")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_vd-bench"))
            .args(["reproduce", "--only", "digits-noise", "--jobs", "1", "--out"])
            .arg(place.path().join("result"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let partial = place.path().join(".result.partial");
        let started = Instant::now();
        while !partial.exists() && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(partial.exists(), "a kill cannot be tidied up after");
        let kept = fs::read(place.path().join("result/summary.json")).unwrap();
        assert!(kept == before, "the old result is whole");
        assert!(reproduce(place.path(), &["--only", "kl-fit", "--smoke"]).status.success());
        let names: Vec<_> = fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["result"]);
    }

    #[test]
    fn a_disk_that_takes_no_more_is_named_and_nothing_is_left() {
        let place = TempDir::new().unwrap();
        // A limit on the size of files fails in the same place as a full disk does, and asks for no disk of its own.
        let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" reproduce --only kl-fit --smoke --out \"$1\"";
        let output = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_vd-bench")])
            .arg(place.path().join("result"))
            .output()
            .unwrap();
        let text = standard_error(&output);
        assert!(!output.status.success());
        assert!(text.contains("result/figures/") && text.contains("cannot be written"), "{text}");
        assert!(is_empty(&place), "{:?}", fs::read_dir(place.path()).unwrap().collect::<Vec<_>>());
    }

    #[test]
    fn a_file_in_the_place_of_the_result_is_left_alone() {
        let place = TempDir::new().unwrap();
        fs::write(place.path().join("result"), "mine").unwrap();
        let output = reproduce(place.path(), &["--only", "kl-fit", "--smoke"]);
        assert!(!output.status.success());
        assert!(standard_error(&output).contains("left alone"), "{}", standard_error(&output));
        assert_eq!(fs::read_to_string(place.path().join("result")).unwrap(), "mine");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
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
