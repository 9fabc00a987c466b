//! The choice of C on DIGITS under the poster's protocol: `cargo run --release -p l1-logreg --example digits_cv [SEED]`.
//!
//! Raw inputs 0 to 16 minus their column mean over all samples, 1200 of 1797 samples at random for training, one-vs-rest with a
//! penalised intercept (as `liblinear`), three folds, ten values of C from 1e-4 to 1e4.
#![allow(clippy::print_stdout, clippy::expect_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use l1_logreg::{CrossValidation, Grid, Intercept, Loss, Params, Score, Status};
use rand::SeedableRng;
use rand::seq::SliceRandom;

fn main() {
    let seed = std::env::args().nth(1).map_or(0, |s| s.parse().expect("a seed"));
    let (x, t) = common::digits(1797);
    let mut x = x * 16.0;
    for mut column in x.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let mut order: Vec<usize> = (0..1797).collect();
    order.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
    let part = |rows: &[usize]| {
        let labels: Vec<usize> = rows.iter().map(|&i| t[i]).collect();
        (x.select_rows(rows), labels)
    };
    let ((x_train, t_train), (x_test, t_test)) = (part(&order[..1200]), part(&order[1200..]));
    for (name, loss, intercept) in [
        ("one-vs-rest, penalised intercept", Loss::OneVsRest, Intercept::Penalised),
        ("one-vs-rest, free intercept", Loss::OneVsRest, Intercept::Unpenalised),
        ("softmax, free intercept", Loss::Softmax, Intercept::Unpenalised),
    ] {
        let start = Instant::now();
        let estimator = Params::new().loss(loss).intercept(intercept).tolerance(1e-4);
        let cv = CrossValidation::new().folds(3).grid(Grid::geometric(1e-4, 1e4, 10)).seed(seed);
        let cv = estimator
            .cross_validate(
                &x_train,
                &t_train,
                &cv.score(Score::Accuracy).tolerance(1e-4).patience(usize::MAX),
            )
            .expect("a choice");
        let seconds = start.elapsed().as_secs_f64();
        let model = &cv.fit.model;
        let open = cv.statuses.iter().flatten().filter(|&&s| s != Status::Converged).count();
        println!(
            "{name}: C {:.3e} (one standard error: {:.3e}) accuracy {:.4} sparsity {:.4} gap {:.1e}, {open} of 30 fits open, {seconds:.2} s",
            cv.c(),
            cv.grid[cv.one_standard_error],
            model.accuracy(&x_test, &t_test).expect("a score"),
            model.sparsity(),
            cv.fit.report.residual,
        );
    }
}
