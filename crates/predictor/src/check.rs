//! Whether the parts of a model fit each other. Each part has checked itself when it was made.

use crate::error::{Checked, distinct, ensure, finite};
use crate::function::Function;
use crate::parts::Parts;

pub(crate) fn parts(model: &Parts) -> Checked {
    let (features, inputs) = (model.preprocessing.features().len(), model.predictor.function().inputs());
    ensure(inputs == features, || format!("a model of {inputs} features gets {features}"))?;
    let (classes, predicted) = (model.target.levels.len(), model.predictor.classes());
    ensure(classes == predicted.unwrap_or(0), || {
        format!("{classes} classes for {} that are predicted", predicted.unwrap_or(0))
    })?;
    distinct("class", model.target.levels.iter())?;
    relevance(model, features)?;
    model.summary.check()?;
    finite("the threshold", model.threshold.iter())?;
    model.score.iter().try_for_each(|score| score.check())
}

fn relevance(model: &Parts, features: usize) -> Checked {
    let count = model.relevance.len();
    // A kernel weighs rows, not features.
    let (none, widest) = match model.predictor.function() {
        Function::Kernel(_) => (count == 0, usize::MAX),
        Function::Layers(layers) => (false, layers.layers().iter().map(|l| l.outputs()).max().unwrap_or(0)),
    };
    ensure(count == features || none, || format!("relevance of {count} features, there are {features}"))?;
    for (i, r) in model.relevance.iter().enumerate() {
        r.check()?;
        let named = r.stand_ins.iter().all(|s| (s.feature as usize) < count);
        ensure(named, || format!("a stand-in for feature {i} that there is not"))?;
        ensure(r.decided.is_none_or(|d| d as usize <= i), || {
            format!("feature {i} is decided on with a later one")
        })?;
        // Hidden units that nothing reads may have been removed since.
        let single = matches!(model.predictor.function(), Function::Layers(l) if l.layers().len() == 1);
        ensure(!single || (r.output as usize) < widest.max(1), || {
            format!("a relevance of output {}, there are {widest}", r.output)
        })?;
    }
    Ok(())
}
