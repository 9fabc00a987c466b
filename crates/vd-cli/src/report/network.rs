//! What is left of a network, and of inputs that are pixels.

use predictor::{Function, Layers, SavedModel};
use vd_report::{Column, Image, Part, Pixels, Section, Table};

use crate::report::pixels::Shape;
use crate::report::subject::Subject;

/// The most classes with a picture each.
const PICTURES: usize = 20;

/// The section; none for a linear model whose columns are no pixels.
pub(super) fn section(subject: &Subject<'_>) -> Option<Section> {
    let Function::Layers(layers) = subject.model.predictor.function() else { return None };
    let network = subject.is_network();
    if !network && subject.shape.is_none() {
        return None;
    }
    let title = if network { "What is left of the network?" } else { "Where do the kept pixels lie?" };
    let mut section = Section::new("network", title);
    if network {
        section.say(format!(
            "{} of {} weights are left: {:.1}% are zero.",
            subject.model.weights(),
            subject.model.weights_before,
            100.0 * subject.model.sparsity()
        ));
        section.push(Part::Table(by_layer(subject.model, layers)));
    }
    if let Some(shape) = subject.shape {
        section.push(Part::Pixels(inputs(subject, shape)));
        if !network {
            section.push(Part::Pixels(by_class(subject, shape)));
        }
    }
    Some(section)
}

/// Units and weights of each layer, before and after.
fn by_layer(model: &SavedModel, layers: &Layers) -> Table {
    let all = layers.layers();
    let before = widths(model, layers);
    let number = |of: &dyn Fn(usize) -> Option<f64>| (0..all.len()).map(of).collect::<Vec<_>>();
    let weights = |k: usize| all[k].weights().len() as f64;
    let inputs = |k: usize| {
        let mut used = all[k].index().to_vec();
        used.sort_unstable();
        used.dedup();
        used.len() as f64
    };
    let mut columns = vec![
        Column::text(
            "layer",
            "",
            (1..=all.len())
                .map(|k| if k == all.len() { format!("{k}, the output") } else { k.to_string() })
                .collect(),
        ),
        Column::number(
            "inputs in use",
            "inputs of the layer that a weight is left of",
            number(&|k| Some(inputs(k))),
        ),
        Column::number("units left", "", number(&|k| Some(all[k].outputs() as f64))),
        Column::number("weights left", "", number(&|k| Some(weights(k)))),
    ];
    if let Some(before) = before {
        let count = |k: usize| (before[k] * before[k + 1]) as f64;
        columns.push(Column::number("units before", "", number(&|k| Some(before[k + 1] as f64))));
        columns.push(Column::number("weights before", "", number(&|k| Some(count(k)))));
        columns.push(Column::number(
            "sparsity (%)",
            "share of the layer's weights that are zero",
            number(&|k| Some(100.0 * (1.0 - weights(k) / count(k)))),
        ));
    }
    Table { title: "The layers".to_owned(), note: String::new(), columns, views: Vec::new() }
}

/// The widths of the layers before pruning, inputs first: from the command, where they account for all weights.
fn widths(model: &SavedModel, layers: &Layers) -> Option<Vec<usize>> {
    let words = &model.provenance.options;
    let after = words.iter().position(|word| word == "--hidden").and_then(|at| words.get(at + 1));
    let said =
        after.map(String::as_str).or_else(|| words.iter().find_map(|word| word.strip_prefix("--hidden=")))?;
    let hidden: Vec<usize> = said.split(',').map(|width| width.trim().parse().ok()).collect::<Option<_>>()?;
    let ends = [layers.inputs(), layers.outputs()];
    let widths: Vec<usize> = core::iter::once(ends[0]).chain(hidden).chain([ends[1]]).collect();
    let weights: u64 = widths.windows(2).map(|pair| (pair[0] * pair[1]) as u64).sum();
    (weights == model.weights_before && widths.len() == layers.layers().len() + 1).then_some(widths)
}

/// A number for each pixel, from the features' numbers.
fn picture(model: &SavedModel, shape: Shape, of: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut values = vec![0.0; shape.width * shape.height];
    for (i, feature) in model.preprocessing.features().iter().enumerate() {
        if let Some(value) = values.get_mut(feature.column as usize) {
            *value = of(i);
        }
    }
    values
}

fn names(model: &SavedModel) -> Vec<String> {
    model.preprocessing.columns().iter().map(|column| column.name.clone()).collect()
}

/// How many weights each input keeps.
fn inputs(subject: &Subject<'_>, shape: Shape) -> Pixels {
    let model = subject.model;
    let kept = picture(model, shape, |i| f64::from(model.relevance.get(i).map_or(0, |r| r.kept)));
    let left = kept.iter().filter(|v| **v > 0.0).count();
    Pixels {
        title: "Surviving inputs".to_owned(),
        caption: format!(
            "How many weights start at each pixel: {left} of {} pixels are still looked at.",
            kept.len()
        ),
        width: shape.width,
        measure: "weights kept".to_owned(),
        names: names(model),
        images: vec![Image { title: "inputs".to_owned(), values: kept }],
    }
}

/// The weights of each class.
fn by_class(subject: &Subject<'_>, shape: Shape) -> Pixels {
    let model = subject.model;
    let spread = |i: usize| model.preprocessing.features()[i].spread();
    let weight = |i: usize, k: usize| {
        model.feature_weights(i).into_iter().find(|w| w.0 == k).map_or(0.0, |w| w.1 * spread(i))
    };
    let outputs = model.predictor.function().outputs().min(PICTURES);
    let image = |k: usize| Image {
        title: model.contrast(k).map_or_else(|| "weights".to_owned(), |c| c.class.to_owned()),
        values: picture(model, shape, |i| weight(i, k)),
    };
    Pixels {
        title: "Weights".to_owned(),
        caption: "A weight above 0 means: a brighter pixel speaks for the class.".to_owned(),
        width: shape.width,
        measure: "weight per standard deviation".to_owned(),
        names: names(model),
        images: (0..outputs).map(image).collect(),
    }
}
