//! Three worker processes on the loopback address, started and stopped here.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::data::{PROBLEMS, Problem, Random, by_vd, difference, folder, sql};
use datafusion_distributed::Worker as PlainWorker;
use vd_datafusion::{Engine, Error, Fitted, fit, options, worker};

/// A worker process; it ends with the value.
struct Worker {
    child: Child,
    address: String,
}

impl Worker {
    fn start(listen: &str, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vd-datafusion"))
            .args(["worker", "--listen", listen])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, address }
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The same worker again, at the same address.
    fn again(&mut self) {
        self.kill();
        *self = Self::start(&self.address.clone(), &[]);
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn three() -> Vec<Worker> {
    (0..3).map(|_| Worker::start("127.0.0.1:0", &[])).collect()
}

fn engine(workers: &[Worker]) -> Engine {
    let addresses: Vec<String> = workers.iter().map(|w| w.address.clone()).collect();
    Engine::cluster(&addresses, Some(2)).unwrap()
}

fn run(engine: &Engine, folder: &std::path::Path, problem: &Problem) -> Result<Fitted, Error> {
    fit(engine, &sql(folder), &options(problem.options()).unwrap())
}

#[test]
fn a_cluster_fits_as_vd_does() {
    let folder = folder(4, 3000);
    let workers = three();
    let engine = engine(&workers);
    for k in [0, 2, 4, 6, 8] {
        let problem = &PROBLEMS[k];
        let fitted = run(&engine, folder.path(), problem).unwrap();
        let apart = difference(&fitted.model, &by_vd(folder.path(), problem));
        println!("{} {:?}: {apart:.1e}, {} passes", problem.target, problem.words, fitted.passes);
        assert!(
            apart < if k == 2 { 1e-6 } else { 1e-9 },
            "{} {:?}: {apart:e}",
            problem.target,
            problem.words
        );
    }
    // The same workers and parts: the same bits.
    let once = || run(&engine, folder.path(), &PROBLEMS[6]).unwrap().model;
    assert_eq!(once(), once());
}

/// `VD_KILLS=20` kills as often as the decision's figures say.
#[test]
fn a_worker_may_be_killed_at_any_moment() {
    let kills: usize = std::env::var("VD_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let folder = folder(4, 3000);
    let mut workers = three();
    let problem = &PROBLEMS[6];
    let alone = run(&Engine::embedded(Some(2)).unwrap(), folder.path(), problem).unwrap().model;
    let start = Instant::now();
    run(&engine(&workers), folder.path(), problem).unwrap();
    let usual = start.elapsed();
    let mut random = Random(u64::from(std::process::id()));
    for kill in 0..kills {
        let engine = engine(&workers);
        let (victim, moment) = ((random.next() * 3.0) as usize, usual.mul_f64(random.next()));
        let start = Instant::now();
        let fitted = std::thread::scope(|scope| {
            let run = scope.spawn(|| run(&engine, folder.path(), problem));
            std::thread::sleep(moment);
            workers[victim].kill();
            run.join().unwrap()
        });
        let time = start.elapsed();
        assert!(time < Duration::from_secs(60), "{time:?}");
        match fitted {
            Ok(fitted) => {
                let apart = difference(&fitted.model, &alone);
                println!(
                    "kill {kill}: worker {victim} after {moment:.1?} of {usual:.1?}: right to {apart:.1e}, {time:.1?}"
                );
                assert!(apart < 1e-9, "{apart:e}");
            }
            Err(error) => panic!("worker {victim} killed after {moment:?}: {error}"),
        }
        workers[victim].again();
    }
}

/// A worker that is there and says nothing, as one that swaps or whose network is cut.
#[cfg(unix)]
#[test]
fn a_worker_that_stops_is_left_out() {
    let folder = folder(3, 2000);
    let workers = three();
    let engine = engine(&workers);
    let problem = &PROBLEMS[4];
    let expected = run(&engine, folder.path(), problem).unwrap().model;
    workers[1].signal("-STOP");
    let start = Instant::now();
    let fitted = run(&engine, folder.path(), problem);
    let time = start.elapsed();
    workers[1].signal("-CONT");
    assert!(difference(&fitted.unwrap().model, &expected) < 1e-9);
    println!("one of three stopped: {time:.1?}");
    assert!(time < Duration::from_secs(60), "{time:?}");
}

#[test]
fn workers_that_cannot_help_are_named() {
    let folder = folder(2, 3000);
    let lost = |addresses: &[String]| Engine::cluster(addresses, None).map(|_| ()).unwrap_err();
    assert!(matches!(lost(&["10.0.0.5".to_owned()]), Error::Usage(_)));
    let gone = {
        let worker = Worker::start("127.0.0.1:0", &[]);
        worker.address.clone()
    };
    let error = lost(std::slice::from_ref(&gone));
    assert!(matches!(error, Error::NoWorkers(_)) && error.to_string().contains(&gone), "{error}");
    let old = Worker::start("127.0.0.1:0", &["--claim", "0.0.1/0"]);
    let error = lost(std::slice::from_ref(&old.address)).to_string();
    assert!(error.contains(&old.address) && error.contains("0.0.1/0"), "{error}");

    // Workers of this version that do not know the aggregates.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let plain = || {
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let service = PlainWorker::default().with_version(worker::version()).into_worker_server();
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        runtime.spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        address
    };
    let engine = Engine::cluster(&[plain(), plain()], Some(2)).unwrap();
    let error = run(&engine, folder.path(), &PROBLEMS[0]).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Pass(_)) && error.to_string().contains("vd_survey"), "{error}");

    // Workers with too little memory for the pass.
    let small: Vec<Worker> = (0..2).map(|_| Worker::start("127.0.0.1:0", &["--memory", "1000"])).collect();
    let error = run(&self::engine(&small), folder.path(), &PROBLEMS[0]).map(|_| ()).unwrap_err().to_string();
    assert!(error.to_lowercase().contains("memory"), "{error}");
}

/// The commands of the README: two workers and a fit, and the model that `vd inspect` reads.
#[test]
fn the_command_line_fits_on_a_cluster() {
    let folder = folder(2, 800);
    let (one, two) = (Worker::start("127.0.0.1:0", &[]), Worker::start("127.0.0.1:0", &[]));
    let out = folder.path().join("model.vd");
    let command = |cluster: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vd-datafusion"));
        command.args(["fit", "--sql", &sql(folder.path()), "--json", "--partitions", "2"]);
        if cluster {
            command.args(["--cluster", &format!("{},{}", one.address, two.address)]);
        }
        let words = PROBLEMS[4].options().into_iter().filter(|word| word != "--no-score");
        command.arg("--out").arg(&out).args(words);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let (alone, together) = (command(false), command(true));
    assert_eq!(alone["kept_features"], together["kept_features"]);
    assert_eq!(alone["input"], together["input"]);
    let model: predictor::SavedModel = model_file::load(&out).unwrap();
    assert_eq!(model.target.name, "label");
    let failed = Command::new(env!("CARGO_BIN_EXE_vd-datafusion"))
        .args(["fit", "--sql", "select * from 'nothing.parquet'", "--target", "y"])
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("nothing.parquet"));
}
