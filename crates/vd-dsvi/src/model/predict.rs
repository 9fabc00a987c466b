//! Predictions of a dense model, from mean weights and by Monte Carlo.

use estimator::{Check, InputError, Predict, PredictProba, PredictStd};
use nalgebra::{DMatrix, DVector};

use crate::data::inputs::Inputs;
use crate::engine::state::stream;
use crate::error::Error;
use crate::model::Model;
use crate::model::layer::Layer;
use crate::model::response::{labels, means, probabilities, refuse, respond, share_equal};
use crate::numeric::normals::NoiseKey;
use crate::params::likelihood::Likelihood;
use crate::real::Real;

impl<R: Real> Model<R> {
    /// The most probable class of each sample, of equally probable ones the first; with a single Bernoulli output, whether its
    /// probability exceeds one half.
    ///
    /// # Errors
    /// Inputs that are refused, or not of D features; [`Error::Prediction`] for a Gaussian likelihood.
    pub fn predict(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<Vec<usize>, Error> {
        labels(self.likelihood, &self.predict_response(x)?)
    }

    /// The mean of the target of each sample, from mean weights; for a Gaussian likelihood with one output.
    ///
    /// # Errors
    /// Inputs that are refused, or not of D features; [`Error::Prediction`] for another likelihood; several outputs.
    pub fn predict_mean(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<DVector<f64>, Error> {
        means(self.likelihood, &self.predict_response(x)?)
    }

    /// Class probabilities from mean weights, N x K; a single Bernoulli output makes two classes.
    ///
    /// # Errors
    /// Inputs that are refused, or not of D features; [`Error::Prediction`] for a Gaussian likelihood; several Bernoulli outputs.
    pub fn predict_proba(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<DMatrix<f64>, Error> {
        probabilities(self.likelihood, &self.predict_response(x)?)
    }

    /// Standard deviation of the target of each sample, noise included: √(1/β + Σ_d x_d² σ_d²), in units of the target; for a
    /// linear model with a Gaussian likelihood and one output.
    ///
    /// # Errors
    /// Inputs that are refused, or not of D features; [`Error::Prediction`] for another likelihood; hidden layers or several
    /// outputs.
    pub fn predict_std(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<DVector<f64>, Error> {
        if self.likelihood != Likelihood::Gaussian {
            return Err(refuse(self.likelihood, "standard deviations", "predict_proba"));
        }
        let [only] = self.layers.as_slice() else {
            let (choice, with) = ("predict_std", "hidden layers");
            return Err(InputError::Combination { choice, with, instead: "use predict_monte_carlo" }.into());
        };
        if only.outputs() != 1 {
            let (choice, with) = ("predict_std", "more than one output");
            return Err(InputError::Combination { choice, with, instead: "fit one output at a time" }.into());
        }
        let rows = x.rows()?;
        if rows.features() != self.features() {
            return Err(InputError::columns("x", self.features(), rows.features()).into());
        }
        let sigma2: Vec<f64> = only.log_sigma2.iter().map(|s| s.f64().exp()).collect();
        let std = |n: usize| {
            let (index, value) = rows.row(n);
            let weights: f64 =
                index.iter().zip(value).map(|(&d, x)| x.f64() * x.f64() * sigma2[d as usize]).sum();
            (self.beta.recip() + weights).sqrt()
        };
        Ok(DVector::from_iterator(rows.samples(), (0..rows.samples()).map(std)))
    }

    /// Predictive values from mean weights, N x K, in the precision of the model: class probabilities (softmax), the
    /// probability of each output (Bernoulli), means (Gaussian).
    ///
    /// # Errors
    /// Inputs that are refused, or not of D features.
    pub fn predict_response(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<DMatrix<R>, Error> {
        let mut z = self.pre_activations(x, None)?;
        respond(self.likelihood, &mut z);
        Ok(z)
    }

    /// Monte-Carlo predictive values: the mean of [`Model::predict_response`] over `draws` of the weights' pre-activations.
    ///
    /// Each draw is made per sample by local reparametrisation, so that samples are independent given the parameters.
    ///
    /// # Errors
    /// As for [`Model::predict_response`]; also `draws` = 0.
    pub fn predict_monte_carlo(
        &self,
        x: &(impl Inputs<R> + ?Sized),
        draws: usize,
        seed: u64,
    ) -> Result<DMatrix<R>, Error> {
        Check::at_least("draws", draws, 1, "from 1")?;
        let rows = x.rows()?;
        let mut total = DMatrix::from_element(rows.samples(), self.outputs(), R::ZERO);
        for draw in 0..draws {
            let mut z = self.pre_activations(rows.as_ref(), Some((seed, draw as u64)))?;
            respond(self.likelihood, &mut z);
            total.zip_apply(&z, |t, z| *t += z);
        }
        let share = R::of((draws as f64).recip());
        Ok(total.map(|t| t * share))
    }

    /// The share of samples whose predicted class is their label.
    ///
    /// # Errors
    /// As for [`Model::predict`]; also when there are not as many labels as samples.
    pub fn accuracy(&self, x: &(impl Inputs<R> + ?Sized), labels: &[usize]) -> Result<f64, Error> {
        share_equal(&self.predict(x)?, labels)
    }

    /// z, N × K, from mean weights or from the draw (seed, number).
    fn pre_activations(
        &self,
        x: &(impl Inputs<R> + ?Sized),
        draw: Option<(u64, u64)>,
    ) -> Result<DMatrix<R>, Error> {
        let rows = x.rows()?;
        if rows.features() != self.features() {
            return Err(InputError::columns("x", self.features(), rows.features()).into());
        }
        let transposed: Vec<_> = self.layers.iter().map(|l| LayerRows::new(l, draw.is_some())).collect();
        let mut out = DMatrix::from_element(rows.samples(), self.outputs(), R::ZERO);
        let (mut z, mut v) = (Vec::new(), Vec::new());
        let mut input: Vec<(usize, R)> = Vec::new();
        for sample in 0..rows.samples() {
            let (index, value) = rows.row(sample);
            input.clear();
            input.extend(index.iter().zip(value).map(|(&d, &x)| (d as usize, x)));
            for (l, layer) in transposed.iter().enumerate() {
                layer.forward(&input, &mut z, &mut v);
                if let Some((seed, number)) = draw {
                    let key = NoiseKey {
                        seed,
                        step: number,
                        layer: stream::PREDICT | l as u32,
                        row: sample as u32,
                    };
                    let mut draws = vec![R::ZERO; z.len()];
                    R::normals(key, &mut draws);
                    z.iter_mut().zip(&v).zip(&draws).for_each(|((z, v), e)| *z += v.sqrt() * *e);
                }
                input.clear();
                input.extend(z.iter().copied().enumerate().filter(|&(_, z)| z > R::ZERO));
            }
            out.row_mut(sample).iter_mut().zip(&z).for_each(|(o, &z)| *o = z);
        }
        Ok(out)
    }
}

impl<R: Real> Predict<DMatrix<R>, [usize]> for Model<R> {
    type Error = Error;

    fn predict(&self, x: &DMatrix<R>) -> Result<Vec<usize>, Error> {
        self.predict(x)
    }
}

impl<R: Real> Predict<DMatrix<R>, [f64]> for Model<R> {
    type Error = Error;

    fn predict(&self, x: &DMatrix<R>) -> Result<Vec<f64>, Error> {
        self.predict_mean(x).map(|means| means.as_slice().to_vec())
    }
}

impl<R: Real> PredictProba<DMatrix<R>> for Model<R> {
    type Error = Error;

    fn predict_proba(&self, x: &DMatrix<R>) -> Result<DMatrix<f64>, Error> {
        self.predict_proba(x)
    }
}

impl<R: Real> PredictStd<DMatrix<R>> for Model<R> {
    type Error = Error;

    fn predict_std(&self, x: &DMatrix<R>) -> Result<DVector<f64>, Error> {
        self.predict_std(x)
    }
}

/// A layer's parameters row-major by input, for reading an sample's few inputs.
struct LayerRows<R> {
    outputs: usize,
    theta: Vec<R>,
    sigma2: Vec<R>,
    intercept: Vec<R>,
}

impl<R: Real> LayerRows<R> {
    fn new(layer: &Layer<R>, noisy: bool) -> Self {
        let sigma2 = if noisy {
            layer.log_sigma2.map(|s| s.exp()).transpose().as_slice().to_vec()
        } else {
            Vec::new()
        };
        let intercept = layer
            .intercept
            .as_ref()
            .map_or_else(|| vec![R::ZERO; layer.theta.ncols()], |b| b.as_slice().to_vec());
        Self {
            outputs: layer.theta.ncols(),
            theta: layer.theta.transpose().as_slice().to_vec(),
            sigma2,
            intercept,
        }
    }

    fn forward(&self, input: &[(usize, R)], z: &mut Vec<R>, v: &mut Vec<R>) {
        z.clone_from(&self.intercept);
        v.clear();
        v.resize(self.outputs, R::ZERO);
        for &(d, x) in input {
            let span = d * self.outputs..(d + 1) * self.outputs;
            z.iter_mut().zip(&self.theta[span.clone()]).for_each(|(z, w)| *z += x * *w);
            if let Some(s) = self.sigma2.get(span) {
                v.iter_mut().zip(s).for_each(|(v, s)| *v += x * x * *s);
            }
        }
    }
}
