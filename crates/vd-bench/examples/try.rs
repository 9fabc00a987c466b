//! scratch
#![allow(clippy::print_stdout, clippy::unwrap_used)]
use vd_bench::{fits, protocol::*};
use vd_dsvi::*;
fn main() {
    let a: Vec<f64> = std::env::args().skip(1).map(|s| s.parse().unwrap()).collect();
    let (epochs, lr, hold, lambda, sd, ls2, splits) = (a[0] as usize, a[1], a[2], a[3], a[4], a[5], a[6] as u64);
    for d in [Digits::Plain, Digits::Noise] {
        let mut rs = vec![];
        for seed in 0..splits {
            let data = prepare(d, Manner::Poster, seed).unwrap();
            let p = fits::digits_params(lambda, seed, false).epochs(epochs)
              .learning_rate(Schedule::linear(&[(hold*epochs as f64, lr),(epochs as f64, 0.0)])).theta_init(ThetaInit::Normal{sd}).log_sigma2_init(ls2).report_every(epochs);
            for th in [5.0, 3.0] {
            let (f, m, r) = fits::dsvi(&data, &p, th).unwrap();
            let rec = f.record(fits::Cell{dataset:d.name(),method:"vd-ard",protocol:"poster",split:0,seed}, &data);
            let _ = m;
            if seed==0 { println!("{} elbo {:.1} kl {:.1}", d.name(), r.last.elbo, r.last.kl); }
            rs.push((th, rec));
            }
        }
        for th in [5.0,3.0] {
        let v: Vec<_> = rs.iter().filter(|r| r.0==th).map(|r| &r.1).collect();
        let m = |f: &dyn Fn(&vd_bench::record::Record)->f64| v.iter().map(|r| f(r)).sum::<f64>()/v.len() as f64;
        println!("{} th {th}: acc {:.4} train {:.4} sp {:.4} noise {:.4} {:.2}s", d.name(), m(&|r| r.accuracy), m(&|r| r.train_accuracy), m(&|r| r.sparsity), m(&|r| r.noise_kept.unwrap_or(0.0)), m(&|r| r.seconds));
        }
    }
}
