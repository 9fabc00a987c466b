//! A fit to the rows of a query: a pass that surveys the columns, one that takes products, and one for each round where there are rounds.

use clap::Parser;
use datafusion::arrow::datatypes::{DataType, Schema};
use methods::{Method, Options, Task, Unit};
use predictor::{Parts, Preprocessing, Provenance, SavedModel, Target};
use vd_cli::cli::{Cli, Command, FitArgs, Missing, ModelChoice};
use vd_cli::shared::{Inferred, Rows as Counted, check_missing, infer};
use vd_cli::table::Survey;

use crate::cells::Kind;
use crate::coding::{Coding, TargetCoding};
use crate::dsvi::train;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::{Job, counts, numbers};
use crate::passes::Passes;
use crate::survey::{Asked, SurveyRequest, Surveyed};
use crate::work::{Request, State};

/// What came of a fit.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The model, as `vd predict` reads it.
    pub model: SavedModel,
    /// What kind of thing the target is.
    pub task: Task,
    /// Why it is this task.
    pub why: String,
    /// Which rows were used.
    pub rows: Counted,
    /// How often the rows were read.
    pub passes: usize,
}

/// The options of a fit, in the words of `vd fit`: `["--target", "y", "--missing", "impute"]`.
///
/// # Errors
/// [`Error::Usage`] for words that `vd fit` does not know, or that this crate cannot follow.
pub fn options<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Result<FitArgs> {
    let mut all = vec!["vd".to_owned(), "fit".to_owned(), crate::QUERY.to_owned()];
    all.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
    match Cli::try_parse_from(all).map_err(|error| Error::Usage(error.to_string()))?.command {
        Command::Fit(args) => check(*args),
        _ => Err(Error::Usage("options of `vd fit` are needed".to_owned())),
    }
}

/// Refuses what needs the rows in memory.
fn check(args: FitArgs) -> Result<FitArgs> {
    let (columns, tuning) = (&args.columns, &args.tuning);
    let refused = [
        ("--weights", columns.weights.is_some()),
        ("--class-weights", columns.class_weights.is_some()),
        ("--cv", tuning.cv.is_some()),
        ("--holdout", tuning.holdout.is_some()),
        ("--stream", tuning.stream),
    ];
    if let Some((name, _)) = refused.iter().find(|(_, given)| *given) {
        return Err(Error::Usage(format!(
            "{name} is not for rows of a query: use `vd fit` with rows that fit in memory"
        )));
    }
    match args.model {
        ModelChoice::Auto | ModelChoice::Method(Method::Linreg | Method::Glm | Method::Dsvi) => Ok(args),
        ModelChoice::Method(other) => {
            let name = other.name();
            Err(Error::Usage(format!("--model {name} is not for rows of a query: linreg, glm and dsvi are")))
        }
    }
}

/// Fits a model to the rows of a query.
///
/// ```no_run
/// use vd_datafusion::{Engine, fit, options};
///
/// let engine = Engine::embedded(None)?;
/// let options = options(["--target", "price", "--missing", "impute"])?;
/// let fitted = fit(&engine, "select * from 'houses/*.parquet' where rooms > 1", &options)?;
/// println!("{} features kept", fitted.model.kept());
/// # Ok::<(), vd_datafusion::Error>(())
/// ```
///
/// # Errors
/// Any of [`Error`]: what the query, the files, the columns, the workers or the estimator refuse.
pub fn fit(engine: &Engine, sql: &str, args: &FitArgs) -> Result<Fitted> {
    let rows = engine.open(sql)?;
    let request = surveyed(&rows.schema, args)?;
    let mut passes = Passes::new(engine, &rows, names(&request));
    let found = match passes.make(&Request::Survey(request.clone()))? {
        State::Survey(found) => found,
        _ => return Err(Error::Wire("a survey gave another state".to_owned())),
    };
    let mut survey = found.survey(&request)?;
    let Inferred { task, why } = decide(args, &mut survey, &found)?;
    let method = match args.model {
        ModelChoice::Method(method) => method,
        ModelChoice::Auto => Method::default_for(task).map_err(Error::fit)?,
    };
    method.require(task).map_err(Error::fit)?;
    let impute = args.columns.missing == Missing::Impute;
    let standardise = !args.columns.no_standardise;
    let preprocessing =
        Preprocessing::new(found.summaries(&survey), impute, standardise).map_err(Error::fit)?;
    let (classes, unit, target) = target(args, &survey, &found, task)?;
    let coding = Coding { preprocessing, target, name: args.target.clone(), drop: request.drop };
    let options: Options = args.tuning.options();
    let job = Job { coding: &coding, options: &options, rows: found.used(), unit };
    let outcome = match task {
        _ if method == Method::Dsvi => {
            let count = (!classes.is_empty()).then_some(classes.len());
            train(&job, count, &mut passes)?
        }
        Task::Regression => numbers(&job, &mut passes)?,
        Task::Counts => counts(&job, None, &mut passes)?,
        Task::Classification => counts(&job, Some(&found.class_counts(&classes)), &mut passes)?,
    };
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: method.name().to_owned(),
        options: Vec::new(),
        data: named(sql),
        data_sha256: String::new(),
        rows: found.used(),
        seed: options.seed,
    };
    let notation = |name: &str| survey.column(name).map(|column| column.notation.clone()).unwrap_or_default();
    let model = SavedModel::new(Parts {
        provenance,
        target: Target { name: args.target.clone(), levels: classes },
        preprocessing: coding.preprocessing.clone().with_notations(notation),
        predictor: outcome.predictor,
        relevance: outcome.relevance,
        weights_before: outcome.weights_before,
        threshold: outcome.threshold,
        summary: outcome.summary,
        score: None,
    });
    let model = model.map_err(|error| Error::Model(error.to_string()))?;
    Ok(Fitted { model, task, why, rows: found.rows(), passes: passes.made })
}

/// Which columns the first pass looks at, the target first.
fn surveyed(schema: &Schema, args: &FitArgs) -> Result<SurveyRequest> {
    let columns = &args.columns;
    let all: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let wanted = columns.ignore.iter().chain(&columns.categorical).chain([&args.target]);
    for name in wanted {
        if !all.contains(&name.as_str()) {
            return Err(Error::Usage(format!(
                "{} has no column `{name}`; it has {}",
                crate::QUERY,
                all.join(", ")
            )));
        }
    }
    if columns.ignore.contains(&args.target) {
        return Err(Error::Usage("the target cannot be ignored".to_owned()));
    }
    if columns.max_levels == 0 {
        return Err(Error::Usage("--max-levels must be at least 1".to_owned()));
    }
    if let Some((i, name)) = all.iter().enumerate().find(|(i, name)| all[..*i].contains(name)) {
        return Err(Error::column(
            *name,
            format!("the query has it twice, the second time as column {}", i + 1),
        ));
    }
    let asked = |name: &str, data_type: &DataType| {
        let Some(kind) = Kind::of(data_type) else {
            let what = format!("a {data_type} is not read: cast it in the query, or --ignore {name}");
            return Err(Error::column(name, what));
        };
        let counted =
            kind == Kind::Name || name == args.target || columns.categorical.iter().any(|c| c == name);
        Ok(Asked { name: name.to_owned(), kind, counted })
    };
    let target = schema.field_with_name(&args.target).map_err(|error| Error::Query(error.to_string()))?;
    let mut list = vec![asked(&args.target, target.data_type())?];
    for field in schema.fields() {
        if *field.name() != args.target && !columns.ignore.contains(field.name()) {
            list.push(asked(field.name(), field.data_type())?);
        }
    }
    if list.len() < 2 {
        return Err(Error::Usage("the query has no column to predict from".to_owned()));
    }
    let drop = columns.missing == Missing::Drop;
    Ok(SurveyRequest { columns: list, drop, most: columns.max_levels })
}

fn names(request: &SurveyRequest) -> Vec<String> {
    request.columns.iter().map(|column| column.name.clone()).collect()
}

/// The task; the target is made one of names where it is of classes.
fn decide(args: &FitArgs, survey: &mut Survey, found: &Surveyed) -> Result<Inferred> {
    if survey.rows == 0 {
        return Err(Error::Query("it has no rows".to_owned()));
    }
    check_missing(args, survey)?;
    let inferred = infer(args, survey)?;
    let target = survey.column(&args.target)?;
    if inferred.task == Task::Classification {
        survey.make_categorical(&args.target)?;
    } else if target.is_categorical() {
        return Err(Error::column(&args.target, "the target holds names, and a regression needs numbers"));
    }
    if found.used() < 2 {
        let what = format!(
            "{} row(s) with a target and without missing values are too few to fit anything",
            found.used()
        );
        return Err(Error::column(&args.target, what));
    }
    Ok(inferred)
}

/// The classes if there are, the unit of the target in the fit, and how it is coded.
fn target(
    args: &FitArgs,
    survey: &Survey,
    found: &Surveyed,
    task: Task,
) -> Result<(Vec<String>, Unit, TargetCoding)> {
    let moments = found.target();
    match task {
        Task::Classification => {
            let levels = survey.column(&args.target)?.sorted_levels();
            let classes: Vec<String> = levels.into_iter().map(|(name, _)| name).collect();
            if let Some(k) = found.class_counts(&classes).iter().position(|n| *n == 0) {
                let what =
                    format!("the class `{}` has no row left without the rows that are left out", classes[k]);
                return Err(Error::column(&args.target, what));
            }
            Ok((classes.clone(), Unit::ONE, TargetCoding::Classes(classes)))
        }
        Task::Counts => {
            let (least, _) = moments.range();
            if least < 0.0 {
                return Err(Error::column(
                    &args.target,
                    format!("{least} is no count: counts are 0, 1, 2, …"),
                ));
            }
            Ok((Vec::new(), Unit::ONE, TargetCoding::Number { mean: 0.0, scale: 1.0 }))
        }
        Task::Regression => {
            let (mean, scale) = (moments.mean(), moments.deviation());
            if !(scale > 0.0) {
                return Err(Error::column(&args.target, format!("the target is {mean} in every row")));
            }
            Ok((Vec::new(), Unit { mean, scale }, TargetCoding::Number { mean, scale }))
        }
    }
}

/// A query without the folders of its files.
fn named(sql: &str) -> String {
    let mut parts = sql.split('\'');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (k, part) in parts.enumerate() {
        let part = if k % 2 == 0 { part.rsplit('/').next().unwrap_or(part) } else { part };
        text.push('\'');
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{named, options};

    #[test]
    fn a_query_is_named_without_folders() {
        assert_eq!(
            named("select a from '/x/y/*.parquet' where b = 'c'"),
            "select a from '*.parquet' where b = 'c'"
        );
    }

    #[test]
    fn what_needs_rows_in_memory_is_refused() {
        assert!(options(["--target", "y", "--lambda", "4", "--missing", "drop"]).is_ok());
        for words in [
            vec!["--weights", "w"],
            vec!["--cv", "3"],
            vec!["--model", "rvm"],
            vec!["--nonsense"],
            vec!["--stream"],
        ] {
            let words = ["--target", "y"].into_iter().chain(words);
            assert!(options(words.clone()).is_err(), "{:?}", words.collect::<Vec<_>>());
        }
    }
}
