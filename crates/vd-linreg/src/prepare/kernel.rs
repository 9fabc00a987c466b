//! The two inner loops of coordinate ascent: aᵀb and b ← b + s·a, with AVX2 and FMA where the processor has them.
//!
//! Both are memory-bound past the second-level cache; inside it the vector forms are three to four times the portable ones
//! (measured by `cargo bench -p vd-linreg`). The portable forms keep the same association, sixteen running sums, but not the
//! same rounding (no fused multiply-add), so that results may differ in the last bits between processor families.

/// Running sums of the dot product: enough to hide the latency of four fused multiply-adds of four lanes.
const LANES: usize = 16;

/// aᵀb over the common length.
#[inline]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the processor has AVX2 and FMA, the only requirement of the function.
        #[allow(unsafe_code)]
        return unsafe { dot_avx2(a, b) };
    }
    dot_with(a, b, |x, y, s| x * y + s)
}

/// (aᵀb₀, aᵀb₁, aᵀb₂, aᵀb₃): `a` is read once.
#[inline]
pub(crate) fn dot4(a: &[f64], b: [&[f64]; 4]) -> [f64; 4] {
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the processor has AVX2 and FMA, the only requirement of the function.
        #[allow(unsafe_code)]
        return unsafe { dot4_avx2(a, b) };
    }
    b.map(|b| dot(a, b))
}

/// b ← b + s·a over the common length.
#[inline]
pub(crate) fn axpy(s: f64, a: &[f64], b: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the processor has AVX2 and FMA, the only requirement of the function.
        #[allow(unsafe_code)]
        return unsafe { axpy_avx2(s, a, b) };
    }
    for (y, x) in b.iter_mut().zip(a) {
        *y += s * x;
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn dot_avx2(a: &[f64], b: &[f64]) -> f64 {
    dot_with(a, b, f64::mul_add)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn dot4_avx2(a: &[f64], b: [&[f64]; 4]) -> [f64; 4] {
    const L: usize = 8;
    let n = b.iter().fold(a.len(), |n, b| n.min(b.len()));
    let (a, b) = (&a[..n], b.map(|b| &b[..n]));
    let mut sums = [[0.0; L]; 4];
    let whole = n / L * L;
    for at in (0..whole).step_by(L) {
        let x = &a[at..at + L];
        for (sums, b) in sums.iter_mut().zip(&b) {
            let y = &b[at..at + L];
            for k in 0..L {
                sums[k] = x[k].mul_add(y[k], sums[k]);
            }
        }
    }
    let mut out = sums.map(|s| ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7])));
    for (out, b) in out.iter_mut().zip(&b) {
        for i in whole..n {
            *out = a[i].mul_add(b[i], *out);
        }
    }
    out
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn axpy_avx2(s: f64, a: &[f64], b: &mut [f64]) {
    for (y, x) in b.iter_mut().zip(a) {
        *y = s.mul_add(*x, *y);
    }
}

#[inline(always)]
fn dot_with(a: &[f64], b: &[f64], fma: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut sums = [0.0; LANES];
    let (mut ca, mut cb) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (x, y) in ca.by_ref().zip(cb.by_ref()) {
        for k in 0..LANES {
            sums[k] = fma(x[k], y[k], sums[k]);
        }
    }
    let mut tail = 0.0;
    for (x, y) in ca.remainder().iter().zip(cb.remainder()) {
        tail = fma(*x, *y, tail);
    }
    for half in [8, 4, 2, 1] {
        for k in 0..half {
            sums[k] += sums[k + half];
        }
    }
    sums[0] + tail
}

#[cfg(test)]
mod tests {
    use super::{axpy, dot};

    #[test]
    fn agrees_with_the_plain_sums_at_every_length() {
        for n in 0..70 {
            let a: Vec<f64> = (0..n).map(|i| ((i * 37 % 19) as f64 - 9.0) * 0.37).collect();
            let b: Vec<f64> = (0..n).map(|i| ((i * 23 % 17) as f64 - 8.0) * 0.61).collect();
            let plain: f64 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            assert!((dot(&a, &b) - plain).abs() <= 1e-12 * (1.0 + plain.abs()), "n = {n}");
            let mut c = b.clone();
            axpy(-1.7, &a, &mut c);
            for i in 0..n {
                assert!((c[i] - (b[i] - 1.7 * a[i])).abs() <= 1e-14 * 20.0);
            }
        }
    }
}
