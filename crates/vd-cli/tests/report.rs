//! `vd report` and `vd fit --report`: what a page says, for every kind of model and of table.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

mod common;

use common::{Desk, classes, regression};

/// The page between its tags, without scripts and data.
fn text(html: &str) -> String {
    let body = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        text.push_str(piece.split_once('>').map_or("", |(_, rest)| rest));
        text.push(' ');
    }
    text.replace("&#39;", "'").replace("&amp;", "&")
}

fn fitted(desk: &Desk, csv: &str, more: &[&str]) -> String {
    desk.ok(&[&["fit", csv, "--quiet", "--out", "m.vd", "--report", "r.html"], more].concat());
    text(&desk.text("r.html"))
}

#[test]
fn every_model_has_a_page_that_says_what_it_knows() {
    let desk = Desk::new();
    desk.put("t.csv", regression(200));
    desk.put("k.csv", classes(150));
    let target = desk.text("k.csv").lines().next().unwrap().rsplit(',').next().unwrap().to_owned();
    let linreg = fitted(&desk, "t.csv", &["--target", "y"]);
    assert!(
        linreg.contains("The walk from no column to many") && linreg.contains("90% interval"),
        "{linreg}"
    );
    assert!(linreg.contains("each predicted by a fit that did not see it (5-fold cross-validation)"));
    for model in ["glm", "l1"] {
        let page = fitted(&desk, "k.csv", &["--target", &target, "--model", model]);
        let all = ["The walk from no column to many", "Calibration curve", "Confusion table", "ROC curves"];
        assert!(all.iter().all(|part| page.contains(part)), "{model}: {page}");
    }
    let network = fitted(&desk, "k.csv", &["--target", &target, "--hidden", "6", "--epochs", "20"]);
    assert!(
        network.contains("What is left of the network?") && network.contains("dsvi has no walk"),
        "{network}"
    );
    let kernel = fitted(&desk, "t.csv", &["--target", "y", "--model", "rvm", "--kernel", "rbf"]);
    assert!(
        kernel.contains("relevance vectors kept") && kernel.contains("A kernel model weighs rows"),
        "{kernel}"
    );
}

#[test]
fn the_page_says_which_rows_it_charts() {
    let desk = Desk::new();
    desk.put("t.csv", regression(200));
    desk.put("new.csv", regression(90));
    fitted(&desk, "t.csv", &["--target", "y", "--seed", "3"]);
    let report = |more: &[&str]| {
        desk.ok(&[&["report", "m.vd"], more, &["--out", "p.html"]].concat());
        text(&desk.text("p.html"))
    };
    // The command's own options are read from the model: the same folds, the same predictions.
    let again = report(&["t.csv"]);
    let of =
        |html: &str| html.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap().to_owned();
    assert_eq!(of(&desk.text("p.html")), of(&desk.text("r.html")));
    assert!(again.contains("rows of t.csv, each predicted by a fit that did not see it"));
    assert!(
        again.contains("vd fit t.csv --quiet --target y --seed 3 ")
            && again.contains("vd report m.vd t.csv --out FILE")
    );
    let hopeful = report(&["t.csv", "--no-refit"]);
    assert!(
        hopeful.contains("they look better than new rows would") && hopeful.contains("The walk was left out")
    );
    let new = report(&["new.csv"]);
    assert!(
        new.contains("which is not the table that the model was fitted to")
            && new.contains("this is another one")
    );
    let alone = report(&[]);
    assert!(alone.contains("No table was given with the model") && !alone.contains("Residuals"));
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_no_file() {
    let desk = Desk::new();
    desk.put("t.csv", regression(60));
    desk.put("other.csv", "p,q,y\n1,2,3\n4,5,6\n");
    desk.ok(&["fit", "t.csv", "--target", "y", "--quiet", "--out", "m.vd"]);
    let wrong = [
        (3, &["report", "m.vd", "other.csv", "--out", "p.html"][..], "has no column"),
        (2, &["report", "m.vd", "--pixels", "9x9", "--out", "p.html"], "are not the model's"),
        (2, &["report", "m.vd", "--pixels", "9", "--out", "p.html"], "such as 28x28"),
        (5, &["report", "none.vd", "--out", "p.html"], "cannot open"),
        (2, &["report", "-", "-", "--out", "p.html"], "not both"),
        (2, &["fit", "t.csv", "--target", "y", "--out", "-", "--report", "-"], "not both"),
    ];
    for (code, words, said) in wrong {
        let output = desk.run(words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {error}");
        assert!(error.contains(said), "{words:?}: {error}");
    }
    assert!(!desk.names().contains(&"p.html".to_owned()));
}

/// A table without a target, with gaps, with a column of names; one whose pixels are a picture.
#[test]
fn tables_of_every_kind() {
    let desk = Desk::new();
    desk.put("t.csv", regression(120));
    desk.ok(&["fit", "t.csv", "--target", "y", "--quiet", "--missing", "impute", "--out", "m.vd"]);
    let all = desk.text("t.csv");
    let at = all.lines().next().unwrap().split(',').position(|name| name == "y").unwrap();
    let without = |line: &str| {
        let cells = line.split(',').enumerate().filter(|(k, _)| *k != at);
        cells.map(|(_, cell)| cell).collect::<Vec<_>>().join(",")
    };
    desk.put("x.csv", all.lines().map(without).collect::<Vec<_>>().join("\n"));
    desk.ok(&["report", "m.vd", "x.csv", "--out", "p.html"]);
    assert!(text(&desk.text("p.html")).contains("The table has no column “y”"));
    let header: Vec<String> = (0..9).map(|k| format!("pixel{k}")).collect();
    let mut pixels = format!("{},digit\n", header.join(","));
    for row in 0..60 {
        let cells: Vec<String> = (0..9).map(|k| ((row * (k + 3) + k * k) % 17).to_string()).collect();
        pixels.push_str(&format!(
            "{},{}\n",
            cells.join(","),
            if (row * 7 + 16) % 17 > 8 { "a" } else { "b" }
        ));
    }
    desk.put("d.csv", pixels);
    let page = fitted(&desk, "d.csv", &["--target", "digit", "--model", "l1"]);
    assert!(page.contains("Where do the kept pixels lie?") && page.contains("Surviving inputs"), "{page}");
}
