//! Scan.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
use vd_linreg::{NoiseModel, Params, synthetic::Spec};
#[test]
fn scan() {
    for (n, d) in [(60, 60), (60, 120), (100, 90), (100, 100), (100, 150), (100, 300), (150, 300), (200, 300), (200, 2000)] {
        for lambda in [0.5, 1.0, 1.5, 2.0, 4.0, 8.0] {
            for seed in 0..2 {
                let p = Spec::new(n, d, 5, 0.5).problem(seed);
                let fit = Params::new().lambda(lambda).noise(NoiseModel::Learned).max_iterations(3000).fit(&p.x, &p.t).unwrap();
                let (mean, std) = (fit.model.predict(&p.x_test).unwrap(), fit.model.predict_std(&p.x_test).unwrap());
                let cover = (0..n).filter(|&i| (mean[i] - p.signal_test[i]).abs() < 1.96 * (std[i] * std[i] - 0.0).sqrt()).count();
                let rmse = ((&mean - &p.signal_test).norm_squared() / n as f64).sqrt();
                println!("n {n} d {d} λ {lambda} seed {seed}: kept {} noise {:.4} rmse {:.3} cover {:.2} {}", fit.model.kept(), fit.model.noise_std(), rmse, cover as f64 / n as f64, fit.report.status);
            }
        }
    }
}
