//! The ratio table: a row a job, as CSV and as markdown.

use std::fmt::Write;
use std::path::Path;

use crate::error::{Error, Result};
use crate::output::replace_file;
use crate::provenance::Provenance;
use crate::table;

const CSV: &str = "target/peers/ratios.csv";
const MARKDOWN: &str = "target/peers/ratios.md";
/// Columns; the first names the row.
pub(super) const HEADER: [&str; 8] =
    ["job", "ours", "seconds", "quality", "peer", "peer_seconds", "peer_quality", "ratio"];

/// Puts a row into both files, in the place of an earlier one of its job.
pub(super) fn write(root: &Path, row: &[String]) -> Result<()> {
    let mut rows = rows(&root.join(CSV))?;
    match rows.iter_mut().find(|old| old.first() == row.first()) {
        Some(old) => *old = row.to_vec(),
        None => rows.push(row.to_vec()),
    }
    replace_file(&root.join(CSV), &table::csv(&HEADER.map(str::to_owned), &rows)?)?;
    replace_file(&root.join(MARKDOWN), markdown(root, &rows).as_bytes())
}

/// The table for the terminal, and where it is.
pub(super) fn read(root: &Path) -> Result<String> {
    let path = root.join(MARKDOWN);
    let text = std::fs::read_to_string(&path).map_err(Error::read(&path))?;
    Ok(format!("{text}\n{}\n{}", path.display(), root.join(CSV).display()))
}

/// The rows of an earlier run; none if there is no such file, or one of another form.
fn rows(path: &Path) -> Result<Vec<Vec<String>>> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let fault = |e: csv::Error| Error::Usage(format!("{}: {e}; remove it", path.display()));
    let mut reader = csv::Reader::from_path(path).map_err(fault)?;
    if reader.headers().map_err(fault)? != HEADER.as_slice() {
        return Ok(Vec::new());
    }
    reader.records().map(|record| Ok(record.map_err(fault)?.iter().map(str::to_owned).collect())).collect()
}

fn markdown(root: &Path, rows: &[Vec<String>]) -> String {
    let p = Provenance::collect(root, &[], 1, None);
    let mut text = format!("| {} |\n|{}\n", HEADER.join(" | "), " --- |".repeat(HEADER.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    let _ = writeln!(
        text,
        "\nSeconds: the least of a job's repetitions, ours and the peer's one after the other in one run; ratio: the peer's over ours. \
         {}, {} cores; {}; revision {}.",
        p.cpu, p.cores, p.rustc, p.git_revision
    );
    text
}
