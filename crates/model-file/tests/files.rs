//! On disk: whole or not at all, and errors that name the file.

#![allow(clippy::unwrap_used, clippy::panic)] // Helper functions of tests are not seen as tests.

mod common;

use common::{Small, small};
use model_file::{
    Error, HEADER_LEN, Kind, Part, load, load_limited, read_sealed, save, seal, write_atomic,
    write_atomic_with,
};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_value_survives_the_disk_and_leaves_no_other_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("m.vd");
    save(&path, &small()).unwrap();
    save(&path, &small()).unwrap();
    assert_eq!(load::<Small>(&path).unwrap(), small());
    assert_eq!(names(directory.path()), ["m.vd"]);
}

#[test]
fn errors_name_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("m.vd");
    let error = load::<Small>(&path).unwrap_err();
    assert!(
        matches!(&error, Error::Io { action: "open", .. }) && error.to_string().contains("m.vd"),
        "{error}"
    );

    save(&path, &small()).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let len = bytes.len() as u64;
    let error = load_limited::<Small>(&path, len - 1).unwrap_err();
    assert!(matches!(error.root(), Error::TooLarge { size, limit } if (*size, *limit) == (len, len - 1)));
    load_limited::<Small>(&path, len).unwrap();

    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = load::<Small>(&path).unwrap_err();
    assert!(matches!(error.root(), Error::Corrupted { part: Part::Payload, .. }));
    assert!(error.to_string().contains("m.vd"), "{error}");

    bytes.push(0);
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(load::<Small>(&path).unwrap_err().root(), Error::TrailingBytes { extra: 1 }));
    fs::write(&path, &bytes[..70]).unwrap();
    assert!(matches!(load::<Small>(&path).unwrap_err().root(), Error::Truncated { found: 70, .. }));
    assert!(matches!(load::<Small>(directory.path()), Err(Error::Io { .. })));
}

/// A source that never ends, and counts what is taken from it.
struct Endless {
    head: io::Cursor<Vec<u8>>,
    taken: u64,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.head.read(buffer)?;
        let n = if n == 0 { buffer.len() } else { n };
        self.taken += n as u64;
        Ok(n)
    }
}

#[test]
fn an_endless_source_is_read_no_further_than_its_header_promises() {
    let sealed = seal(Kind::new("k", 1), &[7; 100]).unwrap();
    let mut endless = Endless { head: io::Cursor::new(sealed.clone()), taken: 0 };
    let error = read_sealed(&mut endless, u64::MAX).unwrap().unwrap_err();
    assert!(matches!(error, Error::TrailingBytes { extra: 1 }));
    assert_eq!(endless.taken, sealed.len() as u64 + 1);
    let mut zeros = Endless { head: io::Cursor::new(vec![]), taken: 0 };
    assert!(matches!(read_sealed(&mut zeros, u64::MAX).unwrap(), Err(Error::NotAModelFile)));
    assert_eq!(zeros.taken, HEADER_LEN as u64);
}

#[test]
fn a_forged_length_reserves_nothing() {
    let mut forged = seal(Kind::new("k", 1), &[]).unwrap();
    forged[36..44].copy_from_slice(&u64::MAX.to_le_bytes());
    let crc = crc32fast::hash(&forged[..48]);
    forged[48..52].copy_from_slice(&crc.to_le_bytes());
    let error = read_sealed(&mut &forged[..], u64::MAX).unwrap().unwrap_err();
    assert!(matches!(error, Error::Truncated { expected: u64::MAX, found: 52 }), "{error:?}");
    assert!(matches!(read_sealed(&mut &forged[..], 1 << 40).unwrap(), Err(Error::TooLarge { .. })));
}

#[test]
fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.csv");
    write_atomic(&path, b"old").unwrap();
    let error = write_atomic_with(&path, |file| {
        file.write_all(&[1; 1 << 20])?;
        Err(io::Error::other("the producer failed"))
    })
    .unwrap_err();
    assert!(matches!(&error, Error::Io { action: "write", .. }), "{error:?}");
    assert!(error.to_string().contains("the producer failed"));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(directory.path()), ["t.csv"]);

    assert!(matches!(write_atomic(directory.path(), b"x"), Err(Error::Io { .. })));
    assert!(matches!(write_atomic(directory.path().join("no/such/dir"), b"x"), Err(Error::Io { .. })));
    assert!(matches!(write_atomic("", b"x"), Err(Error::Io { .. })));
    assert_eq!(names(directory.path()), ["t.csv"]);
}

#[test]
fn a_panic_in_the_producer_leaves_the_old_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.csv");
    write_atomic(&path, b"old").unwrap();
    let result = std::panic::catch_unwind(|| {
        write_atomic_with(&path, |file| {
            file.write_all(b"half")?;
            panic!("producer")
        })
    });
    assert!(result.is_err());
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

/// Readers that race with a writer see whole files only.
#[test]
fn readers_never_see_a_half_written_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t");
    write_atomic(&path, &[0; 100_000]).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (1..=30_u8).for_each(|k| write_atomic(&path, &[k; 100_000]).unwrap()));
        let mut last = 0;
        while !writer.is_finished() {
            let bytes = fs::read(&path).unwrap();
            assert_eq!(bytes.len(), 100_000);
            assert!(bytes.iter().all(|&b| b == bytes[0]) && bytes[0] >= last);
            last = bytes[0];
        }
    });
    assert_eq!(names(directory.path()), ["t"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_permissions_kept_and_devices_written_through() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let directory = tempfile::tempdir().unwrap();
    let (real, link) = (directory.path().join("real"), directory.path().join("link"));
    write_atomic(&real, b"old").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, &link).unwrap();
    write_atomic(&link, b"new").unwrap();
    assert_eq!(fs::read(&real).unwrap(), b"new");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    write_atomic("/dev/null", b"gone").unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[cfg(unix)]
#[test]
fn a_link_that_dangles_is_followed_and_stays() {
    use std::os::unix::fs::symlink;
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::create_dir(at("store")).unwrap();
    // Relative, through a second link, and into another directory.
    symlink("second", at("first")).unwrap();
    symlink("store/model", at("second")).unwrap();
    write_atomic(at("first"), b"new").unwrap();
    assert_eq!(fs::read(at("store/model")).unwrap(), b"new");
    assert!(["first", "second"].iter().all(|name| fs::symlink_metadata(at(name)).unwrap().is_symlink()));
    assert_eq!(names(directory.path()), ["first", "second", "store"]);
    assert_eq!(names(&at("store")), ["model"]);

    // Where the directory that the link names is missing, nothing can be written, and the link stays.
    symlink("nowhere/model", at("lost")).unwrap();
    assert!(matches!(write_atomic(at("lost"), b"new"), Err(Error::Io { .. })));
    assert!(fs::symlink_metadata(at("lost")).unwrap().is_symlink());
}

#[cfg(unix)]
#[test]
fn a_link_in_a_circle_is_an_error_and_stays() {
    use std::os::unix::fs::symlink;
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    symlink("self", at("self")).unwrap();
    symlink("b", at("a")).unwrap();
    symlink("a", at("b")).unwrap();
    for name in ["self", "a"] {
        let error = write_atomic(at(name), b"new").unwrap_err();
        assert!(matches!(&error, Error::Io { action: "follow the link", .. }), "{error:?}");
        assert!(error.to_string().contains("circle"), "{error}");
        assert!(fs::symlink_metadata(at(name)).unwrap().is_symlink());
    }
    assert_eq!(names(directory.path()), ["a", "b", "self"]);
}

/// Runs this test's program as a process of its own that starts a write and never ends; kills it half-way.
#[test]
fn what_a_killed_write_left_is_swept_by_the_next_write() {
    const PLACE: &str = "MODEL_FILE_TEST_KILLED_WRITE";
    if let Some(path) = std::env::var_os(PLACE) {
        let _ = write_atomic_with(&path, |file| {
            file.write_all(&[1; 100_000])?;
            loop {
                std::thread::sleep(std::time::Duration::from_secs(1));
            }
        });
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("m.vd");
    write_atomic(&path, b"old").unwrap();
    let temporary = |directory: &Path| names(directory).into_iter().filter(|n| n.ends_with(".tmp")).count();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_a_killed_write_left_is_swept_by_the_next_write"])
        .env(PLACE, &path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while temporary(directory.path()) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "the writer must be running");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // A write that runs keeps its temporary file, whatever others write. (The lock follows the making at once; a sweep in
    // between makes the writer take another name.)
    std::thread::sleep(std::time::Duration::from_millis(50));
    write_atomic(&path, b"beside").unwrap();
    assert_eq!(temporary(directory.path()), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((temporary(directory.path()), fs::read(&path).unwrap()), (1, b"beside".to_vec()));
    // Other targets' writes leave it alone, this target's next write removes it.
    fs::write(directory.path().join(".other.1-2.tmp"), b"x").unwrap();
    write_atomic(directory.path().join("n.vd"), b"x").unwrap();
    assert_eq!(temporary(directory.path()), 2);
    write_atomic(&path, b"new").unwrap();
    assert_eq!(names(directory.path()), [".other.1-2.tmp", "m.vd", "n.vd"]);
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

/// Many writers of one target at once, each sweeping: none removes another's temporary file.
#[test]
fn writers_of_one_target_do_not_sweep_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t");
    std::thread::scope(|scope| {
        for k in 0..8_u8 {
            let path = &path;
            scope.spawn(move || (0..40).for_each(|_| write_atomic(path, &[k; 5000]).unwrap()));
        }
    });
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.len() == 5000 && bytes.iter().all(|&b| b == bytes[0]));
    assert_eq!(names(directory.path()), ["t"]);
}
