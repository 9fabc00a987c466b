//! Results are whole or absent.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail like tests.

use std::fs;

use tempfile::TempDir;
use vd_bench::Error;
use vd_bench::output::{MARKER, Staging};

fn entries(place: &TempDir) -> Vec<String> {
    let names = fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_dropped_result_leaves_nothing_and_the_old_one_alone() {
    let place = TempDir::new().unwrap();
    let target = place.path().join("deep/result");
    let first = Staging::begin(&target).unwrap();
    first.write(MARKER, "{}").unwrap();
    first.write("figures/a.svg", "<svg/>").unwrap();
    first.commit().unwrap();
    let second = Staging::begin(&target).unwrap();
    second.write(MARKER, "{\"new\":1}").unwrap();
    drop(second);
    assert_eq!(fs::read_to_string(target.join(MARKER)).unwrap(), "{}");
    let third = Staging::begin(&target).unwrap();
    third.write(MARKER, "{\"new\":1}").unwrap();
    third.commit().unwrap();
    assert_eq!(fs::read_to_string(target.join(MARKER)).unwrap(), "{\"new\":1}");
    assert!(!target.join("figures").exists(), "the old result went as a whole");
    assert_eq!(fs::read_dir(place.path().join("deep")).unwrap().count(), 1, "nothing beside it");
}

#[test]
fn what_a_killed_run_left_is_put_right() {
    let place = TempDir::new().unwrap();
    let target = place.path().join("result");
    // Killed while writing.
    fs::create_dir(place.path().join(".result.partial")).unwrap();
    fs::write(place.path().join(".result.partial/half"), "half").unwrap();
    // Killed between the two renames.
    fs::create_dir(place.path().join(".result.previous")).unwrap();
    fs::write(place.path().join(".result.previous").join(MARKER), "old").unwrap();
    let staging = Staging::begin(&target).unwrap();
    assert_eq!(fs::read_to_string(target.join(MARKER)).unwrap(), "old");
    drop(staging);
    assert_eq!(entries(&place), ["result"]);
}

#[test]
fn foreign_directories_and_a_second_run_are_refused() {
    let place = TempDir::new().unwrap();
    let target = place.path().join("thesis");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("chapter1.tex"), "do not delete").unwrap();
    assert!(matches!(Staging::begin(&target), Err(Error::Foreign { .. })));
    assert!(matches!(Staging::begin(&target.join("chapter1.tex")), Err(Error::Foreign { .. })));
    let free = place.path().join("free");
    let first = Staging::begin(&free).unwrap();
    assert!(matches!(Staging::begin(&free), Err(Error::Busy { .. })));
    drop(first);
    drop(Staging::begin(&free).unwrap());
    assert_eq!(entries(&place), ["thesis"]);
}

#[test]
fn an_interrupt_discards_the_unfinished_and_keeps_the_finished() {
    let place = TempDir::new().unwrap();
    let target = place.path().join("result");
    let staging = Staging::begin(&target).unwrap();
    staging.write(MARKER, "{}").unwrap();
    staging.guard().discard();
    assert!(matches!(staging.write("figures/late", "x"), Err(Error::Write { .. })));
    assert!(entries(&place).is_empty());
    drop(staging);
    let staging = Staging::begin(&target).unwrap();
    staging.write(MARKER, "{}").unwrap();
    let guard = staging.guard();
    staging.commit().unwrap();
    guard.discard();
    assert!(target.join(MARKER).exists());
}
