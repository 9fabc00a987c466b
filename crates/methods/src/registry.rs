//! The list of methods: the one place that names them all.

use predictor::Task;

use crate::error::Error;
use crate::method::Adapter;
use crate::outcome::Outcome;
use crate::problem::Problem;
use crate::stage::Watch;
use crate::walk::Walk;

/// Makes [`Method`] of pairs (variant, module with a type `Adapter`).
macro_rules! registry {
    ($($(#[$about:meta])* $variant:ident => $module:ident,)*) => {
        /// An estimator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Method {
            $($(#[$about])* $variant,)*
        }

        impl Method {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// What it is and does.
            #[must_use]
            pub fn adapter(self) -> &'static dyn Adapter {
                match self {
                    $(Self::$variant => &crate::$module::Adapter,)*
                }
            }
        }
    };
}

registry! {
    /// Variational-dropout linear regression.
    Linreg => linreg,
    /// Variational dropout for generalised linear models.
    Glm => glm,
    /// Variational dropout by doubly stochastic inference.
    Dsvi => dsvi,
    /// Relevance vector machine.
    Rvm => rvm,
    /// L1-penalised logistic regression.
    L1 => l1,
}

impl Method {
    /// Its name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.adapter().name()
    }

    /// The method of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }

    /// Whether it predicts this kind of target.
    #[must_use]
    pub fn can(self, task: Task) -> bool {
        self.adapter().tasks().contains(&task)
    }

    /// The method to begin with.
    ///
    /// # Errors
    /// [`Error::Target`] where no method predicts this kind of target.
    pub fn default_for(task: Task) -> Result<Self, Error> {
        let fits = |method: &Self| method.adapter().default_for().contains(&task);
        let found =
            Self::ALL.iter().copied().find(fits).or_else(|| Self::ALL.iter().copied().find(|m| m.can(task)));
        found.ok_or_else(|| Error::Target {
            method: "every method",
            predicts: "other targets".to_owned(),
            found: noun(task),
            instead: "none".to_owned(),
        })
    }

    /// That it predicts this kind of target.
    ///
    /// # Errors
    /// [`Error::Target`] with the methods that do.
    pub fn require(self, task: Task) -> Result<(), Error> {
        if self.can(task) {
            return Ok(());
        }
        Err(wrong_target(self.adapter(), task))
    }

    /// Fits the problem.
    ///
    /// # Errors
    /// [`Error::Target`], [`Error::Option`] for weights that the method does not read, and those of [`Adapter::fit`].
    pub fn fit(self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Outcome, Error> {
        self.require(problem.t.task())?;
        if problem.weights.is_some() && !self.adapter().options().contains(&"weights") {
            let what = format!(
                "{} does not weigh rows; these methods do: {}",
                self.name(),
                Self::reading("weights").join(", ")
            );
            return Err(Error::Option { option: "weights", what });
        }
        self.adapter().fit(problem, watch)
    }

    /// The models on the way from no column to many; none where the method has no such way.
    ///
    /// # Errors
    /// As [`Method::fit`].
    pub fn walk(self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Option<Walk>, Error> {
        self.require(problem.t.task())?;
        self.adapter().walk(problem, watch)
    }

    /// The names of the methods that read an option.
    #[must_use]
    pub fn reading(option: &str) -> Vec<&'static str> {
        Self::ALL.iter().filter(|m| m.adapter().options().contains(&option)).map(|m| m.name()).collect()
    }
}

/// That a method does not predict this kind of target, and which ones do.
pub(crate) fn wrong_target(method: &dyn Adapter, task: Task) -> Error {
    let nouns: Vec<&str> = method.tasks().iter().map(|&task| plural(task)).collect();
    let others: Vec<&str> = Method::ALL.iter().filter(|m| m.can(task)).map(|m| m.name()).collect();
    Error::Target {
        method: method.name(),
        predicts: nouns.join(" and "),
        found: noun(task),
        instead: others.join(", "),
    }
}

fn noun(task: Task) -> &'static str {
    match task {
        Task::Regression => "a number",
        Task::Counts => "a count",
        Task::Classification => "a class",
    }
}

fn plural(task: Task) -> &'static str {
    match task {
        Task::Regression => "numbers",
        Task::Counts => "counts",
        Task::Classification => "classes",
    }
}
