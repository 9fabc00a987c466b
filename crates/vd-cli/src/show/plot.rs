//! The relevance picture: a bar for each of the most relevant features, and a strip of all of them.

use crate::show::text::short;
use predictor::{Function, SavedModel};
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const NAMES: f64 = 220.0;
const BARS: f64 = 400.0;
const ROW: f64 = 18.0;
const TOP: f64 = 84.0;
const STRIP: f64 = 60.0;
/// Told apart in grey and by the colour-blind: one is dark, the other light.
const KEPT: &str = "#1b4f72";
const DROPPED: &str = "#c3c9cf";

/// The picture as SVG, at most `top` features as bars.
pub(crate) fn relevance_svg(model: &SavedModel, top: usize) -> String {
    let order = model.by_relevance();
    let shown = order.get(..top.min(order.len())).unwrap_or_default();
    let strip = order.len() > shown.len();
    let axis = TOP + ROW * shown.len() as f64;
    let height = axis + 52.0 + if strip { STRIP + 56.0 } else { 0.0 };
    let most = order.iter().map(|&i| model.strength(i)).fold(0.0, f64::max);
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="DejaVu Sans, sans-serif" font-size="12" fill="#222">
<rect width="{WIDTH}" height="{height}" fill="#fff"/>
"##
    );
    heading(&mut svg, model);
    let step = tick(most);
    grid(&mut svg, most, step, axis);
    for (row, &i) in shown.iter().enumerate() {
        let y = TOP + ROW * row as f64;
        bar(&mut svg, model, i, y, most);
    }
    threshold(&mut svg, model, most, axis);
    let what = if has_z(model) {
        "|z|, posterior mean over its deviation"
    } else {
        "|weight|, per standard deviation of the feature"
    };
    text(&mut svg, NAMES + BARS / 2.0, axis + 34.0, "middle", "", what);
    if strip {
        overview(&mut svg, model, axis + 62.0, most);
    }
    svg.push_str("</svg>\n");
    svg
}

fn has_z(model: &SavedModel) -> bool {
    model.relevance.iter().any(|r| r.z.is_some())
}

fn heading(svg: &mut String, model: &SavedModel) {
    let title = format!("What predicts `{}`", clipped(&model.target.name, 60));
    text(svg, 20.0, 30.0, "start", r#" font-size="18" font-weight="bold""#, &title);
    let dropped = 100.0 * model.sparsity();
    let rows = model.provenance.rows;
    let line = match model.predictor.function() {
        Function::Kernel(kernel) => {
            format!("{}: {} relevance vectors of {rows} rows", model.provenance.model, kernel.count())
        }
        Function::Layers(_) => format!(
            "{}: {} of {} features kept, {dropped:.1}% of the weights dropped, {rows} rows",
            model.provenance.model,
            model.kept(),
            model.relevance.len(),
        ),
    };
    text(svg, 20.0, 52.0, "start", r##" fill="#555""##, &line);
    if model.feature_contrast(0).is_some() {
        let speaks = match model.contrast(0).filter(|_| model.predictor.function().outputs() == 1) {
            Some(contrast) => format!("A positive weight speaks for {contrast}"),
            None => "A positive weight speaks for the class named, against the other classes".to_owned(),
        };
        text(svg, 20.0, 68.0, "start", r##" fill="#555" font-size="11""##, &clipped(&speaks, 80));
    }
    let header = r##" fill="#555" font-size="11""##;
    if model.relevance.iter().any(|r| r.log_alpha.is_some()) {
        text(svg, WIDTH - 76.0, TOP - 8.0, "end", header, "weight");
        text(svg, WIDTH - 16.0, TOP - 8.0, "end", header, "log α");
    } else {
        text(svg, WIDTH - 76.0, TOP - 8.0, "end", header, "weight");
    }
}

fn bar(svg: &mut String, model: &SavedModel, feature: usize, y: f64, most: f64) {
    let (name, r) = (&model.preprocessing.features()[feature].name, &model.relevance[feature]);
    let (kept, middle) = (r.kept > 0, y + ROW / 2.0 + 4.0);
    let (colour, ink) = if kept { (KEPT, "") } else { (DROPPED, r##" fill="#777""##) };
    text(svg, NAMES - 8.0, middle, "end", ink, &clipped(name, 30));
    let length = BARS * share(model.strength(feature), most);
    let class = model.feature_contrast(feature).filter(|_| kept).map(|c| clipped(c.class, 18));
    let _ = writeln!(
        svg,
        r#"<rect x="{NAMES}" y="{:.1}" width="{length:.2}" height="{:.1}" fill="{colour}"/>"#,
        y + 2.0,
        ROW - 4.0
    );
    // The class that the weight speaks for: inside a long bar, after a short one.
    if let Some(class) = class.filter(|_| model.predictor.function().outputs() > 1) {
        let (x, anchor, ink) = match length > 0.7 * BARS {
            true => (NAMES + length - 6.0, "end", r##" fill="#fff" font-size="11""##),
            false => (NAMES + length + 6.0, "start", r##" fill="#555" font-size="11""##),
        };
        text(svg, x, middle, anchor, ink, &class);
    }
    let weight = if kept { short(r.weight) } else { "dropped".to_owned() };
    text(svg, WIDTH - 76.0, middle, "end", ink, &weight);
    if let Some(log_alpha) = r.log_alpha {
        text(svg, WIDTH - 16.0, middle, "end", ink, &format!("{log_alpha:.1}"));
    }
}

fn grid(svg: &mut String, most: f64, step: f64, axis: f64) {
    if !(step > 0.0) {
        return;
    }
    for k in 0..=(most / step) as usize {
        let value = step * k as f64;
        let x = NAMES + BARS * share(value, most);
        let _ = writeln!(svg, r##"<path d="M{x:.2} {TOP}V{axis}" stroke="#ddd"/>"##);
        text(svg, x, axis + 16.0, "middle", r##" fill="#555" font-size="11""##, &label(value, step));
    }
}

/// Where a linear model's features begin to be kept: z² = λ.
fn threshold(svg: &mut String, model: &SavedModel, most: f64, axis: f64) {
    let lambda = model.summary.found("λ");
    // A refit moves z after the columns were chosen: the line is drawn only where it parts the kept from the others.
    let parts = |l: f64| model.relevance.iter().all(|r| (r.kept > 0) == r.z.is_some_and(|z| z * z > l));
    let Some(lambda) = lambda.filter(|&l| l > 0.0 && l.sqrt() < most && parts(l)) else { return };
    let x = NAMES + BARS * share(lambda.sqrt(), most);
    let _ = writeln!(
        svg,
        r##"<path d="M{x:.2} {}V{axis}" stroke="#b03a2e" stroke-dasharray="4 3"/>"##,
        TOP - 6.0
    );
    text(svg, x + 4.0, TOP - 8.0, "start", r##" fill="#b03a2e" font-size="11""##, "kept beyond √λ");
}

/// Every feature in the order of its column, as a thin bar; many features share one.
fn overview(svg: &mut String, model: &SavedModel, top: f64, most: f64) {
    let (left, width) = (20.0, WIDTH - 40.0);
    let count = model.relevance.len();
    let line = format!("All {count} features in the order of their columns");
    text(svg, left, top, "start", r##" fill="#555""##, &line);
    let bins = count.min(width as usize);
    let base = top + 12.0 + STRIP;
    for bin in 0..bins {
        let span = bin * count / bins..(bin + 1) * count / bins;
        let strongest = span.clone().map(|i| model.strength(i)).fold(0.0, f64::max);
        let colour = if model.relevance[span].iter().any(|r| r.kept > 0) { KEPT } else { DROPPED };
        let (x, w) = (left + width * bin as f64 / bins as f64, width / bins as f64);
        let h = (STRIP * share(strongest, most)).max(0.5);
        let (w, y) = ((w - 0.2).max(0.5), base - h);
        let _ =
            writeln!(svg, r#"<rect x="{x:.2}" y="{y:.2}" width="{w:.2}" height="{h:.2}" fill="{colour}"/>"#);
    }
    let _ = writeln!(svg, r##"<path d="M{left} {base}h{width}" stroke="#888"/>"##);
}

fn share(value: f64, most: f64) -> f64 {
    let share = value / most;
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
}

/// A round step that gives three to seven ticks; 0 where there is nothing to measure.
fn tick(most: f64) -> f64 {
    if !(most > 0.0 && most.is_finite()) {
        return 0.0;
    }
    let unit = 10f64.powf((most / 5.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|m| m * unit).into_iter().find(|s| most / s <= 6.0).unwrap_or(0.0)
}

fn label(value: f64, step: f64) -> String {
    if (1e-3..1e5).contains(&step) {
        let digits = (-step.log10().floor()).max(0.0) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.0e}")
    }
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, more: &str, content: &str) {
    let content = escaped(content);
    let _ = writeln!(svg, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}"{more}>{content}</text>"#);
}

fn clipped(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        name.to_owned()
    } else {
        name.chars().take(most - 1).chain(['…']).collect()
    }
}

/// Text that is safe inside XML: names come from the user's file. Characters that XML 1.0 does not have become `?`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push(' '),
            c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
