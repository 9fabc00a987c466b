//! docs/reference/messages.md lists every message of `vd`, so that they can be read in one go.
//!
//! `VD_BLESS=1 cargo test -p vd-cli --test messages` writes the page anew from the sources.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The crates whose messages reach the command line, and the files in which they stand; a folder is all files below it.
const SOURCES: [(&str, &[&str]); 5] = [
    ("vd-cli", &["src/command", "src/error.rs", "src/fit", "src/show", "src/table"]),
    ("methods", &["src"]),
    (
        "predictor",
        &["src/error.rs", "src/check.rs", "src/preprocessing.rs", "src/layers.rs", "src/kernel.rs"],
    ),
    ("model-file", &["src/error.rs"]),
    ("estimator", &["src/input.rs"]),
];

const HEAD: &str = "# Messages of `vd`

Every sentence that `vd` can print beside its tables, from the sources: what stands in braces is filled in. A message says what is wrong, where,
what was expected and what to do. `VD_BLESS=1 cargo test -p vd-cli --test messages` writes this page anew; the test fails where it is behind.
";

fn below(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.push(path.to_owned());
        return;
    }
    let mut inside: Vec<PathBuf> = path.read_dir().unwrap().map(|e| e.unwrap().path()).collect();
    inside.sort();
    inside.iter().for_each(|p| below(p, found));
}

/// The string literals of a source, without comments, attributes of documentation, and test modules.
fn literals(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let text: String = text
        .lines()
        .filter(|l| !l.trim_start().starts_with("#[allow") && !l.trim_start().starts_with("#[expect"))
        .flat_map(|l| [l, "\n"])
        .collect();
    let text = text.as_str();
    let (mut found, mut rest) = (Vec::new(), text.char_indices().peekable());
    while let Some((at, c)) = rest.next() {
        match c {
            '/' if text[at..].starts_with("//") => {
                while rest.peek().is_some_and(|(_, c)| *c != '\n') {
                    rest.next();
                }
            }
            // A raw text, such as a part of an SVG.
            'r' if text[at + 1..].trim_start_matches('#').starts_with('"')
                && text[at + 1..].starts_with(['#', '"']) =>
            {
                let hashes = text[at + 1..].bytes().take_while(|b| *b == b'#').count();
                let end = format!("\"{}", "#".repeat(hashes));
                let inside = &text[at + 2 + hashes..];
                let until = at + 2 + hashes + inside.find(&end).map_or(inside.len(), |e| e + end.len());
                while rest.peek().is_some_and(|(i, _)| *i < until) {
                    rest.next();
                }
            }
            // A character: '"' would begin no text.
            '\'' if text[at..].starts_with("'\"'") || text[at..].starts_with("'\\") => {
                rest.by_ref().take(2).for_each(drop);
            }
            '"' => {
                let mut literal = String::new();
                while let Some((_, c)) = rest.next().filter(|(_, c)| *c != '"') {
                    match (c, rest.peek().map(|(_, c)| *c)) {
                        ('\\', Some('\n')) => {
                            while rest.peek().is_some_and(|(_, c)| c.is_whitespace()) {
                                rest.next();
                            }
                        }
                        ('\\', Some(escaped)) => {
                            literal.push(if escaped == 'n' { ' ' } else { escaped });
                            rest.next();
                        }
                        _ => literal.push(c),
                    }
                }
                found.push(literal);
            }
            _ => {}
        }
    }
    found
}

/// A sentence has words; an option's name, a format of numbers or a key of JSON has not.
fn is_sentence(text: &str) -> bool {
    let words =
        text.split_whitespace().filter(|w| w.chars().filter(|c| c.is_alphabetic()).count() > 1).count();
    words >= 3 && !text.contains('<') && !text.contains("=\"")
}

fn page() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut page = HEAD.to_owned();
    for (name, places) in SOURCES {
        write!(page, "\n## {name}\n\n").unwrap();
        let mut files = Vec::new();
        places.iter().for_each(|p| below(&root.join(name).join(p), &mut files));
        let mut messages: Vec<String> = Vec::new();
        for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs")) {
            for literal in literals(&std::fs::read_to_string(file).unwrap()) {
                let literal = literal.trim().to_owned();
                if is_sentence(&literal) && !messages.contains(&literal) {
                    messages.push(literal);
                }
            }
        }
        messages.iter().for_each(|m| writeln!(page, "- {}", m.replace('|', "\\|")).unwrap());
    }
    page
}

#[test]
fn the_page_has_every_message() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/messages.md");
    if std::env::var_os("VD_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let Ok(committed) = std::fs::read_to_string(&path) else { return }; // A packed crate has no docs folder.
    let (now, committed): (Vec<String>, Vec<&str>) =
        (page().lines().map(str::to_owned).collect(), committed.lines().collect());
    let missing: Vec<&String> = now.iter().filter(|line| !committed.contains(&line.as_str())).collect();
    let gone: Vec<&&str> = committed.iter().filter(|line| !now.iter().any(|l| l == *line)).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "VD_BLESS=1 writes docs/reference/messages.md anew; it lacks {missing:#?} and still has {gone:#?}"
    );
}

#[test]
fn literals_are_found() {
    let text = "let a = '\"'; // \"no\"\nf(\"one \\\n    two {x}\", \"a \\\"b\\\" c\", '\\n');\n#[cfg(test)]\n\"no\"";
    assert_eq!(literals(text), ["one two {x}", "a \"b\" c"]);
    assert!(
        is_sentence("the target is missing in every row{}")
            && !is_sentence("{}.{:03}")
            && !is_sentence("--out")
    );
}
