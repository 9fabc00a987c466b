//! DIGITS and DIGITS + noise: every method under every protocol, and the poster's second figure.

use vd_dsvi::Model;
use vd_glm::Coding;

use super::{Context, Experiment, Output, Unit, findings};
use crate::error::{Error, Result};
use crate::figure::{Figure, Palette, Panel, grid};
use crate::fits::{self, Fitted, Logistic, RunId};
use crate::protocol::{
    CLEAN, Digits, LOG_ALPHA_THRESHOLD, POSTER, Prepared, ProtocolVariant, REPEATED, SPLITS, prepare,
};

pub(super) const PLAIN: Experiment = Experiment {
    id: "digits",
    about: "The poster's table on DIGITS: every method, one split and ten splits",
    needs_mnist: false,
    by_default: true,
    units: |context| units(context, Digits::Plain),
    finish: |_, output| Ok(findings::table(PLAIN.id, "digits", output)),
};

pub(super) const NOISE: Experiment = Experiment {
    id: "digits-noise",
    about: "The poster's table and heat maps on DIGITS with 64 columns of noise",
    needs_mnist: false,
    by_default: true,
    units: |context| units(context, Digits::Noise),
    finish: |_, output| Ok(findings::table(NOISE.id, "digits+noise", output)),
};

/// Method, expected seconds on DIGITS, what it does.
type Method = (&'static str, f64, Fit);
/// A fit of a split by seed and variant.
type Fit = fn(&Prepared, u64, ProtocolVariant) -> Result<Fitted>;

const METHODS: &[Method] = &[
    ("vd-ard", 1.0, |data, seed, variant| {
        Ok(fits::dsvi(data, &fits::ard_params(1.0, seed), threshold(variant))?.0)
    }),
    ("l1-lr", 1.5, |data, seed, _| fits::logistic(data, Logistic::PosterL1, seed)),
    ("rvm", 0.5, |data, _, _| Ok(fits::relevance(data, None)?.0)),
    ("l1-softmax", 1.5, |data, seed, _| fits::logistic(data, Logistic::SoftmaxL1, seed)),
    ("vd-ard-recommended", 1.0, |data, seed, variant| {
        Ok(fits::dsvi(data, &fits::recommended_params(seed), threshold(variant))?.0)
    }),
    ("rvm-softmax", 0.7, |data, _, _| fits::softmax_relevance(data)),
    ("vd-glm", 1.5, |data, _, _| closed_form(data, Coding::Softmax)),
    ("vd-glm-ovr", 1.0, |data, _, _| closed_form(data, Coding::OneVsRest)),
    ("vdo", 1.0, |data, seed, variant| {
        Ok(fits::dsvi(data, &fits::original_params(seed), threshold(variant))?.0)
    }),
    ("gaussian-dropout", 1.0, |data, seed, variant| {
        Ok(fits::dsvi(data, &fits::gaussian_params(seed), threshold(variant))?.0)
    }),
    ("ridge", 1.0, |data, seed, _| fits::logistic(data, Logistic::Ridge, seed)),
];

/// Variational dropout without sampling, at the method's λ = 1.
fn closed_form(data: &Prepared, coding: Coding) -> Result<Fitted> {
    fits::closed_form(data, &fits::closed_form_params(coding), &[1.0])?
        .pop()
        .ok_or_else(|| Error::Usage("a path without a fit".into()))
}

/// The poster pruned at log α > 5; the clean protocol at 3, as later work does.
fn threshold(variant: ProtocolVariant) -> f64 {
    match variant {
        ProtocolVariant::Poster => LOG_ALPHA_THRESHOLD,
        ProtocolVariant::Clean => 3.0,
    }
}

fn units(context: &Context, dataset: Digits) -> Vec<Unit> {
    let smoke = context.smoke;
    // Without noise the clean protocol differs by the centring alone, and no row moved by more than 0.1 points.
    let both = !smoke && dataset == Digits::Noise;
    let variants: &[ProtocolVariant] =
        if both { &[ProtocolVariant::Poster, ProtocolVariant::Clean] } else { &[ProtocolVariant::Poster] };
    let splits = if smoke { 1 } else { SPLITS };
    let size = if dataset == Digits::Noise { 2.0 } else { 1.0 };
    let mut units = Vec::new();
    for &variant in variants {
        // The poster's three methods everywhere, the others under its protocol.
        let methods = if smoke || variant == ProtocolVariant::Clean { &METHODS[..3] } else { METHODS };
        for split in 0..splits {
            for &(method, cost, fit) in methods {
                let label = format!("{} {method}, {} split {split}", dataset.name(), name(variant));
                units.push(Unit::new(label, cost * size, move |_| {
                    one(dataset, variant, split, method, fit, smoke)
                }));
            }
        }
    }
    if dataset == Digits::Noise {
        units.push(Unit::new("digits+noise heat maps", 2.0, |_| heat_maps()));
    }
    units
}

fn name(variant: ProtocolVariant) -> &'static str {
    match variant {
        ProtocolVariant::Poster => REPEATED,
        ProtocolVariant::Clean => CLEAN,
    }
}

/// A method on a split. The first of the repeated splits is the poster's single one as well.
fn one(
    dataset: Digits,
    variant: ProtocolVariant,
    split: usize,
    method: &'static str,
    fit: Fit,
    smoke: bool,
) -> Result<Output> {
    let seed = split as u64;
    let data = prepare(dataset, variant, seed)?;
    let fitted = fit(&data, seed, variant)?;
    let record = |protocol| {
        fitted.record(RunId { dataset: dataset.name(), method, protocol, split, seed }, &data.noise_columns)
    };
    let mut records = Vec::new();
    if variant == ProtocolVariant::Poster && split == 0 {
        records.push(record(POSTER));
    }
    if !smoke {
        records.push(record(name(variant)));
    }
    let note = format!("accuracy {:.4}, sparsity {:.4}, ", fitted.accuracy, record(POSTER).sparsity);
    Ok(Output { records, note, ..Output::default() })
}

/// The poster's second figure, from the fit of the poster's single split.
fn heat_maps() -> Result<Output> {
    let data = prepare(Digits::Noise, ProtocolVariant::Poster, 0)?;
    let (_, model, _) = fits::dsvi(&data, &fits::ard_params(1.0, 0), LOG_ALPHA_THRESHOLD)?;
    Ok(Output { figures: vec![figure(&data, &model)], ..Output::default() })
}

fn figure(data: &Prepared, model: &Model<f32>) -> Figure {
    let object = Panel {
        title: "an object".into(),
        columns: 8,
        values: data.test.x.row(0).iter().copied().collect(),
        divide_after: Some(8),
        range: (-12.0, 12.0),
        palette: Palette::Ink,
    };
    let log_alpha = model.layers()[0].log_alpha();
    let map = |class: usize| Panel {
        title: format!("class {class}"),
        columns: 8,
        values: log_alpha.column(class).iter().map(|&l| f64::from(l).clamp(-5.0, 5.0)).collect(),
        divide_after: Some(8),
        range: (-5.0, 5.0),
        palette: Palette::Heat,
    };
    let panels: Vec<Panel> = std::iter::once(object).chain((0..log_alpha.ncols()).map(map)).collect();
    Figure {
        id: "noise-heat-maps".into(),
        experiment: NOISE.id,
        title: "An object with its noise, and the trained dropout rates".into(),
        caption: "Top left, a test object of DIGITS + noise: the digit above the line, its 64 noise values below. The rest: log α \
                  of every weight, one map a class, clipped to [−5, 5]; dark is pruned. Below the line is noise."
            .into(),
        svg: grid(&panels, 6, "log α (dark: pruned)"),
        chart: None,
    }
}
