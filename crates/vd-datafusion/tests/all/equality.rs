//! The same model whoever makes the passes.

use crate::data::{PROBLEMS, by_vd, difference, folder, sql};
use vd_datafusion::{Engine, fit, options};

/// 12,600 rows: below 16,384 a fit in memory takes the curvature from all rows, as passes always do.
#[test]
fn queries_are_fitted_as_vd_fits_the_files() {
    let folder = folder(4, 3000);
    let engine = Engine::embedded(Some(3)).unwrap();
    for problem in &PROBLEMS {
        let fitted = fit(&engine, &sql(folder.path()), &options(problem.options()).unwrap()).unwrap();
        let apart = difference(&fitted.model, &by_vd(folder.path(), problem));
        println!("{} {:?}: {apart:.1e}, {} passes", problem.target, problem.words, fitted.passes);
        // An average over supports is a longer way than a fit at one λ, on which rounding grows.
        let average = problem.target == "amount" && problem.words.is_empty();
        assert!(
            apart < if average { 1e-6 } else { 1e-9 },
            "{} {:?}: {apart:e}",
            problem.target,
            problem.words
        );
    }
}

#[test]
fn the_same_parts_give_the_same_bits() {
    let folder = folder(3, 1500);
    let words = PROBLEMS[4].options();
    let engine = Engine::embedded(Some(4)).unwrap();
    let once = || fit(&engine, &sql(folder.path()), &options(&words).unwrap()).unwrap().model;
    let first = once();
    for _ in 0..3 {
        assert_eq!(once(), first);
    }
    // Other parts differ by rounding.
    let other = Engine::embedded(Some(1)).unwrap();
    let other = fit(&other, &sql(folder.path()), &options(&words).unwrap()).unwrap().model;
    assert!(difference(&other, &first) < 1e-9);
}

/// The stochastic trainer takes the rows themselves, in the same order in every run.
#[test]
fn the_trainer_streams_the_rows() {
    let folder = folder(2, 2000);
    let engine = Engine::embedded(Some(3)).unwrap();
    for (target, more) in [("amount", "label,count,class"), ("label", "amount,count,class")] {
        let words = [
            "--target",
            target,
            "--ignore",
            more,
            "--missing",
            "impute",
            "--model",
            "dsvi",
            "--epochs",
            "60",
        ];
        let once = || fit(&engine, &sql(folder.path()), &options(words).unwrap()).unwrap();
        let first = once();
        assert_eq!(first.passes, 61);
        assert_eq!(once().model, first.model);
        let strongest = first.model.by_relevance()[0];
        assert_eq!(first.model.preprocessing.features()[strongest].name, "x0");
    }
}

/// What SQL is for: a filter, a computed column, a cast, a join.
#[test]
fn a_query_is_more_than_a_file() {
    let folder = folder(2, 1200);
    let files = format!("'{}/*.parquet'", folder.path().display());
    let sql = format!(
        "with names as (select distinct city as place, length(city) as letters from {files}) \
         select amount, x0, x1 * 10 as big, cast(flag as int) as owned, letters from {files} left join names on city = place where rooms < 4"
    );
    let engine = Engine::embedded(Some(2)).unwrap();
    let fitted = fit(&engine, &sql, &options(["--target", "amount", "--missing", "drop"]).unwrap()).unwrap();
    let names: Vec<&str> = fitted.model.preprocessing.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["x0", "big", "owned", "letters"]);
    assert!(fitted.model.kept() >= 2 && fitted.rows.left_out() > 0, "{:?}", fitted.rows);
    // A linear fit reads its rows twice, whatever λ.
    assert_eq!(fitted.passes, 2);
    let cv = options(["--target", "amount", "--missing", "drop", "--lambda", "cv"]).unwrap();
    assert_eq!(fit(&engine, &sql, &cv).unwrap().passes, 2);
}
