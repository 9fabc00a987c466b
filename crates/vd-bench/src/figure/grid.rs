//! Grids of small images: heat maps and grey pictures, side by side, with one scale.

use std::fmt::Write;

use super::escape;

/// How a value becomes a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// White (low) to black (high), as ink on paper.
    Ink,
    /// Bright (low) to dark (high) through one hue, monotone in lightness, so that grey print keeps the order.
    Heat,
}

/// One small image.
#[derive(Debug, Clone)]
pub struct Panel {
    /// What stands above it.
    pub title: String,
    /// Columns of the image.
    pub columns: usize,
    /// Row by row.
    pub values: Vec<f64>,
    /// Draw a line below this row.
    pub divide_after: Option<usize>,
    /// The values that become the lowest and the highest colour.
    pub range: (f64, f64),
    /// The colours.
    pub palette: Palette,
}

/// Side of a pixel of an image of up to sixteen columns.
const CELL: f64 = 11.0;
const GAP: f64 = 16.0;
const TITLE: f64 = 22.0;
const MARGIN: f64 = 14.0;
const SCALE_HEIGHT: f64 = 52.0;

/// The panels in rows of `across`, and below them the scale of the last palette with `scale_label` (none if empty).
#[must_use]
pub fn grid(panels: &[Panel], across: usize, scale_label: &str) -> String {
    let across = across.clamp(1, panels.len().max(1));
    let cell = |panel: &Panel| if panel.columns > 16 { CELL * 8.0 / panel.columns as f64 } else { CELL };
    let size = |panel: &Panel| {
        let rows = panel.values.len().div_ceil(panel.columns.max(1));
        (cell(panel) * panel.columns as f64, cell(panel) * rows as f64)
    };
    let width = panels.iter().map(|p| size(p).0).fold(0.0, f64::max);
    let height = panels.iter().map(|p| size(p).1).fold(0.0, f64::max);
    let rows = panels.len().div_ceil(across);
    let total_width = (2.0 * MARGIN + across as f64 * (width + GAP) - GAP).max(360.0);
    let panels_height = rows as f64 * (height + TITLE + GAP);
    let total_height = MARGIN + panels_height + if scale_label.is_empty() { 0.0 } else { SCALE_HEIGHT };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{total_width:.0}\" height=\"{total_height:.0}\" \
         viewBox=\"0 0 {total_width:.0} {total_height:.0}\" font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, \
         sans-serif\" font-size=\"15\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    );
    for (i, panel) in panels.iter().enumerate() {
        let x = MARGIN + (i % across) as f64 * (width + GAP);
        let y = MARGIN + (i / across) as f64 * (height + TITLE + GAP);
        let middle = x + size(panel).0 / 2.0;
        let _ = write!(
            svg,
            "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            y + 14.0,
            escape(&panel.title)
        );
        draw(&mut svg, panel, x, y + TITLE, cell(panel), size(panel));
    }
    if let (false, Some(last)) = (scale_label.is_empty(), panels.last()) {
        scale(&mut svg, last, scale_label, MARGIN + panels_height, total_width);
    }
    svg.push_str("</svg>");
    svg
}

fn draw(svg: &mut String, panel: &Panel, x: f64, y: f64, cell: f64, (width, height): (f64, f64)) {
    for (i, &value) in panel.values.iter().enumerate() {
        let (column, row) = ((i % panel.columns) as f64, (i / panel.columns) as f64);
        let _ = write!(
            svg,
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{}\" shape-rendering=\"crispEdges\"/>",
            x + column * cell,
            y + row * cell,
            cell + 0.05,
            cell + 0.05,
            colour(panel.palette, panel.range, value)
        );
    }
    let _ = write!(
        svg,
        "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"none\" stroke=\"#767676\"/>"
    );
    if let Some(row) = panel.divide_after {
        let at = y + row as f64 * cell;
        let _ = write!(
            svg,
            "<line x1=\"{:.2}\" y1=\"{at:.2}\" x2=\"{:.2}\" y2=\"{at:.2}\" stroke=\"#D55E00\" stroke-width=\"2\"/>",
            x - 3.0,
            x + width + 3.0
        );
    }
}

fn scale(svg: &mut String, panel: &Panel, label: &str, y: f64, total_width: f64) {
    const STEPS: usize = 64;
    let (low, high) = panel.range;
    let number = |value: f64| value.to_string().replace('-', "−");
    let (width, x) = (240.0, (total_width - 240.0) / 2.0);
    for i in 0..STEPS {
        let value = low + (high - low) * (i as f64 + 0.5) / STEPS as f64;
        let step = width / STEPS as f64;
        let _ = write!(
            svg,
            "<rect x=\"{:.2}\" y=\"{y:.1}\" width=\"{:.2}\" height=\"12\" fill=\"{}\" shape-rendering=\"crispEdges\"/>",
            x + i as f64 * step,
            step + 0.1,
            colour(panel.palette, panel.range, value)
        );
    }
    let _ = write!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"12\" fill=\"none\" stroke=\"#767676\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><text x=\"{:.1}\" y=\"{:.1}\">{}</text>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        x - 6.0,
        y + 11.0,
        number(low),
        x + width + 6.0,
        y + 11.0,
        number(high),
        total_width / 2.0,
        y + 32.0,
        escape(label)
    );
}

fn colour(palette: Palette, (low, high): (f64, f64), value: f64) -> String {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    let t = if t.is_nan() { 0.0 } else { t };
    /// Key colours from low to high, lightness falling all the way.
    const HEAT: [[f64; 3]; 5] = [
        [253.0, 231.0, 120.0],
        [245.0, 160.0, 80.0],
        [200.0, 75.0, 90.0],
        [105.0, 30.0, 105.0],
        [12.0, 7.0, 40.0],
    ];
    let [r, g, b] = match palette {
        Palette::Ink => [255.0 * (1.0 - t); 3],
        Palette::Heat => {
            let position = t * (HEAT.len() - 1) as f64;
            let (i, f) = ((position as usize).min(HEAT.len() - 2), position);
            let f = f - i as f64;
            std::array::from_fn(|c| HEAT[i][c] * (1.0 - f) + HEAT[i + 1][c] * f)
        }
    };
    format!("#{:02x}{:02x}{:02x}", r.round() as u8, g.round() as u8, b.round() as u8)
}
