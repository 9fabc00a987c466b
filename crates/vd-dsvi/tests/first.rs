//! The trainer learns, prunes, and gives the same bits for every number of threads.

use nalgebra::DMatrix;
use vd_dsvi::{Batch, Params, Schedule};

fn problem(n: usize) -> (DMatrix<f32>, Vec<usize>) {
    let mut s = 1u64;
    let mut draw = || {
        s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((s >> 40) as f32 / (1u32 << 23) as f32) - 1.0
    };
    let x = DMatrix::from_fn(n, 20, |_, _| draw());
    let t = (0..n).map(|i| (0..3).max_by(|&a, &b| x[(i, a)].total_cmp(&x[(i, b)])).unwrap_or(0)).collect();
    (x, t)
}

#[test]
fn learns_and_prunes() {
    let (x, t) = problem(600);
    let params =
        Params::default().epochs(400usize).learning_rate(Schedule::linear(&[(100.0, 0.02), (400.0, 0.0)]));
    let fit = params.threads(1usize).fit(&x, &t).unwrap();
    let sparse = fit.model.pruned(3.0);
    let (accuracy, sparsity) = (sparse.accuracy(&x, &t).unwrap(), sparse.sparsity(3.0));
    println!("{accuracy} {sparsity} {:?}", fit.report.last);
    assert!(accuracy > 0.97, "{accuracy}");
    assert!(sparsity > 0.6, "{sparsity}");
}

#[test]
fn same_bits_for_any_number_of_threads() {
    let (x, t) = problem(130);
    for batch in [Batch::Full, Batch::Size(50)] {
        let params = Params::default().epochs(20usize).batch(batch).hidden(vec![7]).bias(true);
        let one = params.clone().threads(1usize).fit(&x, &t).unwrap();
        for threads in [2usize, 4] {
            assert_eq!(one, params.clone().threads(threads).fit(&x, &t).unwrap());
        }
    }
}
