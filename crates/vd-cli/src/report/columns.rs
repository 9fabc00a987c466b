//! Which columns are kept, and how sure that is.

use predictor::{FeatureRelevance, SavedModel};
use vd_report::{Bars, Column, Part, Section, Table, View};

use crate::report::subject::Subject;

/// Bars of the chart.
const BARS: usize = 30;

/// The section; none for a kernel, which weighs rows.
pub(super) fn section(subject: &Subject<'_>) -> Option<Section> {
    let model = subject.model;
    if model.relevance.is_empty() {
        return None;
    }
    let mut section = Section::new("columns", "Which columns are kept, and how sure is that?");
    section.say(speaks(subject));
    section.push(Part::Bars(chart(subject)));
    section.push(Part::Table(table(subject)));
    if model.predictor.function().outputs() > 1 && !subject.is_network() {
        section.push(Part::Table(by_class(subject)));
    }
    Some(section)
}

/// What a weight means.
fn speaks(subject: &Subject<'_>) -> String {
    let model = subject.model;
    let contrast = model.contrast(0).filter(|_| model.predictor.function().outputs() == 1);
    let sign = match contrast {
        Some(contrast) => format!("A positive weight speaks for {contrast}."),
        None if model.feature_contrast(0).is_some() => {
            "A positive weight speaks for its class, against the other classes.".to_owned()
        }
        None if subject.is_network() => {
            "A column is kept where a weight of the first layer that starts at it is left.".to_owned()
        }
        None => format!("A positive weight means: more of the column, more of “{}”.", model.target.name),
    };
    format!(
        "{sign} Weights are per standard deviation of the column, so that they can be compared, unless the table says otherwise."
    )
}

/// Standard deviation of a feature's strongest weight, where the model knows it.
fn deviation(model: &SavedModel, feature: usize) -> Option<f64> {
    let relevance = model.relevance.get(feature).filter(|r| r.kept > 0)?;
    let of = model.predictor.uncertainty().get(relevance.output as usize)?;
    of.weight_variance(feature).map(f64::sqrt)
}

/// The strongest features: weights with their intervals where they are known, else strengths.
fn chart(subject: &Subject<'_>) -> Bars {
    let model = subject.model;
    let spread = |i: usize| model.preprocessing.features()[i].spread();
    let order: Vec<usize> = model.by_relevance().into_iter().take(BARS).collect();
    let sure: Vec<usize> = order.iter().copied().filter(|&i| deviation(model, i).is_some()).collect();
    let names = |of: &[usize]| of.iter().map(|&i| label(subject, i)).collect();
    if !sure.is_empty() && !subject.is_network() {
        return Bars {
            title: "How large, and how sure".to_owned(),
            caption: format!(
                "Weight of each of the {} strongest kept columns; the line through a point is two standard deviations of the weight to either \
                 side. A line that does not reach 0 is a weight whose sign is sure, given the model.",
                sure.len()
            ),
            axis: "weight per standard deviation of the column".to_owned(),
            names: names(&sure),
            values: sure.iter().map(|&i| model.relevance[i].weight * spread(i)).collect(),
            spreads: sure.iter().map(|&i| 2.0 * spread(i) * deviation(model, i).unwrap_or(0.0)).collect(),
            first: vec![true; sure.len()],
            ..Bars::default()
        };
    }
    let scored = model.relevance.iter().any(|r| r.z.is_some());
    let axis = match (scored, subject.is_network()) {
        (true, _) => "|z|, weight over its standard deviation",
        (false, true) => "|strongest weight into the first layer|",
        (false, false) => "|weight| per standard deviation of the column",
    };
    Bars {
        title: "How strong".to_owned(),
        caption: format!("The {} strongest columns of {}.", order.len(), model.relevance.len()),
        axis: axis.to_owned(),
        names: names(&order),
        values: order.iter().map(|&i| model.strength(i)).collect(),
        first: order.iter().map(|&i| model.relevance[i].kept > 0).collect(),
        kinds: ("kept".to_owned(), "dropped".to_owned()),
        ..Bars::default()
    }
}

/// A feature's name, and the class that its weight speaks for where there are several.
fn label(subject: &Subject<'_>, feature: usize) -> String {
    let several = subject.model.predictor.function().outputs() > 1;
    match subject.model.feature_contrast(feature).filter(|_| several) {
        Some(contrast) => format!("{} → {}", subject.name(feature), contrast.class),
        None => subject.name(feature).to_owned(),
    }
}

/// One row for each feature.
fn table(subject: &Subject<'_>) -> Table {
    let model = subject.model;
    let (features, order) = (model.preprocessing.features(), model.by_relevance());
    let all = |value: &dyn Fn(usize) -> Option<f64>| order.iter().map(|&i| value(i)).collect::<Vec<_>>();
    let relevance = |value: fn(&FeatureRelevance) -> Option<f64>| all(&|i| value(&model.relevance[i]));
    let kept = |i: usize| model.relevance[i].kept > 0;
    let mut columns = vec![
        Column::text(
            "column",
            "a column; of a column of names one of its names",
            order.iter().map(|&i| subject.name(i).to_owned()).collect(),
        ),
        Column::flag("kept", "", order.iter().map(|&i| kept(i)).collect()),
    ];
    let mut number = |title: &str, about: &str, values: Vec<Option<f64>>| {
        // What the method does not say is left out.
        if values.iter().any(Option::is_some) {
            columns.push(Column::number(title, about, values));
        }
    };
    let scaled = |i: usize| kept(i).then(|| model.relevance[i].weight * features[i].spread());
    number(
        "weight",
        "per standard deviation of the column; the strongest where there are several",
        all(&scaled),
    );
    let std = |i: usize| deviation(model, i).map(|d| d * features[i].spread());
    number("std of weight", "posterior standard deviation of the weight", all(&std));
    number(
        "weight per unit",
        "per unit of the column as it stands in the table",
        all(&|i| kept(i).then(|| model.relevance[i].weight / features[i].scale)),
    );
    number("z", "weight over its standard deviation", relevance(|r| r.z));
    number(
        "chance",
        "probability that a column of pure noise has a |z| at least as large",
        all(&|i| chance(model.relevance[i].z)),
    );
    number("inclusion", "posterior probability that the column matters", relevance(|r| r.inclusion));
    if let Some(folds) = subject.evidence.and_then(|e| e.folds.as_ref()).filter(|f| f.fits > 1) {
        let share =
            |i: usize| Some(folds.kept.get(subject.name(i)).copied().unwrap_or(0) as f64 / folds.fits as f64);
        let about = format!("share of the {} fits without held-out rows that keep the column", folds.fits);
        number("stability", &about, all(&share));
    }
    number("log α", "natural logarithm of the weight's dropout rate", relevance(|r| r.log_alpha));
    number("precision", "prior precision of the weight", relevance(|r| r.precision));
    if model.predictor.function().outputs() > 1 {
        number(
            "weights kept",
            "how many weights of the column are kept",
            all(&|i| Some(f64::from(model.relevance[i].kept))),
        );
    }
    if model.feature_contrast(0).is_some() && model.predictor.function().outputs() > 1 {
        let class =
            |&i: &usize| model.feature_contrast(i).filter(|_| kept(i)).map_or("", |c| c.class).to_owned();
        columns.push(Column::text(
            "class",
            "the class that the strongest weight speaks for",
            order.iter().map(class).collect(),
        ));
    }
    let rows: Vec<usize> = (0..order.len()).filter(|&row| kept(order[row])).collect();
    let views = vec![View { name: "kept columns".to_owned(), rows }];
    let views = if model.kept() == 0 { Vec::new() } else { views };
    Table {
        title: "The columns".to_owned(),
        note: "The strongest first. Point at a heading to read what it means.".to_owned(),
        columns,
        views,
    }
}

/// The probability that a column of pure noise has a |z| at least as large.
fn chance(z: Option<f64>) -> Option<f64> {
    z.and_then(|z| kl_approx::ard::false_keep_probability(z * z, 1).ok())
}

/// One row for each kept weight, with the class that it speaks for.
fn by_class(subject: &Subject<'_>) -> Table {
    let model = subject.model;
    let of = |i: usize| model.feature_weights(i).into_iter().map(move |(k, w)| (i, k, w));
    let rows: Vec<(usize, usize, f64)> = model.by_relevance().into_iter().flat_map(of).collect();
    let class = |k: usize| model.contrast(k).map_or_else(String::new, |c| c.class.to_owned());
    let spread = |i: usize| model.preprocessing.features()[i].spread();
    let about = "per standard deviation of the column";
    Table {
        title: "The weights by class".to_owned(),
        note: String::new(),
        columns: vec![
            Column::text("column", "", rows.iter().map(|r| subject.name(r.0).to_owned()).collect()),
            Column::text("class", "", rows.iter().map(|r| class(r.1)).collect()),
            Column::number("weight", about, rows.iter().map(|r| Some(r.2 * spread(r.0))).collect()),
        ],
        views: Vec::new(),
    }
}
