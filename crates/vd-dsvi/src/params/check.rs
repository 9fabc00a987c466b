//! Ranges and combinations of parameters.

use estimator::{Check, InputError, NoiseModel};

use crate::error::Error;
use crate::params::Params;
use crate::params::choices::{Batch, Dropout, Optimiser, Parametrisation, ThetaInit};
use crate::params::kl::Kl;
use crate::params::likelihood::Likelihood;
use crate::params::schedule::Schedule;

impl Params {
    /// Checks every range and combination. Every fit does so too.
    ///
    /// # Errors
    /// [`InputError::Parameter`] or [`InputError::Combination`] (in [`Error::Input`]) or [`Error::Schedule`], naming the first
    /// thing that is wrong.
    pub fn check(&self) -> Result<(), Error> {
        self.lambda.check("lambda", false)?;
        self.learning_rate.check("learning_rate", true)?;
        self.check_noise()?;
        self.check_sizes()?;
        self.check_start()?;
        self.check_ends()?;
        self.check_optimiser()?;
        self.check_kl()?;
        self.check_dropout()
    }

    fn check_noise(&self) -> Result<(), Error> {
        self.noise.check()?;
        if self.likelihood != Likelihood::Gaussian {
            return Ok(());
        }
        let choice = match self.noise {
            NoiseModel::Learned | NoiseModel::Fixed { .. } => return Ok(()),
            NoiseModel::PreEstimated => "NoiseModel::PreEstimated",
            _ => "NoiseModel::LearnedWithGammaPrior",
        };
        let instead = "choose NoiseModel::Learned or NoiseModel::Fixed";
        Err(InputError::Combination { choice, with: "gradient training (vd-dsvi)", instead }.into())
    }

    fn check_sizes(&self) -> Result<(), Error> {
        if let Some(k) = self.classes {
            Check::at_least("classes", k, 2, "from 2")?;
        }
        for &width in &self.hidden {
            Check::at_least("hidden", width, 1, "from 1 unit")?;
        }
        if let Batch::Size(m) | Batch::AtMost(m) = self.batch {
            Check::at_least("batch", m, 1, "from 1 to the number of samples")?;
        }
        Check::at_least("epochs", self.epochs, 1, "from 1")?;
        Check::at_least("report_every", self.report_every, 1, "from 1")?;
        if let Some(t) = self.threads {
            Check::range("threads", t as f64, (1..=1024).contains(&t), "from 1 to 1024")?;
        }
        Ok(())
    }

    fn check_start(&self) -> Result<(), Error> {
        let start = self.log_sigma2_init;
        Check::range("log_sigma2_init", start, start.abs() <= 80.0, "from -80 to 80")?;
        if let ThetaInit::Normal { sd } = self.theta_init {
            Check::range("theta_init.sd", sd, (0.0..=1e15).contains(&sd), "from 0 to 1e15")?;
        }
        Ok(())
    }

    fn check_ends(&self) -> Result<(), Error> {
        Check::range("threshold", self.threshold, self.threshold.is_finite(), "a finite number")?;
        if let Some(c) = self.convergence {
            Check::at_least("convergence.window", c.window, 1, "from 1 epoch")?;
            Check::positive("convergence.tolerance", c.tolerance)?;
        }
        if let Some(r) = self.removal {
            Check::range("removal.threshold", r.threshold, r.threshold.is_finite(), "a finite number")?;
            if self.parametrisation != Parametrisation::LogSigma2 {
                return Err(InputError::Combination {
                    choice: "removal",
                    with: "Parametrisation::LogAlpha",
                    instead: "choose Parametrisation::LogSigma2: a weight is removed by setting log σ² to −∞",
                }
                .into());
            }
        }
        Ok(())
    }

    fn check_optimiser(&self) -> Result<(), Error> {
        if let Optimiser::Adam { beta1, beta2, epsilon } = self.optimiser {
            Check::range("optimiser.beta1", beta1, (0.0..1.0).contains(&beta1), "from 0 to below 1")?;
            Check::range("optimiser.beta2", beta2, (0.0..1.0).contains(&beta2), "from 0 to below 1")?;
            Check::positive("optimiser.epsilon", epsilon)?;
        }
        Ok(())
    }

    fn check_kl(&self) -> Result<(), Error> {
        if let Kl::Sigmoid { k1, k2, k3 } = self.kl {
            Check::not_negative("kl.k1", k1)?;
            Check::range("kl.k2", k2, k2.is_finite(), "a finite number")?;
            Check::positive("kl.k3", k3)?;
        }
        Ok(())
    }

    fn check_dropout(&self) -> Result<(), Error> {
        let bound = match self.dropout {
            Dropout::Learned => f64::INFINITY,
            Dropout::Bounded(bound) | Dropout::Fixed(bound) => {
                Check::range("dropout", bound, bound.abs() <= 60.0, "log α from -60 to 60")?;
                if self.parametrisation != Parametrisation::LogAlpha {
                    return Err(InputError::Combination {
                        choice: "Dropout::Bounded or Dropout::Fixed",
                        with: "Parametrisation::LogSigma2",
                        instead: "choose Parametrisation::LogAlpha, which can hold log α in place",
                    }
                    .into());
                }
                bound
            }
        };
        let weighted = self.lambda != Schedule::constant(0.0) && !matches!(self.dropout, Dropout::Fixed(_));
        if weighted && bound > self.kl.upper_log_alpha() {
            return Err(InputError::Combination {
                choice: "Kl::KingmaCubic or Kl::KingmaBound",
                with: "dropout rates above 1",
                instead: "choose Dropout::Bounded(0.0): these approximations hold for α ≤ 1 only",
            }
            .into());
        }
        Ok(())
    }
}
