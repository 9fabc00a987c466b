//! Pictures: charts and grids of small images, as SVG, and as PNG drawn with an embedded font.

mod chart;
mod grid;
mod legend;
mod series;

pub use chart::Chart;
pub use grid::{Palette, Panel, grid};
pub use series::{Axis, Line, Mark, Series};

use crate::error::{Error, Result};

/// A finished picture.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Its name in files and tables.
    pub id: String,
    /// The experiment it belongs to.
    pub experiment: &'static str,
    /// A title for the report.
    pub title: String,
    /// What is to be seen, in words: the caption, and the text for those who do not see it.
    pub caption: String,
    /// The picture as SVG.
    pub svg: String,
    /// What it shows, where that is a chart: the report draws it anew, so that its values can be read.
    pub chart: Option<Chart>,
}

impl Figure {
    /// The picture as PNG at twice its size.
    ///
    /// # Errors
    /// [`crate::Error::Figure`] if the SVG does not parse or the picture does not encode.
    pub fn png(&self) -> Result<Vec<u8>> {
        svg_png::render(&self.svg)
            .map_err(|error| Error::Figure { id: self.id.clone(), reason: error.to_string() })
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
