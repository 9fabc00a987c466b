//! A page as text: what a browser makes of it is tested by `crates/vd-cli/tests/browser.rs`.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

use sha2::{Digest, Sha256};
use vd_report::{Cells, Chart, Column, Page, Part, Section, Table, VENDORED};

const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u{2028}\0";

fn page(rows: usize) -> String {
    let mut section = Section::new("a", HOSTILE);
    section.say(HOSTILE);
    section.push(Part::List(vec![HOSTILE.to_owned()]));
    section.push(Part::Facts(vec![(HOSTILE.to_owned(), HOSTILE.to_owned())]));
    section.push(Part::Command(HOSTILE.to_owned()));
    section.push(Part::Missing(HOSTILE.to_owned()));
    section.push(Part::Tiles(vec![(HOSTILE.to_owned(), HOSTILE.to_owned(), HOSTILE.to_owned())]));
    section.push(Part::Table(Table {
        title: HOSTILE.to_owned(),
        note: HOSTILE.to_owned(),
        columns: vec![
            Column::text(HOSTILE, HOSTILE, (0..rows).map(|k| format!("{HOSTILE}{k}")).collect()),
            Column::number("n", "", (0..rows).map(|k| Some(k as f64)).collect()),
        ],
        views: Vec::new(),
    }));
    section.push(Part::Chart(Chart {
        title: HOSTILE.to_owned(),
        caption: HOSTILE.to_owned(),
        ..Chart::default()
    }));
    Page { title: HOSTILE.to_owned(), lead: HOSTILE.to_owned(), sections: vec![section] }.html()
}

/// What stands between two texts, every time.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

#[test]
fn the_policy_names_every_script_and_nothing_else_runs() {
    let html = page(3);
    let policy = between(&html, "Content-Security-Policy\" content=\"", "\"")[0];
    for rule in [
        "default-src 'none'",
        "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "img-src data:;",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("'unsafe-eval'") && !policy.contains("script-src 'unsafe"));
    let scripts = between(&html, "<script>", "</script>");
    assert_eq!(scripts.len(), policy.matches("sha256-").count());
    for script in scripts {
        let hash = Sha256::digest(script.as_bytes());
        // Base64 of the first three bytes is the hash's first four letters.
        let first = u32::from(hash[0]) << 16 | u32::from(hash[1]) << 8 | u32::from(hash[2]);
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let start: String =
            (0..4).map(|k| char::from(letters[(first >> (18 - 6 * k)) as usize & 63])).collect();
        assert!(policy.contains(&format!("'sha256-{start}")), "{start} is not in the policy");
        assert!(!script.contains('\r'), "a browser would hash another text");
    }
    assert!(
        !html.contains("http-equiv=\"refresh\"") && !html.contains(" src=\"http") && !html.contains("<link")
    );
}

#[test]
fn no_text_becomes_markup() {
    let html = page(3);
    assert!(!html.contains("<script>alert") && !html.contains("<img src=x") && !html.contains('\0'));
    let data = between(&html, "id=\"data\">", "</script>")[0];
    let parts: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(parts[0]["spec"]["columns"][0]["values"][2], format!("{HOSTILE}2"));
    assert!(!data.contains(['<', '>', '&', '\u{2028}']));
}

#[test]
fn it_can_be_read_without_scripts_and_carries_its_licences() {
    let html = page(100);
    assert_eq!(html.matches("<td class=\"text\">").count(), 40);
    assert!(VENDORED.iter().all(|file| html.contains(&format!("<!-- {} {}", file.package, file.version))));
    assert_eq!(html.matches("Permission to use, copy, modify").count(), 2);
    assert!(html.contains("<html lang=\"en\">") && html.contains("name=\"viewport\""));
}

#[test]
fn a_page_without_rows_is_a_page() {
    let empty = Table { columns: vec![Column::text("a", "", Vec::new())], ..Table::default() };
    assert!(Cells::Text(Vec::new()).is_empty() && empty.rows() == 0);
    let mut section = Section::new("a", "b");
    section.push(Part::Table(empty));
    let html = Page { title: String::new(), lead: String::new(), sections: vec![section] }.html();
    assert!(html.ends_with("</html>\n"));
}
