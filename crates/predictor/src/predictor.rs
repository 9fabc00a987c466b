//! From preprocessed features to a prediction.

use serde::{Deserialize, Serialize};

use crate::error::{Checked, Error, ensure};
use crate::function::Function;
use crate::link::Link;
use crate::prediction::{Prediction, largest};
use crate::uncertainty::Uncertainty;

/// From preprocessed features to a prediction: a function, a link and the variance of its outputs, known to fit each other.
///
/// ```
/// use predictor::{Layer, Layers, Link, Predictor};
///
/// let layer = Layer::dense(1, vec![0.0], |_, _| 2.0)?;
/// let predictor = Predictor::new(Layers::from(layer).into(), Link::Logistic, vec![])?;
/// let prediction = predictor.predict(&[1.0], &mut Vec::new())?;
/// assert_eq!(prediction.class, 1);
/// assert!((prediction.outputs[1] - 1.0 / (1.0 + (-2.0_f64).exp())).abs() < 1e-15);
/// # Ok::<(), predictor::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Predictor {
    function: Function,
    link: Link,
    uncertainty: Vec<Uncertainty>,
}

#[derive(Deserialize)]
struct Unchecked {
    function: Function,
    link: Link,
    uncertainty: Vec<Uncertainty>,
}

impl TryFrom<Unchecked> for Predictor {
    type Error = Error;

    fn try_from(raw: Unchecked) -> Result<Self, Error> {
        Self::new(raw.function, raw.link, raw.uncertainty)
    }
}

impl Predictor {
    /// A predictor of these parts; `uncertainty` is empty, or has one entry per output of the function.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] where the parts do not fit each other.
    pub fn new(function: Function, link: Link, uncertainty: Vec<Uncertainty>) -> Result<Self, Error> {
        let predictor = Self { function, link, uncertainty };
        predictor.check().map_err(Error::Inconsistent)?;
        Ok(predictor)
    }

    fn check(&self) -> Checked {
        let outputs = self.function.outputs();
        let fits = match self.link {
            Link::Identity | Link::Log | Link::Logistic => outputs == 1,
            Link::Softmax | Link::OneVsRest => outputs >= 2,
        };
        ensure(fits, || format!("{outputs} outputs under {:?}", self.link))?;
        let count = self.uncertainty.len();
        ensure(count == 0 || count == outputs, || format!("{count} uncertainties of {outputs} outputs"))?;
        let basis = self.function.basis_len();
        for one in &self.uncertainty {
            ensure(one.needs() <= basis, || {
                format!("an uncertainty of {} features or relevance vectors, there are {basis}", one.needs())
            })?;
        }
        Ok(())
    }

    /// From features to outputs.
    #[must_use]
    pub fn function(&self) -> &Function {
        &self.function
    }

    /// From outputs to predictions.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// The variance of each output; empty where the model has none.
    #[must_use]
    pub fn uncertainty(&self) -> &[Uncertainty] {
        &self.uncertainty
    }

    /// The number of classes that are predicted; none for a number.
    #[must_use]
    pub fn classes(&self) -> Option<usize> {
        match self.link {
            Link::Identity | Link::Log => None,
            Link::Logistic => Some(2),
            Link::Softmax | Link::OneVsRest => Some(self.function.outputs()),
        }
    }

    /// The features that are looked at, for the outputs or for their variance, ascending.
    #[must_use]
    pub fn used_features(&self) -> Vec<u32> {
        let mut used = self.function.features();
        if matches!(self.function, Function::Layers(_)) {
            used.extend(self.uncertainty.iter().flat_map(Uncertainty::index));
            used.sort_unstable();
            used.dedup();
        }
        used
    }

    /// Whether predictions come with a standard deviation.
    #[must_use]
    pub fn has_deviation(&self) -> bool {
        self.classes().is_none() && !self.uncertainty.is_empty()
    }

    /// The prediction for one row of features. Features that [`Predictor::used_features`] does not name are not looked at.
    /// `scratch` is room for intermediate values, so that many rows need no allocation of it.
    ///
    /// # Errors
    /// [`Error::Features`] for another number of features than the function has inputs.
    pub fn predict(&self, x: &[f64], scratch: &mut Vec<f64>) -> Result<Prediction, Error> {
        let expected = self.function.inputs();
        if x.len() != expected {
            return Err(Error::Features { expected, found: x.len() });
        }
        let mut outputs = Vec::with_capacity(self.function.outputs());
        self.function.outputs_of(x, &mut outputs, scratch);
        let variances = self.variances(x);
        let deviation = match (self.link, &variances[..], &outputs[..]) {
            (Link::Identity, &[v], _) => Some(v.sqrt()),
            // The law of total variance: Poisson's own, and that of its mean e^z, z ~ N(m, v).
            (Link::Log, &[v], &[m]) => {
                let mean = (m + 0.5 * v).exp();
                Some((mean + mean * mean * v.exp_m1()).sqrt())
            }
            _ => None,
        };
        self.link.respond(&mut outputs, &variances);
        Ok(Prediction { class: largest(&outputs), outputs, deviation })
    }

    /// The variance of each output; empty where the model has none.
    fn variances(&self, x: &[f64]) -> Vec<f64> {
        if self.uncertainty.is_empty() {
            return Vec::new();
        }
        let of = |phi: &[f64]| self.uncertainty.iter().map(|u| u.variance(phi).unwrap_or(f64::NAN)).collect();
        match &self.function {
            Function::Layers(_) => of(x),
            Function::Kernel(kernel) => of(&kernel.basis(x).collect::<Vec<_>>()),
        }
    }
}
