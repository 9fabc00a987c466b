//! Model files: any bytes, and any payload behind right checksums. What loads must be usable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model_file::{Stored, decode, encode, seal};
use predictor::SavedModel;

fuzz_target!(|bytes: &[u8]| {
    let _ = decode::<SavedModel>(bytes);
    let Ok(sealed) = seal(SavedModel::KIND, bytes) else { return };
    let Ok(model) = decode::<SavedModel>(&sealed) else { return };
    let features = model.preprocessing.features().len();
    let mut scratch = Vec::new();
    for value in [0.0, 1.0, -1e3, f64::MAX] {
        let prediction = model.predict_features(&vec![value; features], &mut scratch).expect("features of the model's number");
        assert_eq!(prediction.outputs.len(), model.target.levels.len().max(1));
    }
    let _ = predictor::c99(&model, "vd");
    let again = encode(&model).expect("what was read can be written");
    assert_eq!(decode::<SavedModel>(&again).expect("and read again"), model);
});
