//! Relevance vector regression.

use core::ops::ControlFlow;

use estimator::Fit;
use nalgebra::{DMatrix, DVector};

use crate::basis::{Basis, Kept};
use crate::design::{Design, Features, check_matrix, exponent_of};
use crate::error::Error;
use crate::kernel_design::KernelDesign;
use crate::params::Progress;
use crate::posterior::Posterior;
use crate::regress::{self, Settings};
use crate::regression_params::{Noise, Regression};

/// A fitted regression: `p(t│x) = N(φ(x)ᵀ mean, 1/β + φ(x)ᵀ Σ φ(x))`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RegressionModel {
    kept: Kept,
    posterior: Posterior,
    noise_variance: f64,
    noise_at_floor: bool,
}

/// Learned noise starts at this share of the targets' mean square.
const FIRST_NOISE: f64 = 0.1;

impl Regression {
    /// Fits `t` (N) on `x` (N x D) by maximising the evidence.
    ///
    /// The report's objective is the exact log evidence in nats, traced whenever the active functions have settled,
    /// after the noise and after every addition, each time computed afresh, and never falling; its
    /// residual is the largest slope of the evidence in a log precision, or gain of an addition, at the returned model.
    ///
    /// # Errors
    /// Bad input, or results outside the range of `f64`; see [`Error`].
    pub fn fit(&self, x: &DMatrix<f64>, t: &DVector<f64>) -> Result<Fit<RegressionModel>, Error> {
        self.fit_with(x, t, |_| ControlFlow::Continue(()))
    }

    /// [`fit`](Self::fit) with a callback after every update; on `Break` the model so far is returned.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with(
        &self,
        x: &DMatrix<f64>,
        t: &DVector<f64>,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<RegressionModel>, Error> {
        check_matrix("x", x)?;
        if t.len() != x.nrows() {
            return Err(Error::ShapeMismatch { what: "t", expected: (x.nrows(), 1), found: (t.len(), 1) });
        }
        if let Some(row) = t.iter().position(|v| !v.is_finite()) {
            return Err(Error::NonFinite { what: "t", row, column: 0, value: t[row] });
        }
        match &self.params().basis {
            Basis::Features => {
                let design = Features::new(x, self.params().bias);
                let kept = |_: &[usize]| Kept::Features { dimension: x.ncols() };
                self.fit_design(&design, t, x.ncols(), kept, &mut progress)
            }
            Basis::Kernel(kernel) => {
                let design = KernelDesign::new(kernel, x, self.params().bias, self.params().cache_bytes)?;
                let kept = |kept: &[usize]| Kept::kernel(kernel, x, kept);
                self.fit_design(&design, t, x.nrows(), kept, &mut progress)
            }
        }
    }

    fn fit_design<D: Design>(
        &self,
        design: &D,
        t: &DVector<f64>,
        columns: usize,
        kept: impl Fn(&[usize]) -> Kept,
        progress: &mut impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<RegressionModel>, Error> {
        let params = self.params();
        let unit = exponent_of(t.amax());
        let scaled: Vec<f64> = t.iter().map(|&v| libm::scalbn(v, -unit)).collect();
        let n = scaled.len() as f64;
        let power = scaled.iter().map(|v| v * v).sum::<f64>() / n;
        let power = if power > 0.0 { power } else { 1.0 };
        let (beta, learn) = match params.noise {
            Noise::Learned => {
                (1.0 / (FIRST_NOISE * power), Some((1e-2 / power, 1.0 / (params.noise_floor * power))))
            }
            Noise::Fixed(variance) => {
                let beta = 1.0 / libm::scalbn(variance, -2 * unit);
                let fine = beta.is_normal() && (n * beta).is_finite();
                if !fine {
                    return Err(Error::Overflow { what: "the fixed noise variance in units of the targets" });
                }
                (beta, None)
            }
        };
        let (max_steps, tolerance, entry_gain) = (params.max_steps, params.tolerance, params.entry_gain);
        let algorithm = params.algorithm;
        let settings = Settings { algorithm, max_steps, tolerance, entry_gain, beta, learn };
        let shift = n * f64::from(unit) * core::f64::consts::LN_2;
        let (fit, beta, mut report) =
            regress::fit(design, &scaled, settings, |iteration, evidence, active| {
                let told = Progress { class: None, iteration, log_evidence: evidence - shift, active };
                progress(&told).is_continue()
            })?;
        // p(t) dt is the same in either unit: log p(t) = log p(t′) − N f log 2.
        report.objective -= shift;
        report.trace.iter_mut().for_each(|e| *e -= shift);
        let posterior = Posterior::unscale(
            fit,
            columns + usize::from(params.bias),
            params.bias,
            |i| design.original(i),
            |i| design.exponent(i),
            unit,
        )?;
        let noise_variance = libm::scalbn(1.0 / beta, 2 * unit);
        if !noise_variance.is_finite() {
            return Err(Error::Overflow { what: "the noise variance in the units of the data" });
        }
        let noise_at_floor = learn.is_some_and(|(_, high)| beta >= high);
        let kept = kept(posterior.kept());
        Ok(Fit { model: RegressionModel { kept, posterior, noise_variance, noise_at_floor }, report })
    }
}

impl RegressionModel {
    /// The posterior over the weights.
    #[must_use]
    pub fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    /// The relevance vectors, one a row, in the order of the posterior's kept list (the bias has none); `None` on
    /// features.
    #[must_use]
    pub fn relevance_vectors(&self) -> Option<&DMatrix<f64>> {
        self.kept.vectors()
    }

    /// `1/β`, in squared units of the target.
    #[must_use]
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    /// Whether learning the noise ended at its floor: the model explains the targets to rounding, or interpolates them.
    #[must_use]
    pub fn noise_at_floor(&self) -> bool {
        self.noise_at_floor
    }

    fn columns(&self, x: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        if x.ncols() != self.kept.dimension() {
            let expected = (x.nrows(), self.kept.dimension());
            return Err(Error::ShapeMismatch { what: "x", expected, found: x.shape() });
        }
        check_matrix("x", x)?;
        Ok(self.kept.columns(x, self.posterior.kept()))
    }

    /// Predictive means.
    ///
    /// # Errors
    /// `x` of the wrong width or not finite.
    pub fn predict(&self, x: &DMatrix<f64>) -> Result<DVector<f64>, Error> {
        Ok(self.posterior.predict(&self.columns(x)?))
    }

    /// Predictive means and variances; the variance is `1/β + φᵀ Σ φ`, noise included.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_with_variance(&self, x: &DMatrix<f64>) -> Result<(DVector<f64>, DVector<f64>), Error> {
        let phi = self.columns(x)?;
        let variance = self.posterior.variance(&phi).add_scalar(self.noise_variance);
        Ok((self.posterior.predict(&phi), variance))
    }
}
