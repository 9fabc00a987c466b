//! How long a prediction takes: sparse, and the same layers without their zeros' absence (dense).
//!
//! ```text
//! cargo run --release -p sparse-inference --example sparse_inference_latency -- FOLDER [SECONDS]
//! ```
//! FOLDER has `widths.txt` (784 300 100 10), `w0.f32`, `b0.f32`, … (weights input by input, little-endian) and `x.f32` (rows), as
//! `vd-dsvi`'s example `dsvi_lenet --arrays FOLDER` writes them. `peers/latency.py` reads the same folder.
#![allow(clippy::print_stdout)] // A program, not the library.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use sparse_inference::{Layer, Memory, Network};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("a folder was expected")?;
    let seconds: f64 = arguments.next().map_or(Ok(2.0), |s| s.parse())?;
    let folder = Path::new(&folder);
    let read = |name: String| -> Result<Vec<f32>, Box<dyn Error>> {
        let bytes = std::fs::read(folder.join(&name)).map_err(|e| format!("{name}: {e}"))?;
        Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    };
    let text = std::fs::read_to_string(folder.join("widths.txt"))?;
    let widths: Vec<usize> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let x = read("x.f32".to_owned())?;
    let (mut sparse, mut dense) = (Vec::new(), Vec::new());
    for (l, pair) in widths.windows(2).enumerate() {
        let (w, b) = (read(format!("w{l}.f32"))?, read(format!("b{l}.f32"))?);
        sparse.push(Layer::from_dense(pair[0], b.clone(), |j, k| w[j * pair[1] + k])?);
        let filled = |j: usize, k: usize| if w[j * pair[1] + k] == 0.0 { 1e-20 } else { w[j * pair[1] + k] };
        dense.push(Layer::from_dense(pair[0], b, filled)?);
    }
    for (name, layers) in [("sparse", sparse), ("dense", dense)] {
        let weights: usize = layers.iter().map(Layer::weights).sum();
        let net = Network::new(&layers)?;
        let (one, many) = times(&net, &x, seconds)?;
        println!(
            "{name}: {weights} weights, {} of {} inputs, {:?}, {} bytes read; one sample {:.3} µs (least {:.3}), of a batch of 256 {:.3} µs (least {:.3})",
            net.live().len(),
            net.inputs(),
            net.formats(),
            net.bytes(),
            one.0,
            one.1,
            many.0,
            many.1,
        );
    }
    Ok(())
}

/// Microseconds a sample, alone and in batches of 256: the median and the least of many passes over the rows.
type Times = ((f64, f64), (f64, f64));

fn times(net: &Network, x: &[f32], seconds: f64) -> Result<Times, sparse_inference::Error> {
    let (d, k) = (net.inputs(), net.outputs());
    let rows = (x.len() / d).min(256);
    let x = &x[..rows * d];
    let (mut y, mut memory) = (vec![0.0; rows * k], Memory::default());
    let mut one = Vec::new();
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds {
        let pass = Instant::now();
        for (x, y) in x.chunks_exact(d).zip(y.chunks_exact_mut(k)) {
            net.forward(x, y, &mut memory)?;
        }
        one.push(1e6 * pass.elapsed().as_secs_f64() / rows as f64);
    }
    let mut many = Vec::new();
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds {
        let pass = Instant::now();
        net.forward_batch(x, &mut y, &mut memory)?;
        many.push(1e6 * pass.elapsed().as_secs_f64() / rows as f64);
    }
    let summary = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        (times[times.len() / 2], times[0])
    };
    Ok((summary(one), summary(many)))
}
