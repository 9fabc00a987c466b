//! Single precision in units in the last place, over the bit patterns themselves.

#![allow(clippy::unwrap_used)]
use kl_approx::{Divergence, EmpiricalBayes, Exact, Sigmoid};

/// |got − want| in units in the last place of `want`'s binade in f32.
fn ulps(got: f32, want: f64) -> f64 {
    let exponent = (want.abs().log2().floor()).max(-126.0);
    (f64::from(got) - want).abs() / (exponent - 23.0).exp2()
}

/// The worst errors of value and gradient, and where, over the given bit patterns whose results are normal numbers.
fn worst(divergence: &dyn Divergence, patterns: impl Iterator<Item = u32>) -> [(f64, f32); 2] {
    let mut worst = [(0.0, 0.0f32); 2];
    let mut x = Vec::with_capacity(1 << 16);
    let (mut v, mut g) = (vec![0.0; 1 << 16], vec![0.0; 1 << 16]);
    let mut flush = |x: &mut Vec<f32>| {
        let n = x.len();
        divergence.value_grad_slice_f32(x, &mut v[..n], &mut g[..n]).unwrap();
        for i in 0..n {
            let (value, grad) = divergence.value_grad(f64::from(x[i]));
            for (worst, (got, want)) in worst.iter_mut().zip([(v[i], value), (g[i], grad)]) {
                let error = if want.abs() >= f64::from(f32::MIN_POSITIVE) && want.abs() <= f64::from(f32::MAX)
                {
                    ulps(got, want)
                } else {
                    0.0
                };
                if !(error <= worst.0) {
                    *worst = (error, x[i]);
                }
            }
        }
        x.clear();
    };
    for bits in patterns {
        let l = f32::from_bits(bits);
        if !l.is_finite() || l > 88.0 {
            continue;
        }
        x.push(l);
        if x.len() == x.capacity() {
            flush(&mut x);
        }
    }
    flush(&mut x);
    worst
}

#[test]
fn at_most_four_units_in_the_last_place_six_for_approximations() {
    let kinds: [(&dyn Divergence, f64); 4] =
        [(&Exact, 4.0), (&EmpiricalBayes, 6.0), (&Sigmoid::POSTER, 6.0), (&Sigmoid::MINIMAX, 6.0)];
    for (divergence, budget) in kinds {
        // A prime stride, so that every low bit pattern occurs.
        let [value, grad] = worst(divergence, (0..=u32::MAX).step_by(1999));
        println!("{}: value {value:?}, gradient {grad:?}", divergence.name());
        assert!(value.0 <= budget && grad.0 <= budget, "{}: {value:?} {grad:?}", divergence.name());
    }
}

/// Every f32 between 2⁻²⁷ and 128 in size, both signs; below that, exp(±log α) is 1 to the last bit and nothing changes, and
/// beyond, the gradient's or the value's asymptote is the answer.
/// `cargo test -p kl-approx --test single_precision -- --ignored --nocapture`: half a minute of one core.
#[test]
#[ignore = "slow: half a minute; the strided test above samples it"]
fn every_single_precision_number() {
    let patterns = (2.0f32.powi(-27).to_bits()..=128.0f32.to_bits()).flat_map(|b| [b, b | 1 << 31]);
    let [value, grad] = worst(&Exact, patterns);
    println!("exact, every f32: value {value:?}, gradient {grad:?}");
    assert!(value.0 <= 4.0 && grad.0 <= 4.0, "{value:?} {grad:?}");
}
