//! A problem of a fit: one for a softmax, two classes or a number, one per class for one-vs-rest.

use crate::pass::likelihood::Likelihood;
use crate::pass::point::Point;

/// One problem.
#[derive(Debug, Clone)]
pub(crate) struct Joint {
    pub likelihood: Likelihood,
    /// The targets of the rows that take part.
    pub values: Vec<f64>,
    pub offsets: Option<Vec<f64>>,
    /// The class that it speaks for, for one-vs-rest.
    pub class: Option<usize>,
    /// The empty model.
    pub empty: Point,
}
