//! Standard normal draws as a pure function of (seed, step, layer, row, output): no state, so nothing to save in a
//! checkpoint and nothing that depends on the order or the number of threads.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | — | `seed` | the run's seed |
//! | t | `step` | the optimiser step, counted from the start of training |
//! | — | `layer` | the layer whose pre-activations are perturbed |
//! | m | `row` | the sample's position in the minibatch |
//! | k | `output` | the unit |
//!
//! The bits come from Threefry-4x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
//! 1, 2, 3, SC 2011): additions, rotations and exclusive-ors only, which vectorise at every register width. One call
//! gives four words for one output of four consecutive rows; Box–Muller turns (w₀, w₁) into rows 0 and 1 and (w₂, w₃)
//! into rows 2 and 3. Every operation is an IEEE one (additions, fused multiply-adds, √), so the bits are the same on
//! every machine.

use crate::numeric::lanes::{LANES, V};
use crate::numeric::math;

/// What a row of draws depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseKey {
    /// The run's seed.
    pub seed: u64,
    /// The optimiser step.
    pub step: u64,
    /// The layer.
    pub layer: u32,
    /// The sample's position in the minibatch.
    pub row: u32,
}

/// Fills `out[k]` with the draw of output `k`.
pub(crate) fn normals(key: NoiseKey, out: &mut [f32]) {
    for (panel, lanes) in out.chunks_mut(LANES).enumerate() {
        let four = normals4(key, &core::array::from_fn(|lane| (panel * LANES + lane) as u32));
        lanes.copy_from_slice(&four[(key.row % 4) as usize].0[..lanes.len()]);
    }
}

/// The same draws in double precision: the same 32-bit words, Box–Muller in `f64`.
pub(crate) fn normals_f64(key: NoiseKey, out: &mut [f64]) {
    let pair = (key.row % 4 / 2 * 2) as usize;
    for (output, value) in out.iter_mut().enumerate() {
        let words = threefry(key_words(key), counter(key, output as u32));
        let unit = |w: u32| (f64::from(w >> 1) + 0.5) / 2_147_483_648.0;
        let radius = (-2.0 * unit(words[pair]).ln()).sqrt();
        let angle = core::f64::consts::TAU * f64::from(words[pair + 1] as i32) / 4_294_967_296.0;
        *value = radius * if key.row.is_multiple_of(2) { angle.cos() } else { angle.sin() };
    }
}

/// Draws for the four rows that share ⌊row/4⌋ with `key.row` and sixteen outputs.
#[inline(always)]
pub(crate) fn normals4(key: NoiseKey, outputs: &[u32; LANES]) -> [V; 4] {
    let words = key_words(key);
    let mut out = [V([0.0; LANES]); 4];
    let [a, b, c, d] = &mut out;
    for lane in 0..LANES {
        let bits = threefry(words, counter(key, outputs[lane]));
        (a.0[lane], b.0[lane]) = box_muller(bits[0], bits[1]);
        (c.0[lane], d.0[lane]) = box_muller(bits[2], bits[3]);
    }
    out
}

#[inline(always)]
fn key_words(key: NoiseKey) -> [u32; 4] {
    // The last word separates these draws from any other use of the generator under the same seed.
    [key.seed as u32, (key.seed >> 32) as u32, key.layer, 0x6e6f_6973]
}

#[inline(always)]
fn counter(key: NoiseKey, output: u32) -> [u32; 4] {
    [output, key.row / 4, key.step as u32, (key.step >> 32) as u32]
}

/// √(−2 ln u₁) (cos 2πu₂, sin 2πu₂) with u₁ = (⌊w₁/2⌋ + ½)/2³¹ ∈ (0, 1] and u₂ = w₂/2³², w₂ read as a signed number.
#[inline(always)]
fn box_muller(w1: u32, w2: u32) -> (f32, f32) {
    let uniform = ((w1 >> 1) as i32 as f32 + 0.5) * (1.0 / 2_147_483_648.0);
    let radius = (-2.0 * math::ln(uniform)).max(0.0).sqrt();
    let (sin, cos) = math::sin_cos_turns(w2);
    (radius * cos, radius * sin)
}

/// Threefry-4x32, 20 rounds. Written out, for only a loop over outputs with a straight body becomes vector code.
#[inline(always)]
fn threefry(key: [u32; 4], counter: [u32; 4]) -> [u32; 4] {
    const PARITY: u32 = 0x1BD1_1BDA;
    let ks = [key[0], key[1], key[2], key[3], PARITY ^ key[0] ^ key[1] ^ key[2] ^ key[3]];
    let x = core::array::from_fn(|i| counter[i].wrapping_add(ks[i]));
    let x = inject(four_rounds([(10, 26), (11, 21), (13, 27), (23, 5)], x), ks, 1);
    let x = inject(four_rounds([(6, 20), (17, 11), (25, 10), (18, 20)], x), ks, 2);
    let x = inject(four_rounds([(10, 26), (11, 21), (13, 27), (23, 5)], x), ks, 3);
    let x = inject(four_rounds([(6, 20), (17, 11), (25, 10), (18, 20)], x), ks, 4);
    inject(four_rounds([(10, 26), (11, 21), (13, 27), (23, 5)], x), ks, 5)
}

/// Even rounds mix the words (0, 1) and (2, 3), odd rounds (0, 3) and (2, 1).
#[inline(always)]
fn four_rounds(turn: [(u32, u32); 4], [a, b, c, d]: [u32; 4]) -> [u32; 4] {
    let (a, b) = mix(turn[0].0, a, b);
    let (c, d) = mix(turn[0].1, c, d);
    let (a, d) = mix(turn[1].0, a, d);
    let (c, b) = mix(turn[1].1, c, b);
    let (a, b) = mix(turn[2].0, a, b);
    let (c, d) = mix(turn[2].1, c, d);
    let (a, d) = mix(turn[3].0, a, d);
    let (c, b) = mix(turn[3].1, c, b);
    [a, b, c, d]
}

#[inline(always)]
fn mix(turn: u32, a: u32, b: u32) -> (u32, u32) {
    let a = a.wrapping_add(b);
    (a, b.rotate_left(turn) ^ a)
}

#[inline(always)]
fn inject([a, b, c, d]: [u32; 4], ks: [u32; 5], s: usize) -> [u32; 4] {
    [
        a.wrapping_add(ks[s % 5]),
        b.wrapping_add(ks[(s + 1) % 5]),
        c.wrapping_add(ks[(s + 2) % 5]),
        d.wrapping_add(ks[(s + 3) % 5]).wrapping_add(s as u32),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers published with the generator (Random123, `kat_vectors`).
    #[test]
    fn threefry_gives_the_published_answers() {
        let cases = [
            ([0; 4], [0; 4], [0x9c6c_a96a, 0xe17e_ae66, 0xfc10_ecd4, 0x5256_a7d8]),
            ([u32::MAX; 4], [u32::MAX; 4], [0x2a88_1696, 0x5701_2287, 0xf6c7_446e, 0xa16a_6732]),
            (
                [0xa409_3822, 0x299f_31d0, 0x082e_fa98, 0xec4e_6c89],
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0x59cd_1dbb, 0xb887_9579, 0x86b5_d00c, 0xac8b_6d84],
            ),
        ];
        for (key, counter, expected) in cases {
            assert_eq!(threefry(key, counter), expected);
        }
    }

    fn draws(key: NoiseKey, rows: u32, outputs: usize) -> Vec<f32> {
        let mut all = vec![0.0; rows as usize * outputs];
        for (row, out) in all.chunks_mut(outputs).enumerate() {
            normals(NoiseKey { row: row as u32, ..key }, out);
        }
        all
    }

    #[test]
    fn single_precision_follows_double_precision() {
        let key = NoiseKey { seed: 3, step: u64::from(u32::MAX) + 7, layer: 1, row: 0 };
        for row in 0..64 {
            let key = NoiseKey { row, ..key };
            let (mut single, mut double) = ([0.0_f32; 37], [0.0_f64; 37]);
            normals(key, &mut single);
            normals_f64(key, &mut double);
            for (s, d) in single.iter().zip(double) {
                assert!((f64::from(*s) - d).abs() < 2e-6, "{s} {d}");
            }
        }
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let key = NoiseKey { seed: 1, step: 2, layer: 3, row: 0 };
        let base = draws(key, 8, 16);
        for other in [
            NoiseKey { seed: 2, ..key },
            NoiseKey { seed: 1 << 32 | 1, ..key },
            NoiseKey { step: 3, ..key },
            NoiseKey { step: 1 << 32 | 2, ..key },
            NoiseKey { layer: 4, ..key },
        ] {
            let other = draws(other, 8, 16);
            assert!(base.iter().zip(&other).all(|(a, b)| a != b));
        }
        let mut sorted = base.clone();
        sorted.sort_by(f32::total_cmp);
        assert!(sorted.windows(2).all(|w| w[0] != w[1]), "rows and outputs have draws of their own");
    }

    /// Kolmogorov–Smirnov distance of `sample` to the standard normal law, times √n.
    fn kolmogorov(mut sample: Vec<f32>) -> f64 {
        sample.sort_by(f32::total_cmp);
        let n = sample.len() as f64;
        let cdf = |x: f32| 0.5 * libm::erfc(-f64::from(x) * core::f64::consts::FRAC_1_SQRT_2);
        let far =
            |(i, x): (usize, &f32)| (cdf(*x) - i as f64 / n).abs().max((cdf(*x) - (i + 1) as f64 / n).abs());
        sample.iter().enumerate().map(far).fold(0.0, f64::max) * n.sqrt()
    }

    /// √n D exceeds 2.2 with probability 2 exp(−2·2.2²) = 1.3e-4 for true normals (seed fixed, so the outcome is fixed).
    /// Power twin: the same sample scaled by 1.02 or moved by 0.01 must be told apart.
    #[test]
    fn draws_are_normal() {
        let sample = draws(NoiseKey { seed: 11, step: 5, layer: 0, row: 0 }, 60_000, 16);
        assert!(kolmogorov(sample.clone()) < 2.2);
        assert!(kolmogorov(sample.iter().map(|x| 1.02 * x).collect()) > 2.2);
        assert!(kolmogorov(sample.iter().map(|x| x + 0.01).collect()) > 2.2);
    }

    /// Mean products over the directions a trainer sums along; each is N(0, 1/n) for independent draws, so |r|√n > 4.5
    /// has probability 7e-6 (40 pairs: 3e-4). Power twin: a copy mixed in at 2% is found.
    #[test]
    fn draws_are_uncorrelated() {
        let n = 1 << 16;
        let at = |step: u64, row: u32, outputs: usize| {
            let mut out = vec![0.0; outputs];
            normals(NoiseKey { seed: 5, step, layer: 0, row }, &mut out);
            out
        };
        let correlation = |a: &[f32], b: &[f32]| {
            let sum: f64 = a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            (sum / (a.len() as f64).sqrt()).abs()
        };
        let rows: Vec<Vec<f32>> = (0..8).map(|row| at(1, row, n)).collect();
        for i in 0..8 {
            for j in 0..i {
                assert!(correlation(&rows[i], &rows[j]) < 4.5, "rows {i} and {j}");
            }
            assert!(correlation(&rows[i][1..], &rows[i][..n - 1]) < 4.5, "neighbouring outputs of row {i}");
        }
        for step in 2..6 {
            assert!(correlation(&rows[0], &at(step, 0, n)) < 4.5, "steps 1 and {step}");
        }
        let mixed: Vec<f32> = rows[0].iter().zip(&rows[1]).map(|(a, b)| 0.02 * a + b).collect();
        assert!(correlation(&rows[0], &mixed) > 4.5);
    }
}
