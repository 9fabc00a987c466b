//! What is public survives JSON bit by bit.
#![cfg(all(feature = "serde", feature = "fit"))]
#![allow(clippy::unwrap_used)]

use kl_approx::fit::{self, Fit, Params, Report};
use kl_approx::{Exact, Sigmoid, ard, monte_carlo, weight};

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

#[test]
fn public_values_survive_json() {
    round_trip(&Sigmoid::MINIMAX);
    round_trip(&Params::new());
    round_trip::<Fit<Sigmoid, Report>>(&fit::poster(200, 21, 1).unwrap());
    round_trip(&ard::optimum(2.0).unwrap());
    round_trip(&weight::kl(&Exact, 0.3, -1.0));
    round_trip(&monte_carlo::plain(0.0, 100, 1).unwrap());
}
