//! Relevance vector classification: one-vs-rest, and the joint softmax model.

mod fit;
mod fixed_point;
mod laplace;
mod link;
mod moderation;
pub(crate) mod one_vs_rest;
mod sequential;
pub(crate) mod softmax;
mod state;

pub use moderation::Moderation;
