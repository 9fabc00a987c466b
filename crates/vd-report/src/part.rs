//! What a section is made of.

use crate::bars::Bars;
use crate::chart::Chart;
use crate::heat::Heat;
use crate::picture::Picture;
use crate::pixels::Pixels;
use crate::table::Table;
use crate::walk::Walk;

/// A part of a section.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Part {
    /// A paragraph.
    Text(String),
    /// A paragraph that says what is not there, and why.
    Missing(String),
    /// Sentences, one below the other.
    List(Vec<String>),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// Few large values: each a value, what it is, and what it means.
    Tiles(Vec<(String, String, String)>),
    /// A command line, to be copied.
    Command(String),
    /// A table.
    Table(Table),
    /// A chart.
    Chart(Chart),
    /// Bars.
    Bars(Bars),
    /// A matrix.
    Heat(Heat),
    /// Small pictures.
    Pixels(Pixels),
    /// A path of models.
    Walk(Walk),
    /// A picture that was drawn elsewhere.
    Picture(Picture),
}
