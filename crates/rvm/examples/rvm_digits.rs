//! One-vs-rest on the digits under the poster's protocol: `rvm_digits CSV SPLITS noise? replacement? bias? entry_gain floor`;
//! with `SOFTMAX=1`, the joint softmax machine; with `DISTINCT=1`, every sample drawn is used once.
#![allow(clippy::print_stdout)] // An example prints.

use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_distr::Distribution;

/// Share of rows whose largest probability is their label's.
fn rated(p: &DMatrix<f64>, labels: &[usize]) -> f64 {
    let hit = |(row, &label): (usize, &usize)| p.row(row).transpose().imax() == label;
    labels.iter().enumerate().filter(|r| hit(*r)).count() as f64 / labels.len() as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let number = |i: usize, default: f64| args.get(i).and_then(|s| s.parse().ok()).unwrap_or(default);
    let text = std::fs::read_to_string(args.get(1).ok_or("path of digits.csv")?)?;
    let rows: Vec<Vec<f64>> = text
        .lines()
        .map(|l| l.split(',').map(|v| v.trim().parse::<f64>()).collect())
        .collect::<Result<_, _>>()?;
    let labels: Vec<usize> = rows.iter().map(|r| r[64] as usize).collect();
    let (n, splits) = (rows.len(), number(2, 10.0) as u64);
    let (noise, replacement) = (number(3, 0.0) > 0.0, number(4, 0.0) > 0.0);
    let d = if noise { 128 } else { 64 };
    let softmax = std::env::var("SOFTMAX").is_ok_and(|v| v == "1");
    let distinct = std::env::var("DISTINCT").is_ok_and(|v| v == "1");
    // The poster's columns are not centred by the fit.
    let (intercept, gain, floor) = (number(5, 1.0) > 0.0, number(6, 0.1), number(7, 1e-6));
    let params = rvm::OneVsRestParams::new().centre(false).intercept(intercept);
    let params = params.entry_gain(gain).precision_floor(floor);
    let joint = rvm::SoftmaxParams::new().centre(false).intercept(intercept);
    let joint = joint.entry_gain(gain).precision_floor(floor);
    let (mut sums, mut squares) = ([0.0; 5], [0.0; 5]);
    for seed in 0..splits {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let normal = rand_distr::Normal::new(0.0, 5.0)?;
        let mut x = DMatrix::from_fn(n, d, |i, j| if j < 64 { rows[i][j] } else { normal.sample(&mut rng) });
        for j in 0..64 {
            let mean = x.column(j).mean();
            x.column_mut(j).add_scalar_mut(-mean);
        }
        let (train, test): (Vec<usize>, Vec<usize>) = if replacement {
            let mut train: Vec<usize> = (0..1200).map(|_| rng.random_range(0..n)).collect();
            let test = (0..n).filter(|i| !train.contains(i)).collect();
            if distinct {
                train.sort_unstable();
                train.dedup();
            }
            (train, test)
        } else {
            let mut p: Vec<usize> = (0..n).collect();
            p.shuffle(&mut rng);
            (p[..1200].to_vec(), p[1200..].to_vec())
        };
        let pick = |rows: &[usize]| -> (DMatrix<f64>, Vec<usize>) {
            (x.select_rows(rows), rows.iter().map(|&i| labels[i]).collect())
        };
        let ((x_train, t_train), (x_test, t_test)) = (pick(&train), pick(&test));
        let start = std::time::Instant::now();
        let (w, accuracy, moderated, sparsity, report) = if softmax {
            let fit = joint.fit(&x_train, &t_train)?;
            let accuracy = fit.model.accuracy(&x_test, &t_test)?;
            let moderated = rated(&fit.model.predict_proba(&x_test)?, &t_test);
            (fit.model.weights(), accuracy, moderated, fit.model.sparsity(), fit.report)
        } else {
            let fit = params.fit(&x_train, &t_train)?;
            let accuracy = fit.model.accuracy(&x_test, &t_test)?;
            let moderated = rated(&fit.model.predict_proba(&x_test)?, &t_test);
            (fit.model.weights(), accuracy, moderated, fit.model.sparsity(), fit.report.summary())
        };
        let seconds = start.elapsed().as_secs_f64();
        let kept_noise =
            w.rows(64, d - 64).iter().filter(|v| **v != 0.0).count() as f64 / (10 * (d - 64)).max(1) as f64;
        let row = [accuracy, sparsity, kept_noise, seconds, moderated];
        println!(
            "seed {seed} accuracy {accuracy:.4} (moderated {moderated:.4}) sparsity {:.4} noise kept {kept_noise:.4} {seconds:.2}s {} evidence {:.2}",
            row[1], report.status, report.objective
        );
        for i in 0..5 {
            sums[i] += row[i];
            squares[i] += row[i] * row[i];
        }
    }
    let mean: Vec<f64> = sums.iter().map(|s| s / splits as f64).collect();
    let sd: Vec<f64> =
        (0..5).map(|i| (squares[i] / splits as f64 - mean[i] * mean[i]).max(0.0).sqrt()).collect();
    println!(
        "mean accuracy {:.4} ± {:.4} (moderated {:.4}), sparsity {:.4} ± {:.4}, noise kept {:.4}, {:.2}s",
        mean[0], sd[0], mean[4], mean[1], sd[1], mean[2], mean[3]
    );
    Ok(())
}
