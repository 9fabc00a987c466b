//! What of a layer's inputs is not zero: of images and of hidden units, most are.

/// Positions and values of the inputs that count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Active {
    position: Vec<u32>,
    value: Vec<f32>,
    count: usize,
}

/// Marks an input that nothing reads.
pub(crate) const DEAD: u32 = u32::MAX;

/// Values that are looked at together.
const LOOK: usize = 8;

impl Active {
    /// Positions and values.
    #[inline(always)]
    pub fn entries(&self) -> (&[u32], &[f32]) {
        (&self.position[..self.count], &self.value[..self.count])
    }

    /// Lists the inputs that are not zero and that something reads: `place` has their position, or [`DEAD`]. Whether all of them are
    /// finite.
    #[inline(always)]
    pub fn list(&mut self, x: &[f32], place: &[u32]) -> bool {
        self.start(x.len());
        let mut chunks = x.chunks_exact(LOOK);
        let mut places = place.chunks_exact(LOOK);
        for (values, places) in (&mut chunks).zip(&mut places) {
            // Images have long runs of zeros.
            if any(values, |v| v != 0.0) {
                self.offer(places, values, |p, v| v != 0.0 && p != DEAD);
            }
        }
        self.offer(places.remainder(), chunks.remainder(), |p, v| v != 0.0 && p != DEAD);
        // Exponents of all ones are NaN and ∞.
        let top = self.entries().1.iter().fold(0, |top, v| top.max(v.to_bits() & !(1 << 31)));
        top < f32::INFINITY.to_bits()
    }

    /// Lists the units that are above zero: what ReLU leaves.
    #[inline(always)]
    pub fn list_positive(&mut self, z: &[f32]) {
        self.start(z.len());
        let mut from = 0;
        for values in z.chunks(LOOK) {
            let places: [u32; LOOK] = core::array::from_fn(|l| from + l as u32);
            if any(values, |v| v > 0.0) {
                self.offer(&places[..values.len()], values, |_, v| v > 0.0);
            }
            from += LOOK as u32;
        }
    }

    /// Empties the list and makes room for so many, and for what is written beyond the last.
    #[inline(always)]
    fn start(&mut self, room: usize) {
        if self.position.len() < room + LOOK {
            self.position.resize(room + LOOK, 0);
            self.value.resize(room + LOOK, 0.0);
        }
        self.count = 0;
    }

    /// Takes in those of up to eight that count, without a branch: each is written, and overwritten by the next unless it counts.
    #[inline(always)]
    fn offer(&mut self, places: &[u32], values: &[f32], counts: impl Fn(u32, f32) -> bool) {
        let room = self.count..self.count + LOOK;
        let (position, value) = (&mut self.position[room.clone()], &mut self.value[room]);
        let mut n = 0;
        for (&p, &v) in places.iter().zip(values) {
            (position[n % LOOK], value[n % LOOK]) = (p, v);
            n += usize::from(counts(p, v));
        }
        self.count += n;
    }
}

/// Whether one of the values counts, without a branch for each.
#[inline(always)]
fn any(values: &[f32], counts: impl Fn(f32) -> bool) -> bool {
    values.iter().fold(false, |any, &v| any | counts(v))
}
