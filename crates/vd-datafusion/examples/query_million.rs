//! A million rows of numbers, names and nulls: fits of a query, alone and on a cluster, beside `vd fit` and vd-glm in memory.
//!
//! ```text
//! cargo run --example query_million -- [rows] [host:port,host:port,…]
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // A script.

#[allow(dead_code)] // The tests' table has more than is used here.
#[path = "../tests/all/data.rs"]
mod data;

use std::path::Path;
use std::time::Instant;

use data::{PROBLEMS, Problem, Random, batch, by_vd, difference, sql, write};
use predictor::{Preprocessing, SavedModel, Values};
use vd_cli::table::{Format, Input, Survey, SurveyOptions, read_table};
use vd_datafusion::{Engine, fit, options};
use vd_glm::{ClassificationParams, Family, RegressionParams, Slab};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rows: usize = arguments.first().map_or(1_000_000, |rows| rows.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(11);
    for k in 0..4 {
        let batches: Vec<_> = (0..10).map(|_| batch(rows / 40, &mut random)).collect();
        write(&folder.path().join(format!("part-{k}.parquet")), &batches);
    }
    for problem in [&PROBLEMS[0], &PROBLEMS[4], &PROBLEMS[6]] {
        println!("{} {:?}", problem.target, problem.words);
        let start = Instant::now();
        let by_vd = by_vd(folder.path(), problem);
        println!("  vd fit: {:.1?}, {} kept", start.elapsed(), by_vd.kept());
        let alone = run("one process", &Engine::embedded(None).unwrap(), folder.path(), problem);
        println!("    apart from vd fit: {:.1e}", difference(&alone, &by_vd));
        let parts = run("seven parts", &Engine::embedded(Some(7)).unwrap(), folder.path(), problem);
        println!("    apart from one process: {:.1e}", difference(&parts, &alone));
        if let Some(cluster) = arguments.get(1) {
            let addresses: Vec<String> = cluster.split(',').map(str::to_owned).collect();
            let engine = Engine::cluster(&addresses, Some(2)).unwrap();
            let cluster = run("cluster", &engine, folder.path(), problem);
            println!("    apart from one process: {:.1e}", difference(&cluster, &alone));
        }
        if problem.target != "amount" {
            println!(
                "    apart from vd-glm in memory, whole curvature: {:.1e}",
                in_memory(folder.path(), problem, &alone)
            );
        }
    }
}

fn run(name: &str, engine: &Engine, folder: &Path, problem: &Problem) -> SavedModel {
    let start = Instant::now();
    let fitted = fit(engine, &sql(folder), &options(problem.options()).unwrap()).unwrap();
    println!("  {name}: {:.1?}, {} passes, {} kept", start.elapsed(), fitted.passes, fitted.model.kept());
    fitted.model
}

/// The largest relative difference of the weights of vd-glm's fit to the rows in memory.
fn in_memory(folder: &Path, problem: &Problem, model: &SavedModel) -> f64 {
    let ignored = ["amount", "count", "label", "class"].into_iter().filter(|name| *name != problem.target);
    let survey = SurveyOptions {
        categorical: Vec::new(),
        ignored: ignored.map(str::to_owned).collect(),
        target: Some(problem.target.to_owned()),
        max_levels: 100,
    };
    let input = Input::new(&format!("{}/*.parquet", folder.display()), 1 << 34).unwrap();
    let survey = Survey::take(&input, &Format::default(), &survey).unwrap();
    let mut table = read_table(&input, &Format::default(), &survey, 1 << 34).unwrap();
    let target = table.remove(problem.target).unwrap();
    let rows: Vec<usize> = (0..table.rows()).filter(|&row| !target.is_missing(row)).collect();
    let preprocessing = Preprocessing::from_columns(table.columns(), &rows, true, true).unwrap();
    let x = preprocessing.design(table.columns(), &rows);
    let lambda = methods::glm::default_lambda(rows.len(), x.ncols(), 1).unwrap();
    let refit = methods::glm::refit(false);
    let weights = match &target.values {
        Values::Numbers(t) => {
            let t: Vec<f64> = rows.iter().map(|&row| t[row]).collect();
            let params = RegressionParams::new().family(Family::Poisson).slab(Slab::Learned).refit(refit);
            params.lambda(lambda).whole_curvature(true).fit(&x, &t).unwrap().model.weights()
        }
        Values::Codes { codes, .. } => {
            let t: Vec<usize> = rows.iter().map(|&row| codes[row] as usize).collect();
            let params = ClassificationParams::new().slab(Slab::Learned).refit(refit);
            let fit = params.lambda(lambda).whole_curvature(true).fit(&x, &t).unwrap();
            fit.model.weights().column(0).into_owned()
        }
    };
    let pairs = model.relevance.iter().zip(weights.iter());
    pairs.fold(0.0, |worst: f64, (r, w)| {
        assert_eq!(r.weight == 0.0, *w == 0.0);
        if *w == 0.0 { worst } else { worst.max((r.weight / w - 1.0).abs()) }
    })
}
