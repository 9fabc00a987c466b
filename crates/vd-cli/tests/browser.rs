//! Reports in a real browser: what is clicked, typed and dragged works, and nothing is fetched, complained of or run that is not the page's own.
//!
//! `cargo xtask ci --only report` installs Chromium and its driver where they are missing and runs these tests; without both they say so and pass, and with
//! `VD_BROWSER` set they fail. With `VD_PICTURES` naming a folder, what was seen is kept there as PNG.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A failure here is the test's; what is measured is printed.

#[path = "common/browser.rs"]
mod browser;
mod common;

use browser::Browser;
use common::Desk;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use vd_report::{Bars, Column, Page, Part, Section, Step, Table, View, Walk};

fn table(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tables").join(name)).unwrap()
}

/// The page is quiet: it complained of nothing, and asked for nothing but files of this machine and what it made itself.
fn quiet(browser: &Browser) {
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:?}");
    let requests = browser.requests();
    assert!(requests.iter().any(|url| url.starts_with("file:")), "the log of requests is empty");
    let foreign: Vec<String> = requests
        .into_iter()
        .filter(|url| !["file:", "data:", "blob:"].iter().any(|own| url.starts_with(own)))
        .collect();
    assert!(foreign.is_empty(), "{:?} and others, {} in all", foreign.first(), foreign.len());
}

/// Nothing is wider than the screen.
fn fits(browser: &Browser) {
    let wide = browser.number("document.documentElement.scrollWidth - innerWidth");
    assert!(wide <= 0.0, "{wide} pixels too wide");
}

fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("VD_PICTURES") {
        browser.picture(&PathBuf::from(folder).join(name));
    }
}

/// Scrolls to a section, and waits until what is drawn there is drawn.
fn see(browser: &Browser, section: &str) {
    browser.value(&format!("document.getElementById('{section}').scrollIntoView({{ behavior: 'instant' }})"));
    let near = format!("[...document.getElementById('{section}').parentElement.querySelectorAll('figure')]");
    browser.wait(&format!(
        "{near}.filter((figure) => figure.getBoundingClientRect().top < innerHeight).every((figure) => figure.querySelector('svg, canvas, img') !== null)"
    ));
}

/// The first cell of each row in view of a section's table.
fn first_cells(browser: &Browser, section: &str) -> Vec<String> {
    let rows = format!(
        "[...document.getElementById('{section}').parentElement.querySelectorAll('table tbody tr:not(.space)')]"
    );
    let cells = browser.value(&format!("{rows}.map((row) => row.cells[0].textContent)"));
    cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "slow: starts a browser; the unit tests of vd-report look at the same pages as text"]
fn a_report_is_used() {
    let Some(browser) = Browser::start() else { return };
    let desk = Desk::new();
    desk.put("wine.csv", table("wine.csv"));
    desk.ok(&[
        "fit",
        "wine.csv",
        "--target",
        "target",
        "--quiet",
        "--out",
        "wine.vd",
        "--report",
        "wine.html",
    ]);
    browser.emulate("screen", false);
    browser.size(1100, 900);
    browser.open(&desk.path("wine.html"));
    picture(&browser, "light.png");

    // The slider walks, by key and by button.
    see(&browser, "fewer");
    let said = || browser.text("document.querySelector('.said').textContent");
    let before = said();
    browser.keys("input[type=range]", "\u{E014}");
    let after = said();
    assert!(
        before != after && before.contains("columns kept") && after.contains("log loss"),
        "{before} | {after}"
    );
    browser.click(".slider button");
    assert_eq!(said(), before);
    picture(&browser, "walk.png");

    // A curve says its values where it is pointed at.
    browser.value("document.querySelector('.walk .canvas svg [aria-label=dot]').scrollIntoView({ block: 'center', behavior: 'instant' })");
    browser.point(".walk .canvas svg [aria-label=dot] > :nth-child(5)");
    browser.wait("[...document.querySelectorAll('.walk [aria-label=tip]')].some((tip) => tip.textContent.includes('columns kept') && tip.textContent.includes('±'))");

    // A click on a heading sorts, another one turns the order round.
    browser.value("document.getElementById('columns').parentElement.querySelector('.table').id = 'tried'");
    browser.value("(document.querySelector('#tried select').selectedIndex = 1, document.querySelector('#tried select').dispatchEvent(new Event('change')))");
    let all = first_cells_of(&browser, "#tried");
    assert_eq!(all.len(), 13);
    browser.click("#tried th:first-child button");
    let (up, mut sorted) = (first_cells_of(&browser, "#tried"), all.clone());
    sorted.sort();
    assert_eq!(up, sorted);
    assert_eq!(browser.text("document.querySelector('#tried th').getAttribute('aria-sort')"), "ascending");
    browser.click("#tried th:first-child button");
    sorted.reverse();
    assert_eq!(first_cells_of(&browser, "#tried"), sorted);

    // Letters filter.
    browser.keys("#tried input[type=search]", "PHEN");
    assert!(first_cells_of(&browser, "#tried").iter().all(|name| name.contains("phen")));
    assert_eq!(browser.text("document.querySelector('#tried output').textContent"), "2 of 13 rows");

    // What is shown is downloaded, in full.
    browser.click("#tried .csv");
    let csv = browser.downloaded("the-columns.csv");
    assert!(csv.starts_with("\u{feff}column,kept,weight") && csv.lines().count() == 3, "{csv}");

    // Every chart is drawn, and has a name for those who do not see it.
    for section in ["columns", "fewer", "stand-ins", "quality"] {
        see(&browser, section);
    }
    browser.wait("(scrollTo(0, document.body.scrollHeight), [...document.querySelectorAll('figure')].every((f) => f.querySelector('svg, canvas') !== null))");
    assert_eq!(
        browser.number("document.querySelectorAll('figure .canvas > svg:not([aria-label])').length"),
        0.0
    );

    // Dark by the reader's wish, and back by the button; on a phone.
    browser.emulate("screen", true);
    let paper = || browser.text("getComputedStyle(document.body).backgroundColor");
    assert_eq!(paper(), "rgb(20, 23, 26)");
    browser.value("scrollTo({ top: 0, behavior: 'instant' })");
    picture(&browser, "dark.png");
    browser.click("#theme");
    assert_eq!(paper(), "rgb(255, 255, 255)");
    browser.screen(390, 844);
    browser.open(&desk.path("wine.html"));
    fits(&browser);
    see(&browser, "columns");
    picture(&browser, "phone.png");
    see(&browser, "quality");
    fits(&browser);

    // On paper there is nothing to press.
    browser.emulate("print", false);
    assert_eq!(browser.text("getComputedStyle(document.querySelector('.tools')).display"), "none");
    quiet(&browser);
}

fn first_cells_of(browser: &Browser, table: &str) -> Vec<String> {
    let rows = format!("[...document.querySelectorAll('{table} tbody tr:not(.space)')]");
    let cells = browser.value(&format!("{rows}.map((row) => row.cells[0].textContent)"));
    cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect()
}

/// Names that would run, break out of the page, be taken for a formula or push everything off the screen.
#[test]
#[ignore = "slow: starts a browser; `no_text_can_act` looks at the same names as text"]
fn names_from_a_table_do_no_harm() {
    let Some(browser) = Browser::start() else { return };
    let desk = Desk::new();
    let long = "x".repeat(10_000);
    let names = [
        "<script>alert(1)</script>",
        "</script><script>document.title='taken'</script>",
        "<img src=x onerror=alert(2)>",
        "=1+1",
        "\u{202e}drawkcab",
        "line\u{2028}end",
        "'\"`${1}&amp;",
        long.as_str(),
    ];
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
    let mut csv = format!("{},\"<b>y</b>\"\n", quoted.join(","));
    for row in 0..80_usize {
        let value = |k: usize| ((row * (7 * k + 11) + k * k) % 53) as f64 - 26.0;
        let cells: Vec<String> = (0..names.len()).map(|k| value(k).to_string()).collect();
        let target: f64 = (0..names.len()).map(|k| (k + 1) as f64 * value(k)).sum::<f64>() + value(31) / 9.0;
        writeln!(csv, "{},{target}", cells.join(",")).unwrap();
    }
    desk.put("t.csv", csv);
    desk.ok(&["fit", "t.csv", "--target", "<b>y</b>", "--quiet", "--out", "m.vd", "--report", "r.html"]);
    browser.screen(390, 844);
    browser.open(&desk.path("r.html"));
    for section in ["columns", "fewer", "stand-ins", "quality", "again"] {
        see(&browser, section);
        fits(&browser);
    }
    assert_eq!(browser.text("document.title"), "What predicts “<b>y</b>”?");
    assert_eq!(browser.number("document.querySelectorAll('main script, main b, main img').length"), 0.0);
    let shown = first_cells(&browser, "columns");
    assert!(names[..5].iter().all(|name| shown.iter().any(|cell| cell == name)), "{shown:?}");
    browser.click(".table .csv");
    let csv = browser.downloaded("the-columns.csv");
    assert!(csv.contains("\n'=1+1,") && csv.contains(&long) && csv.contains("<script>alert(1)</script>"));
    quiet(&browser);
}

/// A page of so many columns, as a report has them.
fn large(columns: usize) -> Page {
    let noise = |k: usize| ((k * 7919 + 13) % 10_007) as f64 / 10_007.0;
    let names: Vec<String> = (0..columns).map(|k| format!("gene_{k:05}")).collect();
    let kept: Vec<bool> = (0..columns).map(|k| noise(k) > 0.995).collect();
    let some = |k: usize, value: f64| kept[k].then_some(value);
    let number = |title: &str, of: &dyn Fn(usize) -> Option<f64>| {
        Column::number(title, "", (0..columns).map(of).collect())
    };
    let mut section = Section::new("columns", "Columns");
    section.push(Part::Bars(Bars {
        title: "How strong".to_owned(),
        caption: "The strongest.".to_owned(),
        axis: "|z|".to_owned(),
        names: names[..30].to_vec(),
        values: (0..30).map(noise).collect(),
        first: kept[..30].to_vec(),
        kinds: ("kept".to_owned(), "dropped".to_owned()),
        ..Bars::default()
    }));
    section.push(Part::Table(Table {
        title: "The columns".to_owned(),
        note: String::new(),
        columns: vec![
            Column::text("column", "", names.clone()),
            Column::flag("kept", "", kept.clone()),
            number("weight", &|k| some(k, noise(k + 3) - 0.5)),
            number("std of weight", &|k| some(k, noise(k + 5))),
            number("z", &|k| Some(9.0 * noise(k).powi(7))),
            number("chance", &|k| Some(noise(k + 11))),
            number("log α", &|k| Some(6.0 * noise(k + 17) - 3.0)),
        ],
        views: vec![View {
            name: "kept columns".to_owned(),
            rows: (0..columns).filter(|&k| kept[k]).collect(),
        }],
    }));
    let steps = (0..40).map(|s| Step {
        value: 300.0 * 0.85_f64.powi(s),
        kept: (0..3 * s as usize).map(|k| (k, noise(k))).collect(),
        error: Some(1.0 + f64::from((s - 20).pow(2)) / 400.0),
        standard_error: Some(0.1),
        false_keeps: Some(f64::from(s)),
    });
    section.push(Part::Walk(Walk {
        title: "The walk".to_owned(),
        caption: "By λ.".to_owned(),
        parameter: "λ".to_owned(),
        error: "RMSE".to_owned(),
        weight: "weight".to_owned(),
        names: names[..200].to_vec(),
        steps: steps.collect(),
        start: 20,
        marks: Vec::new(),
    }));
    Page { title: "Many columns".to_owned(), lead: String::new(), sections: vec![section] }
}

/// The first paint is measured and printed, as it is a time; what a reader then does is held to be quick enough not to be noticed as a freeze.
#[test]
#[ignore = "slow: starts a browser; nothing faster measures it"]
fn twenty_thousand_columns_do_not_freeze() {
    let Some(browser) = Browser::start() else { return };
    let desk = Desk::new();
    browser.size(1100, 900);
    for columns in [2000, 20_000] {
        let path = desk.put("large.html", large(columns).html());
        let paints: Vec<f64> = (0..3)
            .map(|_| {
                browser.open(&path);
                browser.first_paint()
            })
            .collect();
        println!(
            "{columns} columns: {} kB, first paint after {paints:.0?} ms",
            std::fs::metadata(&path).unwrap().len() / 1000
        );
        browser.value("(document.querySelector('select').selectedIndex = 1, document.querySelector('select').dispatchEvent(new Event('change')))");
        let timed = |what: &str, action: &str| {
            let took = browser.number(&format!("(() => {{ const start = performance.now(); {action}; document.body.offsetHeight; return performance.now() - start; }})()"));
            println!("{columns} columns: {what} {took:.0} ms");
            assert!(took < 5000.0, "{what} took {took} ms");
        };
        timed("sort by z", "document.querySelectorAll('th button')[4].click()");
        timed("sort by name", "document.querySelectorAll('th button')[0].click()");
        timed(
            "filter",
            "(document.querySelector('input[type=search]').value = '77', document.querySelector('input[type=search]').dispatchEvent(new Event('input')))",
        );
        // Only the rows in view are in the page, wherever it is scrolled.
        browser.value("(document.querySelector('input[type=search]').value = '', document.querySelector('input[type=search]').dispatchEvent(new Event('input')))");
        browser.value("document.querySelector('.window').scrollTop = 1e9");
        browser.wait(&format!("[...document.querySelectorAll('tbody tr:not(.space)')].at(-1)?.getAttribute('aria-rowindex') === null || [...document.querySelector('tbody').rows].some((row) => row.getAttribute('aria-rowindex') === '{}')", columns + 1));
        assert!(browser.number("document.querySelector('tbody').rows.length") < 60.0);
    }
    quiet(&browser);
}
