//! What a method can be told.

use crate::error::Error;

/// How the weight λ of the divergence is chosen. A weight is kept when its squared z-score exceeds λ.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum LambdaChoice {
    /// This value; 1 is the method of the paper.
    Value(f64),
    /// ln N, Schwarz's criterion.
    Bic,
    /// By cross-validation.
    CrossValidation,
    /// So that q of the columns that do nothing are kept in expectation: P(χ²₁ > λ) = q/D.
    FalseKeeps(f64),
    /// None: an average over which columns matter, and the few columns whose fitted values are the average's.
    Average,
    /// The same, with this many columns.
    Columns(usize),
    /// The same, with as few columns as predict at most this share worse than the average: 0.01 for one per cent.
    Within(f64),
}

/// How the inverse penalty C of the L1 method is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum CChoice {
    /// This value; the smaller the sparser.
    Value(f64),
    /// By cross-validation.
    CrossValidation,
}

/// How a generalised linear model reads its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FamilyChoice {
    /// By the target: a logistic or softmax model of classes, a Poisson model of counts.
    #[default]
    Auto,
    /// One joint model of all classes.
    Softmax,
    /// One model per class against all others.
    OneVsRest,
    /// Counts whose logarithm is linear in the features.
    Poisson,
}

/// The kernel of the relevance vector machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KernelChoice {
    /// None: the features themselves are the basis.
    #[default]
    Features,
    /// exp(−γ ‖x − x'‖²).
    Rbf,
    /// exp(−γ Σ|x − x'|).
    Laplacian,
    /// (γ x·x' + 1)^degree.
    Polynomial,
}

/// What a method can be told. Each method reads the options that [`Adapter::options`](crate::Adapter::options) names.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `lambda` | the method's | weight of the divergence |
/// | `by_level` | false | decide on each level of a column of names by itself |
/// | `by_class` | false | decide on each class's weight of a column by itself |
/// | `c` | cross-validation | inverse penalty of L1 |
/// | `family` | by the target | how a generalised linear model reads its target |
/// | `epochs` | 10,000 steps' worth, 10 to 2000 | passes over the rows |
/// | `tolerance` | all epochs | when a stochastic fit has settled |
/// | `batch` | 100, more for long tables | rows per step |
/// | `learning_rate` | 0.01, 0.002 for networks | the largest learning rate |
/// | `hidden` | none | widths of hidden layers |
/// | `threshold` | 3 | weights with log α above it are dropped |
/// | `kernel`, `gamma`, `degree` | none, 1/D, 2 | the kernel |
/// | `seed` | 0 | of everything that is random |
/// | `threads` | all | they change no result |
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the table above is the documentation")]
pub struct Options {
    pub lambda: Option<LambdaChoice>,
    pub by_level: bool,
    pub by_class: bool,
    pub c: Option<CChoice>,
    pub family: FamilyChoice,
    pub epochs: Option<usize>,
    pub tolerance: Option<f64>,
    pub batch: Option<usize>,
    pub learning_rate: Option<f64>,
    pub hidden: Vec<usize>,
    pub threshold: f64,
    pub kernel: KernelChoice,
    pub gamma: Option<f64>,
    pub degree: u32,
    pub seed: u64,
    pub threads: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lambda: None,
            by_level: false,
            by_class: false,
            c: None,
            family: FamilyChoice::default(),
            epochs: None,
            tolerance: None,
            batch: None,
            learning_rate: None,
            hidden: Vec::new(),
            threshold: 3.0,
            kernel: KernelChoice::default(),
            gamma: None,
            degree: 2,
            seed: 0,
            threads: None,
        }
    }
}

/// λ for so many rows and columns; none where it is chosen by cross-validation.
///
/// # Errors
/// [`Error::Option`] for a choice that is no λ, and for more false keeps than there are columns.
pub fn lambda(
    choice: Option<LambdaChoice>,
    otherwise: LambdaChoice,
    rows: usize,
    columns: usize,
) -> Result<Option<f64>, Error> {
    grouped_lambda(choice, otherwise, rows, columns, 1)
}

/// [`lambda`] where a column is kept or dropped by `group` independent z-scores at once.
pub(crate) fn grouped_lambda(
    choice: Option<LambdaChoice>,
    otherwise: LambdaChoice,
    rows: usize,
    columns: usize,
    group: usize,
) -> Result<Option<f64>, Error> {
    match choice.unwrap_or(otherwise) {
        LambdaChoice::Value(lambda) => Ok(Some(lambda)),
        LambdaChoice::Bic => Ok(Some((rows.max(3) as f64).ln())),
        LambdaChoice::CrossValidation => Ok(None),
        LambdaChoice::Average | LambdaChoice::Columns(_) | LambdaChoice::Within(_) => Err(Error::Option {
            option: "lambda",
            what: "only linreg averages over which columns matter: give a number or `bic`".to_owned(),
        }),
        LambdaChoice::FalseKeeps(q) => {
            kl_approx::ard::lambda_for_false_keeps(q, columns, group).map(Some).map_err(|_| {
                let what =
                    format!("{q} false keeps of {columns} columns: choose a number above 0, up to {columns}");
                Error::Option { option: "false-keeps", what }
            })
        }
    }
}

/// How many of so many columns that do nothing are kept in expectation at λ.
pub(crate) fn false_keeps(lambda: f64, columns: usize) -> Option<f64> {
    grouped_false_keeps(lambda, columns, 1)
}

/// [`false_keeps`] where a column is kept or dropped by `group` independent z-scores at once.
pub(crate) fn grouped_false_keeps(lambda: f64, columns: usize, group: usize) -> Option<f64> {
    kl_approx::ard::false_keep_probability(lambda, group).ok().map(|p| p * columns as f64)
}
