//! Targets: what a caller hands over, and the checked form that the engines read.

use estimator::{InputError, Labels, Values};
use nalgebra::{DMatrix, DVector};

use crate::error::Error;
use crate::params::likelihood::Likelihood;
use crate::real::Real;

/// What a fit is to predict. Made by `Into` from labels, from numbers and from a matrix, so that `fit(&x, &t)` takes each.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Targets<'a, R: nalgebra::Scalar> {
    /// One class per sample, counted from 0: softmax, or Bernoulli with a single output (classes 0 and 1).
    Classes(Labels<'a>),
    /// One number per sample: Gaussian (any finite number), or Bernoulli (each in [0, 1]).
    Numbers(Values<'a>),
    /// N x K numbers: as [`Targets::Numbers`], with K outputs.
    Matrix(&'a DMatrix<R>),
}

macro_rules! targets_from {
    ($($source:ty => $variant:ident),* $(,)?) => {
        $(impl<'a, R: Real> From<&'a $source> for Targets<'a, R> {
            fn from(t: &'a $source) -> Self {
                Self::$variant(t.into())
            }
        })*
    };
}

targets_from!([usize] => Classes, Vec<usize> => Classes, [f64] => Numbers, Vec<f64> => Numbers, DVector<f64> => Numbers);

impl<'a, R: Real> From<&'a DMatrix<R>> for Targets<'a, R> {
    fn from(t: &'a DMatrix<R>) -> Self {
        Self::Matrix(t)
    }
}

impl<'a, R: Real, const N: usize> From<&'a [usize; N]> for Targets<'a, R> {
    fn from(t: &'a [usize; N]) -> Self {
        Self::Classes(t.into())
    }
}

impl<'a, R: Real, const N: usize> From<&'a [f64; N]> for Targets<'a, R> {
    fn from(t: &'a [f64; N]) -> Self {
        Self::Numbers(t.into())
    }
}

impl<'a, R: Real> From<Labels<'a>> for Targets<'a, R> {
    fn from(t: Labels<'a>) -> Self {
        Self::Classes(t)
    }
}

impl<'a, R: Real> From<Values<'a>> for Targets<'a, R> {
    fn from(t: Values<'a>) -> Self {
        Self::Numbers(t)
    }
}

/// One sample's target.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a, R> {
    /// The label and the number of classes.
    Class(usize, usize),
    Values(&'a [R]),
}

/// The targets of all samples in the form that the engines read, checked.
#[derive(Debug, Clone)]
pub(crate) enum TargetTable<R> {
    Classes { labels: Vec<u32>, classes: usize },
    Values { row_major: Vec<R>, outputs: usize },
}

/// Whether targets are all there are, or those of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Two classes must occur.
    Whole,
    /// A block may hold a single class.
    Block,
}

impl<R: Real> TargetTable<R> {
    pub(crate) fn new(
        likelihood: Likelihood,
        classes: Option<usize>,
        targets: Targets<'_, R>,
        samples: usize,
        extent: Extent,
    ) -> Result<Self, Error> {
        match (likelihood, targets) {
            (Likelihood::Softmax, Targets::Classes(labels)) => {
                let classes = count_classes(labels, samples, classes, extent)?;
                let labels = labels.as_slice().iter().map(|&l| l as u32).collect();
                Ok(Self::Classes { labels, classes })
            }
            (Likelihood::Bernoulli, Targets::Classes(labels)) => {
                count_classes(labels, samples, Some(2), extent)?;
                Ok(Self::column(labels.as_slice().iter().map(|&label| label as f64)))
            }
            (Likelihood::Bernoulli | Likelihood::Gaussian, Targets::Numbers(values)) => {
                values.check(samples)?;
                let numbers = values.as_slice().iter().copied();
                numbers
                    .clone()
                    .enumerate()
                    .try_for_each(|(row, v)| check_number::<R>(likelihood, row, 0, v))?;
                Ok(Self::column(numbers))
            }
            (Likelihood::Bernoulli | Likelihood::Gaussian, Targets::Matrix(t)) => {
                check_matrix(likelihood, t, samples)?;
                Ok(Self::Values { row_major: t.transpose().as_slice().to_vec(), outputs: t.ncols() })
            }
            (Likelihood::Softmax, Targets::Numbers(_) | Targets::Matrix(_)) => Err(Error::TargetKind {
                likelihood: likelihood.name(),
                needed: "class labels (usize), not numbers; for numbers set Likelihood::Gaussian",
            }),
            (Likelihood::Gaussian, Targets::Classes(_)) => Err(Error::TargetKind {
                likelihood: likelihood.name(),
                needed: "numbers, not class labels; for labels set Likelihood::Softmax",
            }),
        }
    }

    fn column(numbers: impl Iterator<Item = f64>) -> Self {
        Self::Values { row_major: numbers.map(R::of).collect(), outputs: 1 }
    }

    pub(crate) fn outputs(&self) -> usize {
        match self {
            Self::Classes { classes, .. } => *classes,
            Self::Values { outputs, .. } => *outputs,
        }
    }

    #[inline(always)]
    pub(crate) fn target(&self, sample: usize) -> Target<'_, R> {
        match self {
            Self::Classes { labels, classes } => Target::Class(labels[sample] as usize, *classes),
            Self::Values { row_major, outputs } => {
                Target::Values(&row_major[sample * outputs..(sample + 1) * outputs])
            }
        }
    }

    /// The variance of the numbers about their means by output; 1 for labels and for constants.
    pub(crate) fn variance(&self) -> f64 {
        let Self::Values { row_major, outputs } = self else { return 1.0 };
        let count = (row_major.len() / outputs).max(1) as f64;
        let mut total = 0.0;
        for k in 0..*outputs {
            let column = || row_major.iter().skip(k).step_by(*outputs).map(|v| v.f64());
            let mean = column().sum::<f64>() / count;
            total += column().map(|v| (v - mean).powi(2)).sum::<f64>();
        }
        let variance = total / row_major.len().max(1) as f64;
        if variance > 0.0 && variance.is_finite() { variance } else { 1.0 }
    }
}

/// The number of classes; an `Extent::Block` need not have them all.
fn count_classes(
    labels: Labels<'_>,
    samples: usize,
    declared: Option<usize>,
    extent: Extent,
) -> Result<usize, InputError> {
    match (extent, declared) {
        (Extent::Block, Some(classes)) => {
            let labels = labels.as_slice();
            if labels.len() != samples {
                return Err(InputError::entries("the labels", samples, labels.len()));
            }
            match labels.iter().position(|&label| label >= classes) {
                Some(row) => Err(InputError::Label { row, label: labels[row], classes }),
                None => Ok(classes),
            }
        }
        _ => labels.classes(samples, declared),
    }
}

fn check_matrix<R: Real>(likelihood: Likelihood, t: &DMatrix<R>, samples: usize) -> Result<(), Error> {
    if t.ncols() == 0 {
        return Err(InputError::Empty { what: "the target", rows: t.nrows(), cols: 0 }.into());
    }
    if t.nrows() != samples {
        return Err(InputError::rows("the target", samples, t.nrows()).into());
    }
    for (col, column) in t.column_iter().enumerate() {
        for (row, v) in column.iter().enumerate() {
            check_number::<R>(likelihood, row, col, v.f64())?;
        }
    }
    Ok(())
}

fn check_number<R: Real>(likelihood: Likelihood, row: usize, col: usize, value: f64) -> Result<(), Error> {
    if !value.is_finite() {
        return Err(InputError::NotFinite { what: "the target", row, col, value }.into());
    }
    let limit = R::LARGEST_INPUT;
    if value.abs() > limit {
        return Err(InputError::TooLarge { what: "the target", col, value, limit }.into());
    }
    if likelihood == Likelihood::Bernoulli && !(0.0..=1.0).contains(&value) {
        return Err(Error::Probability { row, col, value });
    }
    Ok(())
}
