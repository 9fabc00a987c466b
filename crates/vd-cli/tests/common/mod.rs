//! Running `vd`, and tables to run it on.
#![allow(dead_code, clippy::unwrap_used)] // Each test file uses some of these; a failure here is the test's.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A directory of its own, removed afterwards.
pub struct Desk(tempfile::TempDir);

impl Desk {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vd"));
        command.args(args).current_dir(self.0.path()).env_remove("NO_COLOR");
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    /// Begins a run whose temporary files go to a folder.
    pub fn start(&self, args: &[&str], temporary: &Path) -> std::process::Child {
        let quiet = || Stdio::null();
        self.command(args)
            .env("TMPDIR", temporary)
            .stdin(quiet())
            .stdout(quiet())
            .stderr(quiet())
            .spawn()
            .unwrap()
    }

    pub fn run_with(&self, args: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A program that stops early closes its end; that is its right.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        output
    }

    /// Standard output of a run that must succeed.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Standard error of a run that must fail with this code and say nothing else; `predict` has begun its table by then.
    pub fn fails(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
        assert!(output.stdout.is_empty() || args.first() == Some(&"predict"), "{args:?}");
        error
    }
}

/// A pseudo-random number in [-1, 1).
pub fn noise(i: usize) -> f64 {
    let mut z = (i as u64).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// `n` rows: y = 3 a − 2 b + 4 [colour = red] + noise; c and d do nothing, e is constant.
pub fn regression(n: usize) -> String {
    let mut csv = String::from("a,b,colour,c,d,e,y\n");
    for i in 0..n {
        let [a, b, c, d, u, v] = core::array::from_fn(|k| noise(6 * i + k));
        let colour = if u < -0.3 {
            "red"
        } else if u < 0.3 {
            "green"
        } else {
            "blue"
        };
        let y = 3.0 * a - 2.0 * b + 4.0 * f64::from(u8::from(colour == "red")) + 0.1 * v + 10.0;
        writeln!(csv, "{a},{b},{colour},{c},{d},7,{y}").unwrap();
    }
    csv
}

/// `n` rows of three classes that p and q tell apart; r does nothing.
pub fn classes(n: usize) -> String {
    let mut csv = String::from("p,q,r,kind\n");
    for i in 0..n {
        let [p, q, r, _] = core::array::from_fn(|k| noise(4 * i + k));
        let kind = if p > 0.2 {
            "up, \"high\""
        } else if q > 0.0 {
            "right"
        } else {
            "left"
        };
        writeln!(csv, "{p},{q},{r},\"{}\"", kind.replace('"', "\"\"")).unwrap();
    }
    csv
}

/// Whether the system has a C compiler.
pub fn has_cc() -> bool {
    Command::new("cc").arg("--version").output().is_ok_and(|o| o.status.success())
}

/// Compiles C99 with every warning an error, as a filter.
pub fn compile(source: &Path, program: &Path, define: &str) {
    let define = format!("-D{define}");
    let output = Command::new("cc")
        .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O2", &define])
        .arg(source)
        .arg("-o")
        .arg(program)
        .arg("-lm")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
