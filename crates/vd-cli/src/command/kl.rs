//! `vd kl`: the divergence, exact and approximate.

use crate::cli::KlArgs;
use crate::error::{Error, Result};
use crate::show::emit_with;
use kl_approx::{Divergence, EmpiricalBayes, Exact, KingmaBound, KingmaCubic, Sigmoid};
use serde_json::{Map, Value, json};
use std::io::{BufRead, stdin};

const COLUMNS: [(&str, &str); 7] = [
    ("exact", "exact"),
    ("slope", "exact slope"),
    ("sigmoid_poster", "poster"),
    ("sigmoid_icml_2017", "ICML 2017"),
    ("kingma_cubic", "cubic"),
    ("kingma_bound", "bound"),
    ("empirical_bayes", "emp. Bayes"),
];

pub(super) fn run(args: &KlArgs) -> Result<()> {
    let points = points(args)?;
    emit_with("-", |out| {
        if !args.json {
            writeln!(out, "KL(α) in nats, 0 at α = ∞; - where an approximation does not hold")?;
            write!(out, "{:>10}", "log α")?;
            for (_, title) in COLUMNS {
                write!(out, " {title:>13}")?;
            }
            writeln!(out)?;
        }
        for log_alpha in points {
            let values = values(log_alpha);
            if args.json {
                let mut row = Map::new();
                row.insert("log_alpha".to_owned(), json!(log_alpha));
                row.extend(COLUMNS.iter().zip(values).map(|((key, _), v)| ((*key).to_owned(), v.into())));
                writeln!(out, "{}", Value::Object(row))?;
            } else {
                write!(out, "{log_alpha:>10}")?;
                for value in values {
                    match value {
                        Some(value) => write!(out, " {value:>13.6e}")?,
                        None => write!(out, " {:>13}", "-")?,
                    }
                }
                writeln!(out)?;
            }
        }
        Ok(())
    })
}

fn values(log_alpha: f64) -> [Option<f64>; 7] {
    let of = |kl: &dyn Fn() -> Option<f64>| kl().filter(|v| v.is_finite());
    let value = |kl: Option<(f64, f64)>| kl.map(|(value, _)| value).filter(|v| v.is_finite());
    [
        of(&|| Some(Exact.value(log_alpha))),
        of(&|| Some(Exact.grad(log_alpha))),
        value(Sigmoid::POSTER.try_value_grad(log_alpha).ok()),
        value(Sigmoid::ICML_2017.try_value_grad(log_alpha).ok()),
        value(KingmaCubic.try_value_grad(log_alpha).ok()),
        value(KingmaBound.try_value_grad(log_alpha).ok()),
        value(EmpiricalBayes.try_value_grad(log_alpha).ok()),
    ]
}

fn points(args: &KlArgs) -> Result<Vec<f64>> {
    let mut points = Vec::new();
    for text in &args.log_alpha {
        if text != "-" {
            points.push(point(text, || format!("`{text}`"))?);
            continue;
        }
        for (i, line) in stdin().lock().lines().enumerate() {
            let line = line.map_err(Error::io("read", "-"))?;
            for word in line.split_whitespace() {
                points.push(point(word, || format!("-:{}: `{word}`", i + 1))?);
            }
        }
    }
    Ok(points)
}

fn point(text: &str, at: impl Fn() -> String) -> Result<f64> {
    let wrong = || Error::usage(format!("{}: log α is a finite number", at()));
    text.parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(wrong)
}
