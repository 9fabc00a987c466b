//! The command line.

use std::io::Write;

use clap::{Args, Parser, Subcommand};
use predictor::SavedModel;
use vd_cli::cli::Color;
use vd_cli::shared::{Answer, Style};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::fit::{fit, options};
use crate::worker::{Listening, version};

/// Sparse regression of the rows of an SQL query, on one machine or a cluster.
#[derive(Debug, Parser)]
#[command(
    name = "vd-datafusion",
    version,
    after_help = "Examples:\n  \
        vd-datafusion fit --sql \"select * from 'data/*.parquet'\" --target price --out price.vd\n  \
        vd-datafusion worker --listen 0.0.0.0:50051\n  \
        vd-datafusion fit --cluster 10.0.0.5:50051,10.0.0.6:50051 --sql \"select * from '/shared/data/*.parquet'\" --target price\n\n\
        Exit codes: those of `vd`; 5 also where a cluster does not answer."
)]
pub struct DataFusionCli {
    /// What to do.
    #[command(subcommand)]
    pub command: DataFusionCommand,
}

/// What `vd-datafusion` can do.
#[derive(Debug, Subcommand)]
pub enum DataFusionCommand {
    /// Fit a sparse model to the rows of a query and show which columns are kept.
    Fit(Box<FitCommand>),
    /// Compute parts of passes for others, until stopped.
    Worker(WorkerCommand),
}

/// `vd-datafusion fit`.
#[derive(Debug, Args)]
pub struct FitCommand {
    /// The query; files are tables in quotes, such as 'data/*.parquet' (Parquet, CSV, JSON lines, Arrow).
    #[arg(long)]
    pub sql: String,
    /// The workers of a cluster, as host:port with commas between [default: this process].
    #[arg(long, value_name = "HOST:PORT,…", value_delimiter = ',')]
    pub cluster: Vec<String>,
    /// Parts that a pass has, on each worker of a cluster [default: the processors].
    #[arg(long, value_name = "N")]
    pub partitions: Option<usize>,
    /// Where to write the model.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<String>,
    /// Print the result as JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Say nothing but errors and what was asked for.
    #[arg(long, short)]
    pub quiet: bool,
    /// What the fit is told, as `vd fit` is.
    #[command(flatten)]
    pub options: OptionWords,
}

/// The options of `vd fit` that rows of a query can follow, in its words.
#[derive(Debug, Args)]
#[command(next_help_heading = "As vd fit has them")]
pub struct OptionWords {
    /// The column to predict.
    #[arg(long, short)]
    pub target: String,
    /// What the target is: auto, regression, classification or counts.
    #[arg(long)]
    pub task: Option<String>,
    /// The estimator: auto, linreg, glm, or dsvi, which streams the rows in this process, epoch by epoch.
    #[arg(long, short)]
    pub model: Option<String>,
    /// How the target is read: one-vs-rest for more than two classes, poisson for counts.
    #[arg(long)]
    pub family: Option<String>,
    /// The weight λ of the KL term: a number, `bic`, and for a number as target `average` or `cv`.
    #[arg(long, allow_negative_numbers = true)]
    pub lambda: Option<String>,
    /// λ from the number of columns that are kept for nothing.
    #[arg(long, value_name = "NUMBER")]
    pub false_keeps: Option<String>,
    /// Keep this many columns.
    #[arg(long, value_name = "NUMBER")]
    pub keep: Option<String>,
    /// Keep as few columns as predict at most this share worse than the average.
    #[arg(long, value_name = "SHARE")]
    pub within: Option<String>,
    /// Decide on each level of a column of names by itself.
    #[arg(long)]
    pub by_level: bool,
    /// Leave a column out (repeatable, or names with commas between).
    #[arg(long, value_name = "COLUMN")]
    pub ignore: Vec<String>,
    /// Take a column's values for names even if they are numbers (repeatable, or names with commas between).
    #[arg(long, value_name = "COLUMN")]
    pub categorical: Vec<String>,
    /// The most names in a column that is not of numbers.
    #[arg(long, value_name = "N")]
    pub max_levels: Option<String>,
    /// What to do about missing values: refuse, impute or drop.
    #[arg(long)]
    pub missing: Option<String>,
    /// Keep the columns' scales.
    #[arg(long)]
    pub no_standardise: bool,
    /// dsvi: passes over the rows.
    #[arg(long, value_name = "N")]
    pub epochs: Option<String>,
    /// dsvi: the log α above which a weight is dropped.
    #[arg(long, value_name = "NUMBER")]
    pub threshold: Option<String>,
    /// The seed of everything that is random.
    #[arg(long)]
    pub seed: Option<String>,
}

impl OptionWords {
    /// The words for `vd fit`.
    fn words(&self) -> Vec<String> {
        let given = [
            ("--task", &self.task),
            ("--model", &self.model),
            ("--family", &self.family),
            ("--lambda", &self.lambda),
            ("--false-keeps", &self.false_keeps),
            ("--keep", &self.keep),
            ("--within", &self.within),
            ("--max-levels", &self.max_levels),
            ("--missing", &self.missing),
            ("--epochs", &self.epochs),
            ("--threshold", &self.threshold),
            ("--seed", &self.seed),
        ];
        let flags = [("--by-level", self.by_level), ("--no-standardise", self.no_standardise)];
        let mut words = vec![format!("--target={}", self.target)];
        words.extend(given.iter().filter_map(|(name, value)| value.as_ref().map(|v| format!("{name}={v}"))));
        words.extend(self.ignore.iter().map(|name| format!("--ignore={name}")));
        words.extend(self.categorical.iter().map(|name| format!("--categorical={name}")));
        words.extend(flags.iter().filter(|(_, given)| *given).map(|(name, _)| (*name).to_owned()));
        words
    }
}

/// `vd-datafusion worker`.
#[derive(Debug, Args)]
pub struct WorkerCommand {
    /// The address to listen on; port 0 is any that is free.
    #[arg(long, default_value = "127.0.0.1:50051")]
    pub listen: String,
    /// The most memory of the passes, in bytes [default: no limit].
    #[arg(long, value_name = "BYTES")]
    pub memory: Option<usize>,
    /// What version to claim, for tests.
    #[arg(long, hide = true)]
    pub claim: Option<String>,
}

/// Runs a command line that was parsed.
///
/// # Errors
/// Whatever the command meets.
pub fn run(cli: &DataFusionCli) -> Result<()> {
    match &cli.command {
        DataFusionCommand::Fit(command) => run_fit(command),
        DataFusionCommand::Worker(command) => run_worker(command),
    }
}

fn run_fit(command: &FitCommand) -> Result<()> {
    let words = command.options.words();
    let args = options(&words)?;
    let engine = if command.cluster.is_empty() {
        Engine::embedded(command.partitions)?
    } else {
        Engine::cluster(&command.cluster, command.partitions)?
    };
    let mut fitted = fit(&engine, &command.sql, &args)?;
    fitted.model = with_options(fitted.model, words)?;
    if let Some(out) = &command.out {
        model_file::save(out, &fitted.model).map_err(|error| Error::Model(error.to_string()))?;
    }
    let out = command.out.as_deref();
    let answer =
        Answer { task: fitted.task, why: &fitted.why, rows: fitted.rows, weighing: None, out, report: None };
    let style = Style::new(Color::Auto, command.quiet);
    print(&if command.json { answer.json(&fitted.model) } else { answer.text(&fitted.model, style) })
}

/// The model with what it was told in its provenance.
fn with_options(model: SavedModel, words: Vec<String>) -> Result<SavedModel> {
    let mut parts = model.into_parts();
    parts.provenance.options = words;
    SavedModel::new(parts).map_err(|error| Error::Model(error.to_string()))
}

fn run_worker(command: &WorkerCommand) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|source| Error::Io { action: "start", path: "threads".to_owned(), source })?;
    runtime.block_on(async {
        let listening = Listening::at(&command.listen).await?;
        print(&format!("listening on {}\n", listening.address()))?;
        listening.serve(command.claim.clone().unwrap_or_else(version), command.memory).await
    })
}

/// Writes to standard output; a reader that has gone is no error.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Io { action: "write", path: "standard output".to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
