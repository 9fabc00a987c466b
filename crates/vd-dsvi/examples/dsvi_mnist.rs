//! VD-ARD softmax regression on MNIST: time per epoch, accuracy and sparsity.
//!
//! ```text
//! VD_MNIST_DIR=… cargo run --release -p vd-dsvi --example dsvi_mnist -- time     [--batch 100] [--epochs 5] [--threads 2]
//! VD_MNIST_DIR=… cargo run --release -p vd-dsvi --example dsvi_mnist -- accuracy [--lambda 1] [--epochs 120] [--batch 500] [--seed 0] [--validate 1] [--arrays FOLDER]
//! ```
//! `time` is to be set beside a peer's run on the same machine: Adam at 1e-3, exact KL, f32, as
//! `docs/decisions/vd-dsvi-kernels.md` does. `accuracy` trains on all 60,000 samples and tests once, at the end, or with
//! `--validate 1` on the first 50,000, to be judged on the others.
#![allow(clippy::print_stdout)]

#[path = "support/mnist.rs"]
mod mnist;

use std::ops::ControlFlow;
use std::time::Instant;

use mnist::{Failure, option};
use vd_dsvi::{Batch, Params, Schedule};

fn main() -> Result<(), Failure> {
    let folder = mnist::folder()?;
    let (train, pixels) = mnist::load(&folder, "train")?;
    let threads: usize = option("--threads", 2)?;
    let base =
        Params::new().intercept(true).classes(Some(10)).threads(Some(threads)).seed(option("--seed", 0_u64)?);
    match std::env::args().nth(1).as_deref() {
        Some("time") => time(base, &train),
        Some("accuracy") => {
            let (test, _) = mnist::load(&folder, "t10k")?;
            accuracy(base, &train, &pixels, &test)
        }
        _ => Err("first argument: time or accuracy".into()),
    }
}

/// The least and the mean time of an epoch, reports left out as far as the callback sees them: from call to call.
fn time(base: Params, train: &mnist::Images) -> Result<(), Failure> {
    let (batch, epochs) = (option("--batch", 100_usize)?, option("--epochs", 5_usize)?);
    let params = base.batch(Batch::Size(batch)).epochs(epochs);
    let (mut seconds, mut last) = (Vec::new(), Instant::now());
    let fit = params.fit_with(&train.x, &train.labels, |_| {
        seconds.push(last.elapsed().as_secs_f64());
        last = Instant::now();
        ControlFlow::Continue(())
    })?;
    // The first interval holds the copy of the data into the fast path's layout.
    let later = &seconds[1.min(seconds.len() - 1)..];
    let least = later.iter().copied().fold(f64::INFINITY, f64::min);
    let mean = later.iter().sum::<f64>() / later.len() as f64;
    let set_up = seconds[0] - mean;
    println!(
        "batch {batch}: least {least:.4} s/epoch, mean {mean:.4}, first epoch {:.4} s more",
        set_up.max(0.0)
    );
    println!("data term {:.1} nats, KL {:.1}", fit.report.last.data_term, fit.report.last.kl);
    Ok(())
}

fn accuracy(base: Params, train: &mnist::Images, pixels: &[u8], test: &mnist::Images) -> Result<(), Failure> {
    let (batch, epochs) = (option("--batch", 500_usize)?, option("--epochs", 120_usize)?);
    let (lambda, rate) = (option("--lambda", 1.0)?, option("--rate", 5e-3)?);
    let flat = option("--flat", 0.3)?;
    let end = epochs as f64;
    // With --validate 1: train on the first 50,000, report on the other 10,000.
    let split;
    let (train, test) = if option("--validate", 0)? == 1 {
        split = (train.slice(pixels, 0..50_000)?, train.slice(pixels, 50_000..60_000)?);
        (&split.0, &split.1)
    } else {
        (train, test)
    };
    let params = base
        .batch(Batch::Size(batch))
        .epochs(epochs)
        .report_every(epochs)
        .lambda(lambda)
        .learning_rate(Schedule::linear(&[(flat * end, rate), (end, 0.0)]));
    let start = Instant::now();
    let fit = params.fit(&train.x, &train.labels)?;
    let seconds = start.elapsed().as_secs_f64();
    for threshold in [3.0, 5.0] {
        let model = fit.model.pruned(threshold);
        println!(
            "λ {lambda}, log α > {threshold}: accuracy {:.4}, sparsity {:.4}; {epochs} epochs in {seconds:.1} s",
            model.accuracy(&test.x, &test.labels)?,
            fit.model.sparsity_at(threshold),
        );
    }
    println!("{}", mnist::compare(&fit.model, 3.0, &test.x)?);
    let arrays: String = option("--arrays", String::new())?;
    if !arrays.is_empty() {
        mnist::write_arrays(std::path::Path::new(&arrays), &fit.model.pruned(3.0), &test.x)?;
    }
    Ok(())
}
