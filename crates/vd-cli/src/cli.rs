//! The command line.

use crate::report::Shape;
use crate::table::{Format, Header};
use clap::builder::PossibleValue;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use methods::{CChoice, FamilyChoice, KernelChoice, LambdaChoice, Method, Options, Task};
use predictor::notation::{Decimal, Thousands};
use std::sync::LazyLock;

/// Which columns matter, and a small model of them.
///
/// Fits sparse models to a table (CSV, JSON lines, Parquet, Arrow) by automatic relevance determination (variational dropout and its relatives), shows which
/// columns are kept, and ships the pruned model as a file or as C.
#[derive(Debug, Parser)]
#[command(
    name = "vd",
    version,
    after_help = "Examples:\n  \
        vd fit diabetes.csv --target target                  which columns matter?\n  \
        vd fit wine.csv --target class --out wine.vd         the same, and keep the model\n  \
        vd predict wine.vd new.csv --proba > classes.csv     use it\n  \
        vd plot wine.vd --out wine.png                       see it\n  \
        vd report wine.vd wine.csv --out wine.html           show it to a colleague, in a browser\n  \
        vd export wine.vd --to c --out wine.c                ship it\n\n\
        Exit codes: 0 done, 1 the fit failed, 2 wrong options, 3 wrong data, 4 wrong model file, 5 input or output failed, \
        130 interrupted."
)]
pub struct Cli {
    /// Say nothing but errors and what was asked for.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colour; NO_COLOR is honoured.
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub color: Color,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What `vd` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fit a sparse model to a table and show which columns are kept.
    Fit(Box<FitArgs>),
    /// Predict new rows with a model.
    Predict(PredictArgs),
    /// Say what a model file holds.
    Inspect(InspectArgs),
    /// Draw the relevance of the features.
    Plot(PlotArgs),
    /// Write a page that shows a person what was found: one HTML file that opens in a browser, without a network.
    Report(Box<ReportArgs>),
    /// Write a model as C or JSON.
    Export(ExportArgs),
    /// Values of the KL divergence to the log-uniform prior, exact and approximate.
    Kl(KlArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one page per command into a directory.
    Man {
        /// The directory.
        #[arg(long, value_name = "DIR")]
        dir: Option<std::path::PathBuf>,
    },
}

/// How to read a CSV; only the texts for missing values matter for other formats too.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading")]
pub struct ReadArgs {
    /// Whether the first line names the columns; `auto`: unless all its fields are numbers.
    #[arg(long, value_enum, default_value = "auto")]
    pub header: Header,
    /// The character between fields, `tab` for a tabulator [default: the one of , ; tab | that the first lines agree on].
    #[arg(long, value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// Leave out this many lines before the first record, such as a title.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub skip_lines: u64,
    /// The character before decimals [default: what the values of a column agree on; refused where they leave it open].
    #[arg(long, value_name = ".|,", value_parser = decimal)]
    pub decimal: Option<Decimal>,
    /// What groups digits: , . space apostrophe _ [default: what the values of a column agree on].
    #[arg(long, value_name = "MARK", value_parser = thousands)]
    pub thousands: Option<Thousands>,
    /// A text that stands for a missing value (repeatable). It replaces the default list; the empty text stays: `--na ''` alone takes NA
    /// for a name. The default list is `NA`, `N/A`, `n.a.`, `#N/A`, `<NA>`, `NaN`, `null`, `none`, `nil`, `\N`, `?`, `.`, `-`, `--`, `(null)` and the
    /// errors of spreadsheets, such as `#DIV/0!`. Strings of Parquet, Arrow and JSON are compared only with texts given here.
    #[arg(long, value_name = "TEXT")]
    pub na: Vec<String>,
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if text == "tab" || text == "\\t" => Ok(b'\t'),
        [byte] if !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("one character of a byte, or `tab`".to_owned()),
    }
}

fn decimal(text: &str) -> Result<Decimal, String> {
    match text {
        "." | "point" => Ok(Decimal::Point),
        "," | "comma" => Ok(Decimal::Comma),
        _ => Err("must be `.` or `,`".to_owned()),
    }
}

fn thousands(text: &str) -> Result<Thousands, String> {
    match text {
        "," | "comma" => Ok(Thousands::Comma),
        "." | "point" => Ok(Thousands::Point),
        " " | "space" => Ok(Thousands::Space),
        "'" | "apostrophe" => Ok(Thousands::Apostrophe),
        "_" | "underscore" => Ok(Thousands::Underscore),
        _ => Err("must be `,`, `.`, `space`, `apostrophe` or `_`".to_owned()),
    }
}

impl ReadArgs {
    /// The format these ask for.
    pub fn format(&self) -> Format {
        let mut format = Format {
            header: self.header,
            delimiter: self.delimiter,
            skip_lines: self.skip_lines,
            decimal: self.decimal,
            thousands: self.thousands,
            ..Format::default()
        };
        if !self.na.is_empty() {
            format.missing.clone_from(&self.na);
        }
        format
    }
}

/// Which estimator: one of the registry's, or the one that suits the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelChoice {
    /// The method to begin with for this kind of target.
    Auto,
    /// This method.
    Method(Method),
}

static MODEL_CHOICES: LazyLock<Vec<ModelChoice>> = LazyLock::new(|| {
    let methods = Method::ALL.iter().map(|&method| ModelChoice::Method(method));
    std::iter::once(ModelChoice::Auto).chain(methods).collect()
});

impl ValueEnum for ModelChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &MODEL_CHOICES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Auto => PossibleValue::new("auto").help(defaults()),
            Self::Method(method) => PossibleValue::new(method.name()).help(method.adapter().about()),
        })
    }
}

/// Which method `auto` is, by the target.
fn defaults() -> String {
    let tasks =
        [(Task::Regression, "a number"), (Task::Classification, "a class"), (Task::Counts, "a count")];
    let of =
        |(task, noun)| Method::default_for(task).ok().map(|method| format!("{} for {noun}", method.name()));
    tasks.into_iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

/// The command line, with the names of the methods that read an option before the option's help.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command().mut_subcommand("fit", |fit| {
        fit.mut_args(|arg| {
            let readers = arg.get_long().map(Method::reading).unwrap_or_default();
            match arg.get_help() {
                Some(help) if !readers.is_empty() => {
                    let help = format!("{}: {help}", readers.join(", "));
                    arg.help(help)
                }
                _ => arg,
            }
        })
    })
}

fn lambda(text: &str) -> Result<LambdaChoice, String> {
    match text {
        "cv" => Ok(LambdaChoice::CrossValidation),
        "bic" => Ok(LambdaChoice::Bic),
        "average" => Ok(LambdaChoice::Average),
        _ => match text.parse() {
            Ok(value) if value > 0.0 && value < f64::INFINITY => Ok(LambdaChoice::Value(value)),
            _ => Err("a number above 0, `average`, `bic` or `cv`".to_owned()),
        },
    }
}

fn c(text: &str) -> Result<CChoice, String> {
    match text {
        "cv" => Ok(CChoice::CrossValidation),
        _ => text.parse().map(CChoice::Value).map_err(|_| "a number or `cv`".to_owned()),
    }
}

impl TuningArgs {
    /// What the method is told.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            lambda: self
                .lambda
                .or(self.false_keeps.map(LambdaChoice::FalseKeeps))
                .or(self.keep.map(LambdaChoice::Columns))
                .or(self.within.map(LambdaChoice::Within)),
            by_level: self.by_level,
            by_class: self.by_class,
            c: self.c,
            family: match self.family {
                None => FamilyChoice::Auto,
                Some(FamilyArg::Softmax) => FamilyChoice::Softmax,
                Some(FamilyArg::OneVsRest) => FamilyChoice::OneVsRest,
                Some(FamilyArg::Poisson) => FamilyChoice::Poisson,
            },
            epochs: self.epochs,
            tolerance: self.tolerance,
            batch: self.batch,
            learning_rate: self.learning_rate,
            hidden: self.hidden.clone(),
            threshold: self.threshold,
            kernel: match self.kernel {
                KernelArg::None => KernelChoice::Features,
                KernelArg::Rbf => KernelChoice::Rbf,
                KernelArg::Laplacian => KernelChoice::Laplacian,
                KernelArg::Polynomial => KernelChoice::Polynomial,
            },
            gamma: self.gamma,
            degree: self.degree,
            seed: self.seed,
            threads: self.threads,
        }
    }
}

/// What kind of thing the target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TaskArg {
    /// A class if it is text, takes two values, or few whole ones; else a number.
    Auto,
    /// A number.
    Regression,
    /// A class.
    Classification,
    /// How often something happened: 0, 1, 2, …
    Counts,
}

/// How the rows of a class count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClassWeights {
    /// Each class's rows sum to the same weight.
    Balanced,
}

/// What to do about missing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Missing {
    /// Stop and say in which columns they are.
    Refuse,
    /// Put in the training rows' mean, or most frequent name; a row without a target is left out.
    Impute,
    /// Leave the row out.
    Drop,
}

/// How a generalised linear model reads its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FamilyArg {
    /// One joint model of all classes.
    Softmax,
    /// One model per class against all others.
    OneVsRest,
    /// Counts whose logarithm is linear in the columns.
    Poisson,
}

/// The kernel of the relevance vector machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KernelArg {
    /// None: the columns themselves are the basis.
    None,
    /// exp(−γ ‖x − x'‖²).
    Rbf,
    /// exp(−γ Σ|x − x'|).
    Laplacian,
    /// (γ x·x' + 1)^degree.
    Polynomial,
}

/// `vd fit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    vd fit diabetes.csv --target target\n  \
    vd fit wine.csv --target class --model l1 --out wine.vd\n  \
    vd fit big.csv.gz --target y --model dsvi --memory-cap 256M --epochs 5\n  \
    zcat logs.csv.gz | vd fit - --target clicked --ignore id --missing impute --json")]
pub struct FitArgs {
    /// The table: CSV, JSON lines, Parquet or Arrow IPC, plain or compressed by gzip or Zstandard; a file, a folder of files, a pattern in
    /// quotes such as 'data/*.parquet', or `-` for standard input.
    pub data: String,
    /// The column to predict.
    #[arg(long, short)]
    pub target: String,
    /// The estimator.
    #[arg(long, short, value_enum, default_value = "auto")]
    pub model: ModelChoice,
    /// What the target is.
    #[arg(long, value_enum, default_value = "auto")]
    pub task: TaskArg,
    /// Where to write the model; `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<String>,
    /// Where to write a page that shows what was found, as one HTML file (see `vd report`); `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub report: Option<String>,
    /// Print the result as JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// How the columns are read.
    #[command(flatten)]
    pub read: ReadArgs,
    /// Which columns, and how.
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// How to fit.
    #[command(flatten)]
    pub tuning: TuningArgs,
}

/// Which columns, and what is done to them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Columns")]
pub struct ColumnArgs {
    /// Leave a column out (repeatable, or names with commas between).
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Take a column's values for names even if they are numbers (repeatable, or names with commas between).
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub categorical: Vec<String>,
    /// The most names in a column that is not of numbers.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub max_levels: usize,
    /// What to do about missing values.
    #[arg(long, value_enum, default_value = "refuse")]
    pub missing: Missing,
    /// How often each row counts: whole numbers count rows, others are scaled to a mean of 1; 0 leaves a row out.
    #[arg(long, value_name = "COLUMN")]
    pub weights: Option<String>,
    /// Let every class count as much as any other, however many rows it has.
    #[arg(long, value_enum)]
    pub class_weights: Option<ClassWeights>,
    /// Keep the columns' scales: neither means nor deviations are taken out.
    #[arg(long)]
    pub no_standardise: bool,
}

/// How to fit.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fitting")]
pub struct TuningArgs {
    /// The weight λ of the KL term; what is kept has z² > λ, so the larger the sparser. 1 is the method of the paper, `bic`
    /// is ln(rows); linreg also takes `cv`, and `average`: no λ, but an average over which columns matter [default: average for
    /// linreg; 1 for dsvi, bic where it is linear and reads its file in passes].
    #[arg(long, value_name = "NUMBER|average|bic|cv", value_parser = lambda, allow_negative_numbers = true)]
    pub lambda: Option<LambdaChoice>,
    /// Choose λ so that this many of the columns that do nothing are kept in expectation, such as 1 or 0.1.
    #[arg(long, value_name = "NUMBER", conflicts_with = "lambda", allow_negative_numbers = true)]
    pub false_keeps: Option<f64>,
    /// Keep this many columns: those that come closest to the average over which columns matter.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["lambda", "false_keeps"])]
    pub keep: Option<usize>,
    /// Keep as few columns as predict at most this share worse than that average, such as 0.01 for one per cent.
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["lambda", "false_keeps", "keep"], allow_negative_numbers = true)]
    pub within: Option<f64>,
    /// Decide on each level of a column of names by itself. Else `average`, --keep and --within keep or drop such a column as a whole.
    #[arg(long)]
    pub by_level: bool,
    /// Decide on each class's weight of a column by itself. Else a softmax keeps or drops a column for all its classes at once
    /// (`--lambda cv` tries both).
    #[arg(long)]
    pub by_class: bool,
    /// How the target is read [default: classes by a logistic or softmax model, counts by a Poisson model].
    #[arg(long, value_enum)]
    pub family: Option<FamilyArg>,
    /// The inverse penalty, the smaller the sparser; or `cv` [default: cv].
    #[arg(long, value_name = "NUMBER|cv", value_parser = c, allow_negative_numbers = true)]
    pub c: Option<CChoice>,
    /// Passes over the data [default: 10,000 steps' worth, 10 to 2000; in passes over a file 5 at least].
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Stop when weights and log α, averaged over a fiftieth of the epochs, move relatively less than this, such as 0.01;
    /// the rate then settles instead of going to zero [default: all epochs].
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub tolerance: Option<f64>,
    /// Rows per step [default: 100, more for long tables].
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// The largest learning rate.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// Widths of hidden layers, with commas between [default: none, a linear model].
    #[arg(long, value_name = "N,N,…", value_delimiter = ',')]
    pub hidden: Vec<usize>,
    /// Weights with log α above this are dropped.
    #[arg(long, value_name = "NUMBER", default_value_t = 3.0, allow_negative_numbers = true)]
    pub threshold: f64,
    /// The kernel.
    #[arg(long, value_enum, default_value = "none")]
    pub kernel: KernelArg,
    /// The kernel's γ [default: 1 / number of features].
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub gamma: Option<f64>,
    /// The polynomial kernel's degree.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub degree: u32,
    /// Score by cross-validation in this many parts [default: 5; a method that takes long is scored once, on a fifth of the rows].
    #[arg(long, value_name = "N", conflicts_with_all = ["holdout", "no_score"])]
    pub cv: Option<usize>,
    /// Score on this share of the rows, held out.
    #[arg(long, value_name = "SHARE", conflicts_with = "no_score", allow_negative_numbers = true)]
    pub holdout: Option<f64>,
    /// Do not score.
    #[arg(long)]
    pub no_score: bool,
    /// The seed of everything that is random.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Threads [default: all]; they change no result.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Read the file in passes even if it fits into memory. The rows should be in random order.
    #[arg(long)]
    pub stream: bool,
    /// The memory to aim at (a tenth more can be taken), with K, M or G; a table that needs more is read by dsvi in passes, a block of rows at a time. The
    /// program itself takes up to 24M of it: below 32M the blocks still get a quarter.
    #[arg(long, value_name = "BYTES", default_value = "4G", value_parser = bytes)]
    pub memory_cap: u64,
}

/// `512`, `64K`, `256M`, `2G`: powers of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "a number of bytes, with K, M or G (powers of 1024), at least 1M".to_owned();
    let text = text.trim();
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 10),
        Some((at, 'm' | 'M')) => (&text[..at], 20),
        Some((at, 'g' | 'G')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number: u64 = digits.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(1 << unit).filter(|&b| b >= 1 << 20).ok_or_else(wrong)
}

/// `vd predict`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    vd predict wine.vd new.csv\n  \
    vd predict wine.vd new.csv --proba --id sample --out classes.csv\n  \
    zcat new.csv.gz | vd predict house.vd - --std")]
pub struct PredictArgs {
    /// The model.
    pub model: String,
    /// The table, in any format that `vd fit` reads; `-` for standard input. Columns are found by name, in any order.
    pub data: String,
    /// Add each class's probability.
    #[arg(long)]
    pub proba: bool,
    /// Add the predictive standard deviation.
    #[arg(long, conflicts_with = "proba")]
    pub std: bool,
    /// Copy a column of the input to the output (repeatable, or names with commas between).
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub id: Vec<String>,
    /// Take a name that the training data did not have for none of its names, instead of stopping.
    #[arg(long)]
    pub allow_unknown: bool,
    /// Where to write; `-` for standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub out: String,
    /// How the columns are read.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// `vd inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vd inspect wine.vd\n  vd inspect wine.vd --json | jq .kept_features")]
pub struct InspectArgs {
    /// The file; of another kind than a model's, its header is shown.
    pub model: String,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `vd plot`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  vd plot wine.vd --out wine.svg\n  vd plot wine.vd --out wine.png --top 20"
)]
pub struct PlotArgs {
    /// The model.
    pub model: String,
    /// Where to write: `.png` for a PNG, else SVG; `-` for SVG on standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub out: String,
    /// The most features drawn as bars.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub top: usize,
}

/// `vd report`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    vd report wine.vd wine.csv --out wine.html       the model, and what its own table says of it\n  \
    vd report wine.vd new.csv --out new.html         the model, and how it predicts rows that were not fitted\n  \
    vd report digits.vd --pixels 8x8 --out d.html    the model alone; its columns are pixels\n  \
    vd fit wine.csv --target class --report wine.html\n\n\
    With the table that the model was fitted to (its SHA-256 is compared), rows are predicted by fits without them, as `vd fit` scores, and a \
    slider walks from no column to many: that takes about as long as the fit did. With another table, its rows are predicted by the model.")]
pub struct ReportArgs {
    /// The model.
    pub model: String,
    /// A table, in any format that `vd fit` reads: the one that the model was fitted to, or another one with the same columns.
    pub data: Option<String>,
    /// Where to write the page; `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub out: String,
    /// Fit nothing: no walk, and rows of the training table are predicted by the model that was fitted to them.
    #[arg(long)]
    pub no_refit: bool,
    /// The columns are the pixels of pictures of this size, row by row [default: a square where all columns are called pixel…].
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    pub pixels: Option<Shape>,
    /// How the columns are read; for the table that the model was fitted to, as they were read then.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// What a model can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One C99 file that needs nothing but the mathematics library.
    C,
    /// The whole model as JSON.
    Json,
}

/// `vd export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    vd export wine.vd --to c --out wine.c && cc -std=c99 -O2 -c wine.c\n  \
    vd export wine.vd --to c --prefix wine --out wine.c\n  \
    vd export wine.vd --to json | jq .value.prep.features")]
pub struct ExportArgs {
    /// The model.
    pub model: String,
    /// As what.
    #[arg(long, value_enum)]
    pub to: ExportFormat,
    /// What the C names begin with.
    #[arg(long, default_value = "vd")]
    pub prefix: String,
    /// Where to write; `-` for standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub out: String,
}

/// `vd kl`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vd kl 0 3 -8\n  seq -10 0.5 10 | vd kl - --json")]
pub struct KlArgs {
    /// Values of log α (natural logarithm); `-` reads them from standard input.
    #[arg(required = true, allow_negative_numbers = true, value_name = "LOG_ALPHA")]
    pub log_alpha: Vec<String>,
    /// As JSON, one object a line.
    #[arg(long)]
    pub json: bool,
}
