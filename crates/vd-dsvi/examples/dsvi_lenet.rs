//! Sparse variational dropout of LeNet-300-100 on MNIST, by the ICML 2017 recipe (Molchanov, Ashukha, Vetrov): Adam at 1e-3, falling
//! linearly to 0 over the second half, batches of 100, 200 epochs, KL weight 0 for 5 epochs then linearly to 1 at epoch 20,
//! log σ² from −10.
//!
//! ```text
//! VD_MNIST_DIR=… cargo run --release -p vd-dsvi --example dsvi_lenet -- [--seed 0] [--epochs 200] [--validate 1] [--remove 6] [--out FILE] [--arrays FOLDER]
//! ```
//! With `--validate 1` it trains on the first 50,000 samples and reports on the other 10,000, so that choices can be made
//! without the test set; without, it trains on all 60,000 and tests once, at the end. `--remove` is the log α above which
//! weights are removed during training (0: none are).
#![allow(clippy::print_stdout)]

#[path = "support/mnist.rs"]
mod mnist;

use std::ops::ControlFlow;
use std::time::Instant;

use mnist::{Failure, Images, option};
use vd_dsvi::{Batch, Model, Params, Removal, Schedule, ThetaInit};

fn main() -> Result<(), Failure> {
    let folder = mnist::folder()?;
    let (all, pixels) = mnist::load(&folder, "train")?;
    let (train, other) = if option("--validate", 0)? == 1 {
        (all.slice(&pixels, 0..50_000)?, all.slice(&pixels, 50_000..60_000)?)
    } else {
        (all, mnist::load(&folder, "t10k")?.0)
    };
    let (params, every) = (params()?, option("--every", 10_usize)?);
    let start = Instant::now();
    let fit = params.report_every(every).fit_with(&train.x, &train.labels, |p| {
        println!(
            "epoch {:3}: {:6.1} s, log p {:.4}, KL {:.0}, sparsity {:.4?}",
            p.epoch,
            start.elapsed().as_secs_f64(),
            p.data_term / train.labels.len() as f64,
            p.kl,
            p.sparsity
        );
        ControlFlow::Continue(())
    })?;
    println!("trained in {:.1} s", start.elapsed().as_secs_f64());
    for threshold in [2.0, 3.0, 4.0] {
        report(&fit.model, threshold, &other)?;
    }
    println!("{}", mnist::compare(&fit.model, 3.0, &other.x)?);
    let file: String = option("--out", String::new())?;
    if !file.is_empty() {
        model_file::save(&file, &fit.model.compact(3.0))?;
    }
    let arrays: String = option("--arrays", String::new())?;
    if !arrays.is_empty() {
        mnist::write_arrays(std::path::Path::new(&arrays), &fit.model.pruned(3.0), &other.x)?;
    }
    Ok(())
}

fn params() -> Result<Params, Failure> {
    let epochs: usize = option("--epochs", 200)?;
    let (end, rate, flat) = (epochs as f64, option("--rate", 1e-3)?, option("--flat", 0.5)?);
    let (from, to, lambda) = (option("--kl-from", 5.0)?, option("--kl-to", 20.0)?, option("--lambda", 1.0)?);
    let threshold: f64 = option("--remove", 6.0)?;
    let removal = Removal { threshold, from_epoch: option("--remove-from", to as usize)? };
    Ok(Params::new()
        .classes(Some(10))
        .hidden(&[300, 100])
        .intercept(true)
        .batch(Batch::Size(option("--batch", 100)?))
        .epochs(epochs)
        .learning_rate(Schedule::linear(&[(flat * end, rate), (end, 0.0)]))
        .lambda(Schedule::linear(&[(from, 0.0), (to, lambda)]))
        .theta_init(ThetaInit::He)
        .log_sigma2_init(option("--log-sigma2", -10.0)?)
        .removal((threshold > 0.0).then_some(removal))
        .threads(Some(option("--threads", 2)?))
        .seed(option("--seed", 0_u64)?))
}

fn report(model: &Model<f32>, threshold: f64, other: &Images) -> Result<(), Failure> {
    let pruned = model.pruned(threshold);
    let left: usize = pruned.layers().iter().map(|l| l.theta().iter().filter(|w| **w != 0.0).count()).sum();
    let layers: Vec<f64> = model.layers().iter().map(|l| l.sparsity_at(threshold)).collect();
    println!(
        "log α > {threshold}: error {:.2} %, {left} of {} weights left ({:.1} x fewer), sparsity {layers:.4?}",
        100.0 * (1.0 - pruned.accuracy(&other.x, &other.labels)?),
        model.weight_count(),
        model.weight_count() as f64 / left.max(1) as f64,
    );
    Ok(())
}
