//! The `reproduce` command: select, load, run, write, show.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::cli::Reproduce;
use crate::data::idx;
use crate::data::mnist::{self, Check, Mnist};
use crate::error::Result;
use crate::experiment::{self, Context, Experiment, Output};
use crate::output::Staging;
use crate::provenance::Provenance;
use crate::summary::{FigureFiles, Summary, rows};
use crate::{bless, report, run, table};

/// Runs the command; gives what is to be said on standard output.
///
/// # Errors
/// Bad options, bad data, a fit that fails, a place that cannot be written, with `--check` a difference. Nothing half-written is
/// left behind.
pub fn run(options: &Reproduce) -> Result<String> {
    if options.only.iter().any(|id| id == "help") {
        return Ok(listing());
    }
    let root = crate::root();
    let experiments = experiment::select(&options.only)?;
    let (mnist, left_out) = load_mnist(options, &root, &experiments)?;
    let context = Context { mnist: mnist.map(Arc::new), smoke: options.smoke };
    let experiments: Vec<&Experiment> =
        experiments.into_iter().filter(|e| !e.needs_mnist || context.mnist.is_some()).collect();
    let place = options.out.clone().unwrap_or_else(|| root.join("target/reproduce"));
    let staging = Staging::begin(&place)?;
    let guard = staging.guard();
    // A second handler in one process (tests) is no harm: the first stays.
    let _ = ctrlc::set_handler(move || {
        guard.discard();
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"\ninterrupted; nothing was written\n");
        std::process::exit(130);
    });
    let jobs = options.jobs.map_or_else(cores, usize::from);
    let output = run::all(&context, &experiments, jobs)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let provenance = Provenance::collect(&root, &arguments, jobs, context.mnist.as_deref());
    let summary = write(&staging, options, &output, provenance, left_out.as_deref())?;
    let place = staging.commit()?;
    if options.bless {
        bless::bless(&root, &place, &summary, &output)?;
    }
    if options.check {
        bless::check(&root, &summary)?;
    }
    Ok(conclusion(&place, &summary, left_out.as_deref(), options))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn listing() -> String {
    let mut text = String::from("experiments:\n");
    for e in experiment::ALL {
        let note = match (e.by_default, e.needs_mnist) {
            (false, _) => "  (only by name)",
            (true, true) => "  (needs MNIST)",
            (true, false) => "",
        };
        let _ = writeln!(text, "  {:<18} {}{note}", e.id, e.about);
    }
    text.trim_end().to_owned()
}

/// Where MNIST is looked for if no directory is given, from the workspace's root.
pub const MNIST_DOWNLOAD: &str = "target/mnist";

/// MNIST if an experiment wants it and it is there; else the line that says what is left out.
fn load_mnist(
    options: &Reproduce,
    root: &Path,
    experiments: &[&Experiment],
) -> Result<(Option<Mnist>, Option<String>)> {
    if options.smoke || !experiments.iter().any(|e| e.needs_mnist) {
        return Ok((None, None));
    }
    let downloaded = root.join(MNIST_DOWNLOAD);
    let given = options.mnist.clone().filter(|d| !d.as_os_str().is_empty());
    // A download that is not finished is as good as none; a directory that was named must hold all files.
    let complete = || mnist::FILES.iter().all(|file| idx::find(&downloaded, file.name).is_ok());
    let directory = given.or_else(|| complete().then(|| downloaded.clone()));
    let Some(directory) = directory else {
        let left: Vec<&str> = experiments.iter().filter(|e| e.needs_mnist).map(|e| e.id).collect();
        return Ok((
            None,
            Some(format!("left out for want of MNIST: {} ({HOW_TO_GET_MNIST})", left.join(", "))),
        ));
    };
    let check = if options.mnist_unchecked { Check::FormatOnly } else { Check::Published };
    Ok((Some(mnist::load(&directory, check)?), None))
}

const HOW_TO_GET_MNIST: &str =
    "`cargo xtask data mnist` downloads it; --mnist DIR or VD_MNIST_DIR takes it from elsewhere";

/// Writes every file of the result.
fn write(
    staging: &Staging,
    options: &Reproduce,
    output: &Output,
    provenance: Provenance,
    left_out: Option<&str>,
) -> Result<Summary> {
    let mut figures = Vec::new();
    for figure in &output.figures {
        let files = FigureFiles {
            id: figure.id.clone(),
            svg: format!("figures/{}.svg", figure.id),
            png: format!("figures/{}.png", figure.id),
        };
        staging.write(&files.svg, &figure.svg)?;
        staging.write(&files.png, figure.png()?)?;
        figures.push(files);
    }
    let kl_fit = output.kl_fit.clone();
    let summary = Summary { kl_fit, table: rows(&output.records), figures, smoke: options.smoke, provenance };
    if !output.records.is_empty() {
        staging.write("results.csv", table::records_csv(&output.records)?)?;
    }
    for own in output.tables.iter().filter(|table| !table.id.is_empty()) {
        staging.write(&format!("{}.csv", own.id), table::csv(&own.header, &own.rows)?)?;
    }
    let json = |value: &dyn erased::Json| value.pretty();
    staging.write("provenance.json", json(&summary.provenance)?)?;
    staging.write("table.md", table::markdown(&summary))?;
    staging.write("report.html", report::html(&summary, output, left_out))?;
    staging.write("summary.json", json(&summary)?)?;
    Ok(summary)
}

mod erased {
    //! Values that print themselves as JSON.
    use crate::error::{Error, Result};

    pub(super) trait Json {
        fn pretty(&self) -> Result<String>;
    }

    impl<T: serde::Serialize> Json for T {
        fn pretty(&self) -> Result<String> {
            let text = serde_json::to_string_pretty(self).map_err(|e| Error::Usage(format!("JSON: {e}")))?;
            Ok(text + "\n")
        }
    }
}

fn conclusion(place: &Path, summary: &Summary, left_out: Option<&str>, options: &Reproduce) -> String {
    let mut text = String::new();
    if let Some(fit) = &summary.kl_fit {
        let _ = writeln!(
            text,
            "KL fit: k1 = {:.5}, k2 = {:.5}, k3 = {:.5}; rounded as the poster does: {:.2}, {:.1}, {:.1}",
            fit.k1,
            fit.k2,
            fit.k3,
            fit.k1,
            fit.k2 / fit.k3,
            fit.k3
        );
    }
    if !summary.table.is_empty() {
        let _ = writeln!(text, "{}", table::plain(&summary.table));
    }
    if let Some(left_out) = left_out {
        let _ = writeln!(text, "{left_out}");
    }
    if options.bless {
        let _ = writeln!(text, "blessed: docs/results and README.md");
    }
    if options.check {
        let _ = writeln!(text, "checked: docs/results and README.md agree with this run");
    }
    let _ = write!(text, "{}", place.join("report.html").display());
    text
}
