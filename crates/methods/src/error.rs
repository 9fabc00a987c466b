//! Why there is no fit.

use estimator::{AsInputError, InputError};

/// Why there is no fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option is out of its range, or does not go with the rest.
    #[error("{option}: {what}")]
    Option {
        /// Its name in [`Options`](crate::Options).
        option: &'static str,
        /// What is wrong and what is allowed.
        what: String,
    },
    /// The method does not predict this kind of target.
    #[error("{method} predicts {predicts}, and the target is {found}; for this target: {instead}")]
    Target {
        /// The method.
        method: &'static str,
        /// What it predicts.
        predicts: String,
        /// What the target is.
        found: &'static str,
        /// The methods that predict it.
        instead: String,
    },
    /// The target has one value only.
    #[error("the target is {value} in every row: there is nothing to learn")]
    ConstantTarget {
        /// The value, or the class.
        value: String,
    },
    /// A class has too few rows.
    #[error("the class `{class}` has {found} of the {rows} rows, and {needed} are needed")]
    RareClass {
        /// The class by its name.
        class: String,
        /// Its rows.
        found: usize,
        /// All rows.
        rows: usize,
        /// How many are needed.
        needed: usize,
    },
    /// The estimator refused the data or broke down.
    #[error("{method}: {source}")]
    Estimator {
        /// The method.
        method: &'static str,
        /// Its own words.
        source: Box<dyn core::error::Error + Send + Sync>,
    },
    /// What was fitted does not make a model.
    #[error(transparent)]
    Predictor(#[from] predictor::Error),
    /// The callback stopped the fit before there was anything to keep.
    #[error("stopped before there was a model")]
    Stopped,
}

impl Error {
    /// Turns a method's own error into one of these. A class that is too rare is said by its name.
    pub(crate) fn from_estimator<E>(method: &'static str, classes: &[String], rows: usize, error: E) -> Self
    where
        E: AsInputError + core::error::Error + Send + Sync + 'static,
    {
        let name = |class: usize| classes.get(class).cloned().unwrap_or_else(|| class.to_string());
        match error.as_input() {
            Some(&InputError::RareClass { class, found, needed }) => {
                Self::RareClass { class: name(class), found, rows, needed }
            }
            Some(&InputError::MissingClass { class, .. }) => {
                Self::RareClass { class: name(class), found: 0, rows, needed: 1 }
            }
            Some(parameter @ InputError::Parameter { name, .. }) if option_of(name).is_some() => {
                Self::Option { option: option_of(name).unwrap_or_default(), what: parameter.to_string() }
            }
            Some(&InputError::ConstantTarget { value }) => Self::ConstantTarget { value: value.to_string() },
            _ => Self::Estimator { method, source: Box::new(error) },
        }
    }
}

/// The option that sets an estimator's parameter.
fn option_of(parameter: &str) -> Option<&'static str> {
    const OPTIONS: [(&str, &str); 13] = [
        ("lambda", "lambda"),
        ("C", "c"),
        ("c", "c"),
        ("batch", "batch"),
        ("epochs", "epochs"),
        ("max_epochs", "epochs"),
        ("learning_rate", "learning-rate"),
        ("convergence.tolerance", "tolerance"),
        ("hidden", "hidden"),
        ("threshold", "threshold"),
        ("gamma", "gamma"),
        ("degree", "degree"),
        ("threads", "threads"),
    ];
    OPTIONS.iter().find(|(name, _)| *name == parameter).map(|(_, option)| *option)
}
