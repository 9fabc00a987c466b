//! `vd plot`: the relevance picture.

use crate::cli::PlotArgs;
use crate::error::{Error, Result};
use crate::show::{emit, load, relevance_svg};

pub(super) fn run(args: &PlotArgs) -> Result<()> {
    let model = load(&args.model)?;
    if args.top == 0 {
        return Err(Error::usage("--top must be at least 1"));
    }
    let svg = relevance_svg(&model, args.top);
    let png = std::path::Path::new(&args.out).extension().is_some_and(|e| e.eq_ignore_ascii_case("png"));
    if png {
        return emit(&args.out, &to_png(&svg)?);
    }
    emit(&args.out, svg.as_bytes())
}

#[cfg(feature = "png")]
fn to_png(svg: &str) -> Result<Vec<u8>> {
    svg_png::render(svg).map_err(|error| Error::Unsupported(format!("{error}; use --top, or write an SVG")))
}

#[cfg(not(feature = "png"))]
fn to_png(_: &str) -> Result<Vec<u8>> {
    Err(Error::Unsupported("this vd was built without PNG (feature `png`); write an SVG".to_owned()))
}
