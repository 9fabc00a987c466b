//! Every estimator behind one door.
#![doc = include_str!("../README.md")]

pub mod dsvi;
mod error;
mod fit;
pub mod glm;
pub mod l1;
pub mod linreg;
mod measure;
mod method;
mod options;
mod outcome;
mod problem;
mod registry;
mod request;
pub mod rvm;
mod score;
mod split;
mod stage;
mod walk;

pub use error::Error;
pub use fit::{Fitted, fit, fit_with};
pub use linreg::MANY_WEAK;
pub use measure::Sums;
pub use method::Adapter;
pub use options::{CChoice, FamilyChoice, KernelChoice, LambdaChoice, Options, lambda};
pub use outcome::Outcome;
pub use predictor;
pub use predictor::Task;
pub use problem::{Problem, Response, Unit};
pub use registry::Method;
pub use request::Request;
pub use score::{HeldOut, score, score_with};
pub use split::{Split, is_held_out};
pub use stage::{Activity, Stage, Watch, unwatched};
pub use walk::{Stop, Walk};
