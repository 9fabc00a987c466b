//! Sparse rows, cut at the boundaries of the weight chunks that read them.

/// One non-zero input.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub(crate) struct Entry {
    /// The input's place within its part.
    pub index: u32,
    /// Its value.
    pub value: f32,
}

/// N sparse rows over D inputs. The inputs are cut into `parts` ranges of `width` (the last may be shorter), and each
/// (row, part) has a slice of entries, ascending. A weight chunk belongs to one part, so it finds its inputs at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    parts: usize,
    width: usize,
    /// offsets[row·parts + part] .. offsets[row·parts + part + 1] are the slice's entries.
    offsets: Vec<usize>,
    entries: Vec<Entry>,
}

impl Rows {
    /// No rows yet, over `inputs` inputs cut into `parts`.
    pub fn new(inputs: usize, parts: usize) -> Self {
        let parts = parts.max(1);
        Self { parts, width: inputs.div_ceil(parts).max(1), offsets: vec![0], entries: Vec::new() }
    }

    /// Forgets the rows, keeps the memory.
    pub fn clear(&mut self) {
        self.offsets.truncate(1);
        self.entries.clear();
    }

    /// Appends a row given as (input, value) in ascending order of input; zeros may be left out.
    #[inline(always)]
    pub fn push(&mut self, row: impl Iterator<Item = (usize, f32)>) {
        let (mut part, mut start) = (1, 0);
        for (input, value) in row {
            while part < self.parts && input >= start + self.width {
                self.offsets.push(self.entries.len());
                start += self.width;
                part += 1;
            }
            self.entries.push(Entry { index: (input - start) as u32, value });
        }
        for _ in part..=self.parts {
            self.offsets.push(self.entries.len());
        }
    }

    /// The entries of `row` within `part`.
    #[inline(always)]
    pub fn segment(&self, row: usize, part: usize) -> &[Entry] {
        let at = row * self.parts + part;
        &self.entries[self.offsets[at]..self.offsets[at + 1]]
    }

    /// Reads one number from each cache line of `row` within `part`, so that the lines are on their way before they are
    /// needed: rows come in random order, and nothing else tells the memory which is next. The result is of no use.
    #[inline(always)]
    pub fn touch(&self, row: usize, part: usize) -> u32 {
        self.segment(row, part).iter().step_by(8).fold(0, |sum, entry| sum ^ entry.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_back(parts in 1_usize..6, table in prop::collection::vec(prop::collection::vec(0_u8..3, 13), 0..9)) {
            let mut rows = Rows::new(13, parts);
            let sparse = |r: &Vec<u8>| -> Vec<(usize, f32)> {
                r.iter().enumerate().filter(|e| *e.1 > 0).map(|(i, v)| (i, f32::from(*v))).collect()
            };
            for _ in 0..2 {
                rows.clear();
                table.iter().for_each(|r| rows.push(sparse(r).into_iter()));
                for (n, r) in table.iter().enumerate() {
                    let entries = |part: usize| rows.segment(n, part).iter().map(move |e| (part, e));
                    prop_assert!((0..parts).flat_map(entries).all(|(_, e)| (e.index as usize) < rows.width));
                    let whole = |(part, e): (usize, &Entry)| (part * rows.width + e.index as usize, e.value);
                    prop_assert_eq!((0..parts).flat_map(entries).map(whole).collect::<Vec<_>>(), sparse(r));
                }
            }
        }
    }
}
