//! The protocols as data: what the poster did to the inputs, how it drew its objects, what it printed.

use std::ops::Range;

use nalgebra::{DMatrix, RowDVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::data::{Classification, digits};
use crate::error::Result;
use crate::split::{self, Draw};

/// The poster's protocol, one split: seed 0.
pub const POSTER: &str = "poster";
/// The poster's protocol, one split, with its own training steps to the letter.
pub const EXACT_REPLICATION: &str = "poster-literal";
/// The poster's protocol over ten splits: seeds 0 to 9.
pub const REPEATED: &str = "repeated";
/// Ten splits without the poster's two liberties: centred by the train mean alone, drawn without replacement.
pub const CLEAN: &str = "clean";
/// Points of an accuracy-against-sparsity curve; no row of the table.
pub const CURVE: &str = "curve";

/// Ten draws of 10,000 train and 10,000 test images from all of MNIST: splits that can be repeated in minutes.
pub const RESPLIT_10K: &str = "resplit-10k";

/// Splits of the repeated protocols.
pub const SPLITS: usize = 10;
/// The poster pruned where log α is above this ('p > 0.99').
pub const LOG_ALPHA_THRESHOLD: f64 = 5.0;

/// An entry of the poster's table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PosterCell {
    /// The data set.
    pub dataset: &'static str,
    /// The method.
    pub method: &'static str,
    /// Test accuracy printed.
    pub accuracy: f64,
    /// Sparsity printed.
    pub sparsity: f64,
    /// Two standard errors of that accuracy, from the number of its test objects alone: the poster states no uncertainty.
    pub tolerance: f64,
}

/// The poster's table. It has no number for RVM on MNIST.
pub const POSTER_TABLE: [PosterCell; 8] = [
    PosterCell { dataset: "mnist", method: "vd-ard", accuracy: 0.926, sparsity: 0.698, tolerance: 0.005 },
    PosterCell { dataset: "mnist", method: "l1-lr", accuracy: 0.919, sparsity: 0.578, tolerance: 0.005 },
    PosterCell { dataset: "digits", method: "vd-ard", accuracy: 0.948, sparsity: 0.754, tolerance: 0.018 },
    PosterCell { dataset: "digits", method: "l1-lr", accuracy: 0.955, sparsity: 0.380, tolerance: 0.018 },
    PosterCell { dataset: "digits", method: "rvm", accuracy: 0.945, sparsity: 0.746, tolerance: 0.018 },
    PosterCell {
        dataset: "digits+noise",
        method: "vd-ard",
        accuracy: 0.930,
        sparsity: 0.876,
        tolerance: 0.017,
    },
    PosterCell {
        dataset: "digits+noise",
        method: "l1-lr",
        accuracy: 0.937,
        sparsity: 0.559,
        tolerance: 0.017,
    },
    PosterCell { dataset: "digits+noise", method: "rvm", accuracy: 0.846, sparsity: 0.857, tolerance: 0.017 },
];

/// The poster's entry, if it has that one.
#[must_use]
pub fn poster_cell(dataset: &str, method: &str) -> Option<&'static PosterCell> {
    POSTER_TABLE.iter().find(|cell| cell.dataset == dataset && cell.method == method)
}

/// The two data sets that are in the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    /// 64 pixels.
    Plain,
    /// 64 pixels and 64 columns of N(0, 5²).
    Noise,
}

impl Digits {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "digits",
            Self::Noise => "digits+noise",
        }
    }
}

/// How a split is drawn and its inputs are centred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolVariant {
    /// As the poster's authors did: centred over all objects; DIGITS + noise drawn with replacement.
    Poster,
    /// Centred over the train objects; drawn without replacement.
    Clean,
}

/// A split, ready to be fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The train objects.
    pub train: Classification,
    /// The test objects.
    pub test: Classification,
    /// The columns that hold nothing but noise.
    pub noise_columns: Range<usize>,
}

/// Train objects of a DIGITS split.
pub const TRAIN_OBJECTS: usize = 1200;
/// Standard deviation of the noise columns.
pub const NOISE_SD: f64 = 5.0;

/// Prepares a split of DIGITS; the seed decides objects and noise.
///
/// # Errors
/// [`crate::Error::Embedded`] if the binary is damaged.
pub fn prepare(dataset: Digits, variant: ProtocolVariant, seed: u64) -> Result<Prepared> {
    let mut all = digits::load()?;
    let pixels = all.x.ncols();
    if dataset == Digits::Noise {
        // A stream of its own, so that the same seed draws the same objects with and without noise.
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(1);
        let noise = DMatrix::from_fn(all.x.nrows(), pixels, |_, _| {
            let z: f64 = StandardNormal.sample(&mut rng);
            NOISE_SD * z
        });
        all.x = join(&all.x, &noise);
    }
    let draw = match (dataset, variant) {
        (Digits::Noise, ProtocolVariant::Poster) => Draw::WithReplacement,
        _ => Draw::Permutation,
    };
    let split = split::draw(all.x.nrows(), TRAIN_OBJECTS, draw, seed)?;
    let (mut train, mut test) = (all.select(&split.train), all.select(&split.test));
    let mut centre = match variant {
        ProtocolVariant::Poster => all.x.row_mean(),
        ProtocolVariant::Clean => train.x.row_mean(),
    };
    if variant == ProtocolVariant::Poster {
        // The poster's noise was appended after the centring.
        centre.columns_mut(pixels, all.x.ncols() - pixels).fill(0.0);
    }
    subtract(&mut train.x, &centre);
    subtract(&mut test.x, &centre);
    Ok(Prepared { train, test, noise_columns: pixels..all.x.ncols() })
}

fn join(left: &DMatrix<f64>, right: &DMatrix<f64>) -> DMatrix<f64> {
    let columns: Vec<_> = left.column_iter().chain(right.column_iter()).collect();
    DMatrix::from_columns(&columns)
}

fn subtract(x: &mut DMatrix<f64>, centre: &RowDVector<f64>) {
    for mut row in x.row_iter_mut() {
        row -= centre;
    }
}
