//! Inside a crate modules name their neighbours by path, and no file imports one that imports it, at first or at second hand.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Module = Vec<String>;

fn crates() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates");
    let mut found: Vec<PathBuf> =
        root.read_dir().unwrap().map(|e| e.unwrap().path()).filter(|p| p.join("src").is_dir()).collect();
    found.sort();
    found
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// `src/a/mod.rs` and `src/a.rs` are a, `src/lib.rs` is the crate's root.
fn module_of(file: &Path, src: &Path) -> Module {
    let mut parts: Module = file
        .strip_prefix(src)
        .unwrap()
        .with_extension("")
        .iter()
        .map(|p| p.to_str().unwrap().to_owned())
        .collect();
    if parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// The `use` items of a file but for those of its test modules, each without spaces and line ends.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.starts_with("#[cfg(")
            && line.contains("test")
            && lines.peek().is_some_and(|l| l.contains("mod "))
        {
            break;
        }
        let item = ["pub ", "pub(crate) ", "pub(super) ", ""]
            .iter()
            .find_map(|p| line.strip_prefix(p)?.strip_prefix("use "));
        // Only the crate's own paths count; a line of prose in a text may begin with "use", too.
        let Some(item) = item.filter(|i| i.starts_with("crate::") || i.starts_with("super::")) else {
            continue;
        };
        let mut whole = item.to_owned();
        while !whole.contains(';') {
            let Some(next) = lines.next() else { break };
            whole.push_str(next.trim());
        }
        found.push(whole.split(';').next().unwrap().replace(' ', ""));
    }
    found
}

/// Every path that a `use` item names: `a::{b,c::d}` is a::b and a::c::d.
fn paths(item: &str) -> Vec<Module> {
    let Some((front, rest)) = item.split_once('{') else {
        return vec![item.split("::").map(|p| p.split("as").next().unwrap_or(p).to_owned()).collect()];
    };
    let front: Module =
        front.trim_end_matches("::").split("::").filter(|p| !p.is_empty()).map(str::to_owned).collect();
    let inside = rest.strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    let whole = |path: Module| front.iter().cloned().chain(path).collect();
    parts.iter().filter(|p| !p.is_empty()).flat_map(|p| paths(p)).map(whole).collect()
}

/// The modules that a module imports from, neither the ones it lies in nor the ones that lie in it.
fn graph(src: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut files = Vec::new();
    rust_files(src, &mut files);
    let modules: BTreeMap<Module, PathBuf> = files.into_iter().map(|f| (module_of(&f, src), f)).collect();
    let mut graph = BTreeMap::new();
    for (module, file) in &modules {
        let mut found = BTreeSet::new();
        for path in imports(&std::fs::read_to_string(file).unwrap()).iter().flat_map(|i| paths(i)) {
            let base: &[String] = match path.first().map(String::as_str) {
                Some("crate") => &[],
                Some("super") => &module[..module.len().saturating_sub(1)],
                _ => continue,
            };
            let full: Module = base.iter().chain(&path[1..]).cloned().collect();
            let named = (1..=full.len()).rev().map(|k| full[..k].to_vec()).find(|m| modules.contains_key(m));
            found.extend(named.filter(|m| !module.starts_with(m) && !m.starts_with(module)));
        }
        graph.insert(module.clone(), found);
    }
    graph
}

/// A way from a module back to itself, if there is one.
fn circle(graph: &BTreeMap<Module, BTreeSet<Module>>, from: &Module) -> Option<Vec<String>> {
    let mut before: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        for next in graph.get(at).into_iter().flatten() {
            if next == from {
                let mut way = vec![from.join("::")];
                let mut back = at;
                while back != from {
                    way.push(back.join("::"));
                    back = before[back];
                }
                way.push(from.join("::"));
                way.reverse();
                return Some(way);
            }
            if !before.contains_key(next) {
                before.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}

#[test]
fn no_file_imports_one_that_imports_it() {
    let mut found = Vec::new();
    for folder in crates() {
        let graph = graph(&folder.join("src"));
        assert!(!graph.is_empty(), "{}", folder.display());
        let ways = graph.keys().filter_map(|module| circle(&graph, module));
        found.extend(
            ways.map(|way| format!("{}: {}", folder.file_name().unwrap().display(), way.join(" -> "))),
        );
    }
    assert!(found.is_empty(), "import circles:\n{}", found.join("\n"));
}

/// What a crate exports at its root is for its users; inside it, `crate::error::Error` says where a name is.
#[test]
fn modules_name_their_neighbours_by_path() {
    let mut found = Vec::new();
    for folder in crates() {
        let (src, mut files) = (folder.join("src"), Vec::new());
        rust_files(&src, &mut files);
        // A test uses the crate as its users do.
        let inner = |f: &&PathBuf| {
            !module_of(f, &src).is_empty() && !module_of(f, &src).contains(&"tests".to_owned())
        };
        for file in files.iter().filter(inner) {
            let text = std::fs::read_to_string(file).unwrap();
            for path in imports(&text).iter().flat_map(|i| paths(i)) {
                let from_root =
                    path.len() == 2 && path[0] == "crate" && path[1].starts_with(char::is_uppercase);
                if from_root {
                    found.push(format!("{}: {}", file.display(), path.join("::")));
                }
            }
        }
    }
    assert!(found.is_empty(), "imports through the crate's root:\n{}", found.join("\n"));
}

#[test]
fn items_are_taken_apart() {
    let names = |item: &str| paths(item).into_iter().map(|p| p.join("::")).collect::<Vec<_>>();
    assert_eq!(
        names("crate::a::{b,c::{d,e},f}"),
        ["crate::a::b", "crate::a::c::d", "crate::a::c::e", "crate::a::f"]
    );
    assert_eq!(
        imports("use crate::{\n    a,\n    b,\n};\npub(crate) use super::y;\nuse x::z;\n"),
        ["crate::{a,b,}", "super::y"]
    );
    let graph = BTreeMap::from([
        (vec!["a".to_owned()], BTreeSet::from([vec!["b".to_owned()]])),
        (vec!["b".to_owned()], BTreeSet::from([vec!["a".to_owned()]])),
        (vec!["c".to_owned()], BTreeSet::from([vec!["a".to_owned()]])),
    ]);
    assert_eq!(circle(&graph, &vec!["a".to_owned()]).unwrap(), ["a", "b", "a"]);
    assert!(circle(&graph, &vec!["c".to_owned()]).is_none());
}
