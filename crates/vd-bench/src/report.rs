//! `report.html`: one page, everything in it, nothing fetched.

use vd_report::{Cells, Column, Page, Part, Picture, Rule, Section, Table, View};

use crate::bless::FRONT_PAGE;
use crate::experiment::{self, Output};
use crate::figure::{Axis, Chart, Figure, Line, Mark, Series};
use crate::summary::{Row, Summary};

/// The page.
pub fn html(summary: &Summary, output: &Output, left_out: Option<&str>) -> String {
    let mut sections = vec![about(summary, left_out)];
    if !summary.table.is_empty() {
        let mut section = Section::new("table", "The table");
        section.push(Part::Table(table(&summary.table)));
        section.say(READING);
        sections.push(section);
    }
    for e in experiment::ALL {
        let findings: Vec<_> = output.findings.iter().filter(|f| f.experiment == e.id).collect();
        let figures: Vec<_> = output.figures.iter().filter(|f| f.experiment == e.id).collect();
        if findings.is_empty() && figures.is_empty() {
            continue;
        }
        let mut section = Section::new(e.id, e.about);
        findings.iter().for_each(|finding| section.say(finding.text.as_str()));
        figures.iter().for_each(|figure| section.push(drawn(figure)));
        section.push(Part::Command(format!("cargo xtask reproduce --only {}", e.id)));
        sections.push(section);
    }
    sections.push(provenance(summary));
    let title = "Dropout-based automatic relevance determination".to_owned();
    Page { title, lead: "The reproduction of the poster".to_owned(), sections }.html()
}

/// What the columns of the table mean.
const READING: &str = "Mean ± standard deviation over the splits. Sparsity is the share of the K·D weights that are exactly zero. Poster: as \
    printed, under its own protocol. Δ accuracy: points against VD-ARD on the same splits, mean ± standard error. Noise kept: of the weights on noise \
    columns. Seconds: a fit's mean, with other fits beside it.";

/// What made the page.
fn about(summary: &Summary, left_out: Option<&str>) -> Section {
    let mut section = Section::new("about", "What is this?");
    section.say("Every number and picture on this page was made by one command:");
    section.push(Part::Command(summary.provenance.command.clone()));
    if summary.smoke {
        let what = "This was the reduced run (--smoke): too few splits and steps for conclusions.";
        section.push(Part::Missing(what.to_owned()));
    }
    if let Some(left_out) = left_out {
        section.push(Part::Missing(format!("This run: {left_out}.")));
    }
    section
}

/// All rows, of which those of the front page are shown at first.
fn table(rows: &[Row]) -> Table {
    let text = |title: &str, of: fn(&Row) -> &str| {
        Column::text(title, "", rows.iter().map(|row| of(row).to_owned()).collect())
    };
    let number = |title: &str, about: &str, of: &dyn Fn(&Row) -> Option<f64>| {
        Column::number(title, about, rows.iter().map(of).collect())
    };
    let percent = |value: Option<f64>| value.map(|v| 100.0 * v);
    let columns = vec![
        text("data", |row| &row.dataset),
        text("method", |row| &row.method),
        text("protocol", |row| &row.protocol),
        number("splits", "", &|row| Some(row.splits as f64)),
        number("accuracy (%)", "mean over the splits", &|row| Some(100.0 * row.accuracy_mean)),
        number("± accuracy", "standard deviation over the splits", &|row| percent(row.accuracy_sd)),
        number("sparsity (%)", "weights that are exactly zero", &|row| Some(100.0 * row.sparsity_mean)),
        number("± sparsity", "standard deviation over the splits", &|row| percent(row.sparsity_sd)),
        number("poster's accuracy (%)", "as printed", &|row| percent(row.poster_accuracy)),
        number("poster's sparsity (%)", "as printed", &|row| percent(row.poster_sparsity)),
        number("Δ accuracy", "points against VD-ARD on the same splits", &|row| {
            percent(row.accuracy_minus_vd_ard_mean)
        }),
        number("± Δ", "standard error of Δ", &|row| percent(row.accuracy_minus_vd_ard_se)),
        number("noise kept (%)", "of the weights on noise columns", &|row| percent(row.noise_kept_mean)),
        number("seconds", "a fit's mean", &|row| Some(row.seconds)),
    ];
    // A column without a number says nothing.
    let says = |column: &Column| !matches!(&column.cells, Cells::Number(values) if values.iter().all(Option::is_none));
    let place = |wanted: &(&str, &str, &str)| {
        rows.iter()
            .position(|row| (row.dataset.as_str(), row.method.as_str(), row.protocol.as_str()) == *wanted)
    };
    let first: Vec<usize> = FRONT_PAGE.iter().filter_map(place).collect();
    let views = vec![View { name: "the rows that matter first".to_owned(), rows: first }];
    Table {
        title: "All methods".to_owned(),
        note: "Sort by a heading; the menu shows all rows.".to_owned(),
        columns: columns.into_iter().filter(says).collect(),
        views: views.into_iter().filter(|view| !view.rows.is_empty()).collect(),
    }
}

/// A figure: charts are drawn in the page, so that their values can be pointed at; grids of images stay pictures.
fn drawn(figure: &Figure) -> Part {
    match &figure.chart {
        Some(chart) => Part::Chart(vd_report::Chart {
            title: figure.title.clone(),
            caption: figure.caption.clone(),
            x: axis(&chart.x),
            y: axis(&chart.y),
            series: chart.series.iter().map(series).collect(),
            rules: rules(chart),
            square: false,
        }),
        None => Part::Picture(Picture {
            title: figure.title.clone(),
            caption: figure.caption.clone(),
            svg: figure.svg.clone(),
        }),
    }
}

fn axis(axis: &Axis) -> vd_report::Axis {
    vd_report::Axis { label: axis.label.clone(), log: axis.log, range: axis.range }
}

fn rules(chart: &Chart) -> Vec<Rule> {
    let vertical = |(at, label): &(f64, String)| Rule::Vertical { at: *at, label: label.clone() };
    let horizontal = |(at, label): &(f64, String)| Rule::Horizontal { at: *at, label: label.clone() };
    chart.verticals.iter().map(vertical).chain(chart.horizontals.iter().map(horizontal)).collect()
}

fn series(series: &Series) -> vd_report::Series {
    let line = match series.line {
        Line::None => vd_report::Line::None,
        Line::Solid => vd_report::Line::Solid,
        Line::Dashed => vd_report::Line::Dashed,
        Line::Dotted => vd_report::Line::Dotted,
        Line::DashDot => vd_report::Line::DashDot,
    };
    let mark = match series.mark {
        Mark::None => vd_report::Mark::None,
        Mark::Small => vd_report::Mark::Small,
        Mark::Large => vd_report::Mark::Large,
    };
    let points = vd_report::Series::line(series.name.as_str(), series.style, series.points.iter().copied());
    points.joined(line).mark(mark).spread(series.errors.clone())
}

fn provenance(summary: &Summary) -> Section {
    let p = &summary.provenance;
    let dirty = match p.git_dirty {
        Some(true) => " (with local changes)",
        Some(false) => "",
        None => " (state unknown)",
    };
    let mut items = vec![
        ("command".to_owned(), p.command.clone()),
        ("revision".to_owned(), format!("{}{dirty}", p.git_revision)),
        ("compiler".to_owned(), format!("{}, {} profile, {}", p.rustc, p.profile, p.target)),
        ("machine".to_owned(), format!("{}, {} cores, {} units of work at a time", p.cpu, p.cores, p.jobs)),
    ];
    items.extend(p.data_sha256.iter().map(|(name, sum)| (name.clone(), format!("SHA-256 {sum}"))));
    let mut section = Section::new("provenance", "Where does it come from?");
    section.push(Part::Facts(items));
    section
}
