//! The `bench` command: the criterion suite, and with `--peers` other libraries on the same data in the same run.
//!
//! Ours and the peer's times of a job are taken one after the other on one machine in one run; each is the least of a few
//! repetitions. What is compared is written with each row: two programs that stop at different optima are not equally fast.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

mod ratios;

use ratios::Ratios;

use nalgebra::{DMatrix, DVector};
use serde::Deserialize;

use crate::cli::Bench;
use crate::error::{Error, Result};
use crate::fits::{self, Logistic};
use crate::output::replace_file;
use crate::protocol::{Digits, Prepared, ProtocolVariant, prepare};

/// The peers' script and what it needs, beside this crate's sources.
const SCRIPT: &str = "crates/vd-bench/peers/peers.py";
const REQUIREMENTS: &str = "crates/vd-bench/peers/requirements.txt";
const DATA: &str = "target/peers/data";

/// Runs the command; gives what is to be said on standard output.
///
/// # Errors
/// A program that fails or is missing, a place that cannot be written.
pub fn run(options: &Bench, root: &Path) -> Result<String> {
    if !options.peers {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        call(Command::new(cargo).args(["bench", "--workspace", "--benches"]).current_dir(root))?;
        return Ok("criterion's results: target/criterion".into());
    }
    let jobs = select(&options.job)?;
    let python = match &options.python {
        Some(python) => python.clone(),
        None => environment(root)?,
    };
    let data = root.join(DATA);
    std::fs::create_dir_all(&data).map_err(Error::write(&data))?;
    let mut ratios = Ratios::create(root)?;
    for job in jobs {
        // A closed standard error is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{}: the peer, then ours", job.name);
        let peer = job.peer(&python, root, &data)?;
        let ours = job.ours()?;
        // Job by job: what an interrupt cuts off is the rest.
        ratios.write(root, &row(&job, &ours, &peer))?;
    }
    Ok(ratios.report(root))
}

/// The jobs asked for; all if none is.
fn select(names: &[String]) -> Result<Vec<Job>> {
    let known: Vec<&'static str> = jobs().iter().map(|job| job.name).collect();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Error::Usage(format!("no job '{name}'; there are: {}", known.join(", ")))),
        None => Ok(jobs()
            .into_iter()
            .filter(|job| names.is_empty() || names.iter().any(|n| n == job.name))
            .collect()),
    }
}

/// Inputs and targets.
type Data = (DMatrix<f64>, DVector<f64>);

/// A job that ours and a peer do on the same data.
struct Job {
    name: &'static str,
    ours: &'static str,
    /// Writes the data as CSV; the last column is the target.
    data: fn() -> Result<Data>,
    /// Does it: a word on the quality of what came out.
    fit: fn(&DMatrix<f64>, &DVector<f64>) -> Result<String>,
    repetitions: usize,
}

/// A measurement: least seconds and quality.
#[derive(Debug, Clone, Deserialize)]
struct Measured {
    name: String,
    seconds: f64,
    quality: String,
}

fn jobs() -> Vec<Job> {
    vec![
        Job {
            name: "sparse-regression-500x200",
            ours: "vd-linreg, λ = 1",
            data: || Ok(regression(500, 200, 20)),
            fit: linreg,
            repetitions: 20,
        },
        Job {
            name: "sparse-regression-500x1000",
            ours: "vd-linreg, λ = 1",
            data: || Ok(regression(500, 1000, 20)),
            fit: linreg,
            repetitions: 3,
        },
        Job {
            name: "digits-rvm-linear",
            ours: "rvm, one-vs-rest on the features",
            data: digits,
            fit: |x, t| {
                let (fit, _) = fits::relevance(&classification(x, t), None)?;
                Ok(format!("train accuracy {:.4}", fit.train_accuracy))
            },
            repetitions: 3,
        },
        Job {
            name: "digits-l1-cv",
            ours: "l1-logreg, one-vs-rest, 10 C x 3 folds",
            data: digits,
            fit: |x, t| {
                let fit = fits::logistic(&classification(x, t), Logistic::PosterL1, 0)?;
                Ok(format!("C {:.4}, train accuracy {:.4}", fit.parameter.1, fit.train_accuracy))
            },
            repetitions: 1,
        },
    ]
}

fn regression(objects: usize, features: usize, relevant: usize) -> Data {
    let problem = vd_linreg::synthetic::Spec::new(objects, features, relevant, 1.0).problem(0);
    (problem.x, problem.t)
}

fn linreg(x: &DMatrix<f64>, t: &DVector<f64>) -> Result<String> {
    let fit = vd_linreg::Params::new().fit(x, t).map_err(Error::fit("vd-linreg"))?;
    Ok(format!("{} kept", fit.model.support().len()))
}

fn digits() -> Result<Data> {
    let data = prepare(Digits::Plain, ProtocolVariant::Poster, 0)?;
    let labels = data.train.labels.iter().map(|&l| l as f64);
    Ok((data.train.x, DVector::from_iterator(data.train.labels.len(), labels)))
}

fn classification(x: &DMatrix<f64>, t: &DVector<f64>) -> Prepared {
    let labels = t.iter().map(|&t| t as usize).collect();
    let train = crate::data::Classification { x: x.clone(), labels, classes: 10 };
    Prepared { test: train.clone(), train, noise_columns: 0..0 }
}

impl Job {
    fn ours(&self) -> Result<Measured> {
        let (x, t) = (self.data)()?;
        let mut best = Measured { name: self.ours.into(), seconds: f64::INFINITY, quality: String::new() };
        for _ in 0..self.repetitions {
            let started = Instant::now();
            best.quality = (self.fit)(&x, &t)?;
            best.seconds = best.seconds.min(started.elapsed().as_secs_f64());
        }
        Ok(best)
    }

    /// The peers' measurements: one JSON object a line on the script's standard output.
    fn peer(&self, python: &Path, root: &Path, data: &Path) -> Result<Vec<Measured>> {
        let file = data.join(format!("{}.csv", self.name));
        let (x, t) = (self.data)()?;
        let mut text = String::new();
        for n in 0..x.nrows() {
            for value in x.row(n).iter() {
                let _ = write!(text, "{value},");
            }
            let _ = writeln!(text, "{}", t[n]);
        }
        replace_file(&file, text.as_bytes())?;
        let program = || python.display().to_string();
        let fault = |reason: String| Error::Program { program: program(), reason };
        let output = Command::new(python)
            .arg(root.join(SCRIPT))
            .arg(self.name)
            .arg(&file)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| fault(e.to_string()))?;
        if !output.status.success() {
            return Err(fault(format!("{SCRIPT} {}: {}", self.name, output.status)));
        }
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).map_err(|e| fault(format!("{line}: {e}"))))
            .collect()
    }
}

/// A row for the fastest peer.
fn row(job: &Job, ours: &Measured, peers: &[Measured]) -> Vec<String> {
    let peer = peers.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let (name, seconds, quality, ratio) = peer.map_or_else(Default::default, |p| {
        let ratio = format!("{:.1}", p.seconds / ours.seconds);
        (p.name.clone(), format!("{:.4}", p.seconds), p.quality.clone(), ratio)
    });
    let ours_seconds = format!("{:.4}", ours.seconds);
    vec![
        job.name.into(),
        ours.name.clone(),
        ours_seconds,
        ours.quality.clone(),
        name,
        seconds,
        quality,
        ratio,
    ]
}

/// The virtual environment of the peers, made on first use from the pinned list.
fn environment(root: &Path) -> Result<PathBuf> {
    let place = root.join("target/peers/venv");
    let python = place.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = place.join("requirements.txt");
    let wanted = std::fs::read(root.join(REQUIREMENTS)).map_err(Error::read(root.join(REQUIREMENTS)))?;
    if std::fs::read(&stamp).ok().as_deref() != Some(&wanted[..]) {
        call(Command::new("python3").arg("-m").arg("venv").arg("--clear").arg(&place))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "-r"]).arg(root.join(REQUIREMENTS));
        call(&mut pip).map_err(|error| Error::Program {
            program: "pip".into(),
            reason: format!(
                "the peers of {REQUIREMENTS} could not be installed ({error}); without a network, --python names a Python that has them"
            ),
        })?;
        // Written last: an interrupted installation is started again.
        std::fs::File::create(&stamp).and_then(|mut f| f.write_all(&wanted)).map_err(Error::write(&stamp))?;
    }
    Ok(python)
}

fn call(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Program { program, reason: status.to_string() }),
        Err(e) => Err(Error::Program { program, reason: e.to_string() }),
    }
}
