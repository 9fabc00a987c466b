//! What cannot be fitted is named.

use std::sync::Arc;

use crate::data::{Random, batch, folder, sql, write};
use datafusion::arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray};
use vd_datafusion::{Engine, Error, fit, options};

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn refusal(sql: &str, words: &[&str]) -> Error {
    let engine = Engine::embedded(Some(2)).unwrap();
    fit(&engine, sql, &options(words).unwrap()).map(|fitted| fitted.model.kept()).unwrap_err()
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = folder(1, 200);
    for name in ["nothing.parquet", "no*.parquet", "folder/*.parquet"] {
        let sql = format!("select * from '{}/{name}'", folder.path().display());
        let error = refusal(&sql, &["--target", "amount"]);
        assert!(matches!(error, Error::NoTable { .. }), "{error:?}");
        assert!(error.to_string().contains(name), "{error}");
    }
    let error = refusal("select * from houses", &["--target", "amount"]);
    assert!(error.to_string().contains("'houses'"), "{error}");
    std::fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    let error =
        refusal(&format!("select * from '{}/notes.txt'", folder.path().display()), &["--target", "y"]);
    assert!(error.to_string().contains(".txt are not read"), "{error}");
    assert!(matches!(refusal("selec", &["--target", "y"]), Error::Query(_)));
    assert!(matches!(refusal("drop table x", &["--target", "y"]), Error::Query(_) | Error::NoTable { .. }));
}

#[test]
fn files_that_differ_are_named() {
    let numbers =
        |n: usize| Arc::new(Float64Array::from_iter_values((0..n).map(|i| (i % 7) as f64))) as ArrayRef;
    let whole = |n: i32| Arc::new(Int32Array::from_iter_values(0..n)) as ArrayRef;
    for (other, found) in [
        (table(vec![("y", numbers(9)), ("a", whole(9))]), "Int32"),
        (table(vec![("y", numbers(9))]), "not there"),
        (table(vec![("y", numbers(9)), ("a", Arc::new(StringArray::from(vec!["x"; 9])))]), "Utf8"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a.parquet"), &[table(vec![("y", numbers(9)), ("a", numbers(9))])]);
        write(&folder.path().join("b.parquet"), &[other]);
        let error = refusal(&sql(folder.path()), &["--target", "y"]);
        let text = error.to_string();
        assert!(matches!(error, Error::Schema { .. }), "{error:?}");
        assert!(text.contains("b.parquet") && text.contains("`a`") && text.contains(found), "{text}");
    }
    // A damaged file.
    let folder = folder(2, 200);
    let path = folder.path().join("part-1.parquet");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = refusal(&sql(folder.path()), &["--target", "amount"]).to_string();
    assert!(error.contains("part-1.parquet"), "{error}");
}

#[test]
fn columns_that_cannot_be_used_are_named() {
    let folder = folder(1, 400);
    let from = format!("from '{}/*.parquet'", folder.path().display());
    for (select, words, part) in [
        ("amount, x0, [x0] as list", &["--target", "amount"][..], "`list`"),
        ("amount, x0, x0 / 0.0 as far", &["--target", "amount", "--missing", "drop"], "`far`"),
        ("amount, cast(x0 as varchar) as text", &["--target", "amount", "--missing", "drop"], "`text`"),
        ("amount, x0", &["--target", "price"], "`price`"),
        ("amount, x0", &["--target", "amount"], "target is missing in"),
        ("city, x0", &["--target", "city", "--task", "regression", "--missing", "drop"], "`city`"),
        ("class, x0", &["--target", "class", "--missing", "drop"], "one-vs-rest"),
        (
            "x0 - 10 as loss, x2",
            &["--target", "loss", "--task", "counts", "--missing", "drop"],
            "is no count",
        ),
        ("count, x0", &["--target", "count", "--task", "counts", "--lambda", "cv"], "--lambda cv"),
        ("1 as one, x0", &["--target", "one"], "in every row"),
        ("amount, x0 from", &["--target", "amount"], "query"),
    ] {
        let error = refusal(&format!("select {select} {from}"), words).to_string();
        assert!(error.contains(part), "{select}: {error}");
    }
    let error = refusal(&format!("select amount, x0 {from} where x0 > 1e9"), &["--target", "amount"]);
    assert!(error.to_string().contains("no rows"), "{error}");
}

#[test]
fn rows_that_change_between_passes_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let mut random = Random(3);
    write(&path, &[batch(500, &mut random)]);
    let engine = Engine::embedded(Some(1)).unwrap();
    let words =
        options(["--target", "label", "--missing", "drop", "--ignore", "class,amount,count"]).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let fitted = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let other = folder.path().join("next");
                write(&other, &[batch(600, &mut random)]);
                std::fs::rename(&other, &path).unwrap();
            }
        });
        let fitted = fit(&engine, &sql(folder.path()), &words);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        fitted
    });
    // Whatever is met first, it is said; a model would be of no table.
    assert!(fitted.is_err());
}
