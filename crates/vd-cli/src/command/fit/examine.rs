//! What the training table says of a model that was fitted to it.

use crate::command::fit::Job;
use crate::command::fit::load::Loaded;
use crate::error::Result;
use crate::fit::Watch;
use crate::report::{Assessed, Evidence, Folds, Origin, correlations};
use methods::{Activity, Method, Problem, Request, Split};
use predictor::{Preprocessing, SavedModel, Task};

/// The most numbers, rows times features, for which a walk from no column to many is fitted unasked.
const WALKED: usize = 20_000_000;

/// What the table says of the model; `folds` has what the fits without held-out rows predicted.
pub(super) fn evidence(
    job: &Job<'_>,
    loaded: &Loaded,
    model: &SavedModel,
    folds: Option<Folds>,
    refit: bool,
    watch: &mut Watch,
) -> Result<Evidence> {
    let request = loaded.request(job)?;
    let name = |word: &str, value: String| (word.to_owned(), value);
    let mut facts = vec![
        name("rows of the table", loaded.counted.to_string()),
        name("kind of target", format!("{}, because: {}", job.noun(), job.why)),
    ];
    if let Some(weights) = &loaded.weights {
        facts.push(name("weights of the rows", weights.about.clone()));
    }
    Ok(Evidence {
        file: model.provenance.data.clone(),
        sha256: model.provenance.data_sha256.clone(),
        training: true,
        facts,
        assessed: assessed(&request, model, folds.as_ref()),
        folds,
        walk: if refit {
            walk(job, &request, watch)
        } else {
            Err("The walk was left out (--no-refit).".to_owned())
        },
        correlations: correlations(model, &loaded.table, &loaded.rows),
    })
}

/// The predictions of held-out rows; where none were held out, those of the model itself.
fn assessed(request: &Request<'_>, model: &SavedModel, folds: Option<&Folds>) -> Result<Assessed, String> {
    if let Some(folds) = folds.filter(|folds| !folds.predictions.is_empty()) {
        let mut all: Vec<_> = folds.predictions.iter().collect();
        all.sort_by_key(|(row, _)| *row);
        return Ok(Assessed {
            origin: Origin::HeldOut(request.split.method()),
            truth: all.iter().map(|(row, _)| request.t.value(*row)).collect(),
            predictions: all.into_iter().map(|(_, prediction)| prediction.clone()).collect(),
        });
    }
    let x = model.preprocessing.design(request.columns, request.rows).transpose();
    let mut scratch = Vec::new();
    let one = |x: nalgebra::DVectorView<'_, f64>| model.predict_features(x.as_slice(), &mut scratch);
    let predictions = x
        .column_iter()
        .map(one)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("No row could be predicted: {error}."))?;
    let truth = (0..request.t.len()).map(|row| request.t.value(row)).collect();
    Ok(Assessed { origin: Origin::Fitted, truth, predictions })
}

/// The models from no column to many, or why there are none.
fn walk(job: &Job<'_>, request: &Request<'_>, watch: &mut Watch) -> Result<methods::Walk, String> {
    let ways: Vec<&str> = [Method::Linreg, Method::Glm, Method::L1].map(Method::name).to_vec();
    let none = || {
        let threshold = if job.method == Method::Dsvi {
            "; for this model fit again with another --threshold"
        } else {
            ""
        };
        format!(
            "{} has no walk from no column to many; {} have one (--model){threshold}.",
            job.method.name(),
            ways.join(", ")
        )
    };
    if !ways.contains(&job.method.name()) {
        return Err(none());
    }
    if crate::fit::interrupted() {
        return Err("The fit was interrupted before the walk.".to_owned());
    }
    let preprocessing =
        Preprocessing::from_columns(request.columns, request.rows, request.impute, request.standardise);
    let preprocessing = preprocessing.map_err(|error| format!("There is no walk: {error}."))?;
    let size = preprocessing.features().len().saturating_mul(request.rows.len());
    if size > WALKED {
        return Err(format!(
            "{} features of {} rows are too many for a walk that nobody asked for: it would take as long as many fits. vd fit with --lambda cv walks and \
             prints where it ends.",
            preprocessing.features().len(),
            request.rows.len()
        ));
    }
    if request.rows.len() < 10
        || (request.t.task() == Task::Classification && request.t.class_counts().iter().any(|&n| n < 2))
    {
        return Err("The rows are too few for a walk: its error is measured on held-out rows.".to_owned());
    }
    let x = preprocessing.design(request.columns, request.rows);
    let problem = Problem {
        x: &x,
        t: request.t,
        weights: request.weights,
        groups: None,
        options: request.options,
        activity: Activity::Walking,
    };
    match job.method.walk(&problem, &mut watch.callback()) {
        Ok(Some(walk)) if walk.stops.len() > 1 => Ok(walk),
        Ok(_) => Err(none()),
        Err(error) => Err(format!("The walk could not be fitted: {error}.")),
    }
}

/// Predicts held-out rows of the training table by fits of the same kind as the model's; none where the command held out none.
pub(super) fn held_out(request: &Request<'_>, watch: &mut Watch) -> Option<Folds> {
    if request.split == Split::None {
        return None;
    }
    let mut folds = Folds::default();
    let _ = methods::score_with(request, &mut watch.callback(), &mut |part| folds.add(part));
    Some(folds)
}
