//! Every relative link in a markdown file of the repository leads to a file or folder that is there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers of tests, where these are how to fail.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours.
const SKIPPED: [&str; 4] = ["target", ".git", "node_modules", ".venv"];

fn markdown_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a readable folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry.file_type().expect("a file type");
        if kind.is_dir() && !SKIPPED.iter().any(|skipped| name == *skipped) {
            markdown_files(&path, found);
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The text without fenced code blocks and inline code, where brackets are no links.
fn prose(text: &str) -> String {
    let mut kept = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            // Every second part between back ticks is code; a link's own text may be code, so only brackets go.
            for (i, part) in line.split('`').enumerate() {
                kept.push_str(&if i % 2 == 1 {
                    part.replace(['[', ']', '(', ')'], "")
                } else {
                    part.to_owned()
                });
            }
        }
        kept.push('\n');
    }
    kept
}

/// The targets of `[text](target)` and of `[text]: target`.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let mut links: Vec<String> = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|link| link.split_whitespace().next().unwrap_or("").to_owned())
        .collect();
    links.extend(prose.lines().filter_map(|line| {
        let (name, target) = line.trim().split_once("]: ")?;
        name.starts_with('[').then(|| target.trim().to_owned())
    }));
    links
}

/// The names that a file's headings have as link targets.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            anchors.insert(title.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    anchors
}

fn wrong_links(root: &Path) -> Vec<String> {
    let (mut files, mut wrong) = (Vec::new(), Vec::new());
    markdown_files(root, &mut files);
    for file in &files {
        let text = fs::read_to_string(file).expect("readable markdown");
        for link in links(&text) {
            if link.is_empty() || link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                file.clone()
            } else {
                file.parent().expect("a file has a folder").join(path)
            };
            let there = if anchor.is_empty() {
                target.exists()
            } else {
                fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor))
            };
            if !there {
                wrong.push(format!("{}: {link}", file.strip_prefix(root).unwrap_or(file).display()));
            }
        }
    }
    wrong
}

#[test]
fn every_relative_link_leads_somewhere() {
    let wrong = wrong_links(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")));
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

/// What sources say in words: `docs/….md` anywhere in a source file is a file from the root.
#[test]
fn every_page_that_a_source_names_is_there() {
    fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("a readable folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() && !SKIPPED.iter().any(|skipped| name == *skipped) {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let (mut files, mut wrong, mut named) = (Vec::new(), Vec::new(), 0);
    sources(&root.join("crates"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable source");
        for rest in text.split("docs/").skip(1) {
            let page: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_/.".contains(*c)).collect();
            if let Some((page, _)) = page.split_once(".md") {
                named += 1;
                if !root.join("docs").join(format!("{page}.md")).is_file() {
                    wrong.push(format!("{}: docs/{page}.md", file.display()));
                }
            }
        }
    }
    assert!(named > 5, "only {named} pages are named: the search is broken");
    assert!(wrong.is_empty(), "pages that are not there:\n{}", wrong.join("\n"));
}

#[test]
fn a_wrong_link_is_found_and_code_is_not_one() {
    let place = std::env::temp_dir().join(format!("vd-ard-links-{}", std::process::id()));
    fs::create_dir_all(place.join("folder")).expect("a writable place");
    let text = "# A title: *one*\n[a](folder) [b](b.md#a-title-one) ![c](missing.png) `v[i](x)`\n```\n[d](nowhere)\n```\n\
                [`e`](gone.md) [f](b.md#no-title) [g](https://example.org/x) [h](#a-title-one)\n[i]: lost.md\n";
    fs::write(place.join("b.md"), text).expect("a writable place");
    let wrong = wrong_links(&place);
    fs::remove_dir_all(&place).expect("a removable place");
    assert_eq!(wrong, ["b.md: missing.png", "b.md: gone.md", "b.md: b.md#no-title", "b.md: lost.md"]);
}
