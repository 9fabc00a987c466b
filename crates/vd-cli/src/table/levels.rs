//! The distinct values of a column, as texts.

use crate::table::cell::Cell;
use std::collections::HashMap;

/// The longest text that is a category's name, in bytes: what is kept of a column must not grow with what is in it.
const MAX_LEVEL: usize = 4096;

/// Whole numbers below this are doubles exactly.
const EXACT: i128 = 1 << 53;

/// The distinct texts of a column in the order of first sight, until there are too many.
#[derive(Default)]
pub(super) struct Levels {
    index: HashMap<Box<[u8]>, usize>,
    /// The levels of values that a file gives as numbers, so that they are not written out each time.
    numbers: HashMap<u64, usize>,
    texts: Vec<Box<[u8]>>,
    counts: Vec<u64>,
    over: bool,
}

impl Levels {
    /// Counts a value; its level, or none where there are too many, or one too long.
    pub fn count(&mut self, cell: Cell<'_>, most: usize) -> Option<u32> {
        if self.over {
            return None;
        }
        let bits = match cell {
            Cell::Number(x) => Some(x.to_bits()),
            Cell::Integer(x) if x.abs() < EXACT => Some((x as f64).to_bits()),
            _ => None,
        };
        let known = match (bits, cell) {
            (Some(bits), _) => self.numbers.get(&bits).copied(),
            (None, Cell::Text(text) | Cell::Name(text)) => self.index.get(text).copied(),
            _ => None,
        };
        let level = match known {
            Some(level) => level,
            None => self.add(cell, bits, most)?,
        };
        self.counts[level] += 1;
        u32::try_from(level).ok()
    }

    fn add(&mut self, cell: Cell<'_>, bits: Option<u64>, most: usize) -> Option<usize> {
        let text = cell.text();
        let level = match self.index.get(text.as_ref()) {
            Some(&level) => level,
            None if self.texts.len() == most || text.len() > MAX_LEVEL => {
                self.over = true;
                return None;
            }
            None => {
                let text: Box<[u8]> = text.as_ref().into();
                self.index.insert(text.clone(), self.texts.len());
                self.texts.push(text);
                self.counts.push(0);
                self.texts.len() - 1
            }
        };
        if let Some(bits) = bits {
            self.numbers.insert(bits, level);
        }
        Some(level)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// The texts that were counted, also where they became too many.
    pub fn into_texts(self) -> Vec<Box<[u8]>> {
        self.texts
    }

    /// The texts and their counts; none where there are too many.
    pub fn counted(&self) -> Option<Vec<(String, u64)>> {
        let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        (!self.over).then(|| self.texts.iter().zip(&self.counts).map(|(t, &n)| (text(t), n)).collect())
    }
}
