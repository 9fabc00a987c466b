//! What the documentation says about the repository, held to the repository.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers of tests, where these are how to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The folders and files in a folder, by name.
fn entries(directory: &Path) -> BTreeMap<String, PathBuf> {
    let Ok(found) = fs::read_dir(directory) else { return BTreeMap::new() };
    found.flatten().map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

/// The crates of the workspace and the doors.
fn crates() -> BTreeMap<String, PathBuf> {
    let mut crates = entries(&root().join("crates"));
    crates.retain(|_, path| path.join("Cargo.toml").is_file());
    crates
}

/// Files with an ending below a folder, without what cargo makes.
fn files(directory: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for (name, path) in entries(directory) {
        if path.is_dir() && name != "target" {
            files(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

#[test]
fn every_crate_is_in_the_tables_of_the_readme_and_of_the_architecture() {
    let (readme, architecture) = (text("README.md"), text("ARCHITECTURE.md"));
    for name in crates().keys() {
        assert!(readme.contains(&format!("(crates/{name})")), "README.md has no row for {name}");
        let times = architecture.lines().filter(|line| line.split_whitespace().next() == Some(name)).count();
        assert_eq!(times, 1, "rows for {name} in the picture of ARCHITECTURE.md");
    }
}

#[test]
fn every_decision_has_a_date_and_a_status_and_is_listed() {
    let list = text("docs/decisions/README.md");
    for (name, path) in entries(&root().join("docs/decisions")) {
        if name == "README.md" {
            continue;
        }
        let page = fs::read_to_string(path).expect("a readable page");
        let third = page.lines().nth(2).unwrap_or("");
        assert!(third.starts_with("Date: 20") && third.contains("Status: "), "{name}: line 3 is '{third}'");
        assert!(list.contains(&format!("({name})")), "docs/decisions/README.md does not list {name}");
    }
}

/// `.ci/run` starts with the test command that the README shows.
#[test]
fn the_checks_start_with_the_test_command_of_the_readme() {
    let readme = text("README.md");
    let command = readme.lines().find(|line| line.starts_with("cargo test")).expect("a test command");
    let command = command.split('#').next().unwrap_or("").trim();
    let first = text(".ci/run").lines().find(|line| line.starts_with("cargo ")).map(str::to_owned);
    assert!(first.is_some_and(|line| line.starts_with(command)), ".ci/run does not start with {command}");
}

#[test]
fn an_estimator_takes_at_most_ten_steps() {
    let guide = text("CONTRIBUTING.md");
    let section = guide.split("## Add an estimator").nth(1).and_then(|rest| rest.split("\n## ").next());
    let steps = section.expect("the section").lines().filter(|line| {
        let number: String = line.chars().take_while(char::is_ascii_digit).collect();
        !number.is_empty() && line[number.len()..].starts_with(". ")
    });
    assert!((1..=10).contains(&steps.count()));
}

/// A test that is left out of the fast ones says why, in the form that `cargo xtask ci` and the guide promise.
#[test]
fn ignored_tests_are_slow_tests() {
    let mut sources = Vec::new();
    files(&root().join("crates"), ".rs", &mut sources);
    for source in sources {
        for line in fs::read_to_string(&source).expect("a readable source").lines() {
            let line = line.trim_start();
            if line.starts_with("#[ignore") {
                assert!(line.starts_with("#[ignore = \"slow: "), "{}: {line}", source.display());
            }
        }
    }
}

/// Examples of all crates share one folder in `target/`: two of one name overwrite each other.
#[test]
fn no_two_examples_share_a_name() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (name, path) in crates() {
        for (file, _) in entries(&path.join("examples")) {
            if let Some(example) = file.strip_suffix(".rs")
                && let Some(other) = seen.insert(example.to_owned(), name.clone())
            {
                panic!("the example {example} is in {name} and in {other}");
            }
        }
    }
}

#[test]
fn every_folder_of_peers_scripts_says_what_they_need() {
    let missing: BTreeSet<String> = crates()
        .into_iter()
        .filter(|(_, path)| {
            let peers = entries(&path.join("peers"));
            peers.keys().any(|file| file.ends_with(".py")) && !peers.contains_key("requirements.txt")
        })
        .map(|(name, _)| name)
        .collect();
    assert!(missing.is_empty(), "no peers/requirements.txt in {missing:?}");
}

/// A closure that borrows is called through a shim that is not inlined: what it calls is then compiled for the narrowest instructions, and
/// nothing shows it but the clock.
#[test]
fn instruction_sets_are_entered_by_types_and_not_by_closures() {
    let mut sources = Vec::new();
    files(&root().join("crates"), ".rs", &mut sources);
    for path in sources {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for (_, after) in text.match_indices(".dispatch(").map(|(at, word)| (at, &text[at + word.len()..])) {
            let argument = after.trim_start().trim_start_matches("#[inline(always)]").trim_start();
            assert!(!argument.starts_with('|'), "{}: a closure under `dispatch`", path.display());
        }
    }
}
