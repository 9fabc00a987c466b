//! Checkpoints: any bytes as a file, and any payload behind right checksums, resumed by a small fit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model_file::{Kind, seal};
use nalgebra::DMatrix;
use std::ops::ControlFlow;
use vd_dsvi::{Batch, Params, Training};

fuzz_target!(|bytes: &[u8]| {
    let x = DMatrix::<f32>::from_fn(6, 2, |i, j| (i * 2 + j) as f32 * 0.1 - 0.5);
    let t = [0_usize, 1, 0, 1, 0, 1];
    let params = Params::default().batch(Batch::Size(3)).epochs(2usize).threads(Some(1));
    let path = std::env::temp_dir().join(format!("vd-fuzz-checkpoint-{}", std::process::id()));
    let sealed = seal(Kind::new("vd-dsvi.checkpoint", 1), bytes).expect("a legal kind");
    for file in [bytes, &sealed] {
        std::fs::write(&path, file).expect("a writable temporary directory");
        let training = Training::new(params.clone(), &x, &t[..]).expect("a legal fit");
        if let Ok(training) = training.resume(&path) {
            let _ = training.run(|_| ControlFlow::Continue(()));
        }
    }
});
