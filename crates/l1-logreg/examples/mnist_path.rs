//! A certified softmax path on MNIST: `VD_MNIST_DIR=… cargo run --release -p l1-logreg --example mnist_path [POINTS [LAST_C [TOLERANCE]]]`.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Read;
use std::time::Instant;

use l1_logreg::{Grid, Loss, Params};
use nalgebra::DMatrix;

fn read(directory: &str, name: &str, skip: usize) -> Vec<u8> {
    let path = format!("{directory}/{name}.gz");
    let file = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).expect("a gzip file");
    bytes.split_off(skip)
}

fn set(directory: &str, which: &str) -> (DMatrix<f32>, Vec<usize>) {
    let pixels = read(directory, &format!("{which}-images-idx3-ubyte"), 16);
    let labels = read(directory, &format!("{which}-labels-idx1-ubyte"), 8);
    let x = DMatrix::from_row_iterator(labels.len(), 784, pixels.iter().map(|&p| f32::from(p) / 255.0));
    (x, labels.into_iter().map(usize::from).collect())
}

fn main() {
    let directory =
        std::env::var("VD_MNIST_DIR").expect("VD_MNIST_DIR names the folder with the four gzipped files");
    let argument = |i: usize, default: f64| std::env::args().nth(i).map_or(default, |a| a.parse().unwrap());
    let (points, last, tolerance) = (argument(1, 10.0) as usize, argument(2, 0.3), argument(3, 1e-4));
    let loss =
        if std::env::args().nth(4).as_deref() == Some("ovr") { Loss::OneVsRest } else { Loss::Softmax };
    let (x, t) = set(&directory, "train");
    let (x_test, t_test) = set(&directory, "t10k");
    let start = Instant::now();
    let estimator = Params::new().loss(loss).tolerance(tolerance);
    let first = estimator.c_min(&x, &t).unwrap();
    let mut lap = Instant::now();
    let path = estimator
        .path_with(&x, &t, &Grid::geometric(first, last, points), |p| {
            if std::env::var("VERBOSE").is_ok() {
                println!(
                    "  {:3} {:.6} gap {:.2e} at {:.2}s, +{:.3}",
                    p.iteration,
                    p.objective,
                    p.gap,
                    start.elapsed().as_secs_f64(),
                    lap.elapsed().as_secs_f64()
                );
                lap = Instant::now();
            }
            core::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let seconds = start.elapsed().as_secs_f64();
    for p in &path {
        println!(
            "C {:.5} accuracy {:.4} sparsity {:.4} objective {:.6} gap {:.1e} subgradient {:.1e} iterations {} {}",
            p.c,
            p.fit.model.accuracy(&x_test, &t_test).unwrap(),
            p.fit.model.sparsity(),
            p.fit.report.objective,
            p.certificate.relative_gap(),
            p.certificate.subgradient,
            p.fit.report.iterations,
            p.fit.report.status
        );
    }
    println!("{points} points in {seconds:.2} s");
}
