//! `vd fit`: from a CSV to the columns that matter.

use crate::cli::{FitArgs, Missing, ModelKind, TaskArg};
use crate::command::describe;
use crate::error::{Error, Place, Result};
use crate::fit::{self, Fitted, Plan, Problem, Response, Scored, Watch};
use crate::model::{Prep, Provenance, Saved, Target};
use crate::show::{Style, emit, feature_table, summary};
use crate::table::{Column, Input, Survey, SurveyOptions, Table, Values};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;

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
    let model = job.fit(&input, style)?;
    if let Some(out) = &args.out {
        emit(out, &model_file::encode(&model)?)?;
    }
    if args.out.as_deref() != Some("-") {
        emit("-", report(args, &model, style).as_bytes())?;
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

fn report(args: &FitArgs, model: &Saved, style: Style) -> String {
    if args.json {
        return describe(model);
    }
    let mut text = summary(model, style);
    text.push_str(&feature_table(model, style, SHOWN));
    if !model.prep.constant.is_empty() && !style.quiet {
        let shown: Vec<&str> = model.prep.constant.iter().take(10).map(String::as_str).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "\nConstant, so left out: {} in all: {}",
            model.prep.constant.len(),
            shown.join(", ")
        );
    }
    if let Some(out) = args.out.as_deref().filter(|_| !style.quiet) {
        let _ = writeln!(text, "\nModel written to {out}");
    }
    text
}

/// What is to be fitted to what.
struct Job<'a> {
    args: &'a FitArgs,
    survey: Survey,
    classes: Vec<String>,
    kind: ModelKind,
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
        let classification = is_classification(args, &survey)?;
        let mut classes = Vec::new();
        if classification {
            survey.make_categorical(&args.target)?;
            let levels = survey.column(&args.target)?.sorted_levels();
            classes = levels.into_iter().map(|(text, _)| text).collect();
        } else if let Some((line, text)) = &survey.column(&args.target)?.not_a_number {
            let what = format!("`{text}` is not a number, and a regression needs one");
            return Err(Error::Data { place: column_place(&survey, &args.target, *line)?, what });
        }
        let kind = choose(args.model, classification)?;
        let job = Self { args, survey, classes, kind };
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

    fn fit(&mut self, input: &Input, style: Style) -> Result<Saved> {
        let mut watch = Watch::new(style);
        let tuning = &self.args.tuning;
        if tuning.stream && self.kind != ModelKind::Dsvi {
            return Err(Error::usage("--stream is for --model dsvi"));
        }
        let used = self.survey.columns.iter().filter(|c| !c.ignored).count() as u64;
        let needed = self.survey.rows.saturating_mul(8 * COPIES * used);
        let stream = tuning.stream || (self.kind == ModelKind::Dsvi && needed > tuning.memory_cap);
        let result = if stream {
            self.fit_in_passes(input, &mut watch)
        } else {
            self.fit_in_memory(input, &mut watch)
        };
        watch.done();
        result
    }

    fn fit_in_passes(&self, input: &Input, watch: &mut Watch) -> Result<Saved> {
        let (args, tuning) = (self.args, &self.args.tuning);
        if args.columns.missing == Missing::Drop {
            return Err(Error::usage("a file that is read in passes cannot drop rows: --missing impute"));
        }
        let apart =
            match Plan::new(tuning, self.kind, usize::try_from(self.survey.rows).unwrap_or(usize::MAX))? {
                Plan::None => 0.0,
                Plan::Folds(_) => {
                    return Err(Error::usage("a file that is read in passes is scored by --holdout"));
                }
                Plan::Holdout(share) => tuning.holdout.unwrap_or(share / 2.0),
            };
        let impute = args.columns.missing == Missing::Impute;
        let prep = Prep::from_survey(&self.survey, &args.target, impute, !args.columns.no_standardise)?;
        let format = args.read.format();
        watch.label("fitting: ");
        let what = fit::Streamed {
            input,
            format: &format,
            survey: &self.survey,
            prep: &prep,
            target: &args.target,
            classes: &self.classes,
            tuning,
            apart,
        };
        let (fitted, score, rows) = fit::fit_stream(&what, watch)?;
        self.saved(input, prep, fitted, score, rows)
    }

    fn fit_in_memory(&self, input: &Input, watch: &mut Watch) -> Result<Saved> {
        let (args, tuning) = (self.args, &self.args.tuning);
        let format = args.read.format();
        let mut table = Table::read(input, &format, &self.survey, tuning.memory_cap / COPIES)?;
        let Some(target) = table.remove(&args.target) else {
            return Err(Error::usage("the target is not in the table"));
        };
        let rows = self.usable_rows(&table, &target)?;
        let t = response(&target, &rows, self.classes.len());
        let (impute, standardise) = (args.columns.missing == Missing::Impute, !args.columns.no_standardise);
        let prep = Prep::from_columns(&table.columns, &rows, impute, standardise)?;
        let design = prep.features.len() as u64 * rows.len() as u64 * 8;
        if design > tuning.memory_cap / COPIES {
            return Err(Error::usage(format!(
                "{} features of {} rows take {} MiB, several times; --memory-cap is {} MiB",
                prep.features.len(),
                rows.len(),
                design >> 20,
                tuning.memory_cap >> 20
            )));
        }
        let x = prep.design(&table.columns, &rows);
        watch.label("fitting: ");
        let fitted = fit::fit(self.kind, &Problem { x: &x, t: &t, tuning }, watch)?;
        drop(x);
        let plan = Plan::new(tuning, self.kind, rows.len())?;
        let (columns, kind) = (&table.columns[..], self.kind);
        let scored = Scored { columns, rows: &rows, t: &t, kind, tuning, impute, standardise };
        let score = fit::score(&scored, plan, watch)?;
        self.saved(input, prep, fitted, score, rows.len())
    }

    /// The rows without missing values, or all of them.
    fn usable_rows(&self, table: &Table, target: &Column) -> Result<Vec<usize>> {
        let mut rows: Vec<usize> = (0..table.rows).collect();
        if self.args.columns.missing == Missing::Drop {
            rows.retain(|&r| !target.is_missing(r) && table.columns.iter().all(|c| !c.is_missing(r)));
        }
        if rows.len() < 2 {
            return Err(Error::usage(format!("{} row(s) are too few to fit anything", rows.len())));
        }
        Ok(rows)
    }

    fn saved(
        &self,
        input: &Input,
        prep: Prep,
        fitted: Fitted,
        score: Option<crate::model::Score>,
        rows: usize,
    ) -> Result<Saved> {
        let data = std::path::Path::new(input.name()).file_name();
        let provenance = Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.kind.name().to_owned(),
            options: options(),
            data: data.map_or_else(|| "standard input".to_owned(), |n| n.to_string_lossy().into_owned()),
            data_sha256: sha256(input)?,
            rows: rows as u64,
            seed: self.args.tuning.seed,
        };
        Ok(Saved {
            provenance,
            target: Target { name: self.args.target.clone(), levels: self.classes.clone() },
            prep,
            predictor: fitted.predictor,
            link: fitted.link,
            uncertainty: fitted.uncertainty,
            relevance: fitted.relevance,
            weights_before: fitted.weights_before,
            threshold: fitted.threshold,
            account: fitted.account,
            score,
        })
    }
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

/// Text, two values, or at most twenty whole numbers that each occur twice on average or more often: a class.
fn is_classification(args: &FitArgs, survey: &Survey) -> Result<bool> {
    let column = survey.column(&args.target)?;
    let levels = column.levels.as_deref();
    if let Some([(only, _)]) = levels {
        return Err(Error::usage(format!("the target is `{only}` in every row: there is nothing to learn")));
    }
    Ok(match args.task {
        TaskArg::Regression => false,
        TaskArg::Classification => true,
        TaskArg::Auto if args.model == ModelKind::L1 || column.is_categorical() => true,
        TaskArg::Auto if args.model == ModelKind::Linreg => false,
        TaskArg::Auto => levels.is_some_and(|levels| {
            let whole = |(text, _): &(String, u64)| text.parse::<f64>().is_ok_and(|v| v.fract() == 0.0);
            let few =
                levels.len() <= 20 && levels.iter().all(whole) && levels.len() as u64 * 2 <= survey.rows;
            levels.len() == 2 || few
        }),
    })
}

fn choose(kind: ModelKind, classification: bool) -> Result<ModelKind> {
    match (kind, classification) {
        (ModelKind::Auto, false) => Ok(ModelKind::Linreg),
        (ModelKind::Auto, true) => Ok(ModelKind::Dsvi),
        (ModelKind::Linreg, true) => {
            Err(Error::usage("--model linreg predicts numbers, and the target is a class: dsvi, rvm or l1"))
        }
        (ModelKind::L1, false) => {
            Err(Error::usage("--model l1 predicts classes, and the target is a number: linreg, dsvi or rvm"))
        }
        (kind, _) => Ok(kind),
    }
}

fn response(target: &Column, rows: &[usize], classes: usize) -> Response {
    match &target.values {
        Values::Numbers(t) => Response::Numbers(rows.iter().map(|&r| t[r]).collect()),
        Values::Codes { codes, .. } => {
            Response::Classes { labels: rows.iter().map(|&r| codes[r] as usize).collect(), count: classes }
        }
    }
}
