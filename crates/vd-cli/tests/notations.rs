//! Tables as people write them: one table in many notations gives one fit; what could mean two things is refused with its place.
#![allow(clippy::unwrap_used, clippy::panic)] // Helper functions of tests are not seen as tests.

mod common;

use common::{Desk, noise};
use predictor::notation::{Decimal, Thousands};
use predictor::{Table, Values};
use std::fmt::Write as _;
use vd_cli::table::{Format, Input, Survey, SurveyOptions, read_table};
use vd_cli::{Error, Place};

/// How the test writes a number.
struct Style {
    decimal: &'static str,
    thousands: &'static str,
    before: &'static str,
    after: &'static str,
    delimiter: &'static str,
}

const STYLES: [Style; 10] = [
    Style { decimal: ".", thousands: "", before: "", after: "", delimiter: "," },
    Style { decimal: ",", thousands: "", before: "", after: "", delimiter: ";" },
    Style { decimal: ".", thousands: ",", before: "", after: "", delimiter: "," },
    Style { decimal: ",", thousands: ".", before: "", after: "", delimiter: ";" },
    Style { decimal: ",", thousands: "\u{202F}", before: "", after: "", delimiter: "\t" },
    Style { decimal: ".", thousands: "'", before: "", after: "", delimiter: "," },
    Style { decimal: ".", thousands: "", before: "$", after: "", delimiter: "," },
    Style { decimal: ",", thousands: ".", before: "", after: " €", delimiter: ";" },
    Style { decimal: ".", thousands: "", before: "", after: "%", delimiter: "|" },
    Style { decimal: ".", thousands: ",", before: "", after: " USD", delimiter: "," },
];

impl Style {
    fn write(&self, cents: i64) -> String {
        let (whole, part) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
        let digits = whole.to_string();
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|g| str::from_utf8(g).unwrap()).collect();
        let sign = if cents < 0 { "-" } else { "" };
        let Self { decimal, before, after, .. } = self;
        let text = format!("{sign}{before}{}{decimal}{part:02}{after}", groups.join(self.thousands));
        if text.contains(self.delimiter) { format!("\"{text}\"") } else { text }
    }

    /// Sixty rows: y = 3 a + noise; b is noise.
    fn table(&self) -> String {
        let mut csv = ["a", "b", "y"].join(self.delimiter) + "\n";
        for i in 0..60 {
            let a = (noise(3 * i) * 500_000.0) as i64;
            let b = (noise(3 * i + 1) * 900_000.0) as i64;
            let y = 3 * a + (noise(3 * i + 2) * 9_000.0) as i64;
            writeln!(csv, "{}", [a, b, y].map(|v| self.write(v)).join(self.delimiter)).unwrap();
        }
        csv
    }
}

fn read(csv: &str, format: &Format) -> Result<(Survey, Table), Error> {
    let input = Input::from_bytes("t.csv", csv.as_bytes());
    let survey = Survey::take(&input, format, &SurveyOptions::default())?;
    let table = read_table(&input, format, &survey, u64::MAX)?;
    Ok((survey, table))
}

fn refused(csv: &str) -> (Place, String) {
    match read(csv, &Format::default()).map(|(survey, _)| survey.notes()) {
        Err(Error::Data { place, what }) => (place, what),
        other => panic!("{csv}: {other:?}"),
    }
}

fn numbers(table: &Table, at: usize) -> &[f64] {
    match &table.columns()[at].values {
        Values::Numbers(values) => values,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_table_in_any_notation_is_one_table() {
    let plain = read(&STYLES[0].table(), &Format::default()).unwrap();
    for style in &STYLES[1..] {
        let csv = style.table();
        let (survey, table) =
            read(&csv, &Format::default()).unwrap_or_else(|e| panic!("{}: {e}", &csv[..80]));
        assert_eq!(table, plain.1, "{}", &csv[..80]);
        for (found, expected) in survey.columns.iter().zip(&plain.0.columns) {
            assert_eq!(found.moments, expected.moments, "{}", found.name);
        }
        assert_eq!(survey.notes().len(), 3, "{:?}", survey.notes());
    }
}

#[test]
fn the_numbers_of_json_are_in_no_notation() {
    let lines = r#"{"x": 1.234, "y": 46666666666.662666}
{"x": 2345.5, "y": 7}
{"x": 1.234, "y": 7}
"#;
    let input = Input::from_bytes("t.jsonl", lines.as_bytes());
    let format =
        Format { decimal: Some(Decimal::Comma), thousands: Some(Thousands::Point), ..Format::default() };
    let (survey, kept) = Survey::keep(&input, &format, &SurveyOptions::default(), 1 << 30).unwrap();
    for source in [&input, &kept] {
        let table = read_table(source, &format, &survey, u64::MAX).unwrap();
        assert_eq!(numbers(&table, 0), [1.234, 2345.5, 1.234]);
        assert_eq!(numbers(&table, 1), [46_666_666_666.662_67, 7.0, 7.0]);
    }
}

#[test]
fn the_fit_says_how_the_columns_were_read() {
    let desk = Desk::new();
    desk.put("plain.csv", STYLES[0].table());
    desk.put("euro.csv", STYLES[7].table());
    let run = |file: &str| desk.run(&["fit", file, "--target", "y", "--json", "--no-score"]);
    let (plain, euro) = (run("plain.csv"), run("euro.csv"));
    assert_eq!(euro.status.code(), Some(0), "{}", String::from_utf8_lossy(&euro.stderr));
    assert!(String::from_utf8_lossy(&euro.stderr).contains("decimal comma"));
    let kept = |output: &std::process::Output| {
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["features"].clone()
    };
    assert!(kept(&plain).is_array() && kept(&plain) == kept(&euro));
    // A model reads new rows as it read its own.
    desk.run(&["fit", "euro.csv", "--target", "y", "--no-score", "--out", "m.vd"]);
    desk.run(&["fit", "plain.csv", "--target", "y", "--no-score", "--out", "p.vd"]);
    let first = |text: String| text.lines().take(3).map(str::to_owned).collect::<Vec<_>>();
    let predicted = |model: &str, file: &str| {
        let output = desk.run(&["predict", model, file]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        first(String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(predicted("m.vd", "euro.csv"), predicted("p.vd", "plain.csv"));
}

#[test]
fn a_comma_that_can_mean_two_things_is_refused_unless_the_file_or_an_option_tells() {
    let (place, what) = refused("a;y\n1,234;1\n5,678;2\n");
    assert_eq!((place.line, place.column), (2, Some((1, "a".to_owned()))));
    assert!(what.contains("--decimal"), "{what}");
    // Another column tells.
    let (_, table) = read("a;y\n1,234;0,5\n5,678;2,25\n", &Format::default()).unwrap();
    assert_eq!(numbers(&table, 0), [1.234, 5.678]);
    let (_, table) = read("a;y\n1,234;0.5\n5,678;2.25\n", &Format::default()).unwrap();
    assert_eq!(numbers(&table, 0), [1234.0, 5678.0]);
    // An option tells.
    for (decimal, thousands, expected) in [
        (Some(Decimal::Comma), None, [1.234, 5.678]),
        (Some(Decimal::Point), None, [1234.0, 5678.0]),
        (None, Some(Thousands::Comma), [1234.0, 5678.0]),
    ] {
        let format = Format { decimal, thousands, ..Format::default() };
        let (_, table) = read("a;y\n1,234;1\n5,678;2\n", &format).unwrap();
        assert_eq!(numbers(&table, 0), expected, "{decimal:?} {thousands:?}");
    }
    let format = Format { thousands: Some(Thousands::Point), ..Format::default() };
    let (_, table) = read("a;y\n1.234;1\n5.678;2\n", &format).unwrap();
    assert_eq!(numbers(&table, 0), [1234.0, 5678.0]);
}

#[test]
fn the_decimals_of_one_column_tell_what_another_means() {
    for (csv, expected) in [
        // Points between thousands in a file of decimal commas; the column itself could be plain.
        ("a;y\n1.234;0,5\n5.678;2,25\n", [1234.0, 5678.0]),
        ("a;y\n1.234;0,5 €\n5.678;2,25 €\n", [1234.0, 5678.0]),
        ("a;y\n1.234;0,125\n5.678;0,25\n", [1234.0, 5678.0]),
        // Nothing tells: as it stands.
        ("a;y\n1.234;5\n5.678;2\n", [1.234, 5.678]),
        ("a;y\n1.234;0.5\n5.678;2.25\n", [1.234, 5.678]),
        ("a;y\n0.234;0,5\n0.678;2,25\n", [0.234, 0.678]),
        // Decimal points beside a unit, or after a typographic minus, tell too.
        ("a;y\n1,234;0.5 %\n5,678;2.25 %\n", [1234.0, 5678.0]),
        ("a;y\n1,234;\u{2212}0.5\n5,678;2.25\n", [1234.0, 5678.0]),
    ] {
        let (survey, table) = read(csv, &Format::default()).unwrap_or_else(|e| panic!("{csv}: {e}"));
        assert_eq!(numbers(&table, 0), expected, "{csv}");
        assert_eq!(survey.columns[0].moments.count(), 2, "{csv}");
        let mean = expected.iter().sum::<f64>() / 2.0;
        assert!((survey.columns[0].moments.mean() - mean).abs() < 1e-12 * mean, "{csv}");
    }
    for other in ["5 %", "1 234", "1'234", "1_234"] {
        let (place, what) = refused(&format!("a;y\n1,234;{other}\n5,678;{other}\n"));
        assert!(place.line == 2 && what.contains("two numbers"), "{other}: {what}");
    }
}

/// A column of 40 values made by `value`, beside a target.
fn column(value: impl Fn(usize) -> String) -> String {
    (0..40).fold("a;y\n".to_owned(), |csv, i| csv + &format!("{};{}\n", value(i), i * 7 % 11))
}

#[test]
fn numbers_that_are_not_understood_are_refused_not_made_names() {
    for value in [
        |i: usize| format!("{}.5 kg", i),
        |i: usize| format!("({}.25)", i),
        |i: usize| format!("1,{},456", i + 10),
        |i: usize| if i.is_multiple_of(2) { format!("${i}.5") } else { format!("€{i}.5") },
        |i: usize| if i.is_multiple_of(2) { format!("{i}%") } else { format!("{i}") },
        |i: usize| format!("<{}.1", i),
    ] {
        let (place, what) = refused(&column(value));
        assert_eq!(place.column, Some((1, "a".to_owned())), "{what}");
        assert!(place.line >= 2 && what.contains("--categorical"), "{what}");
    }
    let (place, what) = refused(&column(|i| format!("{:02}/12/2024", i % 28 + 1)));
    assert_eq!(place.line, 2);
    assert!(what.contains("date"), "{what}");
}

#[test]
fn marks_for_missing_values_of_other_programs_are_known() {
    for mark in
        ["\\N", ".", "<NA>", "#DIV/0!", "#N/A", "n.a.", "-", "--", "1.#IND", "-nan", "NULL", "#VALUE!"]
    {
        let csv = column(|i| if i % 3 == 0 { mark.to_owned() } else { format!("{i}.5") });
        let (survey, _) = read(&csv, &Format::default()).unwrap_or_else(|e| panic!("{mark}: {e}"));
        assert_eq!((survey.columns[0].missing, survey.columns[0].is_categorical()), (14, false), "{mark}");
    }
    // A mark that is not known is a slip, also where one value in three is it.
    for mark in ["absent", "9999x", "*", "k.A."] {
        let csv = column(|i| if i % 3 == 0 { mark.to_owned() } else { format!("{i}.5") });
        let (place, what) = refused(&csv);
        assert!(place.line == 2 && what.contains(&format!("--na '{mark}'")), "{mark}: {what}");
    }
}

#[test]
fn a_name_that_reads_as_an_infinity_is_a_name() {
    for word in ["inf", "Infinity", "-inf", "NaN"] {
        let names = ["oral", word, "iv"];
        let format = Format { missing: Vec::new(), ..Format::default() };
        let (survey, _) = read(&column(|i| names[i % 3].to_owned()), &format).unwrap();
        assert_eq!(survey.columns[0].sorted_levels().len(), 3, "{word}");
    }
    let (place, what) = refused(&column(|i| format!("{}E010010", 100 + i)));
    assert!(place.line == 2 && what.contains("--categorical a") && what.contains("--ignore a"), "{what}");
    let (place, what) = refused(&column(|i| if i == 5 { "inf".to_owned() } else { i.to_string() }));
    assert!(place.line == 7 && what.contains("not finite"), "{what}");
}

#[test]
fn all_problems_of_a_file_are_told_at_once() {
    let csv =
        (0..40).fold("a;b;c\n".to_owned(), |csv, i| csv + &format!("{i}.5 kg;{i}/12/2024;{i}E010010\n"));
    let Err(Error::Several(errors)) = read(&csv, &Format::default()) else { panic!() };
    assert_eq!(errors.len(), 3, "{errors:?}");
}

#[test]
fn titles_comments_and_separator_lines() {
    let (_, table) = read("sep=;\na;b\n1;2\n3;4\n", &Format::default()).unwrap();
    assert_eq!(numbers(&table, 1), [2.0, 4.0]);
    let Err(Error::Data { place, what }) = read("Report 2021\n\na,b\n1,2\n", &Format::default()) else {
        panic!()
    };
    assert_eq!(place.line, 3);
    assert!(what.contains("Report 2021") && what.contains("--skip-lines"), "{what}");
    let format = Format { skip_lines: 2, ..Format::default() };
    let (_, table) = read("Report 2021\n\na,b\n1,2\n3,4\n", &format).unwrap();
    assert_eq!(numbers(&table, 1), [2.0, 4.0]);
    let Err(Error::Data { place, .. }) = read("# made\n# so\na,b\n1,2\n3,x\n5,6,7\n", &format) else {
        panic!()
    };
    assert_eq!(place.line, 6);
}

#[test]
fn quotes_after_a_space_are_quotes() {
    let (_, table) = read("\"a\", \"y\"\n1, \"2\"\n3, \"4.5\"\n", &Format::default()).unwrap();
    assert_eq!((table.columns()[1].name.as_str(), numbers(&table, 1)), ("y", &[2.0, 4.5][..]));
}

#[test]
fn a_first_line_of_data_is_told_from_names() {
    let Err(Error::Data { what, .. }) = read("0,0,1.5,neg\n0,0,2.5,pos\n", &Format::default()) else {
        panic!()
    };
    assert!(what.contains("looks like data") && what.contains("--header no"), "{what}");
    let (_, table) = read("37,5;1\n78,4;6\n", &Format::default()).unwrap();
    assert_eq!(numbers(&table, 0), [37.5, 78.4]);
}

#[test]
fn an_index_and_a_column_that_names_each_row_are_noted() {
    let csv = (0..30).fold(",who,y\n".to_owned(), |csv, i| csv + &format!("{i},person {i},{}\n", i * 7 % 11));
    let (survey, _) = read(&csv, &Format::default()).unwrap();
    let notes = survey.notes();
    assert!(
        notes.len() == 2 && notes[0].contains("counts the rows") && notes[1].contains("30 names"),
        "{notes:?}"
    );
    let (survey, _) = read("a,y\n3,1\n2,2\n1,3\n", &Format::default()).unwrap();
    assert!(survey.notes().is_empty());
}

#[test]
fn dates_are_days() {
    let csv =
        (0..30).fold("when,y\n".to_owned(), |csv, i| csv + &format!("2024-02-{:02},{}\n", i % 29 + 1, i));
    let (survey, table) = read(&csv, &Format::default()).unwrap();
    let days = numbers(&table, 0);
    assert_eq!((days[0], days[28] - days[0]), (19_754.0, 28.0));
    assert!(survey.notes()[0].contains("days since 1970-01-01"));
}

#[test]
fn control_characters_do_not_reach_a_terminal() {
    let (_, what) = refused(&column(|i| if i == 5 { "\u{1b}[31mx".to_owned() } else { i.to_string() }));
    assert!(!what.contains('\u{1b}') && what.contains("\\u{1b}"), "{what}");
}
