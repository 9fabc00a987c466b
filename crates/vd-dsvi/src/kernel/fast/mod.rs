//! The fast path: single precision, local reparametrisation, (θ, log σ²), Adam, sparse rows in every layer.
//!
//! A step is: the first layer's sums, by chunk of weights; wait; everything else about an object, by row; wait; the sums
//! over the minibatch in the order of its rows, the divergence's gradient and Adam, by chunk again. No sum is ever shared
//! between threads, so the number of threads does not change a bit. A chunk stays with its thread, and with the part of
//! the data that it reads; only (μ, V) and (g, h) travel between the caches.
//!
//! | file | noun |
//! |---|---|
//! | `lanes` | sixteen numbers side by side |
//! | `math` | exp, ln, sine and cosine without branches |
//! | `kl` | ∂KL/∂θ, ∂KL/∂ρ |
//! | `rows` | sparse rows, cut for the chunks |
//! | `weights` | layers and their chunks |
//! | `forward`, `likelihood`, `update` | the formulas |
//! | `phases` | what a thread does in each phase |
//! | `barrier`, `net` | threads, minibatches |
//! | `dispatch` | instruction sets |
//! | `exchange`, `engine` | to and from the trainer's state |

mod barrier;
mod dispatch;
mod engine;
mod exchange;
mod forward;
mod kl;
mod lanes;
mod likelihood;
pub(super) mod math;
mod net;
mod phases;
mod rows;
#[cfg(test)]
mod tests;
mod update;
mod weights;

pub(crate) use engine::{Fast, Steps};
pub(crate) use lanes::{LANES, V};
