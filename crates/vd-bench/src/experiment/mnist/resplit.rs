//! Splits that can be repeated in minutes: 10,000 train and 10,000 test images drawn from all 70,000.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::baselines::{C, choose, lasso, path, prepared};
use super::{RESPLIT_10K, note, run_id};
use crate::data::mnist::{Images, Mnist, PIXELS};
use crate::error::Result;
use crate::experiment::Output;
use crate::fits;
use crate::protocol::LOG_ALPHA_THRESHOLD;

/// How many.
pub(super) const COUNT: u64 = 10;
/// Objects, train and test each.
const OBJECTS: usize = 10_000;

/// Every method of the comparison on one of them.
pub(super) fn run(mnist: &Mnist, seed: u64) -> Result<Output> {
    let (train, test) = draw(mnist, seed);
    let data = prepared(&train, &test);
    let dsvi = |params: vd_dsvi::Params| Ok(fits::dsvi(&data, &params, LOG_ALPHA_THRESHOLD)?.0);
    let ours = dsvi(fits::ard_params(1.0, seed))?;
    let recommended = dsvi(fits::recommended_params(seed))?;
    let (x, x_test) = (fits::single(&data.train.x), fits::single(&data.test.x));
    let (labels, test_labels) = (&data.train.labels, &data.test.labels);
    // C by the last fifth of the train images; then a fit to all of them at it.
    let best = choose(&x, labels, labels.len() / 5, &C[2..])? + 2;
    let l1 = path(&x, labels, &x_test, test_labels, lasso(), &C[best..=best])?;
    let (relevance, _) = fits::relevance(&data, None)?;
    let record = |method, fitted: &fits::Fitted| {
        fitted.record(run_id(method, RESPLIT_10K, seed as usize, seed), &(0..0))
    };
    let mut records = vec![record("vd-ard", &ours), record("vd-ard-recommended", &recommended)];
    records.extend(l1.iter().map(|fitted| record("l1-softmax", fitted)));
    records.push(record("rvm", &relevance));
    let mut output = Output { records, ..Output::default() };
    output.note = note(&output);
    Ok(output)
}

fn draw(mnist: &Mnist, seed: u64) -> (Images, Images) {
    let mut order: Vec<usize> = (0..mnist.train.len() + mnist.test.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    // Data of another size than MNIST's give what they have.
    let size = OBJECTS.min(order.len() / 2);
    (pick(mnist, &order[..size]), pick(mnist, &order[size..2 * size]))
}

fn pick(mnist: &Mnist, chosen: &[usize]) -> Images {
    let mut images = Images { pixels: Vec::with_capacity(chosen.len() * PIXELS), labels: Vec::new() };
    for &i in chosen {
        let first = mnist.train.len();
        let (part, i) = if i < first { (&mnist.train, i) } else { (&mnist.test, i - first) };
        images.pixels.extend(&part.pixels[i * PIXELS..(i + 1) * PIXELS]);
        images.labels.push(part.labels[i]);
    }
    images
}
