//! The poster's own training run, to the letter: full batches, 100,000 steps (200,000 with noise), its initial values.

use vd_dsvi::{Optimiser, Params};

use super::{Context, Experiment, Output, Unit, findings};
use crate::error::Result;
use crate::fits::{self, RunId};
use crate::protocol::{Digits, EXACT_REPLICATION, LOG_ALPHA_THRESHOLD, ProtocolVariant, prepare};

const ID: &str = "poster-literal";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "VD-ARD on DIGITS and DIGITS + noise with the poster's own 100,000 and 200,000 full-batch steps (minutes)",
    needs_mnist: false,
    by_default: false,
    units,
    finish: |_, output| {
        let mut more = findings::exact_replication(ID, "digits", output);
        more.merge(findings::exact_replication(ID, "digits+noise", output));
        Ok(more)
    },
};

fn units(context: &Context) -> Vec<Unit> {
    let datasets: &[(Digits, f64)] =
        if context.smoke { &[] } else { &[(Digits::Plain, 90.0), (Digits::Noise, 350.0)] };
    let unit = |&(dataset, cost): &(Digits, f64)| {
        Unit::new(format!("{} vd-ard, the poster's steps", dataset.name()), cost, move |_| run(dataset))
    };
    datasets.iter().map(unit).collect()
}

fn params(dataset: Digits) -> Params {
    let params = Params::poster().classes(10).threads(1).seed(0);
    match dataset {
        Digits::Plain => params,
        Digits::Noise => params.epochs(200_000).learning_rate(5e-4).optimiser(Optimiser::Adam {
            beta1: 0.98,
            beta2: 0.999,
            epsilon: 1e-8,
        }),
    }
}

fn run(dataset: Digits) -> Result<Output> {
    let data = prepare(dataset, ProtocolVariant::Poster, 0)?;
    let (fitted, ..) = fits::dsvi(&data, &params(dataset), LOG_ALPHA_THRESHOLD)?;
    let run_id =
        RunId { dataset: dataset.name(), method: "vd-ard", protocol: EXACT_REPLICATION, split: 0, seed: 0 };
    let record = fitted.record(run_id, &data.noise_columns);
    let note = format!("accuracy {:.4}, sparsity {:.4}, ", record.accuracy, record.sparsity);
    Ok(Output { records: vec![record], note, ..Output::default() })
}
