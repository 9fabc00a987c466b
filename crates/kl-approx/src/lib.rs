//! The KL divergence of variational dropout to the log-uniform prior: exact values, gradients and every approximation,
//! each with its error.
//!
//! # What is computed
//!
//! A weight has the posterior `q(w) = N(θ, αθ²)` and the prior `p(log|w|) ∝ const`. That prior is **improper**: it has no
//! normalising constant, so `KL(q‖p)` is defined up to an additive constant only, and so, strictly, is no posterior (Hron,
//! Matthews & Ghahramani 2018). Read what follows as a penalty with a Bayesian motivation. The constant is fixed by
//! KL(α → ∞) = 0. Everything is a function of `log α` (natural logarithm), values are in nats, and with
//! u = 1/(2α), z ~ N(0, 1) and D(x) = e^(−x²) ∫₀ˣ e^(s²) ds (Dawson's function):
//!
//! | | equation | code |
//! |---|---|---|
//! | (1) | KL(α) = (γ + ln 2)/2 − ½ log α + E log\|1 + √α z\| | definition |
//! | (2) | KL(α) = 2 ∫₀^√u D(s) ds,  dKL/du = M(u) = D(√u)/√u = ∫₀¹ exp(−u(1 − t²)) dt | [`exact::kl`], [`ard::dawson_ratio`] |
//! | (3) | dKL/d log α = −u M(u) = −√u D(√u) | [`exact::kl_grad`] |
//! | (4) | ½ log(1 + 1/α) ≤ KL(α) ≤ ½ log(1 + 1/α) + (γ + ln 2)/2 | [`EmpiricalBayes`], [`testing`] |
//! | (5) | KL(α) ≈ ½ log(1 + 1/α) + k₁ σ(−(k₂ + k₃ log α)) | [`Sigmoid`], [`fit`] |
//! | (6) | KL(α) = (γ + ln 2)/2 + E log\|α^(−½) + z\| | [`monte_carlo`] |
//! | (7) | ∂KL/∂ log σ² = g, ∂KL/∂θ = −2g/θ, g = dKL/d log α at log σ² − 2 log\|θ\| | [`weight`] |
//! | (8) | (1 + 2u)² M(u) = z²; for any divergence −2g (1 + α)²/α = z² | [`ard::threshold_u`], [`inverse::threshold`] |
//! | (9) | θ* = (least squares) · 2u/(1 + 2u) | [`ard::shrinkage`] |
//! | (10) | P(noise is kept) = P(χ²_G > λ G) | [`ard::lambda_for_false_keeps`], [`ard::false_keep_probability`] |
//!
//! # Derivation
//!
//! `KL(q‖p) = E_q log q(w) + E_q log|w| + const`, and `w = θ(1 + √α z)`, which gives (1); taking √α out of the logarithm
//! gives (6), with E log|z| = −(γ + ln 2)/2 the value at α = ∞. Put x = α^(−½) in (6): d/dx E log|x + z| is the
//! principal value of ∫ φ(z)/(x + z) dz = √2 D(x/√2), the Hilbert transform of a Gaussian, and x = √(2u) gives (2). The last
//! form of M(u) is D's definition with s = √u t. It shows at once that M > 0 falls from 1 to 0: KL > 0 and decreasing in α.
//! (4): KL − ½ log(1 + 2u) is 0 at u = 0, has the derivative M(u) − 1/(1 + 2u) ≥ 0 and tends to (γ + ln 2)/2.
//! That derivative's sign: D(x) > x/(1 + 2x²), since y = x/(1 + 2x²) has y' + 2xy = 1 − 4x²/(1 + 2x²)² < 1 = D' + 2xD.
//! (8) and (9): with everything else fixed and u the only unknown, the objective's profile is ½ z²/(1 + α) − KL(α).
//!
//! # Where KL is convex
//!
//! In α: everywhere. In log α: above [`inverse::INFLECTION`] (α = 0.2216…), where the slope is steepest, −0.6424; below it
//! KL is concave. Proofs: `docs/decisions/kl-approx-convexity.md`.
//!
//! # Accuracy
//!
//! Against 50-digit arithmetic on 2,212 points (`tests/budgets.rs`): one value or gradient within 3.0e-16, slices within
//! 8.6e-16, relative, wherever the result is a normal number, near 1/(2α) as much as anywhere. In f32 within 3.6 units in
//! the last place over every f32. A slice gives the same bits on every instruction set; the scalar functions in f64 take
//! another road and may differ from a slice in the last digits.
//!
//! | approximation | domain | largest error, nats | at log α |
//! |---|---|---|---|
//! | [`Sigmoid::MINIMAX`] | all | 0.004967 | −∞, −3.4, −1.9, 0.3 |
//! | [`Sigmoid::ICML_2017`] | all | 0.00937 | −3.5 |
//! | [`Sigmoid::POSTER`] | all | 0.01289 | −3.6 |
//! | [`KingmaCubic`] | α ≤ 1 | 0.0202 | −2.1 and −∞ |
//! | [`KingmaBound`] | α ≤ 1 | 0.2454 | −0.54 |
//! | [`EmpiricalBayes`] | all | 0.6352, another prior | −∞ |
//!
//! # Features
//!
//! `std` (default): SIMD chosen at run time. Without it the crate is `no_std`, and `libm` brings [`inverse`], [`weight`]
//! and equation 10.
//! `monte-carlo`, `fit`, `proptest` ([`testing`]) and `serde` are what their names say.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(all(feature = "fit", feature = "proptest")), allow(rustdoc::broken_intra_doc_links))]

mod approximation;
pub mod ard;
#[cfg(any(feature = "std", feature = "libm"))]
mod chi_squared;
mod coefficients;
mod divergence;
mod domain;
mod error;
pub mod exact;
#[cfg(feature = "fit")]
pub mod fit;
#[cfg(any(feature = "std", feature = "libm"))]
pub mod inverse;
mod kernel;
#[cfg(any(feature = "std", feature = "libm"))]
mod math;
#[cfg(feature = "monte-carlo")]
pub mod monte_carlo;
pub mod rational;
#[cfg(any(feature = "std", feature = "libm"))]
mod root;
mod scalar;
mod slice;
mod tables;
#[cfg(feature = "proptest")]
pub mod testing;
#[cfg(any(feature = "std", feature = "libm"))]
pub mod weight;

pub use approximation::{EmpiricalBayes, KingmaBound, KingmaCubic, Sigmoid};
pub use divergence::Divergence;
pub use domain::{Domain, OutOfDomain};
pub use error::Error;
pub use exact::Exact;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
