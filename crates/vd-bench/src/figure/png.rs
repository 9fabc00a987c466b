//! SVG to PNG, with the font in the binary: no font of the system is looked for.

use std::sync::{Arc, LazyLock};

use resvg::{tiny_skia, usvg};

use crate::error::{Error, Result};

/// DejaVu Sans 2.37, the glyphs that are used; licence in `assets/DejaVu-LICENSE.txt`.
const FONTS: [&[u8]; 2] = [
    include_bytes!("../../assets/DejaVuSans-subset.ttf"),
    include_bytes!("../../assets/DejaVuSans-Bold-subset.ttf"),
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

pub(super) fn render(id: &str, svg: &str) -> Result<Vec<u8>> {
    let fault = |reason: String| Error::Figure { id: id.to_owned(), reason };
    let options = usvg::Options {
        font_family: "DejaVu Sans".into(),
        fontdb: Arc::clone(&FONT_DATABASE),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|e| fault(e.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| fault("empty picture".into()))?;
    let mut pixmap =
        tiny_skia::Pixmap::new(size.width(), size.height()).ok_or_else(|| fault("empty picture".into()))?;
    pixmap.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|e| fault(e.to_string()))
}
