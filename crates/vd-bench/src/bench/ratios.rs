//! The ratio table of one run: a row a job, as CSV and as markdown, in files that carry the run's date.
//!
//! A run never touches an earlier run's files: figures of two dates stay comparable.

use std::fmt::Write;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::output::replace_file;
use crate::provenance::Provenance;
use crate::table;

/// Where the tables go, from the workspace's root.
const PLACE: &str = "target/peers";
/// Columns; the first names the row.
pub(super) const HEADER: [&str; 8] =
    ["job", "ours", "seconds", "quality", "peer", "peer_seconds", "peer_quality", "ratio"];

/// The files of one run and the rows that are in them.
pub(super) struct Ratios {
    csv: PathBuf,
    markdown: PathBuf,
    date: String,
    rows: Vec<Vec<String>>,
}

impl Ratios {
    /// Takes the first free name of today: `2026-11-26.csv`, `2026-11-26-2.csv`, ….
    pub(super) fn create(root: &Path) -> Result<Self> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        Self::create_in(&root.join(PLACE), date(seconds))
    }

    fn create_in(place: &Path, date: String) -> Result<Self> {
        fs::create_dir_all(place).map_err(Error::write(place))?;
        let mut run = 1;
        loop {
            let stem = if run == 1 { date.clone() } else { format!("{date}-{run}") };
            let (csv, markdown) = (place.join(format!("{stem}.csv")), place.join(format!("{stem}.md")));
            match OpenOptions::new().write(true).create_new(true).open(&csv) {
                Ok(_) => return Ok(Self { csv, markdown, date, rows: Vec::new() }),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => run += 1,
                Err(e) => return Err(Error::write(&csv)(e)),
            }
        }
    }

    /// Puts a row into both files.
    pub(super) fn write(&mut self, root: &Path, row: &[String]) -> Result<()> {
        self.rows.push(row.to_vec());
        replace_file(&self.csv, &table::csv(&HEADER.map(str::to_owned), &self.rows)?)?;
        replace_file(&self.markdown, self.text(root).as_bytes())
    }

    /// The table for the terminal, and where it is.
    pub(super) fn report(&self, root: &Path) -> String {
        format!("{}\n{}\n{}", self.text(root), self.markdown.display(), self.csv.display())
    }

    fn text(&self, root: &Path) -> String {
        let p = Provenance::collect(root, &[], 1, None);
        let mut text = format!("| {} |\n|{}\n", HEADER.join(" | "), " --- |".repeat(HEADER.len()));
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        let _ = writeln!(
            text,
            "\nSeconds: the least of a job's repetitions, ours and the peer's one after the other in one run; ratio: the peer's over ours. \
             {}. {}, {} cores; {}; revision {}.",
            self.date, p.cpu, p.cores, p.rustc, p.git_revision
        );
        text
    }
}

/// The date, UTC, of a number of seconds since 1970 (Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`).
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153; // 0 is March
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + 400 * era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::{Ratios, date};

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_799, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (1_795_737_600, "2026-11-27"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn a_run_leaves_earlier_runs_alone() {
        let place = tempfile::tempdir().expect("a temporary directory");
        let row = |job: &str| vec![job.to_owned(); super::HEADER.len()];
        for (job, name) in [("a", "2026-11-26.csv"), ("b", "2026-11-26-2.csv"), ("c", "2026-11-26-3.csv")] {
            let mut ratios = Ratios::create_in(place.path(), "2026-11-26".into()).expect("a free name");
            ratios.write(place.path(), &row(job)).expect("a row");
            let text = std::fs::read_to_string(place.path().join(name)).expect(name);
            assert!(text.lines().nth(1).is_some_and(|line| line.starts_with(job)), "{text}");
        }
        assert_eq!(std::fs::read_dir(place.path()).expect("its files").count(), 6);
    }
}
