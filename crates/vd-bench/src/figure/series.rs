//! What a chart is made of: named sets of points with a line and marks, and axes.

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
    /// A large open mark, for a point from elsewhere.
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
