//! The fast path: single precision, local reparametrisation, (θ, log σ²), Adam, sparse rows in every layer.
//!
//! A step is: the first layer's sums, by chunk of weights; wait; everything else about an sample, by row; wait; the sums
//! over the minibatch in the order of its rows, the divergence's gradient and Adam, by chunk again. No sum is ever shared
//! between threads, so the number of threads does not change a bit. A chunk stays with its thread, and with the part of
//! the data that it reads; only (μ, V) and (g, h) travel between the caches.
//!
//! | file | noun |
//! |---|---|
//! | `kl` | ∂KL/∂θ, ∂KL/∂ρ |
//! | `rows` | sparse rows, cut for the chunks |
//! | `weights` | layers and their chunks |
//! | `forward`, `likelihood`, `update` | the formulas |
//! | `phases` | what a thread does in each phase |
//! | `barrier`, `net` | threads, minibatches |
//! | `dispatch` | instruction sets |
//! | `exchange` | to and from the trainer's state |
//! | `plan`, `engine` | which fits are served; where the trainer calls |

pub(crate) mod barrier;
pub(crate) mod dispatch;
pub(crate) mod engine;
pub(crate) mod exchange;
pub(crate) mod forward;
pub(crate) mod kl;
pub(crate) mod likelihood;
pub(crate) mod net;
pub(crate) mod phases;
pub(crate) mod plan;
pub(crate) mod rows;
#[cfg(test)]
mod tests;
pub(crate) mod update;
pub(crate) mod weights;
