//! The likelihood p(t | z).

/// Which distribution the targets have, given the outputs z of the last layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Likelihood {
    /// log p = z_t − log Σ exp z_k.
    Softmax,
    /// log p = Σ_k t_k log σ(z_k) + (1 − t_k) log σ(−z_k), independent outputs.
    Bernoulli,
    /// log p = Σ_k ½ log(β/2π) − ½ β (t_k − z_k)², with the noise precision β by `Params::noise`.
    Gaussian,
}

impl Likelihood {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Bernoulli => "Bernoulli",
            Self::Gaussian => "Gaussian",
        }
    }
}
