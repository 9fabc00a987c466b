//! JSON: the same value or an error that says where.

mod common;

use common::{Small, small};
use model_file::{Error, from_json, to_json};

#[test]
fn a_value_survives_json_to_the_bit() {
    let mut value = small();
    value.weights = vec![0.1 + 0.2, f64::MIN_POSITIVE / 3.0, -0.0];
    let back: Small = from_json(&to_json(&value).unwrap()).unwrap();
    let bits = |v: &Small| v.weights.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&back), bits(&value));
    assert_eq!(back, value);
}

#[test]
fn what_json_cannot_hold_is_refused() {
    for weight in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut value = small();
        value.weights[1] = weight;
        assert!(matches!(to_json(&value), Err(Error::JsonLossy { .. })), "{weight}");
    }
    // An optional number would come back as a missing one.
    let mut value = small();
    value.beta = Some(f64::NAN);
    assert!(matches!(to_json(&value), Err(Error::JsonLossy { .. })));
}

#[test]
fn errors_have_a_line_and_a_column_or_name_the_kind() {
    let text = to_json(&small()).unwrap();
    match from_json::<Small>(&text.replace("\"columns\": [", "\"columns\": 7, [")).unwrap_err() {
        Error::Json { line, column, .. } => assert!(line > 5 && column > 0, "{line}:{column}"),
        error => panic!("{error:?}"),
    }
    let changed = |from: &str, to: &str| from_json::<Small>(&text.replacen(from, to, 1)).unwrap_err();
    assert!(matches!(changed("\"schema\": 3", "\"schema\": 4"), Error::OtherSchema { found: 4, .. }));
    assert!(matches!(changed("test.small", "test.large"), Error::OtherKind { .. }));
    assert!(matches!(changed("\"format\": 1", "\"format\": 9"), Error::NewerFormat { found: 9, .. }));
    assert!(matches!(changed("\"format\": 1", "\"format\": 0"), Error::UnknownFormat { found: 0 }));
    assert!(matches!(changed("\"age\",", ""), Error::Inconsistent { .. }));
    for len in (0..text.len()).filter(|&len| text.is_char_boundary(len)) {
        assert!(from_json::<Small>(&text[..len]).is_err(), "{len}");
    }
}
