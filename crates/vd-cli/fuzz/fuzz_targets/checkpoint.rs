//! Checkpoints: any bytes as a file, and any payload behind right checksums, resumed by a small fit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model_file::{Envelope, HEADER_LEN, Kind, seal};
use nalgebra::DMatrix;
use std::ops::ControlFlow;
use vd_dsvi::{Batch, Params, Training};

const KIND: Kind = Kind::new("vd-dsvi.checkpoint", 2);

fuzz_target!(
    // With a directory in VD_FUZZ_SEEDS, the payload of a true checkpoint is put there to start from.
    init: {
        if let Some(directory) = std::env::var_os("VD_FUZZ_SEEDS") {
            let path = std::path::Path::new(&directory).join("true");
            with_fit(|fit| fit.save(&path).expect("a writable directory of seeds"));
            let file = std::fs::read(&path).expect("what was written");
            let kind = Envelope::open(&file).expect("a checkpoint").header().require(KIND);
            kind.expect("the kind that is fuzzed");
            std::fs::write(&path, &file[HEADER_LEN..]).expect("a writable directory of seeds");
        }
    },
    |bytes: &[u8]| {
        let path = std::env::temp_dir().join(format!("vd-fuzz-checkpoint-{}", std::process::id()));
        let sealed = seal(KIND, bytes).expect("a legal kind");
        for file in [bytes, &sealed] {
            std::fs::write(&path, file).expect("a writable temporary directory");
            with_fit(|fit| {
                if let Ok(fit) = fit.resume(&path) {
                    let _ = fit.run(|_| ControlFlow::Continue(()));
                }
            });
        }
    }
);

/// The fit that every checkpoint is offered to.
fn with_fit(action: impl FnOnce(Training<'_, f32>)) {
    let x = DMatrix::<f32>::from_fn(6, 2, |i, j| (i * 2 + j) as f32 * 0.1 - 0.5);
    let t = [0_usize, 1, 0, 1, 0, 1];
    let params = Params::new().batch(Batch::Size(3)).epochs(2).threads(1);
    action(Training::new(params, &x, &t[..]).expect("a legal fit"));
}
