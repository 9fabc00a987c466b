//! The `data` command: a data set to a directory, its progress on standard error.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::ops::ControlFlow;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::download::{MIRRORS, Progress, download};
use super::mnist;
use crate::cli::{Data, DataSet, MnistDownload};
use crate::error::Result;
use crate::reproduce::MNIST_DOWNLOAD;

/// Runs the command; gives what is to be said on standard output.
///
/// # Errors
/// What [`download`] gives.
pub fn run(options: &Data, root: &Path) -> Result<String> {
    let DataSet::Mnist(options) = &options.set;
    mnist(options, root)
}

fn mnist(options: &MnistDownload, root: &Path) -> Result<String> {
    let directory = options.directory.clone().unwrap_or_else(|| root.join(MNIST_DOWNLOAD));
    let mirrors: Vec<String> = match &options.mirror[..] {
        [] => MIRRORS.map(str::to_owned).into(),
        given => given.iter().map(|url| format!("{}/", url.trim_end_matches('/'))).collect(),
    };
    // A part of a file is no harm: it has another name, and the next run continues it.
    let _ = ctrlc::set_handler(|| {
        let _ = std::io::stderr().write_all(b"\ninterrupted; the same command continues the download\n");
        std::process::exit(130);
    });
    let mut display = Display::default();
    let paths = download(&directory, &mnist::FILES, &mirrors, &mut |progress| {
        display.show(progress);
        ControlFlow::Continue(())
    })?;
    display.finish();
    let mut text = String::from("MNIST is here, SHA-256 of all four files as published:\n");
    for path in &paths {
        let _ = writeln!(text, "  {}", path.display());
    }
    let given = options.directory.is_some();
    let flag = if given { format!(" --mnist {}", directory.display()) } else { String::new() };
    let _ = write!(text, "next: cargo xtask reproduce{flag}");
    Ok(text)
}

/// A bar in a terminal; elsewhere a line a quarter of a file.
#[derive(Default)]
struct Display {
    bar: Option<ProgressBar>,
    file: String,
    quarter: Option<u64>,
}

impl Display {
    fn show(&mut self, progress: &Progress) {
        if self.file != progress.name {
            self.finish();
            progress.name.clone_into(&mut self.file);
            self.bar = std::io::stderr().is_terminal().then(|| bar(progress));
        }
        if let Some(bar) = &self.bar {
            if let Some(total) = progress.total {
                bar.set_length(total);
            }
            bar.set_position(progress.received);
            return;
        }
        let quarter = progress.total.filter(|t| *t > 0).map_or(0, |total| 4 * progress.received / total);
        if self.quarter != Some(quarter) {
            self.quarter = Some(quarter);
            let of = progress.total.map_or_else(String::new, |total| format!(" of {}", megabytes(total)));
            let line = format!("{}.gz: {}{of}", progress.name, megabytes(progress.received));
            // A closed standard error is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.abandon();
        }
        self.quarter = None;
    }
}

fn bar(progress: &Progress) -> ProgressBar {
    let bar = ProgressBar::new(progress.total.unwrap_or(0)).with_message(format!("{}.gz", progress.name));
    let template = "{msg:26} {bar:24} {bytes:>10} of {total_bytes}  {bytes_per_sec}  {eta} left";
    ProgressStyle::with_template(template).map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}
