//! The estimators, given passes.

use methods::{FamilyChoice, LambdaChoice, Options, Outcome, Unit, lambda};
use predictor::Link;
use vd_glm::pass::{Plan, Statistics as RoundStatistics};
use vd_glm::{ClassificationParams, Coding as ClassCoding, Family, FarRows, RegressionParams, Slab};
use vd_linreg::{Averaging, CrossValidation, Params, Refit, Sparsity, Statistics, z_scores_statistics};

use crate::coding::Coding;
use crate::error::{Error, Result};
use crate::passes::Passes;
use crate::work::{ProductsRequest, Request, RoundRequest, State};

/// What is fitted.
pub(crate) struct Job<'a> {
    pub coding: &'a Coding,
    pub options: &'a Options,
    pub rows: u64,
    pub unit: Unit,
}

impl Job<'_> {
    /// Number of features.
    pub fn columns(&self) -> usize {
        self.coding.preprocessing.features().len()
    }

    /// Number of rows.
    pub fn count(&self) -> usize {
        usize::try_from(self.rows).unwrap_or(usize::MAX)
    }

    /// Means and products of all rows.
    fn products(&self, passes: &mut Passes<'_>) -> Result<Statistics> {
        let request = ProductsRequest { coding: self.coding.clone(), folds: None };
        match passes.make(&Request::Products(request))? {
            State::Products(found) if found.rows() == self.rows => Ok(found),
            State::Products(found) => Err(Error::Changed(format!(
                "{} rows in one pass and {} in the next",
                self.rows,
                found.rows()
            ))),
            _ => Err(Error::Wire("products gave another state".to_owned())),
        }
    }

    /// The column of each feature, where a column has several and they are one decision.
    fn groups(&self) -> Option<Vec<usize>> {
        let features = self.coding.preprocessing.features();
        let columns: Vec<usize> = features.iter().map(|f| f.column as usize).collect();
        let several = columns.windows(2).any(|pair| pair[0] == pair[1]);
        (several && !self.options.by_level).then_some(columns)
    }
}

/// A linear regression, as `methods::linreg` fits it: everything from one pass.
pub(crate) fn numbers(job: &Job<'_>, passes: &mut Passes<'_>) -> Result<Outcome> {
    let options = job.options;
    let choice = options.lambda.unwrap_or(LambdaChoice::Average);
    let averaging = Averaging::new().seed(options.seed);
    let averaging = match choice {
        LambdaChoice::Average => Some(averaging),
        LambdaChoice::Columns(count) => Some(averaging.sparsity(Sparsity::Columns(count))),
        LambdaChoice::Within(share) => Some(averaging.sparsity(Sparsity::Within(share))),
        _ => None,
    };
    let zs = |statistics: &Statistics, model: &vd_linreg::Model| {
        let scores = z_scores_statistics(statistics, model).map_err(Error::fit)?;
        Ok::<Vec<f64>, Error>(scores.iter().map(|s| s.z).collect())
    };
    if let Some(averaging) = averaging {
        let statistics = job.products(passes)?;
        let averaged = match job.groups() {
            None => Params::new().average_statistics(&statistics, &averaging),
            Some(groups) => Params::new().average_statistics_groups(&statistics, &groups, &averaging),
        };
        let averaged = averaged.map_err(Error::fit)?;
        let z = zs(&statistics, &averaged.fit.model)?;
        return methods::linreg::averaged(&averaged, &z, job.unit).map_err(Error::fit);
    }
    let Some(lambda) = lambda(Some(choice), choice, job.count(), job.columns()).map_err(Error::fit)? else {
        return cross_validated(job, passes);
    };
    let mut params = Params::new().lambda(lambda);
    if matches!(choice, LambdaChoice::FalseKeeps(_)) {
        // Such a λ shrinks what it keeps.
        params = params.refit(Refit::LeastSquares);
    }
    let statistics = job.products(passes)?;
    let fit = params.fit_statistics(&statistics).map_err(Error::fit)?;
    let z = zs(&statistics, &fit.model)?;
    methods::linreg::outcome(&fit, &z, job.unit).map_err(Error::fit)
}

/// λ by cross-validation, whose folds are dealt by a hash of the rows.
fn cross_validated(job: &Job<'_>, passes: &mut Passes<'_>) -> Result<Outcome> {
    let folds = 5.min(job.count());
    let request = ProductsRequest { coding: job.coding.clone(), folds: Some((folds, job.options.seed)) };
    let State::Folds(found) = passes.make(&Request::Products(request))? else {
        return Err(Error::Wire("products of folds gave another state".to_owned()));
    };
    let settings = CrossValidation::new().seed(job.options.seed).folds(folds);
    let fit = Params::new().cross_validate_statistics(&found, &settings).map_err(Error::fit)?.fit;
    let total = found.total().map_err(Error::fit)?;
    let z: Vec<f64> =
        z_scores_statistics(&total, &fit.model).map_err(Error::fit)?.iter().map(|s| s.z).collect();
    methods::linreg::outcome(&fit, &z, job.unit).map_err(Error::fit)
}

/// A generalised linear model, as `methods::glm` fits it, of classes where their numbers of rows are given, else of counts: one pass a round.
pub(crate) fn counts(job: &Job<'_>, classes: Option<&[usize]>, passes: &mut Passes<'_>) -> Result<Outcome> {
    let (options, rows, columns) = (job.options, job.count(), job.columns());
    let told = match options.lambda {
        None => Some(methods::glm::default_lambda(rows, columns, 1).map_err(Error::fit)?),
        choice => lambda(choice, LambdaChoice::Bic, rows, columns).map_err(Error::fit)?,
    };
    let Some(lambda) = told else {
        let what = "--lambda cv of classes and counts needs the rows in memory: give a number or `bic`, or use `vd fit`";
        return Err(Error::Usage(what.to_owned()));
    };
    let chosen = (lambda, methods::glm::Decisions::Weights);
    let refit = methods::glm::refit(matches!(options.lambda, Some(LambdaChoice::Value(_))));
    // How the features vary, imputed values included, and the mean of a count.
    let products = job.products(passes)?;
    let n = products.samples();
    let far = FarRows {
        rows,
        means: products.feature_means().to_vec(),
        scales: (0..columns).map(|j| (products.product(j, j) / n).sqrt()).collect(),
    };
    let mut failure = None;
    let pass = |plan: &Plan, class: Option<usize>| -> std::result::Result<RoundStatistics, String> {
        let request = Request::Round(RoundRequest::new(job.coding, &far, plan, class));
        match passes.make(&request) {
            Ok(State::Round(found)) => Ok(found.finish()),
            Ok(_) => Err("a round gave another state".to_owned()),
            Err(error) => {
                let reason = error.to_string();
                failure = Some(error);
                Err(reason)
            }
        }
    };
    let fitted = match classes {
        Some(counts) => {
            let link = match (counts.len(), options.family) {
                (2, FamilyChoice::Auto | FamilyChoice::Softmax | FamilyChoice::OneVsRest) => Link::Logistic,
                (_, FamilyChoice::OneVsRest) => Link::OneVsRest,
                (_, FamilyChoice::Poisson) => {
                    return Err(Error::Usage("--family poisson is for counts".to_owned()));
                }
                (classes, _) => {
                    let what = format!(
                        "a softmax of {classes} classes needs the rows in memory: --family one-vs-rest fits each class against the others, \
                         `vd fit` the softmax"
                    );
                    return Err(Error::Usage(what));
                }
            };
            let params =
                ClassificationParams::new().coding(ClassCoding::OneVsRest).slab(Slab::Learned).refit(refit);
            let fit = params.lambda(lambda).fit_passes(&far, counts, pass);
            fit.map(|fit| methods::glm::outcome(fit.model.predictors(), link, columns, chosen, &fit.report))
        }
        None => {
            if !matches!(options.family, FamilyChoice::Auto | FamilyChoice::Poisson) {
                return Err(Error::Usage(
                    "--family of classes is for classes, which the target is not".to_owned(),
                ));
            }
            let params = RegressionParams::new().family(Family::Poisson).slab(Slab::Learned).refit(refit);
            let fit = params.lambda(lambda).fit_passes(&far, products.target_mean(), pass);
            let output = |model: &vd_glm::Regressor| vec![model.predictor().clone()];
            fit.map(|fit| methods::glm::outcome(&output(&fit.model), Link::Log, columns, chosen, &fit.report))
        }
    };
    match fitted {
        Ok(outcome) => outcome.map_err(Error::fit),
        // What a pass met, in its own type.
        Err(error) => Err(failure.unwrap_or_else(|| Error::fit(error))),
    }
}
