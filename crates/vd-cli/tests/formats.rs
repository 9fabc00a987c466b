//! Tables that are not CSV: the same table in every format is the same model, and damage is an error.
#![allow(clippy::unwrap_used, clippy::panic)] // Helper functions of tests are not seen as tests.

mod common;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use common::{Desk, noise};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use vd_cli::table::{Format, Input, Survey, SurveyOptions, read_table};
use vd_cli::{Error, Result};

/// One row of the test's table.
struct Row {
    whole: Option<i64>,
    real: f64,
    cents: i128,
    flag: bool,
    day: i32,
    micros: i64,
    colour: &'static str,
    city: Option<&'static str>,
    y: f64,
}

/// `n` rows whose y depends on most columns.
fn rows(n: usize) -> Vec<Row> {
    let row = |i: usize| {
        let [a, b, c, d, e, f] = core::array::from_fn(|k| noise(6 * i + k));
        let (whole, cents, flag) = ((a * 50.0) as i64, (b * 10_000.0) as i128, c > 0.1);
        let day = 19_000 + (d * 800.0) as i32;
        let colour = if e < -0.3 { "red" } else { "blue" };
        let y = 0.1 * whole as f64
            + cents as f64 / 50.0
            + 2.0 * f64::from(u8::from(flag))
            + 0.01 * f64::from(day)
            + 3.0 * f64::from(u8::from(colour == "red"))
            + 0.1 * f;
        Row {
            whole: (i % 17 != 3).then_some(whole),
            real: f,
            cents,
            flag,
            day,
            micros: i64::from(day) * 86_400_000_000 + (a.abs() * 8.6e10) as i64,
            colour,
            // Names that a CSV would take for missing or for numbers are left to another test.
            city: (i % 11 != 5).then_some(["Ulm", "Köln", " Bonn"][i % 3]),
            y,
        }
    };
    (0..n).map(row).collect()
}

fn date(day: i32) -> String {
    let text = vd_cli::table::Cell::Day(f64::from(day)).text().into_owned();
    String::from_utf8(text).unwrap()
}

fn stamp(micros: i64) -> String {
    let (day, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    let seconds = rest / 1_000_000;
    format!(
        "{} {:02}:{:02}:{:02}.{:06}",
        date(day as i32),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        rest % 1_000_000
    )
}

fn cents(value: i128) -> String {
    format!("{}{}.{:02}", if value < 0 { "-" } else { "" }, value.abs() / 100, value.abs() % 100)
}

fn csv(rows: &[Row]) -> String {
    let mut text = String::from("whole,real,cents,flag,day,at,colour,city,y\n");
    for r in rows {
        let whole = r.whole.map(|v| v.to_string()).unwrap_or_default();
        let (cents, day, at) = (cents(r.cents), date(r.day), stamp(r.micros));
        let (flag, colour, city) = (r.flag, r.colour, r.city.unwrap_or(""));
        writeln!(text, "{whole},{},{cents},{flag},{day},{at},{colour},{city},{}", r.real, r.y).unwrap();
    }
    text
}

fn json_lines(rows: &[Row]) -> String {
    let mut text = String::new();
    for r in rows {
        let mut object = serde_json::json!({ "whole": r.whole, "real": r.real, "flag": r.flag, "day": date(r.day),
            "at": stamp(r.micros), "colour": r.colour, "city": r.city, "y": r.y });
        object["cents"] = serde_json::from_str(&cents(r.cents)).unwrap();
        // In the order of the columns, and what is missing left out.
        let names = ["whole", "real", "cents", "flag", "day", "at", "colour", "city", "y"];
        let parts: Vec<String> = names
            .iter()
            .filter(|name| text.is_empty() || !object[**name].is_null())
            .map(|name| format!("\"{name}\": {}", object[*name]))
            .collect();
        writeln!(text, "{{{}}}", parts.join(", ")).unwrap();
    }
    text
}

fn batch(rows: &[Row]) -> RecordBatch {
    let mut colours = StringDictionaryBuilder::<Int32Type>::new();
    rows.iter().for_each(|r| colours.append_value(r.colour));
    let decimal =
        Decimal128Array::from_iter_values(rows.iter().map(|r| r.cents)).with_precision_and_scale(12, 2);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("whole", Arc::new(rows.iter().map(|r| r.whole).collect::<Int64Array>())),
        ("real", Arc::new(Float64Array::from_iter_values(rows.iter().map(|r| r.real)))),
        ("cents", Arc::new(decimal.unwrap())),
        ("flag", Arc::new(rows.iter().map(|r| Some(r.flag)).collect::<BooleanArray>())),
        ("day", Arc::new(Date32Array::from_iter_values(rows.iter().map(|r| r.day)))),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(|r| r.micros)))),
        ("colour", Arc::new(colours.finish())),
        ("city", Arc::new(rows.iter().map(|r| r.city).collect::<StringArray>())),
        ("y", Arc::new(Float64Array::from_iter_values(rows.iter().map(|r| r.y)))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

fn parquet(batch: &RecordBatch, compression: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(150))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn arrow_file(batch: &RecordBatch, compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let mut bytes = Vec::new();
    let mut writer = FileWriter::try_new_with_options(&mut bytes, &batch.schema(), options).unwrap();
    [batch.slice(0, 100), batch.slice(100, batch.num_rows() - 100)]
        .iter()
        .for_each(|b| writer.write(b).unwrap());
    writer.finish().unwrap();
    drop(writer);
    bytes
}

/// An Arrow file as polars' `write_ipc` makes it: the schema in front has no length, so that it is no message.
fn arrow_file_of_polars(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = arrow_file(batch, None);
    // The word −1 and the length are overwritten; what follows stays where the footer says.
    let mark = bytes.windows(4).position(|word| word == [0xFF; 4]).unwrap();
    bytes[mark..mark + 8].copy_from_slice(&[4, 0, 0, 0, 0xF2, 0xFF, 0xFF, 0xFF]);
    bytes
}

fn arrow_stream(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).unwrap()
}

/// The model that a table gives, without what says where it came from.
fn model(desk: &Desk, data: &str, more: &[&str]) -> serde_json::Value {
    let fit = ["fit", data, "--target", "y", "--missing", "impute", "--out", "m.vd", "--quiet"];
    desk.ok(&[&fit[..], more].concat());
    let mut json: serde_json::Value =
        serde_json::from_str(&desk.ok(&["export", "m.vd", "--to", "json"])).unwrap();
    assert!(json["value"]["provenance"].take().is_object(), "{json}");
    json
}

/// The same table in every format, as one file and as two, fitted in memory and in passes, is the same model to the bit.
#[test]
fn every_format_is_the_same_model() {
    let desk = Desk::new();
    let rows = rows(400);
    let (first, second) = rows.split_at(230);
    let whole = batch(&rows);
    let zstd_pages = Compression::ZSTD(ZstdLevel::default());
    let files: [(&str, Vec<u8>); 13] = [
        ("t.csv", csv(&rows).into_bytes()),
        ("t.csv.gz", gzip(csv(&rows).as_bytes())),
        ("t.csv.zst", zstd_of(csv(&rows).as_bytes())),
        ("t.jsonl", json_lines(&rows).into_bytes()),
        ("t.jsonl.zst", zstd_of(json_lines(&rows).as_bytes())),
        ("plain.parquet", parquet(&whole, Compression::UNCOMPRESSED)),
        ("snappy.parquet", parquet(&whole, Compression::SNAPPY)),
        ("zstd.parquet", parquet(&whole, zstd_pages)),
        // The format is told by the first bytes, not by the name.
        ("t.feather.csv", arrow_file(&whole, Some(CompressionType::LZ4_FRAME))),
        ("t.arrow", arrow_file(&whole, None)),
        ("t.polars", arrow_file_of_polars(&whole)),
        ("t.arrows", arrow_stream(&whole)),
        ("t.arrows.gz", gzip(&arrow_stream(&whole))),
    ];
    let stream = ["--model", "dsvi", "--stream", "--epochs", "5"];
    let expected = [model(&desk, desk.put("t.csv", &files[0].1).to_str().unwrap(), &[]), {
        model(&desk, "t.csv", &stream)
    }];
    assert!(expected[0]["value"].to_string().contains("colour"));
    let predictions = desk.ok(&["predict", "m.vd", "t.csv", "--id", "day,city"]);
    for (name, bytes) in &files {
        desk.put(name, bytes);
        assert_eq!(model(&desk, name, &[]), expected[0], "{name}");
        assert_eq!(model(&desk, name, &stream), expected[1], "{name}");
        assert_eq!(desk.ok(&["predict", "m.vd", name, "--id", "day,city"]), predictions, "{name}");
    }
    for (name, [a, b]) in [
        ("csv", [csv(first).into_bytes(), gzip(csv(second).as_bytes())]),
        ("json", [json_lines(first), json_lines(second)].map(String::into_bytes)),
        ("parquet", [first, second].map(|rows| parquet(&batch(rows), Compression::SNAPPY))),
        ("mixed", [arrow_file(&batch(first), None), parquet(&batch(second), zstd_pages)]),
    ] {
        std::fs::create_dir(desk.path(name)).unwrap();
        desk.put(&format!("{name}/_SUCCESS"), "");
        desk.put(&format!("{name}/part-0"), a);
        desk.put(&format!("{name}/part-1"), b);
        assert_eq!(model(&desk, name, &[]), expected[0], "{name}");
        assert_eq!(model(&desk, &format!("{name}/part-*"), &stream), expected[1], "{name}");
        assert_eq!(desk.ok(&["predict", "m.vd", name, "--id", "day,city"]), predictions, "{name}");
    }
    let piped = desk.run_with(&["predict", "m.vd", "-", "--id", "day,city"], &files[6].1);
    assert_eq!(String::from_utf8(piped.stdout).unwrap(), predictions);
}

fn survey(name: &str, bytes: &[u8]) -> Result<Survey> {
    Survey::take(&Input::from_bytes(name, bytes), &Format::default(), &SurveyOptions::default())
}

fn one(name: &str, column: ArrayRef) -> RecordBatch {
    let n = column.len();
    let y: ArrayRef = Arc::new(Float64Array::from_iter_values((0..n).map(|i| i as f64)));
    RecordBatch::try_from_iter_with_nullable([(name, column, true), ("y", y, true)]).unwrap()
}

/// A file that polars itself wrote (`tests/data/make_polars.py`): its dictionary comes after the batch that needs it.
#[test]
fn a_file_of_polars_is_its_csv() {
    let desk = Desk::new();
    desk.put("t.arrow", include_bytes!("data/polars.arrow"));
    desk.put("t.csv", include_bytes!("data/polars.csv"));
    assert_eq!(model(&desk, "t.arrow", &[]), model(&desk, "t.csv", &[]));
    let cut = &include_bytes!("data/polars.arrow")[..1000];
    desk.put("cut.arrow", cut);
    assert!(desk.fails(3, &["fit", "cut.arrow", "--target", "y"]).contains("is it cut off?"));
    let zipped = gzip(include_bytes!("data/polars.arrow"));
    desk.put("t.arrow.gz", &zipped);
    assert!(desk.fails(3, &["fit", "t.arrow.gz", "--target", "y"]).contains("give the plain file"));
}

/// A string is a name even where a CSV would take it for a number or for missing.
#[test]
fn strings_are_names() {
    let zips: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..60).map(|i| ["01234", "NA", "98765"][i % 3])));
    let found = survey("t.parquet", &parquet(&one("zip", zips), Compression::SNAPPY)).unwrap();
    let levels: Vec<String> = found.columns[0].sorted_levels().into_iter().map(|(text, _)| text).collect();
    assert!(found.columns[0].is_categorical());
    assert_eq!(levels, ["01234", "98765", "NA"]);
    let lines = "{\"zip\": \"01234\", \"y\": 1}\n{\"zip\": \"NA\", \"y\": 2.5}\n{\"zip\": null, \"y\": 3}\n";
    let found = survey("t.jsonl", lines.as_bytes()).unwrap();
    assert!(
        found.columns[0].is_categorical()
            && found.columns[0].missing == 1
            && !found.columns[1].is_categorical()
    );
    // What was said to stand for a missing value does.
    let format = Format { missing: vec!["na".to_owned()], ..Format::default() };
    let input = Input::from_bytes("t.jsonl", lines.as_bytes());
    assert_eq!(Survey::take(&input, &format, &SurveyOptions::default()).unwrap().columns[0].missing, 2);
}

/// The compact form that later passes read is the table, in every notation and with many and few distinct values.
#[test]
fn what_is_kept_is_the_table() {
    let value = |i: usize| (noise(i) * 1e7).round();
    let grouped = |i: usize, mark: &str| {
        let (v, sign) = (value(i).abs(), if noise(i) < 0.0 { "-" } else { "" });
        let (m, k, u) = ((v / 1e6) as u64, (v / 1e3) as u64 % 1000, v as u64 % 1000);
        if m > 0 { format!("{sign}{m}{mark}{k:03}{mark}{u:03}") } else { format!("{sign}{k}{mark}{u:03}") }
    };
    let mut csv = String::from("plain;point;comma;space;percent;day;few;name;gaps;wide\n");
    for i in 0..600 {
        let (plain, comma) = (noise(i), format!("{:.2}", noise(i + 1000) * 50.0).replace('.', ","));
        let (few, name, gap) =
            (i % 7, ["red", "1", "x y"][i % 3], if i % 5 == 0 { "NA".to_owned() } else { i.to_string() });
        writeln!(
            csv,
            "{plain};{};{comma};{};{}%;{};{few};{name};{gap};{}",
            grouped(i, "."),
            grouped(i + 7, " "),
            i % 450,
            date(19_000 + i as i32),
            1e300 * noise(i)
        )
        .unwrap();
    }
    let input = Input::from_bytes("t.csv", csv.as_bytes());
    let (format, options) = (Format::default(), SurveyOptions::default());
    let expected = Survey::take(&input, &format, &options).unwrap();
    for cap in [1 << 40, 0] {
        let (found, kept) = Survey::keep(&input, &format, &options, cap).unwrap();
        assert_eq!(found, expected);
        let tables = [&input, &kept].map(|input| read_table(input, &format, &found, u64::MAX).unwrap());
        assert_eq!(format!("{:?}", tables[0]), format!("{:?}", tables[1]));
        let lines = |input: &Input| {
            let mut records = vd_cli::table::Records::open(input, &format).unwrap();
            let mut lines = Vec::new();
            while records.advance().unwrap() {
                lines.push(records.place(0));
            }
            lines
        };
        assert_eq!(lines(&input), lines(&kept));
    }
}

fn refusal(result: Result<Survey>) -> String {
    match result.unwrap_err() {
        error @ (Error::Data { .. } | Error::Several(_) | Error::Io { .. }) => error.to_string(),
        error => panic!("{error:?}"),
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let lists: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]); 40]));
    let nested = parquet(&one("tags", lists), Compression::SNAPPY);
    let said = refusal(survey("t.parquet", &nested));
    assert!(said.contains("column 1, `tags`") && said.contains("--ignore tags"), "{said}");
    let options = SurveyOptions { ignored: vec!["tags".to_owned()], ..SurveyOptions::default() };
    let input = Input::from_bytes("t.parquet", &nested);
    assert_eq!(Survey::take(&input, &Format::default(), &options).unwrap().rows, 40);

    let infinite: ArrayRef = Arc::new(Float64Array::from_iter_values(
        (0..5000).map(|i| if i == 4321 { f64::INFINITY } else { 0.5 }),
    ));
    let said = refusal(survey("t.parquet", &parquet(&one("x", infinite), Compression::SNAPPY)));
    assert!(said.starts_with("t.parquet: row 4322, column 1, `x`: `inf` is not finite"), "{said}");

    for (text, what) in [
        ("{\"a\": 1}\n{\"a\": [1]}\n", ":2:1: column `a`: the value is a list"),
        (
            "{\"a\": 1}\n\n{\"a\": 1, \"a\": 2}\n",
            ":3: the line is not one JSON object: the key `a` occurs twice",
        ),
        ("{\"a\": 1}\n{\"a\": tru}\n", ":2: the line is not one JSON object"),
        ("{\n \"a\": 1}\n", ":1: the line is not a whole JSON object"),
        ("{\"a\": 1} 7\n", ":1: the line is not one JSON object: trailing"),
        ("{\"a\": 1e999}\n", ":1: the line is not one JSON object: number out of range"),
        ("[{\"a\": 1}]\n", "one JSON array"),
        ("{}\n", "there are no columns"),
        ("{}\n{}\n", "there are no columns"),
    ] {
        let said = refusal(survey("t", text.as_bytes()));
        assert!(said.contains(what), "{text:?}: {said}");
    }
    let mut late = "{\"a\": 1}\n".repeat(1200);
    late.push_str("{\"a\": 1, \"b\": 2}\n");
    let said = refusal(survey("t", late.as_bytes()));
    assert!(said.contains("t:1201: ") && said.contains("the key `b` is in none of the first 1000"), "{said}");
}

#[test]
fn rows_without_columns_are_refused_in_every_format() {
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(200));
    let nothing = Arc::new(arrow_schema::Schema::empty());
    let batch = RecordBatch::try_new_with_options(nothing, vec![], &options).unwrap();
    for bytes in [arrow_stream(&batch), arrow_file(&batch, None), b"{}\n{}\n".to_vec()] {
        let said = refusal(survey("t", &bytes));
        assert!(said.contains("there are no columns"), "{said}");
    }
}

#[test]
fn files_of_other_columns_are_named() {
    let desk = Desk::new();
    let number: ArrayRef = Arc::new(Int64Array::from_iter_values(0..30));
    let name: ArrayRef = Arc::new(StringArray::from_iter_values((0..30).map(|i| ["u", "v"][i % 2])));
    let put = |file: &str, bytes: Vec<u8>| {
        let folder = file.split('/').next().unwrap();
        let _ = std::fs::create_dir(desk.path(folder));
        desk.put(file, bytes);
    };
    let of = |name: &str, column: &ArrayRef| parquet(&one(name, Arc::clone(column)), Compression::SNAPPY);
    put("types/a", of("x", &number));
    put("types/b", of("x", &name));
    put("names/a", of("x", &number));
    put("names/b", of("z", &number));
    put("formats/a", of("x", &number));
    put("formats/b", b"x,y\n1,2\n".to_vec());
    put("csv/a", b"x,y\n1,2\n".to_vec());
    put("csv/b", b"y,x\n1,2\n".to_vec());
    for (folder, what) in [
        ("types", "types/b: column `x` holds names, in types/a it holds numbers"),
        ("names", "names/b: there is no column `x`, as there is in names/a"),
        ("formats", "formats/b: the file is of another format than formats/a"),
        ("csv", "csv/b: column `y` stands where `x` does in csv/a"),
    ] {
        let said = desk.fails(3, &["fit", folder, "--target", "y"]);
        assert!(said.contains(what), "{said}");
    }
    assert!(
        desk.fails(2, &["fit", "none-*.csv", "--target", "y"])
            .contains("no file fits the pattern none-*.csv")
    );
    std::fs::create_dir(desk.path("empty")).unwrap();
    assert!(desk.fails(2, &["fit", "empty", "--target", "y"]).contains("there is no file in the folder"));
    std::fs::create_dir(desk.path("empty/inner")).unwrap();
    assert!(
        desk.fails(2, &["fit", "empty", "--target", "y"]).contains("say which files are meant by a pattern")
    );
}

/// What is cut off or has a flipped bit is an error, or another table; never a panic, and never much memory.
#[test]
fn damage_is_an_error() {
    let whole = batch(&rows(300));
    let files = [
        ("parquet", parquet(&whole, Compression::SNAPPY)),
        ("zstd", parquet(&whole, Compression::ZSTD(ZstdLevel::default()))),
        ("arrow", arrow_file(&whole, Some(CompressionType::LZ4_FRAME))),
        ("plain", arrow_file(&whole, None)),
        ("polars", arrow_file_of_polars(&whole)),
        ("stream", arrow_stream(&whole)),
    ];
    for (name, bytes) in files {
        assert_eq!(survey(name, &bytes).unwrap().rows, 300);
        for i in 1..60 {
            let cut = bytes.len() * i / 60;
            match survey(name, &bytes[..cut]) {
                Err(Error::Data { .. } | Error::Several(_)) => {}
                // A stream may end between two messages.
                Ok(found) if name == "stream" => assert!(found.rows <= 300),
                other => panic!("{name} cut at {cut}: {other:?}"),
            }
        }
        for i in 0..400 {
            // Half of them in the last bytes, where a Parquet file says what is where.
            let near = bytes.len().min(3000);
            let span = if i % 2 == 0 { bytes.len() } else { near };
            let at = bytes.len() - 1 - (noise(i).abs() * (span - 1) as f64) as usize;
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (i % 8);
            let input = Input::from_bytes(name, &flipped);
            let Ok(found) = Survey::take(&input, &Format::default(), &SurveyOptions::default()) else {
                continue;
            };
            let _ = read_table(&input, &Format::default(), &found, 1 << 30);
        }
    }
}

/// What says that it unfolds to terabytes is not believed.
#[test]
fn bombs_are_refused() {
    let real: ArrayRef = Arc::new(Float64Array::from_iter_values((0..512).map(|i| (i % 7) as f64)));
    let mut bytes = arrow_file(&one("x", real), Some(CompressionType::LZ4_FRAME));
    let length = (412_u64 * 8).to_le_bytes();
    let at = bytes.windows(8).position(|w| w == length).unwrap();
    bytes[at..at + 8].copy_from_slice(&(1_u64 << 42).to_le_bytes());
    let said = refusal(survey("t.arrow", &bytes));
    assert!(said.contains("says that it unfolds to"), "{said}");
    // A schema's message that says it has gigabytes of description, and a body that says the same.
    let said = refusal(survey("t.arrows", &[[0xFF; 4], [0, 0, 0, 0x70]].concat()));
    assert!(said.contains("bytes of description"), "{said}");
    // A line of a gigabyte in a megabyte.
    let mut bomb = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    bomb.write_all(b"{\"a\": \"").unwrap();
    (0..1024).for_each(|_| bomb.write_all(&[b'x'; 1 << 16]).unwrap());
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    assert!(refusal(survey("t.jsonl.zst", &bomb)).contains("longer than 16 MiB"));
}

/// Under a low cap the compact form goes to a file that no folder shows, or, where none can be written, nowhere: the model is the same.
#[test]
fn a_temporary_file_changes_nothing_and_leaves_nothing() {
    let desk = Desk::new();
    desk.put("t.csv", common::regression(40_000));
    let temporary = desk.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let fit = |cap: &str, folder: &std::path::Path| {
        let args = [
            "fit",
            "t.csv",
            "--target",
            "y",
            "--lambda",
            "bic",
            "--no-score",
            "--memory-cap",
            cap,
            "--out",
            "m.vd",
        ];
        assert!(desk.start(&args, folder).wait().unwrap().success());
        let mut json: serde_json::Value =
            serde_json::from_str(&desk.ok(&["export", "m.vd", "--to", "json"])).unwrap();
        assert!(json["value"]["provenance"].take().is_object());
        json
    };
    let expected = fit("4G", &temporary);
    assert_eq!(fit("24M", &temporary), expected);
    assert_eq!(fit("24M", &desk.path("not-there")), expected);
    assert_eq!(temporary.read_dir().unwrap().count(), 0);
}

/// A program that is killed leaves no temporary file.
#[cfg(target_os = "linux")]
#[test]
fn a_kill_leaves_no_file() {
    let desk = Desk::new();
    desk.put("t.csv", common::regression(40_000));
    let temporary = desk.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let args = [
        "fit",
        "t.csv",
        "--target",
        "y",
        "--model",
        "dsvi",
        "--stream",
        "--epochs",
        "2000",
        "--memory-cap",
        "24M",
    ];
    let mut child = desk.start(&args, &temporary);
    let open = |id: u32| {
        let folder = format!("/proc/{id}/fd");
        let links = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        links.filter(|link| link.starts_with(&temporary)).count()
    };
    let began = std::time::Instant::now();
    while open(child.id()) == 0 && began.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let files = open(child.id());
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(files > 0, "no temporary file was made");
    assert_eq!(temporary.read_dir().unwrap().count(), 0);
}
