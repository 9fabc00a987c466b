//! SVG to PNG with the font inside the program.
#![doc = include_str!("../README.md")]

use std::sync::{Arc, LazyLock};

use resvg::{tiny_skia, usvg};

/// DejaVu Sans 2.37, a subset; licence in `assets/DejaVu-LICENSE.txt`.
const FONTS: [&[u8]; 2] = [
    include_bytes!("../assets/DejaVuSans-subset.ttf"),
    include_bytes!("../assets/DejaVuSans-Bold-subset.ttf"),
];

static FONT_DATABASE: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut database = usvg::fontdb::Database::new();
    for font in FONTS {
        database.load_font_data(font.to_vec());
    }
    database.set_sans_serif_family("DejaVu Sans");
    Arc::new(database)
});

/// Pixels of the PNG per unit of the SVG.
const SCALE: f32 = 2.0;

/// The largest number of pixels along a side.
pub const MAX_SIDE: u32 = 16_384;

/// Why a picture cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not an SVG.
    #[error("the SVG cannot be read: {0}")]
    Svg(String),
    /// The picture has no extent.
    #[error("the picture is empty")]
    Empty,
    /// A side is longer than [`MAX_SIDE`].
    #[error(
        "the picture would have {width} x {height} pixels; {MAX_SIDE} a side is the most: draw less, or keep the SVG"
    )]
    TooLarge {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
    /// The pixels cannot be written as PNG.
    #[error("the picture cannot be written as PNG: {0}")]
    Encode(String),
}

/// Draws an SVG on white, two pixels to the unit, and returns the bytes of the PNG.
///
/// # Errors
/// [`Error::Svg`] for a text that is no SVG, [`Error::Empty`] and [`Error::TooLarge`] for its size.
pub fn render(svg: &str) -> Result<Vec<u8>, Error> {
    let options = usvg::Options {
        font_family: "DejaVu Sans".into(),
        fontdb: Arc::clone(&FONT_DATABASE),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| Error::Svg(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or(Error::Empty)?;
    let (width, height) = (size.width(), size.height());
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(Error::TooLarge { width, height });
    }
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or(Error::Empty)?;
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| Error::Encode(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{Error, MAX_SIDE, render};

    fn blank(width: u32) -> String {
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="2"/>"#)
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert!(matches!(render("no picture"), Err(Error::Svg(_))));
        assert_eq!(render(&blank(MAX_SIDE)), Err(Error::TooLarge { width: 2 * MAX_SIDE, height: 4 }));
        assert!(render(&blank(30)).is_ok_and(|png| png.len() > 50));
    }

    /// Letters come from the font in the program: with them the picture has more ink.
    #[test]
    fn text_leaves_ink() {
        let with = |text: &str| {
            let svg = format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20"><text x="2" y="15">{text}</text></svg>"#
            );
            render(&svg).map_or(0, |png| png.len())
        };
        assert!(with("σ α θ λ") > with("") + 100);
    }
}
