//! What if fewer columns, or more, were kept: the models on the way from none to many.

/// One model on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// The value of the parameter.
    pub value: f64,
    /// Features that are kept, ascending, each with its strongest weight, in the unit of [`predictor::FeatureRelevance::weight`].
    pub kept: Vec<(usize, f64)>,
    /// Error on held-out rows; none where it was not measured.
    pub error: Option<f64>,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// How many features that do nothing are kept in expectation; none where the method cannot say.
    pub false_keeps: Option<f64>,
}

/// The models on the way from no column to many, each fitted to all rows, with the error of the same model fitted without held-out rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// What is moved: λ, or C.
    pub parameter: &'static str,
    /// What the error is.
    pub error: &'static str,
    /// What is done to the weights that are kept, in words; empty for nothing.
    pub refit: &'static str,
    /// The models, from few columns to many.
    pub stops: Vec<Stop>,
}

/// Error and standard error by λ, λ falling: those of the refit that the cross-validation chose.
pub(crate) struct Curve {
    pub lambdas: Vec<f64>,
    pub errors: Vec<(f64, f64)>,
}

impl Curve {
    /// The points of one refit.
    pub fn of<R: PartialEq>(curve: &[estimator::CvPoint<R>], refit: &R) -> Self {
        let own = || curve.iter().filter(|point| point.refit == *refit);
        let errors = own().map(|point| (point.error, point.standard_error)).collect();
        Self { lambdas: own().map(|point| point.lambda).collect(), errors }
    }

    /// The error and its standard error at a place.
    pub fn at(&self, place: usize) -> (Option<f64>, Option<f64>) {
        let finite = |value: f64| Some(value).filter(|v| v.is_finite());
        self.errors.get(place).map_or((None, None), |&(error, spread)| (finite(error), finite(spread)))
    }
}

/// Weights of one feature over the outputs: the strongest, if any is kept.
pub(crate) fn strongest(weights: impl Iterator<Item = f64>) -> Option<f64> {
    weights.filter(|w| *w != 0.0).max_by(|a, b| a.abs().total_cmp(&b.abs()))
}
