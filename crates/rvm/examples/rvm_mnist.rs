//! MNIST, standard split, pixels / 256 minus the mean image: `VD_MNIST_DIR=… mnist [softmax] [rows]`.
#![allow(clippy::print_stdout, clippy::print_stderr)] // An example prints.

use std::error::Error;
use std::io::Read;
use std::time::Instant;

use nalgebra::DMatrix;

fn idx(name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let dir = std::env::var("VD_MNIST_DIR").map_err(|_| "set VD_MNIST_DIR")?;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(format!("{dir}/{name}.gz"))?;
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn load(set: &str, rows: usize) -> Result<(DMatrix<f64>, Vec<usize>), Box<dyn Error>> {
    let pixels = idx(&format!("{set}-images-idx3-ubyte"))?;
    let labels: Vec<usize> =
        idx(&format!("{set}-labels-idx1-ubyte"))?[8..].iter().take(rows).map(|&l| usize::from(l)).collect();
    let n = labels.len();
    let x = DMatrix::from_fn(n, 784, |i, j| f64::from(pixels[16 + 784 * i + j]) / 256.0);
    Ok((x, labels))
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let rows = args.iter().find_map(|a| a.parse().ok()).unwrap_or(60_000);
    let ((mut x, t), (mut x_test, t_test)) = (load("train", rows)?, load("t10k", usize::MAX)?);
    for j in 0..784 {
        let mean = x.column(j).mean();
        x.column_mut(j).add_scalar_mut(-mean);
        x_test.column_mut(j).add_scalar_mut(-mean);
    }
    let start = Instant::now();
    let number =
        |name: &str, default: f64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default);
    let (tolerance, gain, rounds) =
        (number("TOLERANCE", 1e-3), number("ENTRY", 0.1), number("ROUNDS", 100.0));
    let mut shown = [0; 10];
    let watch = |p: &rvm::Progress| {
        let last = &mut shown[p.class.unwrap_or(0)];
        if p.iteration != *last {
            *last = p.iteration;
            eprintln!(
                "{:7.1}s class {:?} linearisation {} evidence {:.2} active {}",
                start.elapsed().as_secs_f64(),
                p.class,
                p.iteration,
                p.objective,
                p.kept
            );
        }
        std::ops::ControlFlow::Continue(())
    };
    let (name, accuracy, sparsity, report) = if args.iter().any(|a| a == "softmax") {
        let params = rvm::SoftmaxParams::new().centre(false).tolerance(tolerance).entry_gain(gain);
        let fit = params.max_linearisations(rounds as usize).fit_with(&x, &t, watch)?;
        ("softmax", fit.model.accuracy(&x_test, &t_test)?, fit.model.sparsity(), fit.report)
    } else {
        let params = rvm::OneVsRestParams::new().centre(false).tolerance(tolerance).entry_gain(gain);
        let fit = params.max_linearisations(rounds as usize).fit_with(&x, &t, watch)?;
        ("one-vs-rest", fit.model.accuracy(&x_test, &t_test)?, fit.model.sparsity(), fit.report.summary())
    };
    println!(
        "{name} {:.1}s accuracy {accuracy:.4} sparsity {sparsity:.4} {} evidence {:.2}",
        start.elapsed().as_secs_f64(),
        report.status,
        report.objective
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default());
    Ok(())
}
