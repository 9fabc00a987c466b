//! SVG to PNG, with the font in the binary: no font of the system is needed.

use crate::error::{Error, Result};
use resvg::{tiny_skia, usvg};
use std::sync::Arc;

/// DejaVu Sans 2.37, a subset (Latin, Greek, mathematics); licence in `assets/DejaVu-LICENSE.txt`.
const FONTS: [&[u8]; 2] = [
    include_bytes!("../../assets/DejaVuSans-subset.ttf"),
    include_bytes!("../../assets/DejaVuSans-Bold-subset.ttf"),
];

/// Pixels per unit of the SVG, and the most of them along a side.
const SCALE: f32 = 2.0;
const MAX_SIDE: u32 = 16_384;

/// The picture as a PNG, two pixels to the unit.
pub(crate) fn png_of(svg: &str) -> Result<Vec<u8>> {
    let fault = |what: String| Error::Unsupported(format!("the picture cannot be drawn: {what}"));
    let mut fonts = usvg::fontdb::Database::new();
    for font in FONTS {
        fonts.load_font_data(font.to_vec());
    }
    fonts.set_sans_serif_family("DejaVu Sans");
    let options = usvg::Options {
        font_family: "DejaVu Sans".into(),
        fontdb: Arc::new(fonts),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| fault(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| fault("it is empty".to_owned()))?;
    if size.width() > MAX_SIDE || size.height() > MAX_SIDE {
        return Err(fault(format!("it is larger than {MAX_SIDE} pixels; use --top, or SVG")));
    }
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| fault("it is too large".to_owned()))?;
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| fault(error.to_string()))
}
