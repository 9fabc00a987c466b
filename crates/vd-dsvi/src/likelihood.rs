//! p(t | z) for one object: its logarithm and the gradient with respect to z.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | z | `z`, K values | pre-activations of the last layer |
//! | t | label, or K values | target |
//! | β | `beta` | noise precision (Gaussian) |
//! | G | `z` on return | scale · ∂ log p / ∂z |

use nalgebra::DMatrix;

use crate::{Error, Real, Targets};

/// The noise precision β of the Gaussian likelihood.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Precision {
    /// Known: β > 0.
    Fixed(f64),
    /// Learned with the weights, from this start. With as many weights as objects it can run away (the data are then
    /// interpolated), which ends in [`Error::Diverged`] or a very large β, never silently.
    Learned {
        /// The initial β > 0.
        start: f64,
    },
}

/// p(t | z).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Likelihood {
    /// log p = z_t − log Σ exp z_k.
    Softmax,
    /// log p = Σ_k t_k log σ(z_k) + (1 − t_k) log σ(−z_k), independent outputs.
    Bernoulli,
    /// log p = Σ_k ½ log(β/2π) − ½ β (t_k − z_k)².
    Gaussian(Precision),
}

impl Likelihood {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Bernoulli => "Bernoulli",
            Self::Gaussian(_) => "Gaussian",
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if let Self::Gaussian(Precision::Fixed(value) | Precision::Learned { start: value }) = *self
            && !(value > 0.0 && value.is_finite())
        {
            return Err(Error::Parameter { field: "likelihood.beta", value, allowed: "positive and finite" });
        }
        Ok(())
    }

    pub(crate) fn start_log_beta(&self) -> f64 {
        match *self {
            Self::Gaussian(Precision::Fixed(beta) | Precision::Learned { start: beta }) => beta.ln(),
            _ => 0.0,
        }
    }

    /// log p of one object; `z` becomes `scale` · ∂ log p / ∂z. `z` holds the outputs followed by zero padding.
    pub(crate) fn gradient<R: Real>(
        &self,
        z: &mut [R],
        target: Target<'_, R>,
        log_beta: f64,
        scale: R,
    ) -> f64 {
        match (self, target) {
            (Self::Softmax, Target::Class(label, outputs)) => {
                R::softmax_gradient(z, label, outputs, scale).f64()
            }
            (Self::Bernoulli, Target::Values(t)) => {
                let mut log_p = 0.0;
                for (z, &t) in z.iter_mut().zip(t) {
                    let (log_sigma, sigma) = log_logistic(z.f64());
                    // log σ(−z) = log σ(z) − z.
                    log_p += log_sigma - (1.0 - t.f64()) * z.f64();
                    *z = scale * R::of(t.f64() - sigma);
                }
                log_p
            }
            (_, Target::Values(t)) => {
                let beta = log_beta.exp();
                let mut log_p = 0.5 * (log_beta - core::f64::consts::TAU.ln()) * t.len() as f64;
                for (z, &t) in z.iter_mut().zip(t) {
                    let error = t - *z;
                    log_p -= 0.5 * beta * error.f64() * error.f64();
                    *z = scale * R::of(beta) * error;
                }
                log_p
            }
            // Unreachable by construction: `Prepared::new` pairs softmax with classes.
            (_, Target::Class(..)) => f64::NAN,
        }
    }
}

/// (log σ(z), σ(z)), stable at both ends.
pub(crate) fn log_logistic(z: f64) -> (f64, f64) {
    let e = (-z.abs()).exp();
    let log = z.min(0.0) - e.ln_1p();
    (log, if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) })
}

/// One object's target.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a, R> {
    /// The label and the number of classes.
    Class(usize, usize),
    Values(&'a [R]),
}

/// Targets in the form the loop reads, checked.
#[derive(Debug, Clone)]
pub(crate) enum Prepared<R> {
    Classes { labels: Vec<u32>, classes: usize },
    Values { row_major: Vec<R>, outputs: usize },
}

impl<R: Real> Prepared<R> {
    pub(crate) fn new(
        likelihood: &Likelihood,
        classes: Option<usize>,
        targets: Targets<'_, R>,
        objects: usize,
    ) -> Result<Self, Error> {
        if targets.objects() != objects {
            return Err(Error::TargetCount { objects, targets: targets.objects() });
        }
        match (likelihood, targets) {
            (Likelihood::Softmax, Targets::Classes(labels)) => Self::classes(labels, classes),
            (Likelihood::Bernoulli, Targets::Classes(labels)) => {
                let mut values = DMatrix::from_element(labels.len(), 1, R::ZERO);
                for (object, &label) in labels.iter().enumerate() {
                    if label > 1 {
                        return Err(Error::Label { object, label, classes: 2 });
                    }
                    values[object] = R::of(label as f64);
                }
                Ok(Self::values(&values))
            }
            (Likelihood::Bernoulli, Targets::Values(t)) => {
                Self::check_values(t, |v| (0.0..=1.0).contains(&v), "0 to 1")?;
                Ok(Self::values(t))
            }
            (Likelihood::Gaussian(_), Targets::Values(t)) => {
                Self::check_values(t, |v| v.is_finite() && (v * v).is_finite(), "finite, its square too")?;
                Ok(Self::values(t))
            }
            (Likelihood::Softmax, Targets::Values(_)) => Err(Error::TargetKind {
                likelihood: likelihood.name(),
                needed: "class labels (Targets::Classes)",
            }),
            (Likelihood::Gaussian(_), Targets::Classes(_)) => {
                Err(Error::TargetKind { likelihood: likelihood.name(), needed: "values (Targets::Values)" })
            }
        }
    }

    pub(crate) fn outputs(&self) -> usize {
        match self {
            Self::Classes { classes, .. } => *classes,
            Self::Values { outputs, .. } => *outputs,
        }
    }

    #[inline(always)]
    pub(crate) fn target(&self, object: usize) -> Target<'_, R> {
        match self {
            Self::Classes { labels, classes } => Target::Class(labels[object] as usize, *classes),
            Self::Values { row_major, outputs } => {
                Target::Values(&row_major[object * outputs..(object + 1) * outputs])
            }
        }
    }

    fn classes(labels: &[usize], classes: Option<usize>) -> Result<Self, Error> {
        let found = labels.iter().max().map_or(0, |&m| m.saturating_add(1));
        let classes = classes.unwrap_or(found);
        // A label of 10⁹ would ask for 10⁹ outputs; with the number of classes not given, labels must be dense enough.
        if let Some(object) = labels.iter().position(|&l| l >= classes || l > 1 << 24) {
            return Err(Error::Label { object, label: labels[object], classes: classes.min(1 << 24) });
        }
        if classes < 2 || labels.iter().all(|&l| l == labels[0]) {
            return Err(Error::OneClass { classes: 1 });
        }
        Ok(Self::Classes { labels: labels.iter().map(|&l| l as u32).collect(), classes })
    }

    fn check_values(t: &DMatrix<R>, ok: impl Fn(f64) -> bool, allowed: &'static str) -> Result<(), Error> {
        if t.ncols() == 0 {
            return Err(Error::Shape { what: "targets", expected: (t.nrows(), 1), got: t.shape() });
        }
        for (output, column) in t.column_iter().enumerate() {
            for (object, v) in column.iter().enumerate() {
                if !ok(v.f64()) {
                    return Err(Error::Target { object, output, value: v.f64(), allowed });
                }
            }
        }
        Ok(())
    }

    fn values(t: &DMatrix<R>) -> Self {
        Self::Values { row_major: t.transpose().as_slice().to_vec(), outputs: t.ncols() }
    }
}
