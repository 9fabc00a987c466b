//! The tables that `vd fit` and `vd inspect` print.

use crate::model::{Predictor, Relevance, Saved};
use crate::show::Style;
use std::fmt::Write;

/// The first lines: what was fitted, how it ended, what is kept, how well it predicts.
pub(crate) fn summary(model: &Saved, style: Style) -> String {
    let (a, p) = (&model.account, &model.provenance);
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
    if let Some(score) = &model.score {
        let metrics: Vec<String> = score
            .metrics
            .iter()
            .map(|m| match m.deviation {
                Some(d) => format!("{} {} ± {}", m.name, short(m.mean), short(d)),
                None => format!("{} {}", m.name, short(m.mean)),
            })
            .collect();
        let _ = writeln!(text, "{} {} ({})", style.bold("Score"), metrics.join(", "), score.method);
    }
    text
}

fn kept(model: &Saved) -> String {
    if let Predictor::Kernel(kernel) = &model.predictor {
        return format!("{} relevance vectors of {} rows", kernel.count(), model.provenance.rows);
    }
    let (weights, before, sparsity) =
        (model.weights(), model.weights_before, 100.0 * crate::command::sparsity(model));
    let (kept, all) = (model.kept(), model.relevance.len());
    format!("{kept} of {all} features; {weights} of {before} weights ({sparsity:.1}% dropped)")
}

/// One figure of a feature.
type Figure = fn(&Relevance) -> Option<f64>;

/// One line a feature, the most relevant first; pruned ones last, dimmed, beyond `rows` only counted.
pub(crate) fn feature_table(model: &Saved, style: Style, rows: usize) -> String {
    if model.relevance.is_empty() {
        return String::new();
    }
    let order = by_relevance(model);
    let names: Vec<&str> = model.prep.features.iter().map(|f| f.name.as_str()).collect();
    let width = order.iter().take(rows).map(|&i| names[i].chars().count()).max().unwrap_or(0).clamp(7, 40);
    let has = |value: Figure| model.relevance.iter().any(|r| value(r).is_some());
    let columns: [(&str, bool, Figure); 4] = [
        ("weight", true, |r| (r.kept > 0).then_some(r.weight)),
        ("log α", has(|r| r.log_alpha), |r| r.log_alpha),
        ("precision", has(|r| r.precision), |r| r.precision),
        ("z", has(|r| r.z), |r| r.z),
    ];
    let outputs = model.predictor.outputs();
    let counted = outputs > 1;
    let mut text = format!("\n{:width$}", "feature");
    for (title, shown, _) in &columns {
        if *shown {
            // Formatting pads by characters, so that α counts as one.
            let _ = write!(text, " {title:>10}");
        }
    }
    if counted {
        let _ = write!(text, " {:>6}", "kept");
    }
    text.push_str("  relevance\n");
    let most = order.iter().map(|&i| strength(&model.relevance[i])).fold(0.0, f64::max);
    for &i in order.iter().take(rows) {
        let r = &model.relevance[i];
        let mut line = format!("{:width$}", shortened(names[i], width));
        for (_, _, value) in columns.iter().filter(|(_, shown, _)| *shown) {
            let _ = write!(line, " {:>10}", value(r).map_or_else(|| "-".to_owned(), short));
        }
        if counted {
            let _ = write!(line, " {:>6}", r.kept);
        }
        let _ = write!(line, "  {}", if r.kept > 0 { bar(strength(r) / most) } else { "dropped".to_owned() });
        text.push_str(&if r.kept > 0 { line } else { style.dim(&line) });
        text.push('\n');
    }
    if order.len() > rows {
        let left = order.iter().skip(rows).filter(|&&i| model.relevance[i].kept > 0).count();
        let _ = writeln!(text, "… and {} more, {left} of them kept", order.len() - rows);
    }
    text
}

/// Indices of the features, kept ones first, then by falling strength.
pub(crate) fn by_relevance(model: &Saved) -> Vec<usize> {
    let mut order: Vec<usize> = (0..model.relevance.len()).collect();
    let key = |i: usize| (model.relevance[i].kept > 0, strength(&model.relevance[i]));
    order.sort_by(|&a, &b| {
        let ((ka, sa), (kb, sb)) = (key(a), key(b));
        kb.cmp(&ka).then(sb.total_cmp(&sa)).then(a.cmp(&b))
    });
    order
}

/// What the bars show: |z| where there is one, else the weight's magnitude.
pub(crate) fn strength(r: &Relevance) -> f64 {
    r.z.unwrap_or(r.weight).abs()
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
