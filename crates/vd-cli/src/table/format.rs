//! How a table is to be read, as far as it was said.

use predictor::notation::{Decimal, Notation, Thousands, plain};

/// The longest record: a quote that is never closed must not swallow the memory.
pub const MAX_RECORD: u64 = 16 << 20;

/// Whether the first record names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Header {
    /// Names, unless every field of the first record is a number.
    #[default]
    Auto,
    /// Names.
    Yes,
    /// Data; the columns are called column1, column2, …
    No,
}

/// How to read a table; all but the missing marks are for CSV alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    /// Whether the first record names the columns.
    pub header: Header,
    /// The byte between fields; by default the one of `,` `;` tab `|` that the first lines agree on.
    pub delimiter: Option<u8>,
    /// Lines before the first record, such as a title.
    pub skip_lines: u64,
    /// The texts that stand for a missing value, beside the empty one; compared without regard to case. The strings of Parquet, Arrow and
    /// JSON are compared with them only where they are not the default ones: such files have a value of their own for what is missing.
    pub missing: Vec<String>,
    /// The character before the decimals; by default what the values of a column agree on.
    pub decimal: Option<Decimal>,
    /// What groups digits; by default what the values of a column agree on.
    pub thousands: Option<Thousands>,
}

/// The texts that stand for a missing value by default: those of spreadsheets, databases, statistics packages and pandas.
pub const MISSING_MARKS: [&str; 27] = [
    "NA", "N/A", "n.a.", "#N/A", "#N/A N/A", "<NA>", "NaN", "-NaN", "1.#IND", "-1.#IND", "1.#QNAN",
    "-1.#QNAN", "null", "none", "nil", "\\N", "?", ".", "-", "--", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?",
    "#NUM!", "#NULL!", "(null)",
];

impl Default for Format {
    fn default() -> Self {
        let missing = MISSING_MARKS.map(str::to_owned).to_vec();
        Self { header: Header::Auto, delimiter: None, skip_lines: 0, missing, decimal: None, thousands: None }
    }
}

impl Format {
    /// How numbers are written, as far as it was said.
    pub fn notation(&self) -> Notation {
        let implied = if self.thousands == Some(Thousands::Point) { Decimal::Comma } else { Decimal::Point };
        Notation::plain(self.decimal.unwrap_or(implied), self.thousands)
    }
}

/// The texts that stand for a missing value, ready to be asked for each cell.
pub(super) struct Marks {
    texts: Vec<Vec<u8>>,
    /// Whether a mark begins with this byte, whatever its case.
    first: [bool; 256],
    /// The marks that are numbers, such as -999: typed numbers are compared with them too.
    numbers: Vec<f64>,
    /// Whether the marks were said, and are not the default ones.
    stated: bool,
}

impl Marks {
    pub fn new(format: &Format) -> Self {
        let texts: Vec<Vec<u8>> = format.missing.iter().map(|text| text.as_bytes().to_vec()).collect();
        let mut first = [false; 256];
        for byte in texts.iter().filter_map(|text| text.first()) {
            first[usize::from(byte.to_ascii_lowercase())] = true;
            first[usize::from(byte.to_ascii_uppercase())] = true;
        }
        let numbers = texts.iter().filter_map(|text| plain(text)).filter(|x| !x.is_nan()).collect();
        Self { texts, first, numbers, stated: format.missing != MISSING_MARKS }
    }

    /// Whether a trimmed text of a CSV stands for a missing value.
    pub fn is_text(&self, text: &[u8]) -> bool {
        let Some(&byte) = text.first() else { return true };
        self.first[usize::from(byte)] && self.texts.iter().any(|mark| mark.eq_ignore_ascii_case(text))
    }

    /// Whether a trimmed string stands for a missing value.
    pub fn is_name(&self, text: &[u8]) -> bool {
        text.is_empty() || (self.stated && self.is_text(text))
    }

    /// Whether a number stands for a missing value.
    pub fn is_number(&self, value: f64) -> bool {
        value.is_nan() || self.numbers.contains(&value)
    }
}
