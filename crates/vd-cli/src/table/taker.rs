//! A column's summary in the making.

use crate::error::Result;
use crate::table::cell::Cell;
use crate::table::compact::Kept;
use crate::table::format::Format;
use crate::table::kind::NOT_UTF8;
use crate::table::levels::Levels;
use crate::table::records::Records;
use crate::table::summary::ColumnSurvey;
use crate::table::text::clip_bytes;
use predictor::notation::{Evidence, Notation, Points};

/// Whole numbers below it are doubles to the last digit.
const EXACT: f64 = (1_u64 << 53) as f64;

/// A column's summary in the making.
pub(super) struct Taker {
    pub column: ColumnSurvey,
    pub evidence: Evidence,
    /// What the points in plain numbers can be.
    pub points: Points,
    /// Values that their file says are texts.
    pub named: u64,
    /// Values that their file says are dates.
    pub days: u64,
    levels: Levels,
    notation: Notation,
    /// The first row's value, as long as the values count up from it.
    count: Option<f64>,
    seen: u64,
}

impl Taker {
    pub fn new(position: usize, name: String, format: &Format, ignored: bool, forced: bool) -> Self {
        let column = ColumnSurvey {
            ignored,
            notation: format.notation(),
            forced,
            ..ColumnSurvey::new(position, name)
        };
        Self {
            column,
            evidence: Evidence::new(format.decimal, format.thousands),
            points: Points::None,
            named: 0,
            days: 0,
            levels: Levels::default(),
            notation: format.notation(),
            count: None,
            seen: 0,
        }
    }

    /// Takes in the current record's value, and says what of it a later pass needs.
    ///
    /// # Errors
    /// A text that is not UTF-8, a value of a type that is not read.
    pub fn push<'r>(&mut self, records: &'r Records, most_levels: usize) -> Result<Kept<'r>> {
        let i = self.column.position;
        let cell = records.cell(i);
        let value = match cell {
            Cell::Missing(mark) => {
                self.miss(records, mark);
                return Ok(Kept::Missing);
            }
            Cell::Unread => {
                let what =
                    "the value is a list or an object: flatten the column, or leave it out with --ignore";
                return Err(records.error(i, what));
            }
            Cell::Text(text) => self.notation.read(text),
            Cell::Name(_) => {
                self.named += 1;
                None
            }
            Cell::Integer(x) => Some(x as f64),
            Cell::Number(x) => Some(x),
            Cell::Day(days) => {
                self.days += 1;
                Some(days)
            }
        };
        self.follow(value);
        match value {
            Some(x) if x.is_finite() => {
                self.column.moments.push(x);
                if let Cell::Text(text) = cell
                    && self.points < Points::Decimals
                {
                    self.points = self.points.max(Points::of(text));
                }
            }
            Some(_) => {
                let text = || clip_bytes(&cell.text());
                self.column.not_finite.get_or_insert_with(|| (records.place(i), text()));
            }
            None => {
                let text = cell.text();
                self.evidence.push(&text);
                if self.column.not_a_number.is_none() {
                    check_utf8(records, i, &text)?;
                    self.column.not_a_number = Some((records.place(i), clip_bytes(&text)));
                }
            }
        }
        let level = self.level(records, cell, most_levels)?;
        Ok(match (cell, level, value) {
            (Cell::Day(days), ..) => Kept::Day(days),
            // A level is kept as text, which a later pass reads in the column's notation: a number of a format with numbers is in none.
            (Cell::Number(_) | Cell::Integer(_), _, Some(x))
                if x.abs() < EXACT && !(records.has_types() && self.notation.is_plain()) =>
            {
                Kept::Number(x)
            }
            (_, Some(level), _) => Kept::Level(level),
            // The point of `1.234` may turn out to stand between thousands.
            (Cell::Text(text), None, Some(_)) if self.points == Points::Groups && text.contains(&b'.') => {
                Kept::Text(text)
            }
            (_, None, Some(x)) if x.is_finite() => Kept::Number(x),
            (Cell::Text(text) | Cell::Name(text), ..) => Kept::Text(text),
            (_, None, x) => Kept::Number(x.unwrap_or(f64::NAN)),
        })
    }

    fn miss(&mut self, records: &Records, mark: &[u8]) {
        self.column.missing += 1;
        if self.column.missing == 1 {
            self.column.first_missing = Some(records.place(self.column.position));
        }
        if self.column.missing_mark.is_none() && !mark.is_empty() {
            self.column.missing_mark = Some(clip_bytes(mark));
        }
    }

    /// Follows whether the values count the rows.
    fn follow(&mut self, value: Option<f64>) {
        self.seen += 1;
        match value {
            Some(x) if self.seen == 1 && (x == 0.0 || x == 1.0) => self.count = Some(x),
            Some(x) if self.count.is_some_and(|first| x == first + (self.seen - 1) as f64) => {}
            _ => self.count = None,
        }
    }

    fn level(&mut self, records: &Records, cell: Cell<'_>, most: usize) -> Result<Option<u32>> {
        let before = self.levels.len();
        let level = self.levels.count(cell, most);
        if self.levels.len() > before
            && let Cell::Text(text) | Cell::Name(text) = cell
        {
            check_utf8(records, self.column.position, text)?;
        }
        Ok(level)
    }

    /// The summary, and the texts of the levels that [`Kept::Level`] numbers.
    pub fn finish(mut self) -> (ColumnSurvey, Vec<Box<[u8]>>) {
        self.column.counts_rows = self.count.is_some() && self.column.missing == 0;
        self.column.levels = self.levels.counted();
        (self.column, self.levels.into_texts())
    }
}

fn check_utf8(records: &Records, i: usize, text: &[u8]) -> Result<()> {
    match str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(records.error(i, format!("the text is not UTF-8: {NOT_UTF8}"))),
    }
}
