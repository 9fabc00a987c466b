//! `vd fit`: from a CSV to the columns that matter.

pub(crate) mod answer;
mod examine;
mod load;
pub(crate) mod missing;
pub(crate) mod rows;
pub(crate) mod task;
mod weights;

use crate::cli::{FitArgs, Missing, ModelChoice};
use crate::command::fit::answer::Answer;
use crate::error::{Error, Result};
use crate::fit::{self, Watch};
use crate::report::{Evidence, Folds, Shape, Subject, html, quoted};
use crate::show::{Style, emit};
use crate::table::{Input, Survey, SurveyOptions};
use load::Loaded;
use methods::{HeldOut, Method, Options, Outcome, Split, Task};
use predictor::{Parts, Preprocessing, Provenance, SavedModel, Score, Target};
use rows::Rows;
use sha2::{Digest, Sha256};
use std::io::{Read, Write as _};

/// Why a report of a fit has no evidence.
const IN_PASSES: &str = "The table was read in passes, and its rows are not in memory";
/// How often the design matrix is in memory while it is fitted: the table, the matrix, the estimator's own form of it, a
/// fold's.
const COPIES: u64 = 5;

pub(super) fn run(args: &FitArgs, style: Style) -> Result<()> {
    if args.out.as_deref() == Some("-") && args.report.as_deref() == Some("-") {
        return Err(Error::usage("standard output is for the model or the report, not both"));
    }
    fit::catch_interrupt();
    if let Some(threads) = args.tuning.threads {
        set_threads(threads)?;
    }
    let input = Input::new(&args.data, args.tuning.memory_cap)?;
    let (mut job, kept) = Job::survey(args, &input)?;
    if !style.quiet {
        for note in job.survey.notes() {
            // Standard error may be closed; a note is no reason to stop.
            let _ = writeln!(std::io::stderr(), "note: {note}");
        }
    }
    let Done { model, rows, weighing, evidence } = job.fit(Sources { original: &input, kept }, style)?;
    if let Some(out) = &args.out {
        emit(out, &model_file::encode(&model)?)?;
    }
    if let Some(path) = &args.report {
        let evidence = evidence.as_ref();
        let shape = Shape::of(&model, None).map_err(Error::Unsupported)?;
        let command = format!("{} --report FILE", command_of(&model));
        emit(
            path,
            html(&Subject { model: &model, evidence, without: IN_PASSES, shape, command }).as_bytes(),
        )?;
    }
    if args.out.as_deref() != Some("-") && args.report.as_deref() != Some("-") {
        emit("-", report(&job, &model, rows, weighing.as_deref(), style).as_bytes())?;
    }
    if fit::interrupted() { Err(Error::Interrupted) } else { Ok(()) }
}

fn set_threads(threads: usize) -> Result<()> {
    if threads == 0 || threads > 1024 {
        return Err(Error::usage("--threads must be from 1 to 1024"));
    }
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    built.map_err(|error| Error::usage(format!("--threads {threads}: {error}")))
}

fn report(job: &Job<'_>, model: &SavedModel, rows: Rows, weighing: Option<&str>, style: Style) -> String {
    let (out, report) = (job.args.out.as_deref(), job.args.report.as_deref());
    let answer = Answer { task: job.task, why: &job.why, rows, weighing, out, report };
    if job.args.json { answer.json(model) } else { answer.text(model, style) }
}

/// What the training table says of a model that `vd fit` fitted to it: rows are predicted by fits without them, as the command of the
/// model held them out. With `refit` false nothing is fitted again, and the rows are predicted by the model itself. None where the table is
/// one that is read in passes.
///
/// # Errors
/// What reading the table finds, as `vd fit` does.
pub(crate) fn examine(
    args: &FitArgs,
    model: &SavedModel,
    refit: bool,
    style: Style,
) -> Result<Option<Evidence>> {
    fit::catch_interrupt();
    let input = Input::new(&args.data, args.tuning.memory_cap)?;
    let (job, kept) = Job::survey(args, &input)?;
    if job.in_passes() {
        return Ok(None);
    }
    let loaded = Loaded::new(&job, &kept)?;
    drop(kept);
    job.check_memory(loaded.rows.len())?;
    let mut watch = Watch::new(style);
    watch.begin();
    let folds = if refit { examine::held_out(&loaded.request(&job)?, &mut watch) } else { None };
    let mut evidence = examine::evidence(&job, &loaded, model, folds, refit, &mut watch)?;
    watch.done();
    if fit::interrupted() {
        return Err(Error::InterruptedEarly);
    }
    evidence.file = file_name(&args.data);
    Ok(Some(evidence))
}

/// The command by which a model was fitted.
pub(crate) fn command_of(model: &SavedModel) -> String {
    let words: Vec<String> = model.provenance.options.iter().map(|word| quoted(word)).collect();
    format!("vd {}", words.join(" "))
}

/// What came of a fit.
struct Done {
    model: SavedModel,
    rows: Rows,
    /// How the rows were weighed, in words.
    weighing: Option<String>,
    /// What the table says of the model, where a report was asked for and the table is in memory.
    evidence: Option<Evidence>,
}

/// The table as it lies there, and in the form that the passes after the first read.
struct Sources<'a> {
    original: &'a Input,
    kept: Input,
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
    fn survey(args: &'a FitArgs, input: &Input) -> Result<(Self, Input)> {
        let c = &args.columns;
        if c.ignore.contains(&args.target) {
            return Err(Error::usage("the target cannot be ignored"));
        }
        if c.max_levels == 0 {
            return Err(Error::usage("--max-levels must be at least 1"));
        }
        let options = SurveyOptions {
            categorical: c.categorical.clone(),
            ignored: c.ignore.clone(),
            target: Some(args.target.clone()),
            max_levels: c.max_levels,
        };
        let (mut survey, kept) = Survey::keep(input, &args.read.format(), &options, args.tuning.memory_cap)?;
        survey.column(&args.target)?;
        missing::check(args, &survey)?;
        let task::Inferred { task, why } = task::infer(args, &survey)?;
        let mut classes = Vec::new();
        if task == Task::Classification {
            survey.make_categorical(&args.target)?;
            let levels = survey.column(&args.target)?.sorted_levels();
            classes = levels.into_iter().map(|(text, _)| text).collect();
        } else if let Some((place, text)) = &survey.column(&args.target)?.not_a_number {
            return Err(Error::data(
                place.clone(),
                format!("`{text}` is not a number, and a regression needs one"),
            ));
        }
        if args.columns.class_weights.is_some() && task != Task::Classification {
            return Err(Error::usage("--class-weights is for a target of classes (--task classification)"));
        }
        let method = match args.model {
            ModelChoice::Method(method) => method,
            ModelChoice::Auto if needs_dsvi(args, &survey, task) => Method::Dsvi,
            ModelChoice::Auto => Method::default_for(task)?,
        };
        method.require(task)?;
        let options = args.tuning.options();
        Ok((Self { args, options, survey, classes, task, why, method }, kept))
    }

    /// Whether the file is read in passes, so that its rows are never all in memory.
    fn in_passes(&self) -> bool {
        let tuning = &self.args.tuning;
        tuning.stream || (self.method == Method::Dsvi && memory_needed(&self.survey) > tuning.memory_cap)
    }

    /// What the target is.
    fn noun(&self) -> String {
        match (self.task, self.classes.len()) {
            (Task::Classification, count) => format!("one of {count} classes"),
            (Task::Counts, _) => "a count".to_owned(),
            _ => "a number".to_owned(),
        }
    }

    fn fit(&mut self, input: Sources<'_>, style: Style) -> Result<Done> {
        let mut watch = Watch::new(style);
        let tuning = &self.args.tuning;
        if tuning.stream && self.method != Method::Dsvi {
            return Err(Error::usage("--stream is for --model dsvi"));
        }
        let result = if self.in_passes() {
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

    fn fit_in_passes(&self, input: Sources<'_>, watch: &mut Watch) -> Result<Done> {
        let args = self.args;
        if args.columns.weights.is_some() || args.columns.class_weights.is_some() {
            return Err(Error::usage(format!(
                "a file that is read in passes is not weighted; tables in memory are, by {}: raise --memory-cap",
                Method::reading("weights").join(" and ")
            )));
        }
        if args.columns.missing == Missing::Drop {
            return Err(Error::usage("a file that is read in passes cannot drop rows: --missing impute"));
        }
        let rows = Rows::of_survey(&self.survey, &args.target);
        let held_out = match self.split(usize::try_from(rows.used()).unwrap_or(usize::MAX))? {
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
            input: &input.kept,
            format: &format,
            survey: &self.survey,
            prep: &prep,
            target: &args.target,
            classes: &self.classes,
            options: &self.options,
            memory: args.tuning.memory_cap.saturating_sub(input.kept.memory()),
            held_out,
        };
        watch.begin();
        let (outcome, score, fitted) = fit::fit_stream(&what, watch)?;
        Ok(Done {
            model: self.saved(input.original, prep, outcome, score, fitted)?,
            rows,
            weighing: None,
            evidence: None,
        })
    }

    fn fit_in_memory(&self, input: Sources<'_>, watch: &mut Watch) -> Result<Done> {
        let Sources { original, kept } = input;
        let loaded = Loaded::new(self, &kept)?;
        // The compact form has served.
        drop(kept);
        self.check_memory(loaded.rows.len())?;
        let wanted = self.args.report.is_some();
        let mut folds = Folds::default();
        let mut keep = |part: &HeldOut<'_>| {
            if wanted {
                folds.add(part);
            }
        };
        watch.begin();
        let fitted = methods::fit_with(&loaded.request(self)?, &mut watch.callback(), &mut keep)?;
        let rows = loaded.rows.len();
        let model = self.saved(original, fitted.preprocessing, fitted.outcome, fitted.score, rows)?;
        let folds = (folds.fits > 0).then_some(folds);
        let evidence =
            wanted.then(|| examine::evidence(self, &loaded, &model, folds, true, watch)).transpose()?;
        let weighing = loaded.weights.map(|w| w.about);
        Ok(Done { model, rows: loaded.counted, weighing, evidence })
    }

    /// That the features fit into memory as often as they are held there.
    fn check_memory(&self, rows: usize) -> Result<()> {
        let memory = self.args.tuning.memory_cap;
        let used = self.survey.columns.iter().filter(|c| {
            !c.ignored && c.name != self.args.target && self.args.columns.weights.as_ref() != Some(&c.name)
        });
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

    fn saved(
        &self,
        input: &Input,
        prep: Preprocessing,
        outcome: Outcome,
        score: Option<Score>,
        rows: usize,
    ) -> Result<SavedModel> {
        let provenance = Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.method.name().to_owned(),
            options: options(&self.args.data, std::env::args().skip(1)),
            data: match input.name() {
                "-" => "standard input".to_owned(),
                path => file_name(path),
            },
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

/// The options of the command, without the paths that say where things lie on this machine: the model's and the report's are left out, the table's is its name.
fn options(data: &str, words: impl Iterator<Item = String>) -> Vec<String> {
    let mut words = words;
    let mut kept = Vec::new();
    let mut only_positions = false;
    while let Some(word) = words.next() {
        // `-o` may follow the flag `-q` in one word.
        let short = word.strip_prefix('-').filter(|w| !w.starts_with('-')).map(|w| w.trim_start_matches('q'));
        match (word.as_str(), short) {
            ("--", _) if !only_positions => {
                only_positions = true;
                kept.push(word);
            }
            _ if word == data => kept.push(file_name(data)),
            ("--out" | "--report", _) | (_, Some("o")) if !only_positions => drop(words.next()),
            (w, s)
                if !only_positions
                    && (w.starts_with("--out=")
                        || w.starts_with("--report=")
                        || s.is_some_and(|s| s.starts_with('o'))) => {}
            _ => kept.push(word),
        }
    }
    kept
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> String {
    let name = std::path::Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

pub(crate) fn sha256(input: &Input) -> Result<String> {
    let (mut reader, mut hash, mut buffer) = (input.open_raw()?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        let n = reader.read(&mut buffer).map_err(Error::io("read", input.name()))?;
        if n == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(buffer.get(..n).unwrap_or_default());
    }
}
