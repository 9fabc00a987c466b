//! The legend above a chart: each series' own stroke and mark, long enough to tell dashes from dots without colour.

use std::fmt::Write;

use super::escape;

/// A mark's outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Star,
    Plus,
}

/// A named series.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) colour: &'static str,
    /// The stroke's dashes, `Some("")` for none; `None` for no stroke.
    pub(super) stroke: Option<String>,
    /// Shape, size, and whether it is open.
    pub(super) mark: Option<(Shape, f64, bool)>,
}

/// Share of an open mark that is white.
pub(super) const OPENING: f64 = 0.6;
const FONT_SIZE: f64 = 15.0;
const ROW: f64 = 24.0;
const SWATCH: f64 = 44.0;
const GAP: f64 = 20.0;
const MARGIN: f64 = 10.0;
/// Mean advance of DejaVu Sans, in font sizes, with some to spare.
const ADVANCE: f64 = 0.57;

/// A chart of this size with the legend above it, as one SVG.
pub(super) fn above(chart: &str, (width, height): (f64, f64), font: &str, entries: &[Entry]) -> String {
    let mut marks = String::new();
    let (mut x, mut row) = (MARGIN, 0.0);
    for entry in entries {
        let needs = SWATCH + 8.0 + ADVANCE * FONT_SIZE * entry.name.chars().count() as f64;
        if x > MARGIN && x + needs > width - MARGIN {
            (x, row) = (MARGIN, row + 1.0);
        }
        draw(&mut marks, entry, x, MARGIN + ROW * (row + 0.5));
        x += needs + GAP;
    }
    let top = if entries.is_empty() { 0.0 } else { MARGIN + ROW * (row + 1.0) };
    // kuva's drawing keeps its own coordinates in a nested element.
    let chart = chart.replacen("<svg ", &format!("<svg y=\"{top}\" "), 1);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{0}\" viewBox=\"0 0 {width} {0}\" \
         font-family=\"{font}\" font-size=\"{FONT_SIZE}\"><rect width=\"{width}\" height=\"{0}\" fill=\"white\"/>{marks}{chart}</svg>",
        top + height
    )
}

fn draw(svg: &mut String, entry: &Entry, x: f64, y: f64) {
    if let Some(dashes) = &entry.stroke {
        let dashes =
            if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") };
        let _ = write!(
            svg,
            "<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{}\" stroke-width=\"2.4\"{dashes}/>",
            x + SWATCH,
            entry.colour
        );
    }
    if let Some((shape, size, open)) = entry.mark {
        svg.push_str(&mark(shape, x + SWATCH / 2.0, y, size, entry.colour));
        if open {
            svg.push_str(&mark(shape, x + SWATCH / 2.0, y, size * OPENING, "#ffffff"));
        }
    }
    let _ = write!(svg, "<text x=\"{}\" y=\"{}\">{}</text>", x + SWATCH + 8.0, y + 5.0, escape(entry.name));
}

/// A mark as kuva draws it.
fn mark(shape: Shape, x: f64, y: f64, r: f64, colour: &str) -> String {
    let polygon = |points: &[(f64, f64)]| {
        let points: Vec<String> =
            points.iter().map(|(dx, dy)| format!("{:.2},{:.2}", x + r * dx, y + r * dy)).collect();
        format!("<polygon points=\"{}\" fill=\"{colour}\"/>", points.join(" "))
    };
    match shape {
        Shape::Circle => format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"{colour}\"/>"),
        Shape::Square => polygon(&[(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]),
        Shape::Triangle => polygon(&[(0.0, -1.02), (1.0, 0.68), (-1.0, 0.68)]),
        Shape::TriangleDown => polygon(&[(0.0, 1.02), (1.0, -0.68), (-1.0, -0.68)]),
        Shape::Diamond => polygon(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
        Shape::Star => {
            let corner = |k: i32| {
                let (sin, cos) = (f64::from(k) * std::f64::consts::PI / 5.0).sin_cos();
                let radius = if k % 2 == 0 { 1.25 } else { 0.5 };
                (radius * sin, -radius * cos)
            };
            polygon(&(0..10).map(corner).collect::<Vec<_>>())
        }
        Shape::Plus => {
            let s = 0.9 * r;
            format!(
                "<path d=\"M{:.2},{y} h{:.2} M{x},{:.2} v{:.2}\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
                x - s,
                2.0 * s,
                y - s,
                2.0 * s
            )
        }
    }
}
