//! The table for readers: markdown for the README, aligned text for the terminal, CSV for programs.

use std::fmt::Write as _;
use std::path::Path;

use crate::error::{Error, Result};
use crate::record::Record;
use crate::summary::{Row, Summary};

/// Rows as CSV.
///
/// # Errors
/// If a row has another length than the header.
pub fn csv(header: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>> {
    let fault = |e: &dyn std::fmt::Display| Error::Usage(format!("CSV: {e}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(&header.to_vec()).chain(rows) {
        writer.write_record(row).map_err(|e| fault(&e))?;
    }
    writer.into_inner().map_err(|e| fault(&e))
}

/// Fits as CSV, one a line, at full precision.
///
/// # Errors
/// [`Error::Usage`] if they cannot be written as CSV.
pub fn records_csv(records: &[Record]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fault = |e: &dyn std::fmt::Display| Error::Usage(format!("results.csv: {e}"));
    for record in records {
        writer.serialize(record).map_err(|e| fault(&e))?;
    }
    writer.into_inner().map_err(|e| fault(&e))
}

/// Reads what [`records_csv`] wrote.
///
/// # Errors
/// [`Error::Usage`] with the file and the line at fault.
pub fn read_records(path: &Path) -> Result<Vec<Record>> {
    let fault = |e: csv::Error| Error::Usage(format!("{}: {e}", path.display()));
    csv::Reader::from_path(path).map_err(fault)?.deserialize().map(|record| record.map_err(fault)).collect()
}

/// 94.8 ± 0.6, or 94.8 for a single value, in percent.
fn percent(mean: f64, sd: Option<f64>) -> String {
    sd.map_or_else(|| format!("{:.1}", 100.0 * mean), |sd| format!("{:.1} ± {:.1}", 100.0 * mean, 100.0 * sd))
}

fn poster(row: &Row) -> String {
    match (row.poster_accuracy, row.poster_sparsity) {
        (Some(accuracy), Some(sparsity)) => format!("{:.1} / {:.1}", 100.0 * accuracy, 100.0 * sparsity),
        _ => "–".into(),
    }
}

fn difference(row: &Row) -> String {
    match (row.accuracy_minus_vd_ard_mean, row.accuracy_minus_vd_ard_se) {
        (Some(mean), Some(se)) => format!("{:+.2} ± {:.2}", 100.0 * mean, 100.0 * se),
        (Some(mean), None) => format!("{:+.2}", 100.0 * mean),
        _ => String::new(),
    }
}

/// The table as markdown, with the words that it needs to be understood alone.
#[must_use]
pub fn markdown(summary: &Summary) -> String {
    if summary.table.is_empty() {
        return String::new();
    }
    let noise = summary.table.iter().any(|row| row.noise_kept_mean.is_some());
    let mut text = String::from(
        "| data | method | protocol | splits | accuracy % | sparsity % | poster % | Δ accuracy |",
    );
    text.push_str(if noise { " noise kept % |\n" } else { "\n" });
    text.push_str("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |");
    text.push_str(if noise { " ---: |\n" } else { "\n" });
    for row in &summary.table {
        let _ = write!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            row.dataset,
            row.method,
            row.protocol,
            row.splits,
            percent(row.accuracy_mean, row.accuracy_sd),
            percent(row.sparsity_mean, row.sparsity_sd),
            poster(row),
            difference(row)
        );
        let kept = row.noise_kept_mean.map(|kept| format!("{:.1}", 100.0 * kept)).unwrap_or_default();
        text.push_str(&if noise { format!(" {kept} |\n") } else { "\n".into() });
    }
    text.push_str(
        "\nMean ± standard deviation over the splits; sparsity is the share of the K·D weights that are exactly zero; \
         *poster* is accuracy / sparsity as printed; Δ accuracy is against VD-ARD on the same splits, mean ± standard \
         error, in points.\n",
    );
    text
}

/// The table as aligned text.
#[must_use]
pub fn plain(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<13} {:<19} {:<14} {:>6}  {:>12}  {:>12}  {:>12}",
        "data", "method", "protocol", "splits", "accuracy %", "sparsity %", "poster %"
    );
    for row in rows {
        let _ = write!(
            text,
            "\n{:<13} {:<19} {:<14} {:>6}  {:>12}  {:>12}  {:>12}",
            row.dataset,
            row.method,
            row.protocol,
            row.splits,
            percent(row.accuracy_mean, row.accuracy_sd),
            percent(row.sparsity_mean, row.sparsity_sd),
            poster(row)
        );
    }
    text
}
