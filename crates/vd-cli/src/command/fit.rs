//! `vd fit`: from a CSV to the columns that matter.

mod rows;
mod task;

use crate::cli::{FitArgs, Missing, ModelChoice};
use crate::command::describe;
use crate::error::{Error, Place, Result};
use crate::fit::{self, Watch};
use crate::show::{Style, emit, feature_table, summary};
use crate::table::{Input, Survey, SurveyOptions, read_table};
use methods::{Method, Options, Outcome, Request, Response, Split, Task};
use predictor::{Column, Parts, Preprocessing, Provenance, SavedModel, Score, Target, Values};
use rows::Rows;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{Read, Write as _};

/// Rows of the printed table.
const SHOWN: usize = 40;
/// How often the design matrix is in memory while it is fitted: the table, the matrix, the estimator's own form of it, a
/// fold's.
const COPIES: u64 = 5;

pub(super) fn run(args: &FitArgs, style: Style) -> Result<()> {
    fit::catch_interrupt();
    if let Some(threads) = args.tuning.threads {
        set_threads(threads)?;
    }
    let input = Input::new(&args.data, args.tuning.memory_cap)?;
    let mut job = Job::survey(args, &input)?;
    if !style.quiet {
        for note in job.survey.notes() {
            // Standard error may be closed; a note is no reason to stop.
            let _ = writeln!(std::io::stderr(), "note: {note}");
        }
    }
    let (model, rows) = job.fit(&input, style)?;
    if let Some(out) = &args.out {
        emit(out, &model_file::encode(&model)?)?;
    }
    if args.out.as_deref() != Some("-") {
        emit("-", report(&job, &model, rows, style).as_bytes())?;
    }
    if fit::interrupted() { Err(Error::Interrupted) } else { Ok(()) }
}

fn set_threads(threads: usize) -> Result<()> {
    if threads == 0 || threads > 1024 {
        return Err(Error::usage("--threads is 1 to 1024"));
    }
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    built.map_err(|error| Error::usage(format!("--threads {threads}: {error}")))
}

fn report(job: &Job<'_>, model: &SavedModel, rows: Rows, style: Style) -> String {
    let args = job.args;
    if args.json {
        let input = serde_json::json!({ "task_because": job.why, "rows_found": rows.found, "rows_used": rows.used(),
            "rows_left_out": rows.left_out, "values_imputed": rows.imputed });
        return describe(model, Some(input));
    }
    let mut text = opening(job, rows, style);
    text.push_str(&summary(model, style));
    text.push_str(&feature_table(model, style, SHOWN));
    if !model.preprocessing.constant().is_empty() && !style.quiet {
        let shown: Vec<&str> = model.preprocessing.constant().iter().take(10).map(String::as_str).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "\nConstant, so left out: {} in all: {}",
            model.preprocessing.constant().len(),
            shown.join(", ")
        );
    }
    if let Some(out) = args.out.as_deref().filter(|_| !style.quiet) {
        let _ = writeln!(text, "\nModel written to {out}");
    }
    text
}

/// Which task was inferred and why, and which rows are used.
fn opening(job: &Job<'_>, rows: Rows, style: Style) -> String {
    let noun = match (job.task, job.classes.len()) {
        (Task::Classification, count) => format!("one of {count} classes"),
        (Task::Counts, _) => "a count".to_owned(),
        _ => "a number".to_owned(),
    };
    let missing = match (rows.left_out, rows.imputed) {
        (0, 0) => "none left out, nothing imputed".to_owned(),
        (0, imputed) => format!("none left out, {imputed} missing value(s) imputed"),
        (left_out, 0) => format!("{left_out} left out for a missing value, nothing imputed"),
        (left_out, imputed) => format!("{left_out} left out, {imputed} missing value(s) imputed"),
    };
    let (task, used) = (style.bold("Task"), style.bold("Rows"));
    format!(
        "{task}  `{}` is {noun}: {}\n{used}  {} of {} used; {missing}\n",
        job.args.target,
        job.why,
        rows.used(),
        rows.found
    )
}

/// What is to be fitted to what.
struct Job<'a> {
    args: &'a FitArgs,
    options: Options,
    survey: Survey,
    classes: Vec<String>,
    task: Task,
    /// Why it is this task.
    why: String,
    method: Method,
}

impl<'a> Job<'a> {
    /// Looks at the columns and decides what the target is and which estimator fits it.
    fn survey(args: &'a FitArgs, input: &Input) -> Result<Self> {
        let c = &args.columns;
        if c.ignore.contains(&args.target) {
            return Err(Error::usage("the target cannot be ignored"));
        }
        if c.max_levels == 0 {
            return Err(Error::usage("--max-levels is at least 1"));
        }
        let options = SurveyOptions {
            categorical: c.categorical.clone(),
            ignored: c.ignore.clone(),
            max_levels: c.max_levels,
        };
        let mut survey = Survey::take(input, &args.read.format(), &options)?;
        survey.column(&args.target)?;
        let task::Inferred { task, why } = task::infer(args, &survey)?;
        let mut classes = Vec::new();
        if task == Task::Classification {
            survey.make_categorical(&args.target)?;
            let levels = survey.column(&args.target)?.sorted_levels();
            classes = levels.into_iter().map(|(text, _)| text).collect();
        } else if let Some((line, text)) = &survey.column(&args.target)?.not_a_number {
            let what = format!("`{text}` is not a number, and a regression needs one");
            return Err(Error::Data { place: column_place(&survey, &args.target, *line)?, what });
        }
        let method = match args.model {
            ModelChoice::Method(method) => method,
            ModelChoice::Auto if needs_dsvi(args, &survey, task) => Method::Dsvi,
            ModelChoice::Auto => Method::default_for(task)?,
        };
        method.require(task)?;
        let options = args.tuning.options();
        let job = Self { args, options, survey, classes, task, why, method };
        job.check_missing()?;
        Ok(job)
    }

    /// Missing values are refused where they first are, unless it was said what to do.
    fn check_missing(&self) -> Result<()> {
        let missing = self.args.columns.missing;
        for column in self.survey.columns.iter().filter(|c| !c.ignored && c.missing > 0) {
            let what = match missing {
                Missing::Drop => continue,
                _ if column.name == self.args.target => {
                    format!(
                        "the target is missing in {} row(s); --missing drop leaves them out",
                        column.missing
                    )
                }
                Missing::Impute if column.missing == self.survey.rows => {
                    format!("the column is empty; leave it out (--ignore {})", column.name)
                }
                Missing::Impute => continue,
                Missing::Refuse => format!(
                    "missing here, {} time(s) in this column: --missing impute or --missing drop, or --ignore {}",
                    column.missing, column.name
                ),
            };
            let place = column_place(&self.survey, &column.name, column.first_missing)?;
            return Err(Error::Data { place, what });
        }
        Ok(())
    }

    fn fit(&mut self, input: &Input, style: Style) -> Result<(SavedModel, Rows)> {
        let mut watch = Watch::new(style);
        let tuning = &self.args.tuning;
        if tuning.stream && self.method != Method::Dsvi {
            return Err(Error::usage("--stream is for --model dsvi"));
        }
        let stream =
            tuning.stream || (self.method == Method::Dsvi && memory_needed(&self.survey) > tuning.memory_cap);
        let result = if stream {
            self.fit_in_passes(input, &mut watch)
        } else {
            self.fit_in_memory(input, &mut watch)
        };
        watch.done();
        result
    }

    /// How rows are held out for the score.
    fn split(&self, rows: usize) -> Result<Split> {
        let tuning = &self.args.tuning;
        let split = match (tuning.holdout, tuning.cv) {
            _ if tuning.no_score => Split::None,
            (Some(share), _) => Split::HoldOut(share),
            (None, Some(folds)) => Split::Folds(folds),
            (None, None) => Split::default_for(self.method, rows),
        };
        split.check(rows)?;
        Ok(split)
    }

    fn fit_in_passes(&self, input: &Input, watch: &mut Watch) -> Result<(SavedModel, Rows)> {
        let args = self.args;
        if args.columns.missing == Missing::Drop {
            return Err(Error::usage("a file that is read in passes cannot drop rows: --missing impute"));
        }
        let held_out = match self.split(usize::try_from(self.survey.rows).unwrap_or(usize::MAX))? {
            Split::None => 0.0,
            Split::Folds(_) => {
                return Err(Error::usage("a file that is read in passes is scored by --holdout"));
            }
            Split::HoldOut(share) => args.tuning.holdout.unwrap_or(share / 2.0),
        };
        let impute = args.columns.missing == Missing::Impute;
        let summaries = self.survey.summaries(&args.target);
        let prep = Preprocessing::new(summaries, impute, !args.columns.no_standardise)?;
        let format = args.read.format();
        let what = fit::Streamed {
            input,
            format: &format,
            survey: &self.survey,
            prep: &prep,
            target: &args.target,
            classes: &self.classes,
            options: &self.options,
            memory: args.tuning.memory_cap,
            held_out,
        };
        let (outcome, score, fitted) = fit::fit_stream(&what, watch)?;
        let rows = Rows::of_survey(&self.survey, &args.target);
        Ok((self.saved(input, prep, outcome, score, fitted)?, rows))
    }

    fn fit_in_memory(&self, input: &Input, watch: &mut Watch) -> Result<(SavedModel, Rows)> {
        let (args, tuning) = (self.args, &self.args.tuning);
        let format = args.read.format();
        let mut table = read_table(input, &format, &self.survey, tuning.memory_cap / COPIES)?;
        let Some(target) = table.remove(&args.target) else {
            return Err(Error::usage("the target is not in the table"));
        };
        let rows = rows::usable(args, &table, &target)?;
        let counted = Rows::of_table(&table, &rows);
        self.check_memory(rows.len())?;
        let request = Request {
            method: self.method,
            columns: table.columns(),
            rows: &rows,
            t: &self.response(&target, &rows),
            options: &self.options,
            impute: args.columns.missing == Missing::Impute,
            standardise: !args.columns.no_standardise,
            split: self.split(rows.len())?,
        };
        let fitted = methods::fit(&request, &mut watch.callback())?;
        let model = self.saved(input, fitted.preprocessing, fitted.outcome, fitted.score, rows.len())?;
        Ok((model, counted))
    }

    /// That the features fit into memory as often as they are held there.
    fn check_memory(&self, rows: usize) -> Result<()> {
        let memory = self.args.tuning.memory_cap;
        let used = self.survey.columns.iter().filter(|c| !c.ignored && c.name != self.args.target);
        let features: usize =
            used.map(|c| if c.is_categorical() { c.levels.as_ref().map_or(1, Vec::len) } else { 1 }).sum();
        let design = features as u64 * rows as u64 * 8;
        if design <= memory / COPIES {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{features} features of {rows} rows take {} MiB, several times; --memory-cap is {} MiB",
            design >> 20,
            memory >> 20
        )))
    }

    fn response(&self, target: &Column, rows: &[usize]) -> Response {
        match &target.values {
            Values::Numbers(t) => {
                let t = rows.iter().map(|&r| t[r]).collect();
                if self.task == Task::Counts { Response::Counts(t) } else { Response::Numbers(t) }
            }
            Values::Codes { codes, .. } => Response::Classes {
                labels: rows.iter().map(|&r| codes[r] as usize).collect(),
                names: self.classes.clone(),
            },
        }
    }

    fn saved(
        &self,
        input: &Input,
        prep: Preprocessing,
        outcome: Outcome,
        score: Option<Score>,
        rows: usize,
    ) -> Result<SavedModel> {
        let data = std::path::Path::new(input.name()).file_name();
        let provenance = Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.method.name().to_owned(),
            options: options(),
            data: data.map_or_else(|| "standard input".to_owned(), |n| n.to_string_lossy().into_owned()),
            data_sha256: sha256(input)?,
            rows: rows as u64,
            seed: self.args.tuning.seed,
        };
        Ok(SavedModel::new(Parts {
            provenance,
            target: Target { name: self.args.target.clone(), levels: self.classes.clone() },
            preprocessing: prep.with_notations(|name| {
                self.survey.column(name).map(|column| column.notation.clone()).unwrap_or_default()
            }),
            predictor: outcome.predictor,
            relevance: outcome.relevance,
            weights_before: outcome.weights_before,
            threshold: outcome.threshold,
            summary: outcome.summary,
            score,
        })?)
    }
}

/// Memory that a table takes while it is fitted, in bytes.
fn memory_needed(survey: &Survey) -> u64 {
    let used = survey.columns.iter().filter(|c| !c.ignored).count() as u64;
    survey.rows.saturating_mul(8 * COPIES * used)
}

/// Whether only the stochastic trainer does what was asked for: its own options, or a table of classes larger than memory.
fn needs_dsvi(args: &FitArgs, survey: &Survey, task: Task) -> bool {
    let t = &args.tuning;
    let own = t.stream || !t.hidden.is_empty() || t.epochs.is_some() || t.batch.is_some();
    let own = own || t.learning_rate.is_some() || t.tolerance.is_some();
    let large = task == Task::Classification && memory_needed(survey) > t.memory_cap;
    Method::Dsvi.can(task) && (own || large)
}

/// The options of the command, without the paths that say where things lie on this machine.
fn options() -> Vec<String> {
    let mut words = std::env::args().skip(1);
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--out" | "-o" => drop(words.next()),
            w if w.starts_with("--out=") || (w.starts_with("-o") && !w.starts_with("--")) => {}
            w => kept.push(
                std::path::Path::new(w)
                    .file_name()
                    .map_or_else(|| w.to_owned(), |n| n.to_string_lossy().into_owned()),
            ),
        }
    }
    kept
}

fn sha256(input: &Input) -> Result<String> {
    let (mut reader, mut hash, mut buffer) = (input.open_raw()?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        let n = reader.read(&mut buffer).map_err(Error::io("read", input.name()))?;
        if n == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(buffer.get(..n).unwrap_or_default());
    }
}

fn column_place(survey: &Survey, name: &str, line: u64) -> Result<Place> {
    let column = survey.column(name)?;
    Ok(Place { file: survey.file.clone(), line, column: Some((column.position + 1, name.to_owned())) })
}
