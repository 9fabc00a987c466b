//! What is committed of a run: copying it there, and checking that it still holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::experiment::Output;
use crate::output::replace_file;
use crate::record::Record;
use crate::summary::{Row, Summary};
use crate::table;

/// Where committed results live, from the workspace's root.
const RESULTS: &str = "docs/results";
const BEGIN: &str = "<!-- results: begin (cargo xtask reproduce --bless) -->";
const END: &str = "<!-- results: end -->";

/// How far a number may move between machines before it counts as a difference.
mod tolerance {
    /// Mean accuracy: a few test objects of 597.
    pub const ACCURACY: f64 = 0.004;
    /// Mean sparsity.
    pub const SPARSITY: f64 = 0.01;
    /// Constants of the KL fit (the samples are the same on every machine).
    pub const KL: f64 = 1e-6;
}

/// (data, method, protocol) of the rows in the README: the three methods over ten splits with and without noise columns, a dense
/// model beside them, and MNIST. The whole table is docs/results/table.md.
pub(crate) const FRONT_PAGE: [(&str, &str, &str); 10] = [
    ("digits", "vd-ard", "repeated"),
    ("digits", "l1-lr", "repeated"),
    ("digits", "rvm", "repeated"),
    ("digits+noise", "vd-ard", "repeated"),
    ("digits+noise", "l1-lr", "repeated"),
    ("digits+noise", "rvm", "repeated"),
    ("digits+noise", "ridge", "repeated"),
    ("mnist", "vd-ard", "poster"),
    ("mnist", "l1-lr", "poster"),
    ("mnist", "rvm", "poster"),
];

/// Copies the run's tables and figures into docs/results, and splices the rows of the front page into the README.
///
/// Each file is replaced whole; a partial run (`--only`) replaces what it made.
///
/// # Errors
/// [`Error::Write`] or [`Error::Read`] with the file; a README without its markers.
pub fn bless(root: &Path, place: &Path, summary: &Summary, output: &Output) -> Result<()> {
    let results = root.join(RESULTS);
    let merged = match committed(root)? {
        Some(old) => merge(old, summary.clone()),
        None => summary.clone(),
    };
    for figure in &summary.figures {
        for file in [&figure.svg, &figure.png] {
            copy(&place.join(file), &results.join(file))?;
        }
    }
    for own in output.tables.iter().filter(|table| !table.id.is_empty()) {
        let name = format!("{}.csv", own.id);
        copy(&place.join(&name), &results.join(&name))?;
    }
    if !output.records.is_empty() {
        let merged = merge_records(&results.join("results.csv"), &output.records)?;
        replace_file(&results.join("results.csv"), &table::records_csv(&merged)?)?;
    }
    replace_file(&results.join("table.md"), table::markdown(&merged).as_bytes())?;
    let json =
        serde_json::to_string_pretty(&merged).map_err(|e| Error::Usage(format!("summary.json: {e}")))?;
    replace_file(&results.join("summary.json"), format!("{json}\n").as_bytes())?;
    let readme = root.join("README.md");
    let text = fs::read_to_string(&readme).map_err(Error::read(&readme))?;
    replace_file(&readme, splice(&text, &front_page(&merged))?.as_bytes())
}

/// Compares a run with what is committed: the rows and constants that the run made, that the committed figures are there, and
/// `table.md` and the README's ten rows against the committed rows. Times, figures' contents and other tables are not compared.
///
/// # Errors
/// [`Error::Differs`] with a line for each difference.
pub fn check(root: &Path, summary: &Summary) -> Result<()> {
    let Some(old) = committed(root)? else {
        return Err(Error::Differs { differences: vec![format!("{RESULTS}/summary.json: not there")] });
    };
    let mut differences = Vec::new();
    for row in &summary.table {
        match old.table.iter().find(|o| same_run_id(o, row)) {
            Some(o) => compare(&mut differences, o, row),
            None => differences.push(format!("{}: not committed", run_id(row))),
        }
    }
    if let (Some(new), Some(old)) = (&summary.kl_fit, &old.kl_fit) {
        for (name, a, b) in [("k1", old.k1, new.k1), ("k2", old.k2, new.k2), ("k3", old.k3, new.k3)] {
            distance(&mut differences, &format!("kl_fit.{name}"), a, b, tolerance::KL);
        }
    }
    let results = root.join(RESULTS);
    for file in old.figures.iter().flat_map(|figure| [&figure.svg, &figure.png]) {
        if !results.join(file).is_file() {
            differences.push(format!("{RESULTS}/{file}: not there"));
        }
    }
    if fs::read_to_string(results.join("table.md")).ok().as_deref() != Some(table::markdown(&old).as_str()) {
        differences.push(format!("{RESULTS}/table.md: not the table of {RESULTS}/summary.json"));
    }
    let readme = root.join("README.md");
    let text = fs::read_to_string(&readme).map_err(Error::read(&readme))?;
    if splice(&text, &front_page(&old))? != text {
        differences
            .push("README.md: its table is not that of docs/results (cargo xtask reproduce --bless)".into());
    }
    if differences.is_empty() { Ok(()) } else { Err(Error::Differs { differences }) }
}

fn committed(root: &Path) -> Result<Option<Summary>> {
    let path = root.join(RESULTS).join("summary.json");
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|e| Error::Usage(format!("{}: {e}", path.display()))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path, source }),
    }
}

/// New rows and figures in the place of the old ones; those that this run did not make stay.
fn merge(old: Summary, new: Summary) -> Summary {
    let mut table = old.table;
    for row in new.table {
        match table.iter_mut().find(|o| same_run_id(o, &row)) {
            Some(o) => *o = row,
            None => table.push(row),
        }
    }
    let mut figures = old.figures;
    for figure in new.figures {
        if !figures.contains(&figure) {
            figures.push(figure);
        }
    }
    Summary { kl_fit: new.kl_fit.or(old.kl_fit), table, figures, smoke: false, provenance: new.provenance }
}

/// The committed fits with those of the run ids that this run made replaced.
fn merge_records(path: &Path, new: &[Record]) -> Result<Vec<Record>> {
    let of = |r: &Record| (r.dataset.clone(), r.method.clone(), r.protocol.clone());
    let made: BTreeSet<_> = new.iter().map(of).collect();
    let mut records = if path.is_file() { table::read_records(path)? } else { Vec::new() };
    records.retain(|record| !made.contains(&of(record)));
    records.extend_from_slice(new);
    Ok(records)
}

fn same_run_id(a: &Row, b: &Row) -> bool {
    (&a.dataset, &a.method, &a.protocol) == (&b.dataset, &b.method, &b.protocol)
}

fn run_id(row: &Row) -> String {
    format!("{} / {} / {}", row.dataset, row.method, row.protocol)
}

fn compare(differences: &mut Vec<String>, old: &Row, new: &Row) {
    let name = run_id(new);
    distance(
        differences,
        &format!("{name}: accuracy"),
        old.accuracy_mean,
        new.accuracy_mean,
        tolerance::ACCURACY,
    );
    distance(
        differences,
        &format!("{name}: sparsity"),
        old.sparsity_mean,
        new.sparsity_mean,
        tolerance::SPARSITY,
    );
    if old.splits != new.splits {
        differences.push(format!("{name}: {} splits committed, {} made", old.splits, new.splits));
    }
}

fn distance(differences: &mut Vec<String>, name: &str, old: f64, new: f64, tolerance: f64) {
    if !((old - new).abs() <= tolerance) {
        differences.push(format!("{name}: {old} committed, {new} made (tolerance {tolerance})"));
    }
}

/// The README's table: the rows of [`FRONT_PAGE`] that there are.
fn front_page(summary: &Summary) -> String {
    let row = |(data, method, protocol): &(&str, &str, &str)| {
        let found = summary
            .table
            .iter()
            .find(|r| (&*r.dataset, &*r.method, &*r.protocol) == (*data, *method, *protocol));
        found.cloned()
    };
    table::markdown(&Summary { table: FRONT_PAGE.iter().filter_map(row).collect(), ..summary.clone() })
}

/// The text with what stands between the markers replaced.
fn splice(text: &str, table: &str) -> Result<String> {
    let missing = || Error::Usage(format!("README.md: no markers '{BEGIN}' and '{END}' in this order"));
    let (head, rest) = text.split_once(BEGIN).ok_or_else(missing)?;
    let (_, tail) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{head}{BEGIN}\n\n{table}\n{END}{tail}"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let contents = fs::read(from).map_err(Error::read(from))?;
    replace_file(to, &contents)
}
