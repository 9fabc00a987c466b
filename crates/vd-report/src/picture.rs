//! A picture that was drawn elsewhere.

/// A picture that was drawn elsewhere, as SVG. It is shown as an image: nothing in it can run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picture {
    /// What is shown.
    pub title: String,
    /// What is to be seen, in words: also for those who do not see it.
    pub caption: String,
    /// The picture.
    pub svg: String,
}
