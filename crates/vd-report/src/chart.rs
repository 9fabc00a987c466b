//! Charts of lines and points.

use serde::Serialize;

/// An axis.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Axis {
    /// What is on it, with its unit.
    pub label: String,
    /// Whether it is logarithmic.
    pub log: bool,
    /// The range shown; that of the data where there is none.
    pub range: Option<(f64, f64)>,
}

impl Axis {
    /// A linear axis over the data's range.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), log: false, range: None }
    }

    /// The same, logarithmic.
    #[must_use]
    pub fn log(self) -> Self {
        Self { log: true, ..self }
    }

    /// The same over a range of its own.
    #[must_use]
    pub fn range(self, low: f64, high: f64) -> Self {
        Self { range: Some((low, high)), ..self }
    }
}

/// How a series' points are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// Not at all.
    #[default]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// No mark.
    #[default]
    None,
    /// A small mark.
    Small,
    /// A large open mark, for a point from elsewhere.
    Large,
}

/// A named set of points.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Series {
    /// The name in the legend; empty for none.
    pub name: String,
    /// Horizontal places.
    pub x: Vec<f64>,
    /// Vertical places.
    pub y: Vec<f64>,
    /// Half the height of the band, or of the bar, about each point; empty for none.
    pub spread: Vec<f64>,
    /// What each point is, shown when it is pointed at; empty for none.
    pub labels: Vec<String>,
    /// The line.
    pub line: Line,
    /// The marks.
    pub mark: Mark,
    /// Number of the colour and of the mark's shape.
    pub style: usize,
}

impl Series {
    /// Points joined by a solid line.
    #[must_use]
    pub fn line(name: impl Into<String>, style: usize, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (x, y) = points.into_iter().unzip();
        Self { name: name.into(), x, y, line: Line::Solid, style, ..Self::default() }
    }

    /// Points that are marked and not joined.
    #[must_use]
    pub fn dots(name: impl Into<String>, style: usize, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { line: Line::None, mark: Mark::Small, ..Self::line(name, style, points) }
    }

    /// The same with marks.
    #[must_use]
    pub fn mark(self, mark: Mark) -> Self {
        Self { mark, ..self }
    }

    /// The same with another line.
    #[must_use]
    pub fn joined(self, line: Line) -> Self {
        Self { line, ..self }
    }

    /// The same with a spread about each point.
    #[must_use]
    pub fn spread(self, spread: Vec<f64>) -> Self {
        Self { spread, ..self }
    }
}

/// A straight line across the chart, and what it means.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Rule {
    /// A vertical line.
    Vertical {
        /// Where.
        at: f64,
        /// What it means; empty for nothing.
        label: String,
    },
    /// A horizontal line.
    Horizontal {
        /// Where.
        at: f64,
        /// What it means; empty for nothing.
        label: String,
    },
}

/// A chart of lines and points.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Chart {
    /// What is shown.
    pub title: String,
    /// What is to be seen, in words: also for those who do not see it.
    pub caption: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, first at the back.
    pub series: Vec<Series>,
    /// Lines across.
    pub rules: Vec<Rule>,
    /// Whether it is as high as wide.
    pub square: bool,
}
