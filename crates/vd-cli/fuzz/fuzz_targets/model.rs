//! Model files: any bytes, and any payload behind right checksums. What loads must be usable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model_file::{Stored, decode, encode, seal};
use vd_cli::model::Saved;

fuzz_target!(|bytes: &[u8]| {
    let _ = decode::<Saved>(bytes);
    let Ok(sealed) = seal(Saved::KIND, bytes) else { return };
    let Ok(model) = decode::<Saved>(&sealed) else { return };
    let features = model.prep.features.len();
    let mut scratch = Vec::new();
    for value in [0.0, 1.0, -1e3, f64::MAX] {
        let prediction = model.predict(&vec![value; features], &mut scratch);
        assert_eq!(prediction.outputs.len(), model.target.levels.len().max(1));
    }
    let _ = vd_cli::c99(&model, "vd");
    let again = encode(&model).expect("what was read can be written");
    assert_eq!(decode::<Saved>(&again).expect("and read again"), model);
});
