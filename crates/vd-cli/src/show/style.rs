//! Colour, or none.

use crate::cli::Color;
use std::io::{IsTerminal, stderr, stdout};

/// How to dress what is printed.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    colour: bool,
    /// Say nothing but what was asked for.
    pub quiet: bool,
    /// Whether progress may rewrite its line.
    pub live: bool,
}

impl Style {
    /// What suits the standard streams.
    #[must_use]
    pub fn new(color: Color, quiet: bool) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let colour = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => !plain && stdout().is_terminal(),
        };
        Self { colour, quiet, live: !quiet && stderr().is_terminal() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.dressed(text, "1")
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.dressed(text, "2")
    }

    fn dressed(self, text: &str, code: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
