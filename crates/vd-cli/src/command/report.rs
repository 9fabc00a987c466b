//! `vd report`: a page that shows a person what was found.

use crate::cli::{Cli, Command, FitArgs, ReportArgs};
use crate::command::fit::{examine, file_name, sha256};
use crate::error::{Error, Result};
use crate::fit::catch_interrupt;
use crate::report::{Assessed, Evidence, Origin, Shape, Subject, correlations, html, quoted};
use crate::show::{Style, emit, load};
use crate::table::{Input, Survey, SurveyOptions, clip, read_table};
use clap::Parser;
use predictor::{Column, ColumnKind, SavedModel, Table, Task, Values};

/// The most bytes of a table that is read for a page.
const MEMORY: u64 = 4 << 30;

pub(super) fn run(args: &ReportArgs, style: Style) -> Result<()> {
    if args.model == "-" && args.data.as_deref() == Some("-") {
        return Err(Error::usage("standard input is the model or the data, not both"));
    }
    let model = load(&args.model)?;
    let shape = Shape::of(&model, args.pixels).map_err(|what| Error::usage(format!("--pixels: {what}")))?;
    let evidence = args.data.as_ref().map(|data| evidence(args, data, &model, style)).transpose()?;
    let without = "No table was given with the model (vd report MODEL DATA --out FILE)";
    let subject =
        Subject { model: &model, evidence: evidence.as_ref(), without, shape, command: command(args) };
    emit(&args.out, html(&subject).as_bytes())
}

/// The command, without the folders of this machine.
fn command(args: &ReportArgs) -> String {
    let mut words = vec!["vd".to_owned(), "report".to_owned(), quoted(&file_name(&args.model))];
    words.extend(args.data.iter().map(|data| quoted(&file_name(data))));
    if args.no_refit {
        words.push("--no-refit".to_owned());
    }
    if let Some(shape) = args.pixels {
        words.push(format!("--pixels {}x{}", shape.width, shape.height));
    }
    words.push("--out FILE".to_owned());
    words.join(" ")
}

/// What the table says of the model.
fn evidence(args: &ReportArgs, data: &str, model: &SavedModel, style: Style) -> Result<Evidence> {
    let input = Input::new(data, MEMORY)?;
    let sum = sha256(&input)?;
    if sum != model.provenance.data_sha256 {
        return other(args, &input, sum, model);
    }
    let fitted = fit_args(model, data);
    let why = match &fitted {
        Some(_) => "The model was fitted in passes over its table: nothing is fitted again.",
        None => {
            "The model does not say how it was fitted in the options of this version: nothing is fitted again."
        }
    };
    if let Some(fit) = fitted
        && let Some(evidence) = examine(&fit, model, !args.no_refit, style)?
    {
        return Ok(evidence);
    }
    let mut evidence =
        Evidence { training: true, walk: Err(why.to_owned()), ..other(args, &input, sum, model)? };
    if let Ok(assessed) = &mut evidence.assessed {
        assessed.origin = Origin::Fitted;
    }
    Ok(evidence)
}

/// The arguments by which `vd fit` fitted the model, with the table where it lies now.
fn fit_args(model: &SavedModel, data: &str) -> Option<FitArgs> {
    let words = core::iter::once("vd").chain(model.provenance.options.iter().map(String::as_str));
    match Cli::try_parse_from(words).ok()?.command {
        Command::Fit(fit) => Some(FitArgs { data: data.to_owned(), out: None, report: None, ..*fit }),
        _ => None,
    }
}

/// What a table says that the model was not fitted to.
fn other(args: &ReportArgs, input: &Input, sha256: String, model: &SavedModel) -> Result<Evidence> {
    catch_interrupt();
    let format = args.read.format();
    let names = used(model);
    let (survey, kept) = Survey::keep(input, &format, &survey_options(input, args, model, &names)?, MEMORY)?;
    let table = read_table(&kept, &format, &survey, MEMORY)?;
    for column in model.columns() {
        let name = &model.preprocessing.columns()[column].name;
        if table.column(name).is_none() {
            return Err(predictor::Error::MissingColumn { name: clip(name) }.into());
        }
    }
    let (rows, why) = complete(model, &table);
    let lacking = table.rows() - rows.len();
    let facts = vec![
        ("table shown".to_owned(), file_name(input.name())),
        ("its SHA-256".to_owned(), sha256.clone()),
        (
            "its rows".to_owned(),
            format!("{} of {} predicted; {lacking} left out{why}", rows.len(), table.rows()),
        ),
    ];
    Ok(Evidence {
        file: file_name(input.name()),
        sha256,
        training: false,
        facts,
        assessed: assess(model, &table, &rows)?,
        folds: None,
        walk: Err("The walk needs the table that the model was fitted to; this is another one.".to_owned()),
        correlations: correlations(model, &table, &rows),
    })
}

/// The columns that the model can look at, by name.
fn used(model: &SavedModel) -> Vec<&str> {
    model.preprocessing.columns().iter().map(|column| column.name.as_str()).collect()
}

/// Reads the model's columns and the target, as the model knows them; all others are left out.
fn survey_options(
    input: &Input,
    args: &ReportArgs,
    model: &SavedModel,
    names: &[&str],
) -> Result<SurveyOptions> {
    let records = crate::table::Records::open(input, &args.read.format())?;
    let known = |name: &String| names.contains(&name.as_str()) || *name == model.target.name;
    let there = |name: &str| records.names().iter().any(|found| found == name);
    let named = model
        .preprocessing
        .columns()
        .iter()
        .filter(|column| matches!(column.kind, ColumnKind::Category { .. }));
    let classes = (model.task() == Task::Classification).then(|| model.target.name.clone());
    Ok(SurveyOptions {
        categorical: named
            .map(|column| column.name.clone())
            .chain(classes)
            .filter(|name| there(name))
            .collect(),
        ignored: records.names().iter().filter(|name| !known(name)).cloned().collect(),
        target: None,
        max_levels: usize::MAX,
    })
}

/// The rows that can be predicted and compared: those with a target, and with every value that the model cannot fill in.
fn complete(model: &SavedModel, table: &Table) -> (Vec<usize>, &'static str) {
    let columns: Vec<&Column> = model
        .columns()
        .into_iter()
        .filter_map(|at| model.preprocessing.columns().get(at))
        .filter(|column| column.kind.fill().is_none())
        .filter_map(|column| table.column(&column.name))
        .chain(table.column(&model.target.name))
        .collect();
    let whole = |row: &usize| columns.iter().all(|column| !column.is_missing(*row));
    ((0..table.rows()).filter(whole).collect(), ", because a value is missing")
}

/// The predictions of some rows, where the table has the target.
fn assess(model: &SavedModel, table: &Table, rows: &[usize]) -> Result<Result<Assessed, String>> {
    let Some(target) = table.column(&model.target.name) else {
        return Ok(Err(format!(
            "The table has no column “{}”, so that predictions cannot be compared with the truth.",
            model.target.name
        )));
    };
    let truth: Vec<f64> = match &target.values {
        Values::Numbers(t) => rows.iter().map(|&row| t[row]).collect(),
        Values::Codes { .. } if model.task() != Task::Classification => {
            return Ok(Err("The table's target holds names, where the model predicts numbers: its predictions are not compared.".to_owned()));
        }
        Values::Codes { codes, levels } => {
            let class = |level: &String| model.target.levels.iter().position(|known| known == level);
            let known: Vec<Option<usize>> = levels.iter().map(class).collect();
            let of =
                |&row: &usize| known.get(codes[row] as usize).copied().flatten().map(|class| class as f64);
            let truth: Vec<Option<f64>> = rows.iter().map(of).collect();
            match truth.iter().copied().collect::<Option<Vec<f64>>>() {
                Some(truth) => truth,
                None => return Ok(Err("The table's target has a class that the model does not know: its predictions are not compared.".to_owned())),
            }
        }
    };
    if truth.len() < 2 {
        return Ok(Err("Fewer than two rows have a target and every value that the model needs: predictions are not charted.".to_owned()));
    }
    let predictions = model.predict(&some(table, rows)?)?;
    Ok(Ok(Assessed { origin: Origin::Other, truth, predictions }))
}

/// Some rows of a table.
fn some(table: &Table, rows: &[usize]) -> Result<Table> {
    let pick = |column: &Column| {
        let values = match &column.values {
            Values::Numbers(x) => Values::Numbers(rows.iter().map(|&row| x[row]).collect()),
            Values::Codes { codes, levels } => {
                Values::Codes { codes: rows.iter().map(|&row| codes[row]).collect(), levels: levels.clone() }
            }
        };
        Column { name: column.name.clone(), values }
    };
    Ok(Table::new(table.columns().iter().map(pick).collect())?)
}
