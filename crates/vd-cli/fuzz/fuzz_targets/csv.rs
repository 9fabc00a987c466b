//! A table in any format, told by its first bytes: survey, table, features. A table that is read has the surveyed rows and finite features, and
//! its compact form is the same table.
#![no_main]

use libfuzzer_sys::fuzz_target;
use predictor::notation::{Decimal, Thousands};
use predictor::{Preprocessing, Table, Values};
use vd_cli::table::{Format, Header, Input, Survey, SurveyOptions, read_table};

/// No column is called so: a column of JSON can be called ``.
const NO_TARGET: &str = "\u{10FFFF} none";

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else { return };
    // Unpacking takes most of the time where it is tried: of what is packed, one in eight is read.
    if rest.starts_with(&[0x1F, 0x8B]) && rest.last().is_some_and(|last| last % 8 != 0) {
        return;
    }
    let format = format_of(usize::from(first));
    let input = Input::from_bytes("fuzz.csv", rest);
    let options = SurveyOptions::default();
    let Ok((survey, kept)) = Survey::keep(&input, &format, &options, 1 << 30) else { return };
    let compact = read_table(&kept, &format, &survey, 1 << 30).expect("what was kept can be read");
    assert_eq!(compact.rows() as u64, survey.rows);
    // Opening a CSV costs as much as all else: of two files one is read again, of four one is surveyed again.
    if rest.len() % 2 == 0 {
        let table = read_table(&input, &format, &survey, 1 << 30).expect("what was surveyed can be read");
        assert!(same(&compact, &table), "{compact:?} {table:?}");
    }
    if rest.len() % 4 == 1 {
        let again = Survey::take(&input, &format, &options).expect("it was surveyed before");
        assert_eq!(again, survey);
    }
    let rows: Vec<usize> = (0..compact.rows()).collect();
    let Ok(prep) = Preprocessing::from_columns(compact.columns(), &rows, true, true) else { return };
    let x = prep.design(compact.columns(), &rows);
    assert!(x.iter().all(|v| v.is_finite()), "{:?}", prep.features());
    let passes = Preprocessing::new(survey.summaries(NO_TARGET), true, true).expect("columns that vary");
    assert_eq!(passes, prep);
});

/// Every header mode, delimiter, decimal mark and thousands mark, stated or not.
fn format_of(choice: usize) -> Format {
    let header = [Header::Auto, Header::Yes, Header::No][choice % 3];
    let delimiter = [None, Some(b','), Some(b';'), Some(b'\t')][choice / 3 % 4];
    let decimal = [None, Some(Decimal::Comma), Some(Decimal::Point)][choice / 12 % 3];
    let thousands = match choice / 36 {
        1 => Some(Thousands::Comma),
        2 => Some(Thousands::Point),
        3 => Some(Thousands::Space),
        4 => Some(Thousands::Apostrophe),
        5 => Some(Thousands::Underscore),
        _ => None,
    };
    Format { header, delimiter, decimal, thousands, ..Format::default() }
}

/// Whether two tables are equal bit for bit.
fn same(a: &Table, b: &Table) -> bool {
    let bits = |x: &[f64]| x.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    let values = |a: &Values, b: &Values| match (a, b) {
        (Values::Numbers(a), Values::Numbers(b)) => bits(a) == bits(b),
        (a, b) => a == b,
    };
    let columns = a.columns().iter().zip(b.columns());
    a.columns().len() == b.columns().len()
        && columns.into_iter().all(|(a, b)| a.name == b.name && values(&a.values, &b.values))
}
