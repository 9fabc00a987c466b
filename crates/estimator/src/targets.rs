//! What an estimator is to predict: numbers or class labels.

use nalgebra::DVector;

use crate::input::InputError;

/// Targets of a regression: one number per sample.
///
/// Made by `Into` from `&[f64]`, `&Vec<f64>`, `&[f64; N]` and `&DVector<f64>`, so that `fit(&x, &t)` takes each of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values<'t>(&'t [f64]);

impl<'t> Values<'t> {
    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &'t [f64] {
        self.0
    }

    /// Checks that there is one finite number per sample.
    ///
    /// # Errors
    /// [`InputError::Shape`], [`InputError::NotFinite`].
    pub fn check(&self, samples: usize) -> Result<(), InputError> {
        if self.0.len() != samples {
            return Err(InputError::entries("the target", samples, self.0.len()));
        }
        match self.0.iter().position(|v| !v.is_finite()) {
            Some(row) => Err(InputError::NotFinite { what: "the target", row, col: 0, value: self.0[row] }),
            None => Ok(()),
        }
    }
}

impl<'t> From<&'t [f64]> for Values<'t> {
    fn from(t: &'t [f64]) -> Self {
        Self(t)
    }
}
impl<'t> From<&'t Vec<f64>> for Values<'t> {
    fn from(t: &'t Vec<f64>) -> Self {
        Self(t)
    }
}
impl<'t, const N: usize> From<&'t [f64; N]> for Values<'t> {
    fn from(t: &'t [f64; N]) -> Self {
        Self(t)
    }
}
impl<'t> From<&'t DVector<f64>> for Values<'t> {
    fn from(t: &'t DVector<f64>) -> Self {
        Self(t.as_slice())
    }
}

/// Class labels of a classification: one class per sample, counted from 0.
///
/// Made by `Into` from `&[usize]`, `&Vec<usize>` and `&[usize; N]`, so that `fit(&x, &t)` takes each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labels<'t>(&'t [usize]);

impl<'t> Labels<'t> {
    /// The labels.
    #[must_use]
    pub fn as_slice(&self) -> &'t [usize] {
        self.0
    }

    /// Checks that there is one label per sample and returns the number of classes K.
    ///
    /// Without `declared`, K is the largest label plus one, and each class below it must have a sample: one stray label of
    /// 5,000,000 is a mistake, no model of 5,000,001 classes. With `declared`, each label must be below it, and a class may be
    /// empty. Either way at least two classes must occur.
    ///
    /// # Errors
    /// [`InputError::Shape`], [`InputError::Label`], [`InputError::MissingClass`], [`InputError::OneClass`].
    pub fn classes(&self, samples: usize, declared: Option<usize>) -> Result<usize, InputError> {
        if self.0.len() != samples {
            return Err(InputError::entries("the labels", samples, self.0.len()));
        }
        if let Some(classes) = declared
            && let Some(row) = self.0.iter().position(|&label| label >= classes)
        {
            return Err(InputError::Label { row, label: self.0[row], classes });
        }
        let occurring = self.occurring();
        if occurring.len() < 2 {
            return Err(InputError::OneClass { found: occurring.len() });
        }
        if let Some(classes) = declared {
            return Ok(classes);
        }
        let largest = occurring[occurring.len() - 1];
        match occurring.iter().enumerate().find(|&(class, &label)| class != label) {
            Some((class, _)) => Err(InputError::MissingClass { class, largest }),
            None => Ok(occurring.len()),
        }
    }

    /// The classes that occur, ascending. Memory grows with their number, not with the largest label.
    fn occurring(&self) -> Vec<usize> {
        let mut small = [false; 256];
        let mut large = Vec::new();
        for &label in self.0 {
            match small.get_mut(label) {
                Some(seen) => *seen = true,
                None => large.push(label),
            }
        }
        large.sort_unstable();
        large.dedup();
        (0..small.len()).filter(|&label| small[label]).chain(large).collect()
    }
}

impl<'t> From<&'t [usize]> for Labels<'t> {
    fn from(t: &'t [usize]) -> Self {
        Self(t)
    }
}
impl<'t> From<&'t Vec<usize>> for Labels<'t> {
    fn from(t: &'t Vec<usize>) -> Self {
        Self(t)
    }
}
impl<'t, const N: usize> From<&'t [usize; N]> for Labels<'t> {
    fn from(t: &'t [usize; N]) -> Self {
        Self(t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stray_label_is_an_error_that_names_the_missing_class() {
        let labels = Labels::from(&[0, 1, 5_000_000, 1]);
        assert_eq!(labels.classes(4, None), Err(InputError::MissingClass { class: 2, largest: 5_000_000 }));
        assert_eq!(
            labels.classes(4, Some(3)),
            Err(InputError::Label { row: 2, label: 5_000_000, classes: 3 })
        );
        assert_eq!(labels.classes(4, Some(5_000_001)), Ok(5_000_001));
    }

    #[test]
    fn one_class_is_no_classification() {
        assert_eq!(Labels::from(&[1, 1]).classes(2, Some(2)), Err(InputError::OneClass { found: 1 }));
        assert_eq!(Labels::from(&[0; 0]).classes(0, None), Err(InputError::OneClass { found: 0 }));
    }

    proptest! {
        #[test]
        fn labels_without_a_gap_have_the_largest_plus_one_classes(
            mut labels in proptest::collection::vec(0_usize..600, 2..50),
            classes in 2_usize..600,
        ) {
            labels.extend(0..classes);
            let largest = labels.iter().copied().max().unwrap();
            let expected = if (0..=largest).all(|k| labels.contains(&k)) { Some(largest + 1) } else { None };
            prop_assert_eq!(Labels::from(&labels).classes(labels.len(), None).ok(), expected);
        }
    }
}
