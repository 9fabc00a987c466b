//! Which class an output speaks for.

use core::fmt;

/// What an output compares its class with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against<'m> {
    /// One other class, by name: the output is a log-odds of two classes.
    Class(&'m str),
    /// All other classes together.
    Others,
}

/// The class that a positive output speaks for, and what it speaks against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contrast<'m> {
    /// The class that becomes more probable as the output grows.
    pub class: &'m str,
    /// What becomes less probable.
    pub against: Against<'m>,
}

impl fmt::Display for Against<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(name) => write!(f, "`{name}`"),
            Self::Others => f.write_str("the other classes"),
        }
    }
}

impl fmt::Display for Contrast<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` against {}", self.class, self.against)
    }
}
