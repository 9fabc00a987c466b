//! Models made by hand: what does not fit is refused, wherever it comes from; what is made can be used.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

use estimator::Status;
use model_file::{Stored, decode, encode, from_json, seal, to_json};
use predictor::{
    Against, Column, Error, FeatureRelevance, FitSummary, Function, Kernel, KernelExpansion, Layer, Layers,
    Link, Parts, Predictor, Preprocessing, Provenance, SavedModel, StandIn, Table, Target, Task, Uncertainty,
};

fn table() -> Table {
    Table::new(vec![
        Column::numbers("a", [1.0, 2.0, 4.0, 9.0]),
        Column::names("b", &["x", "y", "x", "x"]),
        Column::numbers("c", [50.0, 51.0, 49.0, 50.5]),
    ])
    .unwrap()
}

fn parts(function: Function, link: Link, classes: &[&str], standardise: bool) -> Parts {
    let preprocessing =
        Preprocessing::from_columns(table().columns(), &[0, 1, 2, 3], true, standardise).unwrap();
    let kernel = matches!(function, Function::Kernel(_));
    Parts {
        provenance: Provenance {
            version: "0".into(),
            model: "by hand".into(),
            options: vec![],
            data: "t".into(),
            data_sha256: String::new(),
            rows: 4,
            seed: 0,
        },
        target: Target { name: "y".into(), levels: classes.iter().map(|&c| c.to_owned()).collect() },
        preprocessing,
        predictor: Predictor::new(function, link, vec![]).unwrap(),
        relevance: vec![FeatureRelevance { kept: 1, ..Default::default() }; if kernel { 0 } else { 3 }],
        weights_before: 3,
        threshold: None,
        summary: FitSummary {
            status: Status::Converged,
            objective: 0.0,
            residual: None,
            iterations: 1,
            found: vec![("λ".into(), 4.0)],
            false_keeps: Some(0.1),
        },
        score: None,
    }
}

fn linear(outputs: usize) -> Function {
    Function::Layers(Layers::from(
        Layer::dense(3, vec![0.5; outputs], |j, k| (j + 2 * k) as f64 - 2.0).unwrap(),
    ))
}

fn expansion() -> Function {
    let vectors = vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let kernel = Kernel::Rbf { gamma: 0.1 };
    Function::Kernel(KernelExpansion::new(kernel, 3, vectors, vec![1.0, -2.0], vec![0.25]).unwrap())
}

#[test]
fn models_of_every_kind_survive_a_file_and_json() {
    let network = Layers::new(vec![
        Layer::dense(3, vec![0.1, 0.2], |j, k| if j == k { 1.0 } else { 0.0 }).unwrap(),
        Layer::dense(2, vec![0.0; 3], |j, k| (j * k) as f64).unwrap(),
    ]);
    for parts in [
        parts(linear(1), Link::Identity, &[], true),
        parts(linear(1), Link::Log, &[], true),
        parts(linear(1), Link::Logistic, &["no", "yes"], true),
        parts(linear(3), Link::Softmax, &["p", "q", "r"], false),
        parts(Function::Layers(network.unwrap()), Link::OneVsRest, &["p", "q", "r"], true),
        parts(expansion(), Link::Identity, &[], true),
    ] {
        let model = SavedModel::new(parts).unwrap();
        let bytes = encode(&model).unwrap();
        assert_eq!(decode::<SavedModel>(&bytes).unwrap(), model);
        assert_eq!(from_json::<SavedModel>(&to_json(&model).unwrap()).unwrap(), model);
        let predicted = model.predict(&table()).unwrap();
        assert!(predicted.iter().all(|p| p.outputs.len() == model.target.levels.len().max(1)));
        if model.task() == Task::Classification {
            assert!(predicted.iter().all(|p| (p.outputs.iter().sum::<f64>() - 1.0).abs() < 1e-12));
        }
    }
}

#[test]
fn parts_that_do_not_fit_are_refused_in_code_and_in_files() {
    let good = parts(linear(1), Link::Logistic, &["no", "yes"], true);
    type Spoil = fn(&mut Parts);
    let spoils: [Spoil; 11] = [
        |p| p.target.levels.clear(),
        |p| p.target.levels = vec!["yes".into(), "yes".into()],
        |p| p.relevance.truncate(2),
        |p| p.relevance[1].z = Some(f64::NAN),
        |p| p.relevance[1].output = 1,
        |p| p.relevance[1].inclusion = Some(1.5),
        |p| p.relevance[1].stand_ins.push(StandIn { feature: 3, correlation: 0.9 }),
        |p| p.relevance[1].decided = Some(2),
        |p| p.threshold = Some(f64::INFINITY),
        |p| p.summary.found[0].1 = f64::NAN,
        |p| {
            let wide = Layers::from(Layer::dense(4, vec![0.0], |_, _| 1.0).unwrap());
            p.predictor = Predictor::new(wide.into(), Link::Logistic, vec![]).unwrap();
        },
    ];
    for (i, spoil) in spoils.iter().enumerate() {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert!(matches!(SavedModel::new(bad.clone()), Err(Error::Inconsistent(_))), "{i}");
        // The same parts behind a right checksum.
        let bytes = model_file::encode_as(SavedModel::KIND, &bad).unwrap();
        assert!(decode::<SavedModel>(&bytes).is_err(), "{i}");
    }
    let beyond = Uncertainty::diagonal(1.0, vec![3], vec![0.0], vec![1.0]).unwrap();
    assert!(
        Predictor::new(linear(1), Link::Identity, vec![beyond]).is_err(),
        "of a feature that there is not"
    );
    assert!(Predictor::new(linear(1), Link::Softmax, vec![]).is_err());
    assert!(Predictor::new(linear(2), Link::Logistic, vec![]).is_err());
    assert!(decode::<SavedModel>(&seal(SavedModel::KIND, &[7; 40]).unwrap()).is_err());
}

/// `layout-2.vd` was written by `vd fit` before features had inclusion, stand-ins and decisions; what it predicted stands below.
#[test]
fn a_file_of_the_layout_before_still_opens() {
    let bytes = include_bytes!("data/layout-2.vd");
    assert_eq!(model_file::Envelope::open(bytes).unwrap().header().schema(), 2);
    let model: SavedModel = decode(bytes).unwrap();
    let names: Vec<&str> = model.preprocessing.features().iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c=blue", "c=green", "c=red"]);
    assert!(model.relevance.iter().all(|r| r.inclusion.is_none() && r.decided.is_none() && r.z.is_some()));
    let table = Table::new(vec![
        Column::numbers("a", [0.095, -0.571]),
        Column::numbers("b", [1.250, -1.192]),
        Column::names("c", &["green", "green"]),
    ])
    .unwrap();
    let predicted = model.predict(&table).unwrap();
    for (p, expected) in predicted.iter().zip([0.188_605_981_564_447_63, -1.124_427_487_158_042]) {
        assert!((p.outputs[0] - expected).abs() < 1e-12);
    }
    // Written anew it is of this layout, and says the same.
    let again = model_file::encode(&model).unwrap();
    assert_eq!(decode::<SavedModel>(&again).unwrap(), model);
    assert_eq!(model_file::Envelope::open(&again).unwrap().header().schema(), SavedModel::KIND.schema());
    // A layout before that is not read, nor is one to come.
    let payload = &bytes[model_file::HEADER_LEN..];
    for schema in [1, 9] {
        let other = seal(model_file::Kind::new("vd.model", schema), payload).unwrap();
        assert!(matches!(decode::<SavedModel>(&other), Err(model_file::Error::OtherSchema { .. })));
    }
}

/// Found by fuzzing: a kernel whose γ is no number was taken.
#[test]
fn a_kernel_without_a_usable_gamma_is_refused() {
    let refused = |kernel| KernelExpansion::new(kernel, 1, vec![1.0], vec![1.0], vec![0.0]).is_err();
    for gamma in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        assert!(refused(Kernel::Rbf { gamma }) && refused(Kernel::Laplacian { gamma }));
        assert!(refused(Kernel::Polynomial { gamma, coef0: 1.0, degree: 2 }));
    }
    assert!(refused(Kernel::Polynomial { gamma: 1.0, coef0: f64::NAN, degree: 2 }));
    assert!(!refused(Kernel::Laplacian { gamma: 0.5 }));
}

/// The variance is that of the frame in which the covariance was made: centred weights know nothing of where zero is, so a fit on
/// raw columns and one on standardised columns have the same predictive deviation.
#[test]
fn the_deviation_does_not_depend_on_standardising() {
    let standard = parts(linear(1), Link::Identity, &[], true);
    let features = standard.preprocessing.features().to_vec();
    // A posterior variance of 0.3 and 0.2 for the standardised columns a and c, whose means are 0.
    let mut raw = parts(linear(1), Link::Identity, &[], false);
    let unit = |j: usize| features[j].scale * features[j].scale;
    let centres = vec![features[0].mean, features[2].mean];
    let with = |one| Predictor::new(linear(1), Link::Identity, vec![one]).unwrap();
    let variances = vec![0.3 / unit(0), 0.2 / unit(2)];
    raw.predictor = with(Uncertainty::diagonal(0.5, vec![0, 2], centres.clone(), variances).unwrap());
    let mut full = raw.clone();
    let matrix = vec![0.3 / unit(0), 0.0, 0.0, 0.2 / unit(2)];
    full.predictor = with(Uncertainty::full(0.5, vec![0, 2], centres, false, matrix).unwrap());
    let mut scaled = standard;
    scaled.predictor = with(Uncertainty::diagonal(0.5, vec![0, 2], vec![0.0; 2], vec![0.3, 0.2]).unwrap());
    let [a, b, c] =
        [raw, full, scaled].map(|parts| SavedModel::new(parts).unwrap().predict(&table()).unwrap());
    for row in 0..4 {
        let [a, b, c] = [&a, &b, &c].map(|p| p[row].deviation.unwrap());
        assert!((a - c).abs() < 1e-12 && (b - c).abs() < 1e-12, "{a} {b} {c}");
        assert!(c > 0.5_f64.sqrt());
    }
}

#[test]
fn every_output_says_which_class_it_speaks_for() {
    let two = SavedModel::new(parts(linear(1), Link::Logistic, &["no", "yes"], true)).unwrap();
    let contrast = two.feature_contrast(0).unwrap();
    assert_eq!((contrast.class, contrast.against), ("yes", Against::Class("no")));
    assert_eq!(contrast.to_string(), "`yes` against `no`");
    assert!(two.contrast(1).is_none());
    // A positive weight makes the class that is named more probable.
    let mut scratch = Vec::new();
    let p = |x: f64| two.predict_features(&[x, 0.0, 0.0], &mut Vec::new()).unwrap().outputs[1];
    let weight = two.feature_weights(0)[0].1;
    assert!((p(1.0) > p(0.0)) == (weight > 0.0));
    let three = SavedModel::new(parts(linear(3), Link::Softmax, &["p", "q", "r"], true)).unwrap();
    assert_eq!(three.contrast(2).unwrap().to_string(), "`r` against the other classes");
    assert_eq!(three.feature_weights(0), [(0, -2.0), (2, 2.0)]);
    assert!(
        predictor::c99(&three, "m").unwrap().contains("output 2: score of `r` against the other classes")
    );
    assert!(SavedModel::new(parts(linear(1), Link::Identity, &[], true)).unwrap().contrast(0).is_none());
    assert!(matches!(
        two.predict_features(&[1.0], &mut scratch),
        Err(Error::Features { expected: 3, found: 1 })
    ));
}

#[test]
fn a_table_that_lacks_something_is_refused_by_name() {
    let mut all = parts(linear(1), Link::Identity, &[], true);
    let nine = Layers::from(Layer::dense(3, vec![0.0], |_, _| 9.0).unwrap());
    all.predictor = Predictor::new(nine.into(), Link::Identity, vec![]).unwrap();
    let model = SavedModel::new(all).unwrap();
    let columns = |a: Column, b: Column| Table::new(vec![b, a, Column::numbers("c", [50.0])]).unwrap();
    let a = || Column::numbers("a", [1.0]);
    let b = |name: &str| Column::names("b", &[name]);
    assert!(model.predict(&columns(a(), b("y"))).is_ok(), "columns may stand in any order");
    let error = |table: Table| model.predict(&table).unwrap_err();
    assert_eq!(error(table_without("b")), Error::MissingColumn { name: "b".into() });
    assert_eq!(
        error(columns(a(), b("new"))),
        Error::UnknownLevel { name: "b".into(), row: 0, level: "new".into() }
    );
    let kind = error(columns(Column::names("a", &["x"]), b("y")));
    assert_eq!(kind, Error::ColumnKind { name: "a".into(), expected: "numbers", found: "names" });
    assert_eq!(error(columns(Column::numbers("a", [f64::MAX]), b("y"))), Error::Overflow { row: 0 });
    // Missing values were imputed at the fit, so they are at the prediction: the mean is a standardised 0.
    let filled = model.predict(&columns(Column::numbers("a", [f64::NAN]), b("y"))).unwrap();
    let mean = model.predict(&columns(Column::numbers("a", [4.0]), b("y"))).unwrap();
    assert_eq!(filled, mean);
}

fn table_without(name: &str) -> Table {
    let mut table = table();
    table.remove(name).unwrap();
    table
}
