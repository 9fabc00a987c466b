//! The trained model: layers, predictions, sparsity.

use nalgebra::{DMatrix, DVector};

use crate::data::Inputs;
use crate::kernel::NoiseKey;
use crate::likelihood::{Likelihood, log_logistic};
use crate::state::stream;
use crate::{Error, Real};

/// One dense layer: z = xθ + b, each weight N(θ, σ²).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Layer<R: nalgebra::Scalar> {
    /// θ, inputs × outputs.
    pub theta: DMatrix<R>,
    /// log σ², inputs × outputs (−∞ for a weight that is exactly known, as θ = 0 under (θ, log α)).
    pub log_sigma2: DMatrix<R>,
    /// b, one per output, if the layer has one.
    pub bias: Option<DVector<R>>,
}

impl<R: Real> Layer<R> {
    /// log α = log σ² − 2 log|θ|, inputs × outputs; +∞ where θ = 0.
    #[must_use]
    pub fn log_alpha(&self) -> DMatrix<R> {
        self.log_sigma2.zip_map(&self.theta, |log_sigma2, theta| R::of(log_alpha(theta, log_sigma2)))
    }

    /// The share of weights with log α > `threshold`.
    #[must_use]
    pub fn sparsity(&self, threshold: f64) -> f64 {
        self.pruned(threshold) as f64 / self.theta.len() as f64
    }

    /// The number of weights with log α > `threshold`.
    pub(crate) fn pruned(&self, threshold: f64) -> usize {
        self.theta.iter().zip(&self.log_sigma2).filter(|&(&t, &s)| log_alpha(t, s) > threshold).count()
    }
}

/// log σ² − 2 log|θ|; +∞ at θ = 0 whatever σ².
pub(crate) fn log_alpha<R: Real>(theta: R, log_sigma2: R) -> f64 {
    if theta == R::ZERO { f64::INFINITY } else { log_sigma2.f64() - 2.0 * theta.abs().f64().ln() }
}

/// A model of layers with ReLU between them; a single layer is (generalised) linear regression.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Model<R: nalgebra::Scalar> {
    /// From the inputs to the outputs.
    pub layers: Vec<Layer<R>>,
    /// What the outputs mean.
    pub likelihood: Likelihood,
    /// The noise precision β (Gaussian likelihood; 1 elsewhere).
    pub beta: f64,
}

impl<R: Real> Model<R> {
    /// The number of features D.
    #[must_use]
    pub fn features(&self) -> usize {
        self.layers.first().map_or(0, |l| l.theta.nrows())
    }

    /// The number of outputs K.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |l| l.theta.ncols())
    }

    /// Weights in all layers, biases not counted.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.layers.iter().map(|l| l.theta.len()).sum()
    }

    /// The share of all weights with log α > `threshold`.
    #[must_use]
    pub fn sparsity(&self, threshold: f64) -> f64 {
        self.layers.iter().map(|l| l.pruned(threshold)).sum::<usize>() as f64 / self.weights().max(1) as f64
    }

    /// The model with every weight of log α > `threshold` set to exactly zero (θ = 0, and no noise).
    ///
    /// The poster pruned at 5; later work and this crate's default use 3 (α > 20, a binary dropout rate of 95 %).
    #[must_use]
    pub fn pruned(&self, threshold: f64) -> Self {
        let mut model = self.clone();
        for layer in &mut model.layers {
            for (theta, log_sigma2) in layer.theta.iter_mut().zip(layer.log_sigma2.iter_mut()) {
                if log_alpha(*theta, *log_sigma2) > threshold {
                    *theta = R::ZERO;
                    *log_sigma2 = R::of(f64::NEG_INFINITY);
                }
            }
        }
        model
    }

    /// The mean weights' predictive values, N × K: class probabilities (softmax), probabilities (Bernoulli), means (Gaussian).
    ///
    /// # Errors
    /// Inputs that are refused, or not of D features.
    pub fn predict(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<DMatrix<R>, Error> {
        let mut z = self.pre_activations(x, None)?;
        self.respond(&mut z);
        Ok(z)
    }

    /// Monte-Carlo predictive values: the mean of [`Model::predict`] over `draws` of the weights' pre-activations.
    ///
    /// Each draw is made per object by local reparametrisation, so that objects are independent given the parameters.
    ///
    /// # Errors
    /// As for [`Model::predict`]; also `draws` = 0.
    pub fn predict_monte_carlo(
        &self,
        x: &(impl Inputs<R> + ?Sized),
        draws: usize,
        seed: u64,
    ) -> Result<DMatrix<R>, Error> {
        if draws == 0 {
            return Err(Error::Parameter { field: "draws", value: 0.0, allowed: "at least 1" });
        }
        let rows = x.rows()?;
        let mut total = DMatrix::from_element(rows.objects(), self.outputs(), R::ZERO);
        for draw in 0..draws {
            let mut z = self.pre_activations(rows.as_ref(), Some((seed, draw as u64)))?;
            self.respond(&mut z);
            total.zip_apply(&z, |t, z| *t += z);
        }
        let share = R::of((draws as f64).recip());
        Ok(total.map(|t| t * share))
    }

    /// The most probable class of each object: the largest output; for a single output, whether it exceeds one half.
    ///
    /// # Errors
    /// As for [`Model::predict`].
    pub fn classify(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<Vec<usize>, Error> {
        Ok(most_probable(&self.predict(x)?))
    }

    /// The share of objects whose most probable class is their label.
    ///
    /// # Errors
    /// As for [`Model::predict`]; also when there are not as many labels as objects.
    pub fn accuracy(&self, x: &(impl Inputs<R> + ?Sized), labels: &[usize]) -> Result<f64, Error> {
        let classes = self.classify(x)?;
        share_equal(&classes, labels)
    }

    /// z, N × K, from mean weights or from the draw (seed, number).
    fn pre_activations(
        &self,
        x: &(impl Inputs<R> + ?Sized),
        draw: Option<(u64, u64)>,
    ) -> Result<DMatrix<R>, Error> {
        let rows = x.rows()?;
        let expected = (rows.objects(), self.features());
        if rows.features() != self.features() {
            return Err(Error::Shape { what: "inputs", expected, got: (rows.objects(), rows.features()) });
        }
        let transposed: Vec<_> = self.layers.iter().map(|l| LayerRows::new(l, draw.is_some())).collect();
        let mut out = DMatrix::from_element(rows.objects(), self.outputs(), R::ZERO);
        let (mut z, mut v) = (Vec::new(), Vec::new());
        let mut input: Vec<(usize, R)> = Vec::new();
        for object in 0..rows.objects() {
            let (index, value) = rows.row(object);
            input.clear();
            input.extend(index.iter().zip(value).map(|(&d, &x)| (d as usize, x)));
            for (l, layer) in transposed.iter().enumerate() {
                layer.forward(&input, &mut z, &mut v);
                if let Some((seed, number)) = draw {
                    let key = NoiseKey {
                        seed,
                        step: number,
                        layer: stream::PREDICT | l as u32,
                        row: object as u32,
                    };
                    let mut draws = vec![R::ZERO; z.len()];
                    R::normals(key, &mut draws);
                    z.iter_mut().zip(&v).zip(&draws).for_each(|((z, v), e)| *z += v.sqrt() * *e);
                }
                input.clear();
                input.extend(z.iter().copied().enumerate().filter(|&(_, z)| z > R::ZERO));
            }
            out.row_mut(object).iter_mut().zip(&z).for_each(|(o, &z)| *o = z);
        }
        Ok(out)
    }

    fn respond(&self, z: &mut DMatrix<R>) {
        respond(&self.likelihood, z);
    }
}

/// Turns pre-activations into predictive values, row by row.
pub(crate) fn respond<R: Real>(likelihood: &Likelihood, z: &mut DMatrix<R>) {
    match likelihood {
        Likelihood::Gaussian(_) => {}
        Likelihood::Bernoulli => z.apply(|z| *z = R::of(log_logistic(z.f64()).1)),
        Likelihood::Softmax => {
            for mut row in z.row_iter_mut() {
                let max = row.iter().fold(R::of(f64::NEG_INFINITY), |a, &b| if b > a { b } else { a });
                let mut total = R::ZERO;
                for z in row.iter_mut() {
                    *z = (*z - max).exp();
                    total += *z;
                }
                for z in row.iter_mut() {
                    *z = *z / total;
                }
            }
        }
    }
}

/// Row-wise argmax; with one column, whether it exceeds one half.
pub(crate) fn most_probable<R: Real>(p: &DMatrix<R>) -> Vec<usize> {
    let of_row = |n: usize| {
        if p.ncols() == 1 {
            return usize::from(p[n] > R::of(0.5));
        }
        (1..p.ncols()).fold(0, |best, k| if p[(n, k)] > p[(n, best)] { k } else { best })
    };
    (0..p.nrows()).map(of_row).collect()
}

pub(crate) fn share_equal(classes: &[usize], labels: &[usize]) -> Result<f64, Error> {
    if classes.len() != labels.len() {
        return Err(Error::TargetCount { objects: classes.len(), targets: labels.len() });
    }
    let right = classes.iter().zip(labels).filter(|(a, b)| a == b).count();
    Ok(right as f64 / labels.len() as f64)
}

/// A layer's parameters row-major by input, for reading an object's few inputs.
struct LayerRows<R> {
    outputs: usize,
    theta: Vec<R>,
    sigma2: Vec<R>,
    bias: Vec<R>,
}

impl<R: Real> LayerRows<R> {
    fn new(layer: &Layer<R>, noisy: bool) -> Self {
        let sigma2 = if noisy {
            layer.log_sigma2.map(|s| s.exp()).transpose().as_slice().to_vec()
        } else {
            Vec::new()
        };
        let bias =
            layer.bias.as_ref().map_or_else(|| vec![R::ZERO; layer.theta.ncols()], |b| b.as_slice().to_vec());
        Self {
            outputs: layer.theta.ncols(),
            theta: layer.theta.transpose().as_slice().to_vec(),
            sigma2,
            bias,
        }
    }

    fn forward(&self, input: &[(usize, R)], z: &mut Vec<R>, v: &mut Vec<R>) {
        z.clone_from(&self.bias);
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
