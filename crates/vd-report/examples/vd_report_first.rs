//! Writes a page with every kind of part: `cargo run -p vd-report --example vd_report_first > page.html`.
#![allow(clippy::print_stdout)] // An example prints.

use vd_report::*;

fn main() {
    let noise = |k: usize| ((k * 7919 + 13) % 101) as f64 / 101.0;
    let columns: usize = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(60);
    let names: Vec<String> = (0..columns).map(|k| format!("column {k}")).collect();
    let z: Vec<Option<f64>> =
        (0..columns).map(|k| Some(8.0 * noise(k).powi(6) + 0.01 * noise(k + 7))).collect();
    let kept: Vec<bool> = z.iter().map(|z| z.is_some_and(|z| z > 2.0)).collect();
    let mut section = Section::new("columns", "Which columns matter?");
    section.push(Part::Tiles(vec![
        ("7 of 60".to_owned(), "columns kept".to_owned(), "about 0.3 of them by chance".to_owned()),
        ("0.52 ± 0.03".to_owned(), "R² on held-out rows".to_owned(), "five-fold cross-validation".to_owned()),
    ]));
    section.push(Part::Bars(Bars {
        title: "Strength".to_owned(),
        caption: "The strongest columns.".to_owned(),
        axis: "|z|".to_owned(),
        names: names.iter().take(12).cloned().collect(),
        values: z.iter().take(12).map(|z| z.unwrap_or(0.0)).collect(),
        first: kept.iter().take(12).copied().collect(),
        kinds: ("kept".to_owned(), "dropped".to_owned()),
        rule: Some((2.0, "kept beyond".to_owned())),
        ..Bars::default()
    }));
    let rows = (0..columns).filter(|&k| kept[k]).collect();
    section.push(Part::Table(Table {
        title: "Columns".to_owned(),
        note: "Sorted by strength.".to_owned(),
        columns: vec![
            Column::text("column", "", names.clone()),
            Column::number("z", "mean over deviation", z),
            Column::flag("kept", "", kept),
        ],
        views: vec![View { name: "kept".to_owned(), rows }],
    }));
    let steps = (0..20).map(|k| Step {
        value: 40.0 * 0.8_f64.powi(k),
        kept: (0..k as usize).map(|j| (j, 1.0 / (j + 1) as f64)).collect(),
        error: Some(1.0 + (f64::from(k) - 9.0).powi(2) / 60.0),
        standard_error: Some(0.1),
        false_keeps: Some(0.01 * f64::from(k * k)),
    });
    let mut fewer = Section::new("fewer", "What if I keep fewer?");
    fewer.push(Part::Walk(Walk {
        title: "The walk".to_owned(),
        caption: "Error and number of columns by λ.".to_owned(),
        parameter: "λ".to_owned(),
        error: "mean squared error".to_owned(),
        weight: "weight".to_owned(),
        names,
        steps: steps.collect(),
        start: 6,
        marks: vec![(5.0, "the model".to_owned())],
    }));
    fewer.push(Part::Heat(Heat {
        title: "Correlations".to_owned(),
        caption: "Between columns.".to_owned(),
        rows: ["a", "b", "c"].map(str::to_owned).to_vec(),
        columns: ["a", "b", "c"].map(str::to_owned).to_vec(),
        values: vec![1.0, 0.8, -0.3, 0.8, 1.0, 0.1, -0.3, 0.1, 1.0],
        measure: "correlation".to_owned(),
        diverging: true,
        range: (-1.0, 1.0),
        ..Heat::default()
    }));
    fewer.push(Part::Pixels(Pixels {
        title: "Inputs".to_owned(),
        caption: "Where they lie.".to_owned(),
        width: 8,
        measure: "weight".to_owned(),
        names: Vec::new(),
        images: vec![Image { title: "all".to_owned(), values: (0..64).map(|k| noise(k) - 0.3).collect() }],
    }));
    fewer.push(Part::Chart(Chart {
        title: "Curve".to_owned(),
        caption: "With a band.".to_owned(),
        x: Axis::new("samples").log(),
        y: Axis::new("accuracy (%)"),
        series: vec![
            Series::line("ours", 0, [(10.0, 80.0), (100.0, 90.0)]).mark(Mark::Small).spread(vec![4.0, 2.0]),
            Series::dots("poster", 1, [(50.0, 88.0)]).mark(Mark::Large),
        ],
        rules: vec![Rule::Horizontal { at: 85.0, label: "goal".to_owned() }],
        square: false,
    }));
    fewer.push(Part::Command("vd fit table.csv --target 'a b'".to_owned()));
    fewer.push(Part::Missing("There is nothing more.".to_owned()));
    let page = Page {
        title: "What predicts `target`".to_owned(),
        lead: "An example".to_owned(),
        sections: vec![section, fewer],
    };
    println!("{}", page.html());
}
