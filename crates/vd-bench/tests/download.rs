//! Downloads from a local server that breaks off, lies or has nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail like tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::read::GzEncoder;
use vd_bench::Error;
use vd_bench::data::download::{download, holds};
use vd_bench::data::mnist::{FILES, File};
use vd_bench::data::sha256_hex;

/// What the server does with one request.
#[derive(Clone, Copy)]
enum Act {
    Whole,
    /// Announces everything, sends this many bytes.
    BreakAfter(usize),
    Wrong,
    NotFound,
    /// Sends everything and ignores the range asked for.
    IgnoreRange,
    /// Answers a range with another one.
    WrongRange,
    /// Refuses every range.
    NoSuchRange,
    Garbage,
    Endless,
    /// A small gzip stream of far too many zeros.
    Bomb,
}

/// A server for one file: one act a request (the last one again and again), and the ranges that were asked for.
struct Server {
    url: String,
    ranges: Arc<Mutex<Vec<Option<u64>>>>,
}

fn serve(packed: Vec<u8>, acts: Vec<Act>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let ranges = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ranges);
    std::thread::spawn(move || {
        for (turn, stream) in listener.incoming().flatten().enumerate() {
            let act = acts[turn.min(acts.len() - 1)];
            let range = answer(stream, &packed, act);
            seen.lock().unwrap().push(range);
        }
    });
    Server { url, ranges }
}

fn answer(mut stream: TcpStream, packed: &[u8], act: Act) -> Option<u64> {
    let mut range = None;
    for line in BufReader::new(&stream).lines().map_while(Result::ok).take_while(|l| !l.is_empty()) {
        if let Some(from) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            range = from.trim_end_matches('-').parse::<u64>().ok();
        }
    }
    let bomb;
    let packed = if matches!(act, Act::Bomb) {
        bomb = zeros();
        &bomb[..]
    } else {
        packed
    };
    let from = match act {
        Act::IgnoreRange | Act::Bomb => 0,
        _ => range.unwrap_or(0).min(packed.len() as u64) as usize,
    };
    let (rest, total) = (packed.len() - from, packed.len());
    let head = match act {
        Act::NotFound => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n".into(),
        Act::Garbage => "hello\r\n".into(),
        Act::Endless => "HTTP/1.1 200 OK\r\n".into(),
        Act::NoSuchRange if from > 0 => "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n".into(),
        Act::WrongRange if from > 0 => format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Length: {total}\r\nContent-Range: bytes 0-{}/{total}\r\n",
            total - 1
        ),
        _ if from > 0 && rest == 0 => "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n".into(),
        _ if from > 0 => format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Length: {rest}\r\nContent-Range: bytes {from}-{}/{total}\r\n",
            total - 1
        ),
        _ => format!("HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n"),
    };
    let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
    let mut body = packed[from..].to_vec();
    match act {
        Act::NotFound | Act::Garbage => body.clear(),
        Act::BreakAfter(n) => body.truncate(n),
        Act::Wrong => {
            let middle = body.len() / 2;
            body[middle] ^= 0xff;
        }
        Act::Endless => while stream.write_all(&[0x1f; 65536]).is_ok() {},
        _ => {}
    }
    let _ = stream.write_all(&body);
    range
}

/// 256 MB of zeros, packed to about a megabyte: far more than any file may hold.
fn zeros() -> Vec<u8> {
    let mut packed = Vec::new();
    GzEncoder::new(std::io::repeat(0).take(1 << 28), Compression::fast()).read_to_end(&mut packed).unwrap();
    packed
}

fn sample() -> (File, Vec<u8>) {
    let mut state = 1_u32;
    let content: Vec<u8> = (0..200_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let mut packed = Vec::new();
    GzEncoder::new(&content[..], Compression::fast()).read_to_end(&mut packed).unwrap();
    let sha256 = Box::leak(sha256_hex([&content]).into_boxed_str());
    (File { name: "sample", length: content.len() as u64, sha256 }, packed)
}

fn run(directory: &Path, file: &File, servers: &[&Server]) -> vd_bench::Result<Vec<PathBuf>> {
    let mirrors: Vec<&str> = servers.iter().map(|s| s.url.as_str()).collect();
    download(directory, &[*file], &mirrors, &mut |_| ControlFlow::Continue(()))
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// A port that was free a moment ago: nobody listens.
fn nobody() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    Server { url, ranges: Arc::default() }
}

#[test]
fn a_whole_file_arrives_with_progress_and_is_not_fetched_again() {
    let (file, packed) = sample();
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("made/on/the/way");
    let server = serve(packed.clone(), vec![Act::Whole]);
    let mut last = 0;
    let paths = download(&directory, &[file], &[&server.url], &mut |p| {
        assert!(p.received >= last && p.total == Some(packed.len() as u64));
        last = p.received;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(last, packed.len() as u64);
    assert_eq!(std::fs::read(&paths[0]).unwrap(), packed);
    assert_eq!(names(&directory), ["sample.gz"]);
    // Also with nobody there to ask.
    run(&directory, &file, &[&nobody()]).unwrap();
    assert_eq!(server.ranges.lock().unwrap().len(), 1);
}

#[test]
fn a_broken_transfer_is_continued_where_it_stopped() {
    let (file, packed) = sample();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(packed.clone(), vec![Act::BreakAfter(70_000), Act::BreakAfter(50_000), Act::Whole]);
    let paths = run(folder.path(), &file, &[&server]).unwrap();
    assert_eq!(std::fs::read(&paths[0]).unwrap(), packed);
    assert_eq!(*server.ranges.lock().unwrap(), [None, Some(70_000), Some(120_000)]);
}

#[test]
fn a_stopped_download_is_continued_by_the_next_run() {
    let (file, packed) = sample();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(packed.clone(), vec![Act::Whole]);
    let stopped = download(folder.path(), &[file], &[&server.url], &mut |p| {
        if p.received < 60_000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert!(matches!(stopped, Err(Error::Stopped { .. })), "{stopped:?}");
    assert_eq!(names(folder.path()), ["sample.gz.part"]);
    let paths = run(folder.path(), &file, &[&server]).unwrap();
    assert_eq!(std::fs::read(&paths[0]).unwrap(), packed);
    assert!(server.ranges.lock().unwrap()[1].is_some_and(|from| from >= 60_000));
}

#[test]
fn a_part_is_completed_whatever_the_server_makes_of_the_range() {
    let (file, packed) = sample();
    for act in [Act::Whole, Act::IgnoreRange, Act::WrongRange, Act::NoSuchRange] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sample.gz.part"), &packed[..100_000]).unwrap();
        let paths = run(folder.path(), &file, &[&serve(packed.clone(), vec![act])]).unwrap();
        assert_eq!(std::fs::read(&paths[0]).unwrap(), packed);
        assert_eq!(names(folder.path()), ["sample.gz"]);
    }
    // A part that is whole already: killed between the check and the renaming.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sample.gz.part"), &packed).unwrap();
    run(folder.path(), &file, &[&nobody()]).unwrap();
    assert_eq!(names(folder.path()), ["sample.gz"]);
}

#[test]
fn the_next_mirror_helps_out() {
    let (file, packed) = sample();
    for bad in [Act::NotFound, Act::Wrong, Act::Garbage, Act::BreakAfter(0), Act::Endless, Act::Bomb] {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (serve(packed.clone(), vec![bad]), serve(packed.clone(), vec![Act::Whole]));
        let paths = run(folder.path(), &file, &[&first, &second]).unwrap();
        assert_eq!(std::fs::read(&paths[0]).unwrap(), packed);
        assert_eq!(names(folder.path()), ["sample.gz"]);
        assert!(!first.ranges.lock().unwrap().is_empty(), "the first was asked first");
    }
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &file, &[&nobody(), &serve(packed, vec![Act::Whole])]).unwrap();
}

#[test]
fn a_wrong_part_or_file_on_disk_is_replaced() {
    let (file, packed) = sample();
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("sample.gz.part");
    for left in [vec![7_u8; 5000], vec![7_u8; packed.len()], vec![7_u8; packed.len() + 9]] {
        std::fs::write(&part, &left).unwrap();
        std::fs::write(folder.path().join("sample.gz"), b"damaged").unwrap();
        let paths = run(folder.path(), &file, &[&serve(packed.clone(), vec![Act::Whole])]).unwrap();
        assert!(holds(&paths[0], &file).unwrap());
        assert_eq!(names(folder.path()), ["sample.gz"]);
    }
}

#[test]
fn a_file_that_would_be_read_instead_is_not_touched_but_named() {
    let (file, packed) = sample();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sample"), b"mine").unwrap();
    let error = run(folder.path(), &file, &[&serve(packed, vec![Act::Whole])]).unwrap_err();
    assert!(matches!(&error, Error::InTheWay { path } if path.ends_with("sample")), "{error}");
    assert_eq!(names(folder.path()), ["sample"]);
}

#[test]
fn without_a_mirror_the_error_says_what_to_do() {
    let (file, packed) = sample();
    let folder = tempfile::tempdir().unwrap();
    let lost = nobody();
    let error = run(folder.path(), &file, &[&lost, &serve(packed, vec![Act::Wrong])]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&lost.url) && text.contains("SHA-256 is wrong") && text.contains("By hand"),
        "{text}"
    );
    assert!(text.contains(&folder.path().display().to_string()));
    assert!(names(folder.path()).is_empty(), "nothing half-written stays");
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, b"not a folder").unwrap();
    let error = run(&blocked.join("below"), &file, &[&lost]).unwrap_err();
    assert!(matches!(error, Error::Write { .. }), "{error}");
}

#[test]
fn a_second_download_to_the_same_place_is_refused() {
    let (file, packed) = sample();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(packed, vec![Act::Whole]);
    let mut second = None;
    download(folder.path(), &[file], &[&server.url], &mut |_| {
        second.get_or_insert_with(|| run(folder.path(), &file, &[&server]).unwrap_err());
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(matches!(second, Some(Error::Busy { .. })), "{second:?}");
}

#[test]
fn the_list_is_mnists() {
    for (file, bytes) in FILES.iter().zip([47_040_016, 60_008, 7_840_016, 10_008]) {
        assert_eq!((file.length, file.sha256.len()), (bytes, 64));
    }
}

#[test]
fn the_command_offline_says_how_to_get_the_files_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("mnist");
    let command = |mirror: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vd-bench"));
        command.args(["data", "mnist", "--mirror", mirror]).arg(&place).output().expect("the program starts")
    };
    let output = command(&nobody().url);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("By hand: put train-images-idx3-ubyte"), "{text}");
    assert!(text.contains("/train-images-idx3-ubyte.gz: ") && text.contains("refused"), "{text}");
    assert!(names(&place).is_empty());
    let (_, packed) = sample();
    let output = command(&serve(packed, vec![Act::Whole]).url);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("SHA-256 is wrong"), "{text}");
    assert!(names(&place).is_empty(), "not MNIST, so nothing stays");
}
