//! Tables that sort and filter.

use serde::Serialize;

/// The cells of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "values")]
pub enum Cells {
    /// Texts, which may come from anybody.
    Text(Vec<String>),
    /// Numbers; none where there is nothing to say.
    Number(Vec<Option<f64>>),
    /// Yes or no.
    Flag(Vec<bool>),
}

impl Cells {
    /// The number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Flag(values) => values.len(),
        }
    }

    /// Whether there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Its name.
    pub title: String,
    /// What it means, in a sentence; empty where the name says it.
    pub about: String,
    /// The cells.
    #[serde(flatten)]
    pub cells: Cells,
}

impl Column {
    /// A column of texts.
    #[must_use]
    pub fn text(title: impl Into<String>, about: impl Into<String>, values: Vec<String>) -> Self {
        Self { title: title.into(), about: about.into(), cells: Cells::Text(values) }
    }

    /// A column of numbers.
    #[must_use]
    pub fn number(title: impl Into<String>, about: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        Self { title: title.into(), about: about.into(), cells: Cells::Number(values) }
    }

    /// A column of yes and no.
    #[must_use]
    pub fn flag(title: impl Into<String>, about: impl Into<String>, values: Vec<bool>) -> Self {
        Self { title: title.into(), about: about.into(), cells: Cells::Flag(values) }
    }
}

/// Some of a table's rows, such as those that matter first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// What the reader chooses it by.
    pub name: String,
    /// The rows, in the table's order.
    pub rows: Vec<usize>,
}

/// A table that sorts and filters. Columns have as many cells each.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Table {
    /// What it shows; the name of the file in which it is downloaded.
    pub title: String,
    /// What is to be known before reading it; empty for nothing.
    pub note: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// Some of the rows, the first view at first; all rows where there is none.
    pub views: Vec<View>,
}

impl Table {
    /// The number of rows: that of the shortest column.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.iter().map(|column| column.cells.len()).min().unwrap_or(0)
    }

    /// The rows that are shown at first.
    pub(crate) fn first_rows(&self) -> Vec<usize> {
        let all = self.rows();
        match self.views.first() {
            Some(view) => view.rows.iter().copied().filter(|&row| row < all).collect(),
            None => (0..all).collect(),
        }
    }
}
