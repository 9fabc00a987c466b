//! Promised against measured: how many columns of pure noise λ = F⁻¹(1 − q/D) keeps, and whether a long table's columns are found exactly.
//!
//! `linreg_false_keeps rates SEEDS` prints for each design and q the mean number of false keeps over seeds, with its standard error;
//! `linreg_false_keeps tall SEEDS` fits a million rows of 20 columns, 3 of which matter, and says in how many seeds exactly those are kept;
//! `linreg_false_keeps moves` prints the processor time of a fit at λ = 1 without and with pair moves.
#![allow(clippy::print_stdout)] // An example talks.

use std::error::Error;

use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use vd_linreg::synthetic::{HardDesign, Problem, Spec};
use vd_linreg::{Averaging, Params};

/// 500 rows of 200 columns of 0 and 1, one in twenty 1; ten matter.
fn rare(seed: u64) -> Problem {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (n, d, relevant) = (500, 200, 10);
    let mut draw =
        |rows: usize| DMatrix::from_fn(rows, d, |_, _| f64::from(u8::from(rng.random::<f64>() < 0.05)));
    let (x, x_test) = (draw(n), draw(n));
    let weights = DVector::from_fn(d, |j, _| if j < relevant { 2.0 } else { 0.0 });
    let noise = |_, _| -> f64 { 0.5 * Distribution::<f64>::sample(&StandardNormal, &mut rng) };
    let t = &x * &weights + DVector::from_fn(n, noise);
    let signal_test = &x_test * &weights;
    Problem { x, t, weights, x_test, signal_test }
}

/// A seeded design.
type Design = Box<dyn Fn(u64) -> Problem + Sync>;

fn rates(seeds: u64) -> Result<(), Box<dyn Error>> {
    let plain = Spec::new(500, 200, 10, 1.0);
    let designs: [(&str, Design); 5] = [
        ("independent, 500 x 200", Box::new(move |seed| plain.problem(seed))),
        ("rho 0.5, 500 x 200", Box::new(move |seed| Spec { correlation: 0.5, ..plain }.problem(seed))),
        ("rare binary, 500 x 200", Box::new(rare)),
        ("rho 0.9, 500 x 200", Box::new(move |seed| Spec { correlation: 0.9, ..plain }.problem(seed))),
        ("blocks at 0.95, 300 x 1000", Box::new(|seed| HardDesign::Blocks.problem(seed))),
    ];
    println!("design,promised,measured,standard_error,measured_over_promised");
    for (name, problem) in &designs {
        for q in [0.1, 1.0, 5.0] {
            let count = |seed: u64| -> Result<f64, vd_linreg::Error> {
                let p = problem(seed);
                let model = Params::new().expected_false_keeps(q).fit(&p.x, &p.t)?.model;
                Ok(model.support().iter().filter(|&&j| p.weights[j] == 0.0).count() as f64)
            };
            let seeds = if name.starts_with("blocks") { seeds / 10 } else { seeds };
            let counts: Vec<f64> =
                (0..seeds).into_par_iter().map(|s| count(1000 + s)).collect::<Result<_, _>>()?;
            let n = counts.len() as f64;
            let mean = counts.iter().sum::<f64>() / n;
            let spread = (counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
            println!("{name},{q},{mean:.3},{spread:.3},{:.2}", mean / q);
        }
    }
    Ok(())
}

fn tall(seeds: u64) -> Result<(), Box<dyn Error>> {
    let mut exact = [0; 2];
    for seed in 0..seeds {
        let p = Spec::new(1_000_000, 20, 3, 1.0).problem(500 + seed);
        let average = Params::new().fit_averaged(&p.x, &p.t, &Averaging::new())?;
        let one = Params::new().fit(&p.x, &p.t)?;
        let kept = [average.fit.model.support(), one.model.support()];
        for (count, kept) in exact.iter_mut().zip(&kept) {
            *count += u32::from(*kept == p.relevant());
        }
        println!(
            "seed {seed}: average {:?} (expected false {:.3}, z² at even odds {:.1}), λ = 1 {:?}, true {:?}",
            kept[0],
            average.expected_false_keeps(),
            average.fit.model.lambda(),
            kept[1],
            p.relevant()
        );
    }
    println!("exactly the true columns: average {} of {seeds}, λ = 1 {} of {seeds}", exact[0], exact[1]);
    Ok(())
}

/// Processor time of this process in seconds (Linux).
fn processor() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after = stat.rsplit_once(')').ok_or("/proc/self/stat")?.1;
    let ticks: Vec<&str> = after.split_whitespace().collect();
    Ok((ticks[11].parse::<f64>()? + ticks[12].parse::<f64>()?) / 100.0)
}

fn moves() -> Result<(), Box<dyn Error>> {
    println!("problem,fits,seconds_without,seconds_with,ratio");
    for (n, d, k, noise) in
        [(500, 200, 20, 1.0), (500, 1000, 20, 1.0), (200, 2000, 10, 0.5), (2000, 500, 50, 2.0)]
    {
        let p = Spec::new(n, d, k, noise).problem(3);
        let fits = if n * d > 300_000 { 20 } else { 100 };
        let time = |pairs: bool| -> Result<f64, Box<dyn Error>> {
            let start = processor()?;
            for _ in 0..fits {
                Params::new().pair_moves(pairs).fit(&p.x, &p.t)?;
            }
            Ok((processor()? - start) / f64::from(fits))
        };
        let best = |pairs: bool| -> Result<f64, Box<dyn Error>> {
            Ok(time(pairs)?.min(time(pairs)?).min(time(pairs)?))
        };
        let (without, with) = (best(false)?, best(true)?);
        println!("{n} x {d},{fits},{without:.4},{with:.4},{:.2}", with / without);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let seeds = args.next().map_or(Ok(10), |n| n.parse())?;
    match what.as_str() {
        "rates" => rates(seeds),
        "tall" => tall(seeds),
        "moves" => moves(),
        _ => Err("usage: linreg_false_keeps rates|tall|moves [SEEDS]".into()),
    }
}
