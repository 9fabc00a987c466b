//! Every method through the one door: what it predicts, which class its weights speak for, and what a score does where it cannot.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

use std::ops::ControlFlow;

use methods::predictor::{Against, Column, Parts, Provenance, SavedModel, Target};
use methods::{
    Activity, Error, Fitted, LambdaChoice, Method, Options, Problem, Request, Response, Split, Stage, Task,
    fit, fit_with, unwatched,
};

/// A pseudo-random number in [-1, 1).
fn noise(i: usize) -> f64 {
    let mut z = (i as u64).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// Five columns far from zero, of which the first rises with the target and the second falls.
fn columns(rows: usize) -> Vec<Column> {
    let one = |j: usize| (0..rows).map(|i| 50.0 + 2.0 * noise(5 * i + j)).collect::<Vec<f64>>();
    (0..5).map(|j| Column::numbers(format!("x{j}"), one(j))).collect()
}

fn score_of(i: usize) -> f64 {
    2.0 * noise(5 * i) - 1.5 * noise(5 * i + 1) + 0.5 * noise(1_000_000 + i)
}

fn response(task: Task, rows: usize, classes: usize) -> Response {
    match task {
        Task::Regression => Response::Numbers((0..rows).map(|i| 7.0 + score_of(i)).collect()),
        Task::Counts => Response::Counts((0..rows).map(|i| (1.0 + score_of(i)).exp().floor()).collect()),
        Task::Classification => Response::Classes {
            labels: (0..rows)
                .map(|i| (((score_of(i) + 3.0) / 6.0 * classes as f64).max(0.0) as usize).min(classes - 1))
                .collect(),
            names: ["no", "maybe", "yes"][..classes].iter().map(|&n| n.to_owned()).collect(),
        },
    }
}

fn options() -> Options {
    Options { epochs: Some(600), learning_rate: Some(0.03), ..Options::default() }
}

fn run(
    method: Method,
    columns: &[Column],
    t: &Response,
    standardise: bool,
    split: Split,
) -> Result<Fitted, Error> {
    let rows: Vec<usize> = (0..t.len()).collect();
    let options = options();
    let request = Request {
        method,
        columns,
        rows: &rows,
        t,
        weights: None,
        options: &options,
        impute: false,
        standardise,
        split,
    };
    fit(&request, &mut unwatched)
}

fn saved(fitted: Fitted, t: &Response) -> SavedModel {
    let outcome = fitted.outcome;
    let provenance = Provenance {
        version: String::new(),
        model: String::new(),
        options: vec![],
        data: String::new(),
        data_sha256: String::new(),
        rows: t.len() as u64,
        seed: 0,
    };
    SavedModel::new(Parts {
        provenance,
        target: Target { name: "t".into(), levels: t.names().to_vec() },
        preprocessing: fitted.preprocessing,
        predictor: outcome.predictor,
        relevance: outcome.relevance,
        weights_before: outcome.weights_before,
        threshold: outcome.threshold,
        summary: outcome.summary,
        score: fitted.score,
    })
    .unwrap()
}

#[test]
fn every_method_fits_scores_and_saves_every_target_that_it_says() {
    let columns = columns(150);
    for &method in Method::ALL {
        assert_eq!(Method::named(method.name()), Some(method));
        for task in [Task::Regression, Task::Classification, Task::Counts] {
            for classes in if task == Task::Classification { 2..4 } else { 1..2 } {
                let t = response(task, 150, classes);
                let fitted = run(method, &columns, &t, true, Split::Folds(3));
                if !method.can(task) {
                    let error = fitted.unwrap_err().to_string();
                    assert!(matches!(method.require(task), Err(Error::Target { .. })), "{error}");
                    continue;
                }
                let fitted = fitted.unwrap();
                let what = format!("{} {task:?} {classes}", method.name());
                let score = fitted.score.clone().unwrap();
                assert!(score.failures.is_empty() && !score.metrics.is_empty(), "{what}: {score:?}");
                // Accuracy, or the share of the variance that is explained.
                let metric = &score.metrics[usize::from(classes == 1)];
                let least = if classes == 1 { 0.4 } else { 0.7 };
                assert!(metric.mean > least, "{what}: {metric:?}");
                let model = saved(fitted, &t);
                assert_eq!(model.task(), task, "{what}");
                assert!(model.relevance[0].kept > 0 && model.relevance[1].kept > 0, "{what}");
                assert!(model.strength(0) > model.strength(3), "{what}");
            }
        }
    }
}

/// The same sign for the same effect with every method: the first column speaks for `yes`, the second against it.
#[test]
fn a_weight_says_for_which_class_it_speaks() {
    let columns = columns(200);
    let mut t = response(Task::Classification, 200, 2);
    if let Response::Classes { names, .. } = &mut t {
        *names = vec!["no".to_owned(), "yes".to_owned()];
    }
    for &method in Method::ALL.iter().filter(|m| m.can(Task::Classification)) {
        let model = saved(run(method, &columns, &t, true, Split::None).unwrap(), &t);
        let contrast = model.feature_contrast(0).unwrap();
        assert_eq!((contrast.class, contrast.against), ("yes", Against::Class("no")), "{}", method.name());
        let weights = [0, 1].map(|j| model.relevance[j].weight);
        assert!(weights[0] > 0.0 && weights[1] < 0.0, "{}: {weights:?}", method.name());
        assert_eq!(model.predictor.function().outputs(), 1, "one column of weights for two classes");
        assert_eq!(model.feature_weights(0), [(0, weights[0])]);
    }
}

/// A model is read in the frame in which it was made: without standardising, the deviation of a prediction is about the same, not
/// fifty times as large for columns that are fifty deviations from zero.
#[test]
fn the_predictive_deviation_does_not_depend_on_standardising() {
    let (columns, t) = (columns(150), response(Task::Regression, 150, 1));
    let table = methods::predictor::Table::new(columns.clone()).unwrap();
    for method in [Method::Linreg, Method::Rvm] {
        let predict = |standardise| {
            let model = saved(run(method, &columns, &t, standardise, Split::None).unwrap(), &t);
            model.predict(&table).unwrap()
        };
        let (with, without) = (predict(true), predict(false));
        for (a, b) in with.iter().zip(&without) {
            let (a, b) = (a.deviation.unwrap(), b.deviation.unwrap());
            assert!((a / b - 1.0).abs() < 0.02, "{}: {a} {b}", method.name());
            assert!(a < 0.5, "the noise has 0.29");
        }
    }
}

/// A class that one part of a cross-validation would leave without a row: the fit is kept, and the score names the class.
#[test]
fn what_cannot_be_scored_is_said_by_name_and_the_fit_is_kept() {
    let columns = columns(60);
    let mut t = response(Task::Classification, 60, 2);
    let Response::Classes { labels, names } = &mut t else { return };
    names.push("rare".to_owned());
    labels[7] = 2;
    for &method in Method::ALL.iter().filter(|m| m.can(Task::Classification)) {
        let fitted = match run(method, &columns, &t, true, Split::Folds(5)) {
            Ok(fitted) => fitted,
            // A method that itself cannot do with one row of a class says so by name.
            Err(error) => {
                assert!(error.to_string().contains("`rare`"), "{error}");
                continue;
            }
        };
        let score = fitted.score.unwrap();
        assert_eq!(score.failures.len(), 1, "{}: {score:?}", method.name());
        assert!(score.failures[0].contains("`rare`") && score.failures[0].starts_with("part "), "{score:?}");
        assert!(!score.metrics.is_empty());
    }
}

/// A column that varies in one row only is constant in some part; where it is all there is, that part has nothing to fit.
#[test]
fn a_spike_column_does_not_lose_the_fit() {
    let mut spike = vec![0.0; 40];
    spike[11] = 3.0;
    let t = Response::Numbers((0..40).map(|i| spike[i] + 0.1 * noise(i)).collect());
    let columns = [Column::numbers("spike", spike)];
    let fitted = run(Method::Linreg, &columns, &t, true, Split::Folds(4)).unwrap();
    let score = fitted.score.unwrap();
    assert_eq!((score.failures.len(), fitted.outcome.relevance[0].kept), (1, 1), "{score:?}");
    assert!(score.failures[0].contains("one value only"), "{score:?}");
}

/// The levels of a column of names are one decision, unless each is asked for.
#[test]
fn a_column_of_names_is_kept_or_dropped_as_a_whole() {
    let rows: Vec<usize> = (0..300).collect();
    let level = |i: usize, count: usize, salt: usize| {
        ((noise(salt + 7 * i) + 1.0) / 2.0 * count as f64) as usize % count
    };
    let names = |count: usize, salt: usize| -> Vec<String> {
        rows.iter().map(|&i| format!("level {}", level(i, count, salt))).collect()
    };
    let mut columns = columns(300);
    for (name, count, salt) in [("six", 6, 50_000), ("twenty", 20, 90_000)] {
        let names = names(count, salt);
        columns.push(Column::names(name, &names.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    let effect = [-0.25, 0.2, -0.15, 0.15, -0.2, 0.25];
    let t: Vec<f64> = rows.iter().map(|&i| score_of(i) + effect[level(i, 6, 50_000)]).collect();
    let fit_with = |by_level: bool| {
        let options = Options { by_level, ..Options::default() };
        let request = Request {
            method: Method::Linreg,
            columns: &columns,
            rows: &rows,
            t: &Response::Numbers(t.clone()),
            weights: None,
            options: &options,
            impute: false,
            standardise: true,
            split: Split::Folds(3),
        };
        fit(&request, &mut unwatched).unwrap()
    };
    let kept = |fitted: &Fitted, column: u32| {
        let pairs = fitted.preprocessing.features().iter().zip(&fitted.outcome.relevance);
        pairs.filter(|(f, r)| f.column == column && r.kept > 0).count()
    };
    let whole = fit_with(false);
    // Two numbers, five of six levels beside the reference, none of twenty.
    assert_eq!([0, 1, 2, 5, 6].map(|c| kept(&whole, c)), [1, 1, 0, 5, 0]);
    let relevance = &whole.outcome.relevance;
    assert!(relevance[5..11].iter().all(|r| r.decided == Some(5) && r.inclusion == relevance[5].inclusion));
    assert!(relevance[..5].iter().all(|r| r.decided.is_none()) && relevance[5].inclusion.unwrap() > 0.9);
    assert!(whole.score.is_some_and(|s| s.failures.is_empty()));
    let single = fit_with(true);
    assert!(single.outcome.relevance.iter().all(|r| r.decided.is_none() && r.inclusion.is_some()));
}

#[test]
fn a_wanted_number_of_false_keeps_sets_lambda() {
    let (columns, t) = (columns(150), response(Task::Regression, 150, 1));
    let rows: Vec<usize> = (0..150).collect();
    let fit_at = |q: f64| {
        let options = Options { lambda: Some(LambdaChoice::FalseKeeps(q)), ..Options::default() };
        let request = Request {
            method: Method::Linreg,
            columns: &columns,
            rows: &rows,
            t: &t,
            weights: None,
            options: &options,
            impute: false,
            standardise: true,
            split: Split::None,
        };
        fit(&request, &mut unwatched)
    };
    for q in [0.01, 0.5, 2.0] {
        let summary = fit_at(q).unwrap().outcome.summary;
        assert!((summary.false_keeps.unwrap() / q - 1.0).abs() < 1e-6, "{q}: {summary:?}");
    }
    for q in [0.0, 5.5, -1.0, f64::NAN] {
        assert!(matches!(fit_at(q), Err(Error::Option { option: "false-keeps", .. })), "{q}");
    }
}

#[test]
fn a_watcher_that_breaks_ends_the_fit_without_a_score() {
    let (columns, t) = (columns(150), response(Task::Classification, 150, 3));
    let rows: Vec<usize> = (0..150).collect();
    let options = options();
    for &method in Method::ALL.iter().filter(|m| m.can(Task::Classification)) {
        let request = Request {
            method,
            columns: &columns,
            rows: &rows,
            t: &t,
            weights: None,
            options: &options,
            impute: false,
            standardise: true,
            split: Split::Folds(3),
        };
        let mut seen = 0;
        let result = fit(&request, &mut |_: &Stage| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert!(seen > 0, "{}", method.name());
        match result {
            Ok(fitted) => {
                assert_eq!(
                    fitted.outcome.summary.status.to_string(),
                    "stopped by the caller",
                    "{}",
                    method.name()
                );
                assert!(fitted.score.is_none());
            }
            Err(error) => assert!(matches!(error, Error::Stopped), "{error}"),
        }
    }
}

/// The walk begins with few features and ends with many, its error is lower in between, and its models are those of fits at the same λ.
#[test]
fn a_walk_goes_from_none_to_many() {
    for (method, task, classes) in [
        (Method::Linreg, Task::Regression, 0),
        (Method::Glm, Task::Classification, 2),
        (Method::Glm, Task::Classification, 3),
        (Method::Glm, Task::Counts, 0),
        (Method::L1, Task::Classification, 3),
    ] {
        let (columns, t, options) = (columns(200), response(task, 200, classes), Options::default());
        let rows: Vec<usize> = (0..200).collect();
        let x = methods::predictor::Preprocessing::from_columns(&columns, &rows, false, true)
            .unwrap()
            .design(&columns, &rows);
        let problem = Problem {
            x: &x,
            t: &t,
            weights: None,
            groups: None,
            options: &options,
            activity: Activity::Walking,
        };
        let walk = method.walk(&problem, &mut unwatched).unwrap().unwrap();
        let name = method.name();
        let (first, last) = (walk.stops.first().unwrap(), walk.stops.last().unwrap());
        assert!(first.kept.len() < last.kept.len() && last.kept.len() >= 2, "{name}");
        let errors: Vec<f64> = walk.stops.iter().map(|stop| stop.error.unwrap()).collect();
        let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(best < 0.8 * errors[0] && errors.iter().all(|e| e.is_finite()), "{name}: {errors:?}");
        assert!(walk.stops.iter().all(|stop| stop.standard_error.is_some_and(|s| s > 0.0)), "{name}");
        let rising =
            |pair: &[methods::Stop]| pair[0].false_keeps.zip(pair[1].false_keeps).is_none_or(|(a, b)| a <= b);
        assert!(walk.stops.windows(2).all(rising), "{name}");
        // The two columns that matter are kept before the others.
        let two = walk.stops.iter().find(|stop| stop.kept.len() >= 2).unwrap();
        assert_eq!(
            two.kept.iter().map(|(feature, _)| *feature).take(2).collect::<Vec<_>>(),
            [0, 1],
            "{name}"
        );
        assert!(two.kept[0].1.is_finite());
    }
}

#[test]
fn a_method_without_a_way_has_no_walk() {
    let (columns, t, options) = (columns(30), response(Task::Regression, 30, 0), options());
    let rows: Vec<usize> = (0..30).collect();
    let x = methods::predictor::Preprocessing::from_columns(&columns, &rows, false, true)
        .unwrap()
        .design(&columns, &rows);
    let problem =
        Problem { x: &x, t: &t, weights: None, groups: None, options: &options, activity: Activity::Walking };
    assert!(Method::Rvm.walk(&problem, &mut unwatched).unwrap().is_none());
}

/// Every row is shown once among the held-out ones, and being shown changes no score.
#[test]
fn held_out_parts_are_shown() {
    let (columns, t, options) = (columns(60), response(Task::Regression, 60, 0), Options::default());
    let rows: Vec<usize> = (0..60).collect();
    let request = Request {
        method: Method::Linreg,
        columns: &columns,
        rows: &rows,
        t: &t,
        weights: None,
        options: &options,
        impute: false,
        standardise: true,
        split: Split::Folds(4),
    };
    let mut seen = Vec::new();
    let mut squares = 0.0;
    let fitted = fit_with(&request, &mut unwatched, &mut |part| {
        seen.extend_from_slice(part.rows);
        assert_eq!(part.rows.len(), part.predictions.len());
        assert_eq!(part.outcome.relevance.len(), part.preprocessing.features().len());
        let errors = part.rows.iter().zip(part.predictions).map(|(&i, p)| (p.value() - t.value(i)).powi(2));
        squares += (errors.sum::<f64>() / part.rows.len() as f64).sqrt() / 4.0;
    })
    .unwrap();
    seen.sort_unstable();
    assert_eq!(seen, rows);
    assert_eq!(fitted, fit(&request, &mut unwatched).unwrap());
    assert!((fitted.score.unwrap().metrics[0].mean - squares).abs() < 1e-12);
}
