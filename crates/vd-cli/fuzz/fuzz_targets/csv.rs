//! A table in any format, told by its first bytes: survey, table, features. A table that is read has the surveyed rows and finite features, and
//! its compact form is the same table.
#![no_main]

use libfuzzer_sys::fuzz_target;
use predictor::Preprocessing;
use vd_cli::table::{Format, Header, Input, Survey, SurveyOptions, read_table};

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let header = [Header::Auto, Header::Yes, Header::No][usize::from(first) % 3];
    let delimiter = [None, Some(b','), Some(b';'), Some(b'\t')][usize::from(first / 3) % 4];
    let format = Format { header, delimiter, ..Format::default() };
    let input = Input::from_bytes("fuzz.csv", rest);
    let Ok(survey) = Survey::take(&input, &format, &SurveyOptions::default()) else { return };
    let table = read_table(&input, &format, &survey, 1 << 30).expect("what was surveyed can be read");
    assert_eq!(table.rows() as u64, survey.rows);
    let (again, kept) = Survey::keep(&input, &format, &SurveyOptions::default(), 1 << 30).expect("it was surveyed before");
    assert_eq!(again, survey);
    let compact = read_table(&kept, &format, &survey, 1 << 30).expect("what was kept can be read");
    assert_eq!(format!("{compact:?}"), format!("{table:?}"));
    let rows: Vec<usize> = (0..table.rows()).collect();
    let Ok(prep) = Preprocessing::from_columns(table.columns(), &rows, true, true) else { return };
    let x = prep.design(table.columns(), &rows);
    assert!(x.iter().all(|v| v.is_finite()), "{:?}", prep.features());
    let passes = Preprocessing::new(survey.summaries(""), true, true).expect("columns that vary");
    assert_eq!(passes, prep);
});
