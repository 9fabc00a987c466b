//! The command line of `cargo xtask`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Reproduces the poster's experiments and measures this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the experiments; write summary.json, CSV, figures and report.html
    Reproduce(Reproduce),
    /// Download a data set
    Data(Data),
    /// Run the criterion suite; with --peers, other libraries on the same data in the same run
    Bench(Bench),
}

/// Options of `data`.
#[derive(Debug, Clone, Args)]
#[command(arg_required_else_help = true)]
pub struct Data {
    /// Which data set.
    #[command(subcommand)]
    pub set: DataSet,
}

/// The data sets that can be downloaded; DIGITS and diabetes are in the program.
#[derive(Debug, Clone, Subcommand)]
pub enum DataSet {
    /// MNIST's four files (11.6 MB) from public mirrors, checked by SHA-256
    Mnist(MnistDownload),
}

/// Options of `data mnist`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  cargo xtask data mnist               to target/mnist, where `reproduce` looks by itself
  cargo xtask data mnist ~/data/mnist  to a directory of yours (then: reproduce --mnist ~/data/mnist)

Files that are there and right are left alone, so this also checks a directory, offline too. A download that broke off is
continued. HTTPS_PROXY and NO_PROXY are heeded.")]
pub struct MnistDownload {
    /// Where the files go [default: target/mnist in the workspace]
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Ask this folder of files instead of the public mirrors (may be given several times)
    #[arg(long, value_name = "URL")]
    pub mirror: Vec<String>,
}

/// Options of `bench`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  cargo xtask bench            the criterion suite of every crate
  cargo xtask bench --peers    makes a Python environment from crates/vd-bench/peers/requirements.txt (python3, network),
                               runs peers and ours (two minutes), writes target/peers/ratios.csv and .md
  cargo xtask bench --peers --python ~/venv/bin/python --job digits-l1-cv
                               one job, with a Python that has the peers already")]
pub struct Bench {
    /// Time other libraries on the same data in the same run
    #[arg(long)]
    pub peers: bool,
    /// A Python that has the peers already, instead of an environment made for them
    #[arg(long, value_name = "PYTHON", requires = "peers")]
    pub python: Option<PathBuf>,
    /// Do this job only (may be given several times); the other rows of the table stay
    #[arg(long, value_name = "JOB", requires = "peers")]
    pub job: Vec<String>,
}

/// Options of `reproduce`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  cargo xtask reproduce                        everything that this machine has data for
  cargo xtask reproduce --smoke                the same reduced, in under half a minute
  cargo xtask reproduce --only kl-fit          one experiment
  cargo xtask reproduce --mnist ~/data/mnist   with MNIST from a directory of IDX files (.gz or not)
  cargo xtask reproduce --check                fail if docs/results differ from what is made here
  cargo xtask reproduce --only help            list the experiments

Without MNIST (--mnist, VD_MNIST_DIR, or what `cargo xtask data mnist` put into target/mnist) everything else is done.
The result replaces DIR as a whole at the end; an interrupted run leaves DIR as it was.")]
pub struct Reproduce {
    /// Run this experiment only (may be given several times; 'help' lists them)
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// A reduced run: DIGITS alone, one split, short fits; never blessed
    #[arg(long)]
    pub smoke: bool,
    /// Where the result goes [default: target/reproduce in the workspace]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Directory of MNIST's four IDX files, plain or gzipped
    #[arg(long, value_name = "DIR", env = "VD_MNIST_DIR")]
    pub mnist: Option<PathBuf>,
    /// Take any files in MNIST's format, not only those with MNIST's SHA-256
    #[arg(long)]
    pub mnist_unchecked: bool,
    /// Copy tables and figures into docs/results and between the README's markers
    #[arg(long, conflicts_with_all = ["smoke", "check"])]
    pub bless: bool,
    /// Fail if what is committed differs from what is made, beyond tolerance
    #[arg(long, conflicts_with = "smoke")]
    pub check: bool,
    /// Units of work side by side [default: the number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
}
