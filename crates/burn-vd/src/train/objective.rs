//! A network together with its objective.

use burn::module::{Module, ModuleDisplay, Param, ParamId};
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsParams, ModuleOptimizer, MultiGradientsParams};
use burn::tensor::{Int, Tensor};
use burn::train::{InferenceStep, TrainOutput, TrainStep};

use crate::error::Error;
use crate::loss::VdLoss;
use crate::train::output::SparseOutput;
use crate::walk::sparse_weights;

/// A network that gives class logits, with sparse layers in it.
pub trait Classifier: Module + ModuleDisplay {
    /// What the first layer reads: a tensor, or several.
    type Input: Send + 'static;

    /// The logits, `[batch, classes]`.
    fn logits(&self, input: Self::Input) -> Tensor<2>;
}

/// Samples with their classes.
#[derive(Debug, Clone)]
pub struct LabelledBatch<I> {
    /// What the network reads.
    pub input: I,
    /// The class of each sample, `[batch]`.
    pub labels: Tensor<1, Int>,
}

/// A network with [`VdLoss`] and a count of optimiser steps: what burn's `Learner` trains.
///
/// ```
/// use burn::module::Module;
/// use burn::tensor::{Device, Tensor};
/// use burn_vd::train::{Classifier, Objective};
/// use burn_vd::{SparseLinear, SparseLinearConfig, VdLoss};
///
/// #[derive(Module, Debug)]
/// struct Net {
///     fc: SparseLinear,
/// }
///
/// impl Classifier for Net {
///     type Input = Tensor<2>;
///     fn logits(&self, x: Tensor<2>) -> Tensor<2> {
///         self.fc.forward(x)
///     }
/// }
///
/// let device = Device::flex().autodiff();
/// let net = Net { fc: SparseLinearConfig::new(4, 3).try_init(&device)? };
/// // 1000 training samples; λ rises between steps 50 and 200.
/// let objective = Objective::new(net, VdLoss::new(1000)?.warm_up(50.0, 200.0)?)?;
/// assert_eq!(objective.steps()?, 0);
/// # Ok::<(), burn_vd::Error>(())
/// ```
///
/// Then `Learner::new(objective, optimiser, schedule)`, and `SupervisedTraining` as for any burn model; `examples/learner.rs` has all of it.
#[derive(Module, Debug)]
pub struct Objective<M: Module> {
    /// The network.
    pub network: M,
    /// Optimiser steps taken: one number that the record carries and no gradient moves.
    steps: Param<Tensor<1, Int>>,
    #[module(skip)]
    loss: VdLoss,
}

impl<M: Module> Objective<M> {
    /// The network under this loss, before its first step.
    ///
    /// # Errors
    /// [`Error::NoSparseLayers`]; [`Error::Shape`] if a `weight` and its `log_sigma2` differ in shape.
    pub fn new(network: M, loss: VdLoss) -> Result<Self, Error> {
        let first = sparse_weights(&network)?;
        let device = first.first().ok_or(Error::NoSparseLayers)?.theta.device().without_autodiff();
        let none = Tensor::<1, Int>::from_data([0], &device);
        Ok(Self { network, steps: Param::initialized(ParamId::new(), none), loss })
    }

    /// How many optimiser steps it has taken.
    ///
    /// # Errors
    /// [`Error::Device`] if the device can't give the number.
    pub fn steps(&self) -> Result<usize, Error> {
        let values = self.steps.val().try_into_vec_as::<i64>();
        let values =
            values.map_err(|e| Error::Device { path: "steps".to_owned(), reason: format!("{e:?}") })?;
        Ok(values.first().map_or(0, |&n| usize::try_from(n).unwrap_or(0)))
    }

    /// The loss.
    #[must_use]
    pub fn loss(&self) -> &VdLoss {
        &self.loss
    }

    fn stepped(mut self) -> Self {
        self.steps = self.steps.map(|n| n + 1);
        self
    }
}

impl<M: Classifier> Objective<M> {
    fn evaluate(&self, batch: LabelledBatch<M::Input>) -> Result<(Tensor<1>, SparseOutput), Error> {
        let logits = self.network.logits(batch.input);
        let loss = self.loss.softmax(logits.clone(), batch.labels.clone(), &self.network, self.steps()?)?;
        let output = SparseOutput::new(&self.network, &loss, logits, batch.labels)?;
        Ok((loss.total, output))
    }

    /// # Panics
    /// burn's training steps can't return an error.
    #[allow(clippy::panic)]
    fn evaluated(&self, batch: LabelledBatch<M::Input>) -> (Tensor<1>, SparseOutput) {
        self.evaluate(batch).unwrap_or_else(|e| panic!("{e}"))
    }
}

/// # Panics
/// `step` panics where [`VdLoss::softmax`] gives an error, which burn's trait has no room for: labels that are not one per sample, an
/// empty batch.
impl<M: Classifier + 'static> TrainStep for Objective<M> {
    type Input = LabelledBatch<M::Input>;
    type Output = SparseOutput;

    fn step(&self, batch: Self::Input) -> TrainOutput<SparseOutput> {
        let (total, output) = self.evaluated(batch);
        TrainOutput::new(self, total.backward(), output)
    }

    fn optimize(self, optim: &mut ModuleOptimizer, lr: ModuleLearningRate, grads: GradientsParams) -> Self {
        optim.step(lr, self, grads).stepped()
    }

    fn optimize_multi(
        self,
        optim: &mut ModuleOptimizer,
        lr: ModuleLearningRate,
        grads: MultiGradientsParams,
    ) -> Self {
        optim.step_multi(lr, self, grads).stepped()
    }
}

/// # Panics
/// As [`TrainStep::step`] of this type.
impl<M: Classifier + 'static> InferenceStep for Objective<M> {
    type Input = LabelledBatch<M::Input>;
    type Output = SparseOutput;

    fn step(&self, batch: Self::Input) -> SparseOutput {
        self.evaluated(batch).1
    }
}
