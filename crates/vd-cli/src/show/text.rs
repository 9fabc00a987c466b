//! The tables that `vd fit` and `vd inspect` print.

use crate::show::Style;
use predictor::{FeatureRelevance, Function, SavedModel};
use std::fmt::Write;

/// The first lines: what was fitted, how it ended, what is kept, how well it predicts.
pub(crate) fn summary(model: &SavedModel, style: Style) -> String {
    let (a, p) = (&model.summary, &model.provenance);
    let mut text = String::new();
    let residual = a.residual.map(|r| format!(", optimality residual {r:.1e}")).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{}   {}: {} after {} iteration(s){residual}",
        style.bold("Fit"),
        p.model,
        a.status,
        a.iterations
    );
    if !a.found.is_empty() {
        let found: Vec<String> =
            a.found.iter().map(|(name, value)| format!("{name} {}", short(*value))).collect();
        let _ = writeln!(text, "      {}", found.join(", "));
    }
    let _ = writeln!(text, "{}  {}", style.bold("Kept"), kept(model));
    let _ = writeln!(text, "      {}", weights(model));
    text.push_str(&stand_ins(model));
    text.push_str(&score(model, style));
    text
}

/// The measures, and what could not be scored.
fn score(model: &SavedModel, style: Style) -> String {
    let Some(score) = &model.score else { return String::new() };
    let metrics: Vec<String> = score
        .metrics
        .iter()
        .map(|m| match m.deviation {
            Some(d) => format!("{} {} ± {}", m.name, short(m.mean), short(d)),
            None => format!("{} {}", m.name, short(m.mean)),
        })
        .collect();
    let metrics = if metrics.is_empty() { "none".to_owned() } else { metrics.join(", ") };
    let mut text = format!("{} {metrics} ({})\n", style.bold("Score"), score.method);
    for failure in &score.failures {
        let _ = writeln!(text, "      could not be scored: {failure}");
    }
    if !score.failures.is_empty() {
        text.push_str(
            "      the model is fitted to all rows and is kept; --no-score or --cv N avoids this\n",
        );
    }
    text
}

/// Stand-ins that are named; the others are counted.
const STAND_INS: usize = 5;

/// Which columns could stand in for kept ones.
fn stand_ins(model: &SavedModel) -> String {
    let name = |i: usize| model.decision_name(i);
    let of = |i: usize| model.relevance[i].stand_ins.iter().map(move |s| (i, s.feature as usize));
    let mut pairs: Vec<(usize, usize)> = (0..model.relevance.len()).flat_map(of).collect();
    let inclusion = |i: usize| model.relevance[i].inclusion.unwrap_or(0.0);
    pairs.sort_by(|a, b| inclusion(b.1).total_cmp(&inclusion(a.1)));
    let mut text = String::new();
    for &(kept, other) in pairs.iter().take(STAND_INS) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "      {} could stand in for {}", name(other), name(kept));
    }
    if pairs.len() > STAND_INS {
        let _ = writeln!(text, "      and {} more such pairs (--json names all)", pairs.len() - STAND_INS);
    }
    text
}

/// How many columns are kept, and how many of them by chance.
fn kept(model: &SavedModel) -> String {
    if let Function::Kernel(kernel) = model.predictor.function() {
        return format!("{} relevance vectors of {} rows", kernel.count(), model.provenance.rows);
    }
    let mut columns: Vec<u32> = model
        .preprocessing
        .features()
        .iter()
        .zip(&model.relevance)
        .filter(|(_, r)| r.kept > 0)
        .map(|(f, _)| f.column)
        .collect();
    columns.dedup();
    let (features, all) = (model.relevance.len(), model.preprocessing.columns().len());
    let mut text = format!("{} of {all} columns", columns.len());
    // Where a column of several features is one decision, columns say it all.
    if features != all && model.relevance.iter().all(|r| r.decided.is_none()) {
        let _ = write!(text, " ({} of {features} features)", model.kept());
    }
    if let Some(q) = model.summary.false_keeps {
        let _ = write!(text, "; {} kept by chance", by_chance(q));
    }
    if model.summary.found(methods::MANY_WEAK).is_some() {
        text.push_str("; the truth does not look sparse: many weak effects predict better together");
    }
    text
}

/// A number of columns in words.
fn by_chance(q: f64) -> String {
    if q < 0.05 {
        "fewer than 0.1".to_owned()
    } else if q < 9.5 {
        format!("about {}", format!("{q:.1}").trim_end_matches(".0"))
    } else {
        format!("about {q:.0}")
    }
}

fn weights(model: &SavedModel) -> String {
    let (weights, before) = (model.weights(), model.weights_before);
    format!("{weights} of {before} weights ({:.1}% dropped)", 100.0 * model.sparsity())
}

/// One figure of a feature.
type Figure = fn(&FeatureRelevance) -> Option<f64>;

/// A column of the table: its title, whether it is shown, its figure, and how that is written.
type Shown = (&'static str, bool, Figure, fn(f64) -> String);

/// One line a feature, the most relevant first; pruned ones last, dimmed, beyond `rows` only counted.
pub(crate) fn feature_table(model: &SavedModel, style: Style, rows: usize) -> String {
    if model.relevance.is_empty() {
        return String::new();
    }
    let kept = model.kept_decisions();
    // A decision that is dropped takes one line.
    let line = |&i: &usize| kept[i] || model.decision(i) == i;
    let order: Vec<usize> = model.by_relevance().into_iter().filter(line).collect();
    let features = model.preprocessing.features().iter().enumerate();
    let names: Vec<&str> =
        features.map(|(i, f)| if kept[i] { f.name.as_str() } else { model.decision_name(i) }).collect();
    let width = order.iter().take(rows).map(|&i| names[i].chars().count()).max().unwrap_or(0).clamp(7, 40);
    let has = |value: Figure| model.relevance.iter().any(|r| value(r).is_some());
    let columns: [Shown; 5] = [
        ("weight", true, |r| (r.kept > 0).then_some(r.weight), short),
        ("log α", has(|r| r.log_alpha), |r| r.log_alpha, short),
        ("precision", has(|r| r.precision), |r| r.precision, short),
        // One level's z says nothing of a column that was dropped as a whole.
        ("z", has(|r| r.z), |r| r.z.filter(|_| r.kept > 0 || r.decided.is_none()), short),
        ("inclusion", has(|r| r.inclusion), |r| r.inclusion, |p| format!("{p:.3}")),
    ];
    let counted = model.predictor.function().outputs() > 1;
    let class = |i: usize| model.feature_contrast(i).filter(|_| counted && model.relevance[i].kept > 0);
    let widest = order.iter().take(rows).filter_map(|&i| class(i)).map(|c| c.class.chars().count()).max();
    let class_width = widest.map(|w| w.clamp(5, 20));
    let mut text = String::from("\n");
    if let Some(contrast) = model.contrast(0).filter(|_| !counted && model.feature_contrast(0).is_some()) {
        let _ = writeln!(text, "A positive weight speaks for {contrast}.");
    } else if class_width.is_some() {
        text.push_str("A positive weight speaks for its class, against the other classes.\n");
    }
    let _ = write!(text, "{:width$}", "feature");
    for (title, shown, ..) in &columns {
        if *shown {
            // Formatting pads by characters, so that α counts as one.
            let _ = write!(text, " {title:>10}");
        }
    }
    if let Some(class_width) = class_width {
        let _ = write!(text, "  {:class_width$}", "class");
    }
    if counted {
        let _ = write!(text, " {:>6}", "kept");
    }
    text.push_str("  relevance\n");
    let most = order.iter().map(|&i| model.strength(i)).fold(0.0, f64::max);
    for &i in order.iter().take(rows) {
        let r = &model.relevance[i];
        let mut line = format!("{:width$}", shortened(names[i], width));
        for (_, _, value, written) in columns.iter().filter(|(_, shown, ..)| *shown) {
            let _ = write!(line, " {:>10}", value(r).map_or_else(|| "-".to_owned(), written));
        }
        if let Some(class_width) = class_width {
            let name = class(i).map_or("-", |c| c.class);
            let _ = write!(line, "  {:class_width$}", shortened(name, class_width));
        }
        if counted {
            let _ = write!(line, " {:>6}", r.kept);
        }
        let end = match (r.kept > 0, kept[i]) {
            (true, _) => bar(model.strength(i) / most),
            (false, true) => "reference".to_owned(),
            (false, false) => "dropped".to_owned(),
        };
        let _ = write!(line, "  {end}");
        text.push_str(&if r.kept > 0 { line } else { style.dim(&line) });
        text.push('\n');
    }
    if order.len() > rows {
        let left = order.iter().skip(rows).filter(|&&i| model.relevance[i].kept > 0).count();
        let _ = writeln!(text, "… and {} more, {left} of them kept", order.len() - rows);
    }
    text
}

fn bar(share: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = if share.is_finite() { (share.clamp(0.0, 1.0) * 160.0).round() as usize } else { 0 };
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]).trim_end().to_owned()
}

fn shortened(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    let start: String = name.chars().take(width - 1).collect();
    format!("{start}…")
}

/// Four significant digits.
pub(crate) fn short(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&magnitude) {
        let digits = (3 - magnitude.log10().floor() as i32).clamp(0, 6) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.2e}")
    }
}
