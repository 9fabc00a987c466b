//! Charts of lines and marks. Every series differs in colour, in dash and in mark, so that grey print still tells them apart.

use std::sync::Arc;

use kuva::plot::scatter::{MarkerShape, ScatterPlot};
use kuva::plot::{LinePlot, LineStyle};
use kuva::render::annotations::{ReferenceLine, TextAnnotation};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;

use super::legend::{self, Entry, Shape};
use super::series::{Axis, Line, Mark, Series};

/// Okabe and Ito's colours, which the colour-blind can tell apart; ordered so that neighbours differ in lightness too.
const COLOURS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#E69F00", "#56B4E9"];
const MARKS: [(MarkerShape, Shape); 7] = [
    (MarkerShape::Circle, Shape::Circle),
    (MarkerShape::Square, Shape::Square),
    (MarkerShape::Triangle, Shape::Triangle),
    (MarkerShape::Diamond, Shape::Diamond),
    (MarkerShape::TriangleDown, Shape::TriangleDown),
    (MarkerShape::Star, Shape::Star),
    (MarkerShape::Plus, Shape::Plus),
];
/// Width and height without the legend. Narrow, so that a phone's screen does not shrink the words beyond reading.
const SIZE: (f64, f64) = (640.0, 420.0);
const FONT: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// A chart: axes, series, and level lines.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, first at the back.
    pub series: Vec<Series>,
    /// Vertical lines with a name each.
    pub verticals: Vec<(f64, String)>,
    /// Horizontal lines with a name each.
    pub horizontals: Vec<(f64, String)>,
    /// Words at places in the chart.
    pub notes: Vec<(f64, f64, String)>,
}

impl Chart {
    /// A chart with these axes and nothing in it.
    #[must_use]
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, series: Vec::new(), verticals: Vec::new(), horizontals: Vec::new(), notes: Vec::new() }
    }

    /// The chart as SVG, the legend above it.
    #[must_use]
    pub fn svg(&self) -> String {
        let inside = |&(x, y): &(f64, f64)| {
            let within = |axis: &Axis, v: f64| {
                v.is_finite()
                    && (!axis.log || v > 0.0)
                    && axis.range.is_none_or(|(low, high)| low <= v && v <= high)
            };
            within(&self.x, x) && within(&self.y, y)
        };
        let mut plots = Vec::new();
        for series in &self.series {
            // A line that leaves the picture is cut where it leaves it.
            for piece in series.points.split(|p| !inside(p)).filter(|piece| !piece.is_empty()) {
                if let Some(line) = line(series, piece) {
                    plots.push(line);
                }
            }
            let visible: Vec<_> =
                series.points.iter().enumerate().filter(|(_, p)| inside(p)).map(|(i, &p)| (i, p)).collect();
            plots.extend(marks(series, &visible));
        }
        let drawn = numbered_anew(&kuva::render_to_svg(plots, self.layout()));
        legend::above(&drawn, SIZE, FONT, &self.legend())
    }

    fn layout(&self) -> Layout {
        let everything = |pick: fn(&(f64, f64)) -> f64, axis: &Axis| {
            axis.range
                .unwrap_or_else(|| padded(self.series.iter().flat_map(|s| &s.points).map(pick), axis.log))
        };
        let (x, y) = (everything(|p| p.0, &self.x), everything(|p| p.1, &self.y));
        let mut layout = Layout::new(x, y)
            .with_width(SIZE.0)
            .with_height(SIZE.1)
            .with_x_axis_min(x.0)
            .with_x_axis_max(x.1)
            .with_y_axis_min(y.0)
            .with_y_axis_max(y.1)
            .with_clamp_axis()
            .with_x_label(self.x.label.as_str())
            .with_y_label(self.y.label.as_str())
            .with_font_family(FONT)
            .with_label_size(16)
            .with_tick_size(15)
            .with_body_size(15)
            .with_box_axes()
            .with_tick_format(TickFormat::Custom(Arc::new(|v| TickFormat::Auto.format(v).replace('-', "−"))));
        if self.x.log {
            layout = layout.with_log_x().with_x_tick_format(TickFormat::Auto);
        }
        if self.y.log {
            layout = layout.with_log_y().with_y_tick_format(TickFormat::Auto);
        }
        for (at, name) in &self.verticals {
            layout = layout.with_reference_line(reference(ReferenceLine::vertical(*at), name));
        }
        for (at, name) in &self.horizontals {
            layout = layout.with_reference_line(reference(ReferenceLine::horizontal(*at), name));
        }
        for (x, y, words) in &self.notes {
            layout = layout.with_annotation(TextAnnotation::new(words.as_str(), *x, *y).with_font_size(15));
        }
        layout
    }
}

impl Chart {
    /// One legend entry a named series.
    fn legend(&self) -> Vec<Entry<'_>> {
        self.series.iter().filter(|series| !series.name.is_empty()).map(Series::entry).collect()
    }
}

impl Series {
    fn entry(&self) -> Entry<'_> {
        Entry {
            name: &self.name,
            colour: self.colour(),
            stroke: (self.line != Line::None).then(|| dash(self.line).dasharray().unwrap_or_default()),
            mark: size(self.mark).map(|size| (self.shape().1, size, self.mark == Mark::Large)),
        }
    }

    fn colour(&self) -> &'static str {
        COLOURS[self.style % COLOURS.len()]
    }

    fn shape(&self) -> (MarkerShape, Shape) {
        MARKS[self.style % MARKS.len()]
    }
}

fn dash(line: Line) -> LineStyle {
    match line {
        Line::None | Line::Solid => LineStyle::Solid,
        Line::Dashed => LineStyle::Dashed,
        Line::Dotted => LineStyle::Dotted,
        Line::DashDot => LineStyle::DashDot,
    }
}

/// kuva numbers its clip paths through the whole process, so that a picture would depend on those drawn before it, on another
/// thread too. A chart has one: it gets the number 0.
fn numbered_anew(svg: &str) -> String {
    const NAME: &str = "kuva-clip-";
    let mut parts = svg.split(NAME);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(NAME);
        text.push('0');
        text.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    text
}

/// The line through a piece of a series that lies inside the picture.
fn line(series: &Series, piece: &[(f64, f64)]) -> Option<Plot> {
    (series.line != Line::None && piece.len() > 1).then(|| {
        let plot =
            LinePlot::new().with_data(piece.to_vec()).with_color(series.colour()).with_stroke_width(2.2);
        plot.with_line_style(dash(series.line)).into()
    })
}

/// A mark's radius.
fn size(mark: Mark) -> Option<f64> {
    match mark {
        Mark::None => None,
        Mark::Small => Some(3.8),
        Mark::Large => Some(8.0),
    }
}

/// The marks of the points that lie inside the picture, each with its index in the series.
fn marks(series: &Series, visible: &[(usize, (f64, f64))]) -> Vec<Plot> {
    let Some(size) = size(series.mark).filter(|_| !visible.is_empty()) else {
        return Vec::new();
    };
    let points: Vec<_> = visible.iter().map(|&(_, p)| p).collect();
    let errors: Vec<_> = visible.iter().filter_map(|&(i, _)| series.errors.get(i).copied()).collect();
    let plot = |size: f64, colour: &str| {
        let plot = ScatterPlot::new().with_data(points.clone()).with_color(colour);
        plot.with_size(size).with_marker(series.shape().0)
    };
    let mut plots: Vec<Plot> = match plot(size, series.colour()) {
        marks if errors.len() == visible.len() => vec![marks.with_y_err(errors).into()],
        marks => vec![marks.into()],
    };
    if series.mark == Mark::Large {
        // kuva can leave circles alone open.
        plots.push(plot(size * legend::OPENING, "#ffffff").into());
    }
    plots
}

fn reference(line: ReferenceLine, name: &str) -> ReferenceLine {
    let line = line.with_color("#767676").with_dasharray("3 3");
    if name.is_empty() { line } else { line.with_label(name) }
}

/// The range of the finite values with a twentieth of it to spare on both sides.
fn padded(values: impl Iterator<Item = f64>, log: bool) -> (f64, f64) {
    let finite = values.filter(|v| v.is_finite() && (!log || *v > 0.0));
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return (1.0, 2.0);
    }
    if log {
        return (low / 1.3, high * 1.3);
    }
    let spare = if high > low { 0.05 * (high - low) } else { 0.5 };
    (low - spare, high + spare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_does_not_depend_on_those_before_it() {
        let mut chart = Chart::new(Axis::new("x"), Axis::new("y"));
        chart.series = vec![Series::line("a", 0, [(0.0, 1.0), (1.0, 2.0)])];
        let first = chart.svg();
        assert!(first.contains("clip-path"), "something is numbered");
        assert_eq!(first, chart.svg());
    }
}
