//! Which candidates are one decision.

/// Blocks of candidates that join and leave together; every other candidate stands alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Units {
    /// The places of each block's columns, ascending, two or more of them.
    blocks: Vec<Vec<usize>>,
    /// A place's block and its position there; no entry at all where there is no block.
    home: Vec<Option<(usize, usize)>>,
}

impl Units {
    /// `blocks` of places below `places`.
    pub fn new(places: usize, blocks: Vec<Vec<usize>>) -> Self {
        if blocks.is_empty() {
            return Self::default();
        }
        let mut home = vec![None; places];
        for (b, block) in blocks.iter().enumerate() {
            block.iter().enumerate().for_each(|(at, &j)| home[j] = Some((b, at)));
        }
        Self { blocks, home }
    }

    /// The blocks.
    pub fn blocks(&self) -> &[Vec<usize>] {
        &self.blocks
    }

    /// The block of a place and its position there; none for a column alone.
    pub fn home(&self, j: usize) -> Option<(usize, usize)> {
        self.home.get(j).copied().flatten()
    }

    /// Whether a place speaks for its unit: a column alone, or the first of a block.
    pub fn leads(&self, j: usize) -> bool {
        self.home(j).is_none_or(|(_, at)| at == 0)
    }

    /// All places of a place's unit.
    pub fn members(&self, j: usize) -> Vec<usize> {
        self.home(j).map_or_else(|| vec![j], |(b, _)| self.blocks[b].clone())
    }

    /// The units that have a place in `support`, whole, as long as there are at most `most` places.
    pub fn whole(&self, support: &[usize], most: usize) -> Vec<usize> {
        let mut whole = Vec::new();
        for &j in support {
            let members = self.members(j);
            if !whole.contains(&j) && whole.len() + members.len() <= most {
                whole.extend(members);
            }
        }
        whole
    }

    /// How many units a support of whole units has.
    pub fn count(&self, support: &[usize]) -> usize {
        support.iter().filter(|&&j| self.leads(j)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supports_are_made_of_whole_units() {
        let units = Units::new(6, vec![vec![1, 2], vec![4, 5]]);
        assert_eq!(units.whole(&[3, 2, 5], 5), [3, 1, 2, 4, 5]);
        assert_eq!(units.whole(&[2, 5, 3], 3), [1, 2, 3]);
        assert_eq!(units.count(&[1, 2, 3]), 2);
        assert!(units.leads(0) && units.leads(1) && !units.leads(2));
        assert_eq!(Units::default().whole(&[3, 2, 5], 2), [3, 2]);
    }
}
