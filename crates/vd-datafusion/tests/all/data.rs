//! A table in several Parquet files: numbers, names, nulls, and a target of each kind.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use predictor::SavedModel;
use serde_json::Value;
use tempfile::TempDir;

/// SplitMix64 as numbers from 0 to 1.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A sum of twelve, nearly normal.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

const CITIES: [&str; 5] = ["Aachen", "Bonn", "Celle", "Dresden", "Essen"];

/// Some rows of the table.
pub fn batch(rows: usize, random: &mut Random) -> RecordBatch {
    let mut numbers: Vec<Vec<Option<f64>>> = vec![Vec::new(); 8];
    let (mut city, mut flag, mut rooms) = (Vec::new(), Vec::new(), Vec::new());
    let (mut amount, mut count, mut label, mut class) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let x: Vec<f64> = (0..8).map(|_| random.normal()).collect();
        let (place, own, size) =
            ((random.next() * 5.0) as usize, random.next() < 0.3, (random.next() * 6.0) as i64);
        let effect = [0.4, 0.0, -0.5, 0.0, 0.1][place];
        let z = 0.2 + 0.6 * x[0] - 0.4 * x[1] + effect + f64::from(u8::from(own)) * 0.3 + 0.1 * size as f64;
        for (j, (column, x)) in numbers.iter_mut().zip(&x).enumerate() {
            let value = 10_f64.powi(j as i32 % 4 - 1) * x + j as f64 * 3.0;
            column.push((j % 3 != 1 || random.next() > 0.05).then_some(value));
        }
        city.push((random.next() > 0.04).then(|| CITIES[place]));
        flag.push(Some(own));
        rooms.push(Some(size));
        amount.push((random.next() > 0.01).then(|| 50.0 + 7.0 * (z + 0.8 * random.normal())));
        // A Poisson number by multiplication of uniform ones (Knuth).
        let (limit, mut product, mut k) = ((-(0.5 * z).exp()).exp(), random.next(), 0_i64);
        while product > limit {
            product *= random.next();
            k += 1;
        }
        count.push(Some(k));
        let noisy = z + 1.5 * random.normal();
        label.push((random.next() > 0.01).then_some(if noisy > 0.4 { "yes" } else { "no" }));
        class.push(Some(if noisy > 1.2 {
            "high"
        } else if noisy > -0.4 {
            "middle"
        } else {
            "low"
        }));
    }
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for (j, column) in numbers.into_iter().enumerate() {
        columns.push((format!("x{j}"), Arc::new(Float64Array::from(column))));
    }
    columns.push(("city".to_owned(), Arc::new(StringArray::from(city))));
    columns.push(("flag".to_owned(), Arc::new(BooleanArray::from(flag))));
    columns.push(("rooms".to_owned(), Arc::new(Int64Array::from(rooms))));
    columns.push(("amount".to_owned(), Arc::new(Float64Array::from(amount))));
    columns.push(("count".to_owned(), Arc::new(Int64Array::from(count))));
    columns.push(("label".to_owned(), Arc::new(StringArray::from(label))));
    columns.push(("class".to_owned(), Arc::new(StringArray::from(class))));
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

pub fn write(path: &Path, batches: &[RecordBatch]) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2000)).build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batches[0].schema(), Some(properties)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
}

/// A folder with `files` files of `rows` rows each.
pub fn folder(files: usize, rows: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(7);
    for k in 0..files {
        let rows = rows + 100 * k;
        write(&folder.path().join(format!("part-{k}.parquet")), &[batch(rows, &mut random)]);
    }
    folder
}

/// The query of a problem, and the options of its fit.
pub struct Problem {
    pub target: &'static str,
    pub words: &'static [&'static str],
}

const OTHERS: [&str; 4] = ["amount", "count", "label", "class"];

/// A linear, a logistic, a Poisson problem and one of three classes, with what `vd fit` does by default and with a fixed λ.
pub const PROBLEMS: [Problem; 9] = [
    Problem { target: "amount", words: &["--lambda", "8"] },
    Problem { target: "amount", words: &["--false-keeps", "0.5"] },
    Problem { target: "amount", words: &[] },
    Problem { target: "amount", words: &["--lambda", "bic", "--missing", "drop"] },
    Problem { target: "label", words: &[] },
    Problem { target: "label", words: &["--lambda", "3", "--no-standardise"] },
    Problem { target: "count", words: &["--task", "counts"] },
    Problem { target: "count", words: &["--task", "counts", "--lambda", "5", "--categorical", "rooms"] },
    Problem { target: "class", words: &["--family", "one-vs-rest"] },
];

impl Problem {
    /// The options of the fit, with the other targets left out.
    pub fn options(&self) -> Vec<String> {
        let mut words = vec!["--target".to_owned(), self.target.to_owned(), "--no-score".to_owned()];
        if !self.words.contains(&"--missing") {
            words.extend(["--missing".to_owned(), "impute".to_owned()]);
        }
        let others: Vec<&str> = OTHERS.into_iter().filter(|name| *name != self.target).collect();
        words.extend(["--ignore".to_owned(), others.join(",")]);
        words.extend(self.words.iter().map(|word| (*word).to_owned()));
        words
    }
}

pub fn sql(folder: &Path) -> String {
    format!("select * from '{}/*.parquet'", folder.display())
}

/// The model that `vd fit` makes of the same files.
pub fn by_vd(folder: &Path, problem: &Problem) -> SavedModel {
    use clap::Parser;
    let out = tempfile::NamedTempFile::new().unwrap();
    let mut words = vec!["vd".to_owned(), "--quiet".to_owned(), "fit".to_owned()];
    words.push(format!("{}/*.parquet", folder.display()));
    words.extend(problem.options());
    words.extend(["--out".to_owned(), out.path().display().to_string()]);
    vd_cli::run(&vd_cli::cli::Cli::parse_from(words)).unwrap();
    model_file::load(out.path()).unwrap()
}

/// What a model is, without where it comes from.
fn essence(model: &SavedModel) -> Value {
    let mut value = serde_json::to_value(model).unwrap();
    for key in ["provenance", "summary", "score"] {
        value.as_object_mut().unwrap().remove(key);
    }
    value
}

/// Asserts that two models keep the same features; the largest relative difference of their numbers.
///
/// Numbers about 0, such as the mean of a centred column, are compared with 1e-3.
pub fn difference(a: &SavedModel, b: &SavedModel) -> f64 {
    let kept = |m: &SavedModel| {
        let pairs = m.preprocessing.features().iter().zip(&m.relevance);
        pairs.filter(|(_, r)| r.kept > 0).map(|(f, _)| f.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(kept(a), kept(b));
    assert!(!kept(a).is_empty());
    apart(&essence(a), &essence(b), "")
}

fn apart(a: &Value, b: &Value, at: &str) -> f64 {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            if a == b { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()).max(1e-3) }
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{at}");
            a.iter()
                .zip(b)
                .enumerate()
                .map(|(i, (a, b))| apart(a, b, &format!("{at}[{i}]")))
                .fold(0.0, f64::max)
        }
        (Value::Object(a), Value::Object(b)) => {
            assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{at}");
            a.iter().map(|(key, value)| apart(value, &b[key], &format!("{at}.{key}"))).fold(0.0, f64::max)
        }
        _ => {
            assert_eq!(a, b, "{at}");
            0.0
        }
    }
}
