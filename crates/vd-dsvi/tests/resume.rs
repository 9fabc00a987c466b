//! A run killed at any moment and resumed ends in the same bits as one never interrupted, for 1, 2 and 4 threads.
#![cfg(feature = "checkpoints")]
#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nalgebra::DMatrix;
use vd_dsvi::{Batch, Convergence, Error, Params, Schedule, Training};

/// Set in the process that is to be killed: CHECKPOINT RESULT THREADS NETWORK, one a line.
const CHILD: &str = "VD_DSVI_RESUME_CHILD";

/// Not a test of its own: what [`killed_and_resumed_equals_uninterrupted`] runs in other processes. Trains, with a checkpoint every
/// seven steps, from the checkpoint if there is one.
#[test]
fn child() {
    let Ok(arguments) = std::env::var(CHILD) else { return };
    let arguments: Vec<&str> = arguments.lines().collect();
    let (checkpoint, result) = (Path::new(arguments[0]), Path::new(arguments[1]));
    let (threads, network) = (arguments[2].parse::<usize>().unwrap(), arguments[3] == "true");
    let x = DMatrix::<f32>::from_fn(230, 12, |n, d| ((n * 31 + d * 17 + 1) as f32 * 0.7).sin());
    let t: Vec<usize> =
        (0..230).map(|n| usize::from(x[(n, 0)] > x[(n, 1)]) + usize::from(x[(n, 2)] > 0.5)).collect();
    let epochs = 250usize;
    let params = Params::new()
        .hidden(if network { &[9, 5] } else { &[] })
        .intercept(network)
        .batch(Batch::Size(25))
        .epochs(epochs)
        .learning_rate(Schedule::linear(&[(0.0, 0.02), (epochs as f64, 0.001)]))
        .lambda(Schedule::linear(&[(2.0, 0.0), (30.0, 1.0)]))
        .convergence(Convergence { window: 7, tolerance: 1e-9 })
        .report_every(3)
        .seed(4)
        .threads(threads);
    let mut training = Training::new(params, &x, &t).unwrap().checkpoint_every(checkpoint, 7).unwrap();
    if checkpoint.exists() {
        training = training.resume(checkpoint).unwrap();
    }
    let fit = training.run(|_| std::ops::ControlFlow::Continue(())).unwrap();
    let layers = fit.model.layers().iter().flat_map(|l| l.theta().iter().chain(l.log_sigma2().iter()));
    let bits: Vec<u8> = layers.flat_map(|v| v.to_bits().to_le_bytes()).collect();
    let trace = fit.report.trace.iter().flat_map(|p| p.elbo.to_bits().to_le_bytes());
    std::fs::write(result, bits.into_iter().chain(trace).collect::<Vec<u8>>()).unwrap();
}

fn command(folder: &Path, name: &str, threads: usize, network: bool) -> (Command, PathBuf) {
    let (checkpoint, result) =
        (folder.join(format!("{name}.checkpoint")), folder.join(format!("{name}.result")));
    let mut command = Command::new(std::env::current_exe().unwrap());
    let arguments = format!("{}\n{}\n{threads}\n{network}", checkpoint.display(), result.display());
    command.args(["--exact", "child"]).env(CHILD, arguments).stdout(Stdio::null()).stderr(Stdio::null());
    (command, result)
}

#[test]
fn killed_and_resumed_equals_uninterrupted() {
    let folder = tempfile::tempdir().unwrap();
    let mut kills = 0;
    for network in [false, true] {
        let (mut whole, expected) = command(folder.path(), &format!("whole{network}"), 1, network);
        let started = std::time::Instant::now();
        assert!(whole.status().unwrap().success());
        let length = started.elapsed();
        let expected = std::fs::read(expected).unwrap();
        for threads in [1usize, 2, 4] {
            let name = format!("killed{network}{threads}");
            let mut seed = 0x9E37_79B9_7F4A_7C15u64.wrapping_mul(threads as u64 + 3 * u64::from(network) + 1);
            for attempt in 0..40 {
                let (mut run, result) = command(folder.path(), &name, threads, network);
                if attempt < 5 {
                    let mut child = run.spawn().unwrap();
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    std::thread::sleep(Duration::from_secs_f64(
                        length.as_secs_f64() * (0.05 + 0.3 * (seed >> 40) as f64 / (1u64 << 24) as f64),
                    ));
                    // SIGKILL on Unix: no handler runs, no buffer is flushed.
                    if child.try_wait().unwrap().is_none() {
                        child.kill().unwrap();
                        kills += 1;
                    }
                    child.wait().unwrap();
                } else {
                    assert!(run.status().unwrap().success());
                }
                if result.exists() {
                    assert!(std::fs::read(&result).unwrap() == expected, "{name}: other bits");
                    break;
                }
            }
        }
    }
    assert!(kills >= 6, "only {kills} runs were killed in time to test anything");
}

fn problem() -> (DMatrix<f64>, Vec<usize>) {
    let x = DMatrix::from_fn(40, 3, |n, d| ((n * 7 + d * 5) as f64).sin());
    let t = (0..40).map(|n| usize::from(x[(n, 0)] > 0.0)).collect();
    (x, t)
}

#[test]
fn foreign_and_damaged_checkpoints_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.checkpoint");
    let (x, t) = problem();
    let params = Params::new().batch(Batch::Size(10)).epochs(3).threads(1);
    let training = |p: &Params| Training::new(p.clone(), &x, &t).unwrap();
    training(&params)
        .checkpoint_every(&path, 2)
        .unwrap()
        .run(|_| std::ops::ControlFlow::Continue(()))
        .unwrap();
    assert_eq!(training(&params).resume(&path).unwrap().step(), 12);
    // More epochs and other threads are the same fit.
    assert!(training(&params.clone().epochs(9).threads(2)).resume(&path).is_ok());
    for other in [params.clone().seed(1), params.clone().lambda(2.0), params.clone().hidden(&[2])] {
        assert!(matches!(
            training(&other).resume(&path),
            Err(Error::ForeignCheckpoint { what: "parameters", .. })
        ));
    }
    let moved = x.map(|v| v + 1e-12);
    let elsewhere = Training::new(params.clone(), &moved, &t).unwrap().resume(&path);
    assert!(matches!(elsewhere, Err(Error::ForeignCheckpoint { what: "inputs or targets", .. })));
    let single = x.map(|v| v as f32);
    let narrow = Training::new(params.clone(), &single, &t).unwrap().resume(&path);
    assert!(matches!(narrow, Err(Error::ForeignCheckpoint { .. })));

    let bytes = std::fs::read(&path).unwrap();
    let damaged = folder.path().join("b.checkpoint");
    for at in (0..bytes.len()).step_by(bytes.len() / 97 + 1) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        std::fs::write(&damaged, &flipped).unwrap();
        assert!(matches!(training(&params).resume(&damaged), Err(Error::Checkpoint { .. })), "byte {at}");
        std::fs::write(&damaged, &bytes[..at]).unwrap();
        assert!(matches!(training(&params).resume(&damaged), Err(Error::Checkpoint { .. })), "cut at {at}");
    }
    assert!(matches!(training(&params).resume(folder.path().join("absent")), Err(Error::Checkpoint { .. })));
    let nowhere = training(&params).save(folder.path().join("no").join("such").join("folder"));
    assert!(matches!(nowhere, Err(Error::Checkpoint { .. })));
}

/// The stopping rule's state is part of a checkpoint: a fit that had converged stays where it is, however often it is resumed.
#[test]
fn a_converged_fit_resumes_as_converged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.checkpoint");
    let h = |k: usize| (1e4 * ((k + 1) as f32).sin()).fract();
    let x = DMatrix::<f32>::from_fn(200, 6, |n, d| 2.0 * h(n * 6 + d));
    let t: Vec<usize> = (0..200).map(|n| usize::from(x[(n, 0)] + h(n + 9999) > 0.0)).collect();
    let params = Params::new()
        .epochs(5000)
        .learning_rate(0.01)
        .batch(Batch::Full)
        .convergence(Convergence { window: 20, tolerance: 0.02 });
    let plain = params.fit(&x, &t).unwrap();
    assert_eq!(plain.report.status, vd_dsvi::Status::Converged);
    let training = || Training::new(params.clone(), &x, &t).unwrap();
    let go = |_: &vd_dsvi::Progress| std::ops::ControlFlow::Continue(());
    assert_eq!(training().checkpoint_every(&path, 50).unwrap().run(go).unwrap().model, plain.model);
    for _ in 0..3 {
        let resumed = training().resume(&path).unwrap().checkpoint_every(&path, 50).unwrap().run(go).unwrap();
        assert_eq!(resumed.model, plain.model);
        assert_eq!(resumed.report, plain.report);
    }
    // More epochs change nothing either: the rule was met.
    let longer = Training::new(params.clone().epochs(9000), &x, &t).unwrap().resume(&path).unwrap();
    assert_eq!(longer.run(go).unwrap().model, plain.model);
}
