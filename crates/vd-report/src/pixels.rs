//! Numbers that lie in a plane, as small pictures.

use serde::Serialize;

/// One small picture.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Image {
    /// What stands above it.
    pub title: String,
    /// The numbers, row by row.
    pub values: Vec<f64>,
}

/// Small pictures side by side with one scale of colours.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Pixels {
    /// What is shown.
    pub title: String,
    /// What is to be seen, in words: also for those who do not see it.
    pub caption: String,
    /// Pixels in a row.
    pub width: usize,
    /// What a number means, with its unit.
    pub measure: String,
    /// The name of each pixel; empty for none.
    pub names: Vec<String>,
    /// The pictures.
    pub images: Vec<Image>,
}
