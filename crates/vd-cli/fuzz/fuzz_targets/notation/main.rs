//! One table of numbers written plainly and as people write them: both are read as the same table, bit for bit, or the second is refused because
//! what it says can mean two numbers. With the notation stated it is read.
#![no_main]

mod bytes;
mod number;
mod style;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use number::Number;
use predictor::notation::Notation;
use predictor::{Preprocessing, Table, Values};
use style::{Dress, Style};
use vd_cli::Error;
use vd_cli::table::{Format, Input, Survey, SurveyOptions, read_table};

const NAMES: [&str; 4] = ["a", "b", "c", "y"];

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let style = Style::new(&mut bytes);
    let all_stated = bytes.below(2) == 1;
    let columns = 2 + bytes.below(3);
    let rows = 1 + bytes.below(12);
    let dresses: Vec<Dress> = (0..columns).map(|_| Dress::new(&mut bytes)).collect();
    let mut cell = || (bytes.next() % 8 != 7).then(|| Number::new(&mut bytes));
    let cells: Vec<Vec<Option<Number>>> = (0..rows).map(|_| (0..columns).map(|_| cell()).collect()).collect();
    let case = Case { style, dresses, cells, all_stated };
    case.check();
});

/// A table, and how it is written.
struct Case {
    style: Style,
    dresses: Vec<Dress>,
    cells: Vec<Vec<Option<Number>>>,
    /// Whether the thousands mark is stated, and not the decimal mark alone.
    all_stated: bool,
}

impl Case {
    fn check(&self) {
        let names = &NAMES[..self.dresses.len()];
        let plainly = read(&plain_file(names, &self.cells), &Format::default()).expect("plain numbers");
        let text = self.style.file(names, &self.dresses, &self.cells);
        let thousands = self.style.thousands.filter(|_| self.all_stated);
        let stated = Format { decimal: Some(self.style.decimal), thousands, ..Format::default() };
        let stated = read(&text, &stated).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_same(&stated, &plainly, |_| true, &text);
        match read(&text, &Format::default()) {
            Ok(found) => assert_same(&found, &plainly, |c| self.tells() || !self.is_plain(c), &text),
            Err(error) => {
                assert!(is_ambiguous(&error), "{text:?}: {error}");
                assert!(!self.tells(), "{text:?}: {error}");
            }
        }
    }

    /// Whether some value leaves no doubt which character stands before decimals: it has more or fewer than three of them, or no other digit
    /// or a zero before them.
    fn tells(&self) -> bool {
        let values = self.cells.iter().flatten().flatten();
        values.into_iter().any(|number| match number.fraction.len() {
            0 => false,
            3 => number.whole.is_empty() || number.whole.starts_with('0'),
            _ => true,
        })
    }

    /// Whether a column's values are plain numbers as they stand, though other ones may be meant.
    fn is_plain(&self, column: usize) -> bool {
        let dress = &self.dresses[column];
        let mut values = self.cells.iter().filter_map(|row| row[column].as_ref());
        values.all(|number| Notation::default().read(self.style.number(number, dress).as_bytes()).is_some())
    }
}

/// What is read of a file: as `vd fit` reads it, and in passes.
struct Found {
    survey: Survey,
    table: Table,
}

fn read(text: &str, format: &Format) -> Result<Found, Error> {
    let input = Input::from_bytes("t.csv", text.as_bytes());
    let (survey, kept) = Survey::keep(&input, format, &SurveyOptions::default(), 1 << 30)?;
    let table = read_table(&kept, format, &survey, 1 << 30)?;
    if text.len() % 4 == 0 {
        let again = read_table(&input, format, &survey, 1 << 30)?;
        assert_eq!(bits(&again), bits(&table), "{text:?}");
    }
    Ok(Found { survey, table })
}

fn bits(table: &Table) -> Vec<Vec<u64>> {
    let column = |values: &Values| match values {
        Values::Numbers(x) => x.iter().map(|x| x.to_bits()).collect(),
        Values::Codes { codes, .. } => codes.iter().map(|&code| u64::from(code)).collect(),
    };
    table.columns().iter().map(|c| column(&c.values)).collect()
}

/// That the columns in question are the same numbers, from the table and from the passes.
fn assert_same(found: &Found, plainly: &Found, counts: impl Fn(usize) -> bool, text: &str) {
    let (here, there) = (bits(&found.table), bits(&plainly.table));
    for c in (0..there.len()).filter(|&c| counts(c)) {
        assert!(
            matches!(found.table.columns()[c].values, Values::Numbers(_)),
            "column {c} of {text:?} is names"
        );
        assert_eq!(here[c], there[c], "column {c} of {text:?}");
        let (here, there) = (&found.survey.columns[c], &plainly.survey.columns[c]);
        assert_eq!((here.moments, here.missing), (there.moments, there.missing), "column {c} of {text:?}");
    }
    if (0..there.len()).all(counts) {
        let features = |found: &Found| Preprocessing::new(found.survey.summaries(""), true, true).ok();
        let (here, there) = (features(found), features(plainly));
        assert_eq!(
            here.as_ref().map(Preprocessing::features),
            there.as_ref().map(Preprocessing::features),
            "{text:?}"
        );
    }
}

fn is_ambiguous(error: &Error) -> bool {
    match error {
        Error::Data { what, .. } => what.contains("can mean two numbers"),
        Error::Several(errors) => errors.iter().all(is_ambiguous),
        _ => false,
    }
}

/// The table as a programming language writes it.
fn plain_file(names: &[&str], cells: &[Vec<Option<Number>>]) -> String {
    let mut text = names.join(",") + "\n";
    for row in cells {
        let fields = row.iter().map(|number| number.as_ref().map(Number::plain).unwrap_or_default());
        text += &(fields.collect::<Vec<_>>().join(",") + "\n");
    }
    text
}
