//! CSV files as they come: good ones are read, bad ones are refused with file, line and column.
#![allow(clippy::unwrap_used, clippy::panic)] // Helper functions of tests are not seen as tests.

mod common;

use common::{Desk, noise, regression};
use predictor::{Table, Values};
use std::fmt::Write as _;
use std::io::Write as _;
use vd_cli::table::{Format, Header, Input, Records, Survey, SurveyOptions, read_table};
use vd_cli::{Error, Place};

fn survey(csv: &[u8]) -> Result<Survey, Error> {
    Survey::take(&Input::from_bytes("t.csv", csv), &Format::default(), &SurveyOptions::default())
}

fn place(csv: &[u8]) -> (Place, String) {
    match survey(csv).unwrap_err() {
        Error::Data { place, what } => (place, what),
        error => panic!("{error:?}"),
    }
}

#[test]
fn lines_are_counted_through_blank_lines_quotes_and_line_ends() {
    for (csv, line) in [
        ("a,b\n1,2\n3,inf\n", 3),
        ("a,b\n1,2\n3,inf", 3),
        ("a,b\r\n1,2\r\n3,inf\r\n", 3),
        ("a,b\r\n1,2\r\n3,inf", 3),
        ("\n\na,b\n\n\n1,2\n\n3,inf\n", 8),
        ("\r\n\r\na,b\r\n\r\n\r\n1,2\r\n\r\n3,inf\r\n", 8),
        ("a,b\n\"x\ny\nz\",2\nw,inf\n", 5),
        ("a,b\n1,2\n\"x\ny\",inf\n5,6\n", 3),
        ("a,b\r\n1,2\r\n\"x\r\ny\",inf\r\n5,6\r\n", 3),
    ] {
        let (place, what) = place(csv.as_bytes());
        assert_eq!((place.line, place.column), (line, Some((2, "b".to_owned()))), "{csv:?}: {what}");
    }
    // Across the parser's buffer.
    let mut csv = String::from("a,b\n");
    (0..50_000).for_each(|i| writeln!(csv, "{i},{}", noise(i)).unwrap());
    csv.push_str("1,-inf\n");
    assert_eq!(place(csv.as_bytes()).0.line, 50_002);
    assert_eq!(place(csv.replace('\n', "\r\n").as_bytes()).0.line, 50_002);
}

/// Texts of any length pass through; only what can be a name is kept.
#[test]
fn a_long_text_is_no_category() {
    let long = "x".repeat(100_000);
    let csv = format!("a,b\n{long},1\n{long},2\n");
    let (at, what) = place(csv.as_bytes());
    assert_eq!((at.line, at.column), (2, Some((1, "a".to_owned()))));
    assert!(what.contains("too long ones") && what.len() < 300, "{what}");
    let options = SurveyOptions { ignored: vec!["a".into()], ..SurveyOptions::default() };
    assert!(Survey::take(&Input::from_bytes("t.csv", csv.as_bytes()), &Format::default(), &options).is_ok());
}

/// One slip among many numbers does not turn a column into names, unless it is said to be of names.
#[test]
fn a_text_among_numbers_is_refused() {
    let mut csv = String::from("a,b\n");
    (0..30).for_each(|i| writeln!(csv, "{},{i}", if i == 7 { "1O" } else { "10" }).unwrap());
    let (at, what) = place(csv.as_bytes());
    assert_eq!((at.line, at.column), (9, Some((1, "a".to_owned()))));
    assert!(
        what.contains("29 of the column's 30 values are") && what.contains("--categorical 'a'"),
        "{what}"
    );
    let named = SurveyOptions { categorical: vec!["a".into()], ..SurveyOptions::default() };
    let input = Input::from_bytes("t.csv", csv.as_bytes());
    assert!(Survey::take(&input, &Format::default(), &named).unwrap().columns[0].is_categorical());
    let missing = Format { missing: vec!["1o".into()], ..Format::default() };
    let survey = Survey::take(&input, &missing, &SurveyOptions::default()).unwrap();
    assert_eq!((survey.columns[0].is_categorical(), survey.columns[0].missing), (false, 1));
    // Codes of which a fifth are no numbers are names.
    let codes = (0..20).map(|i| format!("{},{i}\n", ["1", "2", "3", "4", "5+"][i % 5])).collect::<String>();
    assert!(self::survey(format!("a,b\n{codes}").as_bytes()).unwrap().columns[0].is_categorical());
}

#[test]
fn what_cannot_be_a_table_is_refused() {
    for (csv, what) in [
        ("", "there is no data"),
        ("\n\n", "there is no data"),
        ("a,b\n", "no records"),
        ("a,b,a\n1,2,3\n", "columns 1 and 3 are both called `a`"),
        ("a,b\n1,2\n3\n", "1 field(s), the first record has 2"),
        ("a,b\n1,2,3\n", "3 field(s)"),
        ("a,b\n1,1e999\n", "`1e999` is not finite"),
    ] {
        let (_, said) = place(csv.as_bytes());
        assert!(said.contains(what), "{csv:?}: {said}");
    }
    assert!(place(b"\xFF\xFEa\0,\0b\0").1.contains("UTF-16"));
    assert!(place(b"a,b\n1,caf\xE9\n").1.contains("not UTF-8"));
    assert!(place(b"a,caf\xE9\n1,2\n").1.contains("not UTF-8"));
    assert!(place(b"\x89VDM\r\n\x1a\n").1.contains("a model file"));
    assert_eq!(place(b"a,b\n1,2\n3\n").0.line, 3);
}

#[test]
fn a_typing_error_in_a_long_column_is_shown_where_it_is() {
    let mut csv = String::from("a,b\n");
    (0..500).for_each(|i| {
        writeln!(csv, "{i},{}", if i == 300 { "12O".to_owned() } else { i.to_string() }).unwrap()
    });
    let (place, what) = place(csv.as_bytes());
    assert_eq!((place.line, place.column), (302, Some((2, "b".to_owned()))));
    assert!(what.contains("`12O` is not a number"), "{what}");
}

#[test]
fn an_open_quote_does_not_swallow_the_memory() {
    let mut csv = b"a,b\n1,\"".to_vec();
    csv.resize(40 << 20, b'x');
    assert!(place(&csv).1.contains("a quote not closed"));
}

#[test]
fn delimiters_headers_and_marks_are_found() {
    let table = |csv: &str| {
        let input = Input::from_bytes("t.csv", csv.as_bytes());
        let survey = survey(csv.as_bytes()).unwrap();
        read_table(&input, &Format::default(), &survey, u64::MAX).unwrap()
    };
    let names = |t: &Table| t.columns().iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    for csv in
        ["a,b\n1,2\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "a|b\n1|2\n", "\u{feff}a,b\n1,2\n", " a , b \n 1 , 2 \n"]
    {
        let t = table(csv);
        assert_eq!(names(&t), ["a", "b"], "{csv:?}");
        assert_eq!(t.columns()[1].values, Values::Numbers(vec![2.0]), "{csv:?}");
    }
    let t = table("1,2\n3,4\n");
    assert_eq!((names(&t), t.rows()), (vec!["column1".to_owned(), "column2".to_owned()], 2));
    let t = table(",b\n1,2\n");
    assert_eq!(names(&t), ["column1", "b"]);
    let t = table("a,b\nx,1\nNA,2\n y ,\nx,?\n");
    let Values::Codes { codes, levels } = &t.columns()[0].values else { panic!() };
    assert_eq!((&codes[..], &levels[..]), (&[0, u32::MAX, 1, 0][..], &["x".to_owned(), "y".to_owned()][..]));
    let Values::Numbers(b) = &t.columns()[1].values else { panic!() };
    assert!(b[2].is_nan() && b[3].is_nan() && b[..2] == [1.0, 2.0]);
}

#[test]
fn gzip_is_seen_by_its_first_bytes_and_its_damage_is_an_error() {
    let csv = regression(300);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(csv.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let plain = survey(csv.as_bytes()).unwrap();
    assert_eq!(survey(&gz).unwrap(), plain);
    // Two members, as `cat a.gz b.gz` makes.
    let records = |bytes: &[u8]| {
        let mut records = Records::open(&Input::from_bytes("t", bytes), &Format::default()).unwrap();
        let mut n = 0;
        while records.advance().unwrap() {
            n += 1;
        }
        n
    };
    assert_eq!(records(&[&gz[..], &gz[..]].concat()), 601);
    assert!(matches!(survey(&gz[..gz.len() / 2]), Err(Error::Io { .. })));
    let mut damaged = gz.clone();
    damaged[gz.len() - 6] ^= 1;
    assert!(matches!(survey(&damaged), Err(Error::Io { .. })));
}

#[test]
fn memory_is_bounded_by_the_cap() {
    let desk = Desk::new();
    desk.put("t.csv", regression(40_000));
    let error = desk.fails(2, &["fit", "t.csv", "--target", "y", "--model", "linreg", "--memory-cap", "1M"]);
    assert!(error.contains("--memory-cap") && error.contains("dsvi"), "{error}");
    let output = desk.run_with(&["fit", "-", "--target", "y", "--memory-cap", "1M"], &[b'x'; 3 << 20]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn header_modes() {
    let names = |header, csv: &str| {
        let format = Format { header, ..Format::default() };
        Records::open(&Input::from_bytes("t", csv.as_bytes()), &format).unwrap().names().to_vec()
    };
    assert_eq!(names(Header::Yes, "1,2\n3,4\n"), ["1", "2"]);
    assert_eq!(names(Header::No, "a,b\n3,4\n"), ["column1", "column2"]);
}
