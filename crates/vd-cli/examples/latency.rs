//! How long a model takes to load and to predict: `cargo run --release --example latency MODEL.vd…`
//!
//! Medians over repetitions, of one thread; features are drawn once, standardised, so that reading a table is not timed.

#![allow(clippy::print_stdout, clippy::print_stderr)] // A table is what this is for.

use predictor::SavedModel;
use std::hint::black_box;
use std::time::Instant;

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn time(repetitions: usize, mut run: impl FnMut()) -> f64 {
    let once = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    median((0..repetitions).map(once).collect())
}

fn main() -> Result<(), model_file::Error> {
    println!("{:24} {:>10} {:>10} {:>12} {:>14}", "model", "bytes", "weights", "load µs", "predict ns/row");
    for path in std::env::args().skip(1) {
        let bytes = model_file::encode(&model_file::load::<SavedModel>(&path)?)?.len();
        let load = time(51, || drop(black_box(model_file::load::<SavedModel>(&path))));
        let model: SavedModel = model_file::load(&path)?;
        let features = model.preprocessing.features().len();
        let rows: Vec<Vec<f64>> =
            (0..256).map(|n| (0..features).map(|d| ((n * features + d) as f64).sin()).collect()).collect();
        let mut scratch = Vec::new();
        let predict = time(51, || {
            for row in &rows {
                drop(black_box(model.predict_features(row, &mut scratch)));
            }
        });
        let name = std::path::Path::new(&path)
            .file_name()
            .map_or(path.clone(), |n| n.to_string_lossy().into_owned());
        println!(
            "{name:24} {bytes:>10} {:>10} {:>12.1} {:>14.0}",
            model.weights(),
            1e6 * load,
            1e9 * predict / rows.len() as f64
        );
    }
    Ok(())
}
