//! The transcripts in docs/cli.md are what `vd` prints: each ```` ```console ```` block is run, and its numbers compared.
//!
//! `VD_BLESS=1 cargo test -p vd-cli --test transcripts` writes what is printed now into the page.
#![allow(clippy::unwrap_used, clippy::panic)] // A failure here is the test's.

mod common;

use common::Desk;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The relative difference at which two printed numbers are the same: the last digits depend on the processor.
const SAME: f64 = 0.02;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[test]
fn the_page_shows_what_is_printed() {
    let page_path = docs().join("cli.md");
    let Ok(page) = std::fs::read_to_string(&page_path) else { return }; // A packed crate has no docs folder.
    let desk = Desk::new();
    for table in ["diabetes.csv", "breast_cancer.csv", "wine.csv"] {
        desk.put(table, std::fs::read(docs().join("tables").join(table)).unwrap());
    }
    let (mut new, mut old_block, mut commands, mut inside) = (String::new(), String::new(), 0, false);
    for line in page.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => {
                let (block, count) = rerun(&desk, &old_block);
                commands += count;
                compare(&old_block, &block);
                new.push_str(&block);
                (inside, old_block) = (false, String::new());
            }
            (true, line) => {
                writeln!(old_block, "{line}").unwrap();
                continue;
            }
            (false, _) => {}
        }
        writeln!(new, "{line}").unwrap();
    }
    assert!(commands >= 5, "the page runs {commands} commands");
    if blessing() {
        std::fs::write(page_path, new).unwrap();
    }
}

fn blessing() -> bool {
    std::env::var_os("VD_BLESS").is_some()
}

/// A block with what its commands print now, and how many there are.
fn rerun(desk: &Desk, block: &str) -> (String, usize) {
    let (mut text, mut count) = (String::new(), 0);
    let commands: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("$ vd ")).collect();
    for (i, command) in commands.into_iter().enumerate() {
        let (words, lines) = match command.split_once(" | head -") {
            Some((words, lines)) => (words, lines.parse().unwrap()),
            None => (command, usize::MAX),
        };
        let output = desk.run(&words.split_whitespace().collect::<Vec<_>>());
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let gap = if i > 0 { "\n" } else { "" };
        writeln!(text, "{gap}$ vd {command}").unwrap();
        said.lines().take(lines).for_each(|line| writeln!(text, "{}", line.trim_end()).unwrap());
        count += 1;
    }
    (text, count)
}

/// That both say the same, but for bars, iterations, and the last digits of numbers.
fn compare(page: &str, now: &str) {
    if blessing() {
        return;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (page.lines().collect(), now.lines().collect());
    assert_eq!(old.len(), new.len(), "the page has\n{page}\nand vd prints\n{now}");
    for (old, new) in old.iter().zip(&new) {
        // How many iterations a fit takes, and what is left of its residual, may differ between processors.
        let counts = old.starts_with("Fit ");
        assert!(
            same(old, new, counts),
            "the page has\n{old}\nand vd prints\n{new}\n\nVD_BLESS=1 writes the page anew"
        );
    }
}

fn same(old: &str, new: &str, only_words: bool) -> bool {
    let parts = |line: &str| -> Vec<String> {
        let part = |c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '%');
        line.split(part)
            .filter(|t| !t.is_empty() && !t.starts_with(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉']))
            .map(str::to_owned)
            .collect()
    };
    let (old, new) = (parts(old), parts(new));
    let alike = |(a, b): (&String, &String)| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(_), Ok(_)) if only_words => true,
        (Ok(a), Ok(b)) => (a - b).abs() <= SAME * a.abs().max(b.abs()) + 1e-6,
        _ => a == b,
    };
    old.len() == new.len() && old.iter().zip(&new).all(alike)
}

#[test]
fn another_number_or_word_is_seen() {
    assert!(same("bmi   25.55   -4.578  ████", "bmi   25.56   -4.579  ███▌", false));
    assert!(!same("bmi   25.55   -4.578", "bmi   27.0   -4.578", false));
    assert!(!same("bmi   25.55", "s5   25.55", false));
    assert!(!same("Kept  6 of 10 features", "Kept  7 of 10 features", false));
    assert!(same(
        "Fit   linreg: converged after 21 iteration(s)",
        "Fit   linreg: converged after 22 iteration(s)",
        true
    ));
    assert!(!same("Fit   linreg: converged after 21", "Fit   linreg: stalled after 21", true));
}
