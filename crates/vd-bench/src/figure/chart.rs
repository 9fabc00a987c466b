//! Charts of lines and marks. Every series differs in colour, in dash and in mark, so that grey print still tells them apart.

use kuva::plot::legend::{LegendEntry, LegendPosition, LegendShape};
use kuva::plot::scatter::{MarkerShape, ScatterPlot};
use kuva::plot::{LinePlot, LineStyle};
use kuva::render::annotations::{ReferenceLine, TextAnnotation};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;

/// Okabe and Ito's colours, which the colour-blind can tell apart; ordered so that neighbours differ in lightness too.
const COLOURS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#E69F00", "#56B4E9"];
const MARKS: [MarkerShape; 7] = [
    MarkerShape::Circle,
    MarkerShape::Square,
    MarkerShape::Triangle,
    MarkerShape::Diamond,
    MarkerShape::TriangleDown,
    MarkerShape::Star,
    MarkerShape::Plus,
];
const FONT: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// How a series' line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// No line.
    None,
    /// One stroke.
    Solid,
    /// Long strokes.
    Dashed,
    /// Dots.
    Dotted,
    /// Stroke, dot.
    DashDot,
}

/// Whether a series' points are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// No mark.
    None,
    /// A small mark of the series' own shape.
    Small,
    /// A large mark, for a point that is pointed at.
    Large,
}

/// A named set of points.
#[derive(Debug, Clone)]
pub struct Series {
    /// The name in the legend; empty for none.
    pub name: String,
    /// (x, y), in the order in which a line joins them.
    pub points: Vec<(f64, f64)>,
    /// Half the height of each point's error bar; empty for none.
    pub errors: Vec<f64>,
    /// The line.
    pub line: Line,
    /// The marks.
    pub mark: Mark,
    /// Index of the colour and of the mark's shape.
    pub style: usize,
}

impl Series {
    /// A solid line without marks in the given style.
    pub fn line(name: impl Into<String>, style: usize, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().collect();
        Self { name: name.into(), points, errors: Vec::new(), line: Line::Solid, mark: Mark::None, style }
    }

    /// The same with another line.
    #[must_use]
    pub fn with_line(mut self, line: Line) -> Self {
        self.line = line;
        self
    }

    /// The same with marks.
    #[must_use]
    pub fn with_mark(mut self, mark: Mark) -> Self {
        self.mark = mark;
        self
    }

    /// The same with error bars.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<f64>) -> Self {
        self.errors = errors;
        self
    }
}

/// An axis.
#[derive(Debug, Clone)]
pub struct Axis {
    /// What is on it, with its unit.
    pub label: String,
    /// The range shown; from the data if `None`.
    pub range: Option<(f64, f64)>,
    /// Whether it is logarithmic.
    pub log: bool,
}

impl Axis {
    /// A linear axis whose range comes from the data.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), range: None, log: false }
    }

    /// The same with a fixed range.
    #[must_use]
    pub fn range(mut self, lower: f64, upper: f64) -> Self {
        self.range = Some((lower, upper));
        self
    }

    /// The same, logarithmic.
    #[must_use]
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }
}

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

    /// The chart as SVG, the legend to the right of it.
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
        kuva::render_to_svg(plots, self.layout())
    }

    fn layout(&self) -> Layout {
        let everything = |pick: fn(&(f64, f64)) -> f64, axis: &Axis| {
            axis.range
                .unwrap_or_else(|| padded(self.series.iter().flat_map(|s| &s.points).map(pick), axis.log))
        };
        let (x, y) = (everything(|p| p.0, &self.x), everything(|p| p.1, &self.y));
        let mut layout = Layout::new(x, y)
            .with_width(860.0)
            .with_height(480.0)
            .with_x_axis_min(x.0)
            .with_x_axis_max(x.1)
            .with_y_axis_min(y.0)
            .with_y_axis_max(y.1)
            .with_clamp_axis()
            .with_x_label(self.x.label.as_str())
            .with_y_label(self.y.label.as_str())
            .with_font_family(FONT)
            .with_label_size(15)
            .with_tick_size(13)
            .with_body_size(13)
            .with_box_axes()
            .with_legend_box(false)
            .with_legend_position(LegendPosition::OutsideRightTop)
            .with_legend_entries(self.legend());
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
            layout = layout.with_annotation(TextAnnotation::new(words.as_str(), *x, *y).with_font_size(13));
        }
        layout
    }
}

impl Chart {
    /// One legend entry a named series: its mark where it has one, else its line.
    fn legend(&self) -> Vec<LegendEntry> {
        let named = self.series.iter().filter(|series| !series.name.is_empty());
        let entry = |series: &Series| LegendEntry {
            label: series.name.clone(),
            color: series.colour().into(),
            shape: match series.mark {
                Mark::None => LegendShape::Line,
                Mark::Small | Mark::Large => LegendShape::Marker(series.shape()),
            },
            dasharray: dash(series.line).dasharray(),
        };
        named.map(entry).collect()
    }
}

impl Series {
    fn colour(&self) -> &'static str {
        COLOURS[self.style % COLOURS.len()]
    }

    fn shape(&self) -> MarkerShape {
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

/// The line through a piece of a series that lies inside the picture.
fn line(series: &Series, piece: &[(f64, f64)]) -> Option<Plot> {
    (series.line != Line::None && piece.len() > 1).then(|| {
        let plot =
            LinePlot::new().with_data(piece.to_vec()).with_color(series.colour()).with_stroke_width(2.2);
        plot.with_line_style(dash(series.line)).into()
    })
}

/// The marks of the points that lie inside the picture, each with its index in the series.
fn marks(series: &Series, visible: &[(usize, (f64, f64))]) -> Option<Plot> {
    let size = match series.mark {
        _ if visible.is_empty() => return None,
        Mark::None => return None,
        Mark::Small => 3.6,
        Mark::Large => 8.0,
    };
    let points: Vec<_> = visible.iter().map(|&(_, p)| p).collect();
    let errors: Vec<_> = visible.iter().filter_map(|&(i, _)| series.errors.get(i).copied()).collect();
    let plot = ScatterPlot::new().with_data(points).with_color(series.colour());
    let plot = plot.with_size(size).with_marker(series.shape());
    Some(if errors.len() == visible.len() { plot.with_y_err(errors) } else { plot }.into())
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
