//! Sixteen single-precision numbers side by side.
//!
//! Plain arrays and loops: the compiler turns them into one 512-bit, two 256-bit or four 128-bit registers, whichever the
//! instruction set of the calling function offers (`dispatch.rs`). Lanes never meet except in [`V::sum`] and [`V::max`],
//! whose order is written out, and products that are added use a fused multiply-add everywhere, so the results are the
//! same bits at every width.

/// Outputs that are computed side by side.
pub(crate) const LANES: usize = 16;

/// One value for each of sixteen outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct V(pub [f32; LANES]);

impl V {
    /// All zeros.
    pub const ZERO: Self = Self([0.0; LANES]);

    /// `self += x · w`, fused, lane by lane.
    #[inline(always)]
    pub fn add_scaled(&mut self, x: f32, w: &Self) {
        for lane in 0..LANES {
            self.0[lane] = x.mul_add(w.0[lane], self.0[lane]);
        }
    }

    /// `self += a ∘ b`, fused, lane by lane.
    #[inline(always)]
    pub fn add_product(&mut self, a: &Self, b: &Self) {
        for lane in 0..LANES {
            self.0[lane] = a.0[lane].mul_add(b.0[lane], self.0[lane]);
        }
    }

    /// `self += a`, lane by lane.
    #[inline(always)]
    pub fn add(&mut self, a: &Self) {
        for lane in 0..LANES {
            self.0[lane] += a.0[lane];
        }
    }

    /// The sum of the lanes as a balanced tree: i with i + 8, then + 4, + 2, + 1.
    #[inline(always)]
    pub fn sum(&self) -> f32 {
        self.fold(|a, b| a + b)
    }

    /// The largest lane.
    #[inline(always)]
    pub fn max(&self) -> f32 {
        self.fold(|a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn fold(&self, op: impl Fn(f32, f32) -> f32) -> f32 {
        let a = &self.0;
        let mut eight = [0.0; 8];
        for i in 0..8 {
            eight[i] = op(a[i], a[i + 8]);
        }
        let mut four = [0.0; 4];
        for i in 0..4 {
            four[i] = op(eight[i], eight[i + 4]);
        }
        op(op(four[0], four[2]), op(four[1], four[3]))
    }
}
