//! Counter-based normals: a pure function of (seed, step, layer, row, position), whatever thread asks.

/// Names one row of draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseKey {
    /// The fit's seed.
    pub seed: u64,
    /// The training step, or the draw's number.
    pub step: u64,
    /// The layer, with a stream's tag in its high bits.
    pub layer: u32,
    /// The row of the batch, or of the weight matrix.
    pub row: u32,
}

/// Fills `out` with N(0, 1) draws.
pub fn normals(key: NoiseKey, out: &mut [f32]) {
    for (block, pair) in out.chunks_mut(2).enumerate() {
        for (o, z) in pair.iter_mut().zip(pair_of(key, block as u64)) {
            *o = z as f32;
        }
    }
}

/// Fills `out` with N(0, 1) draws.
pub fn normals_f64(key: NoiseKey, out: &mut [f64]) {
    for (block, pair) in out.chunks_mut(2).enumerate() {
        for (o, z) in pair.iter_mut().zip(pair_of(key, block as u64)) {
            *o = z;
        }
    }
}

/// Box–Muller from two 53-bit uniforms.
fn pair_of(key: NoiseKey, block: u64) -> [f64; 2] {
    let a = mix(key.seed ^ mix(key.step ^ mix((u64::from(key.layer) << 32) | u64::from(key.row))));
    let (w0, w1) = (mix(a ^ (2 * block + 1)), mix(a.wrapping_add(0x9E37_79B9_7F4A_7C15) ^ (2 * block + 2)));
    let u = ((w0 >> 11) as f64 + 0.5) * (-53f64).exp2();
    let v = ((w1 >> 11) as f64) * (-53f64).exp2();
    let radius = (-2.0 * u.ln()).sqrt();
    let (sin, cos) = (core::f64::consts::TAU * v).sin_cos();
    [radius * cos, radius * sin]
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
