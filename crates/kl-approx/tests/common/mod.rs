//! The committed high-precision values.
#![allow(dead_code, clippy::expect_used)]

/// Rows of numbers; an empty cell is NaN. `skip` leading columns of text are dropped.
pub fn rows(text: &str, skip: usize) -> Vec<Vec<f64>> {
    text.lines()
        .skip(1)
        .map(|line| {
            line.split(',')
                .skip(skip)
                .map(|cell| if cell.is_empty() { f64::NAN } else { cell.parse().expect("a number") })
                .collect()
        })
        .collect()
}

/// log α, then (value, gradient) of: exact, poster, empirical Bayes, cubic.
pub fn oracle() -> Vec<Vec<f64>> {
    rows(include_str!("../data/oracle.csv"), 1)
}

/// z², u, shrinkage.
pub fn pruning() -> Vec<Vec<f64>> {
    rows(include_str!("../data/pruning.csv"), 0)
}

/// log α, KL, gradient: the 961 given points.
pub fn reference() -> Vec<Vec<f64>> {
    rows(include_str!("../data/kl_reference.csv"), 0)
}

/// q, columns, G, λ with P(χ²_G > λ G) = q/columns.
pub fn false_keeps() -> Vec<Vec<f64>> {
    rows(include_str!("../data/false_keeps.csv"), 0)
}

/// λ, G, P(χ²_G > λ G).
pub fn tail() -> Vec<Vec<f64>> {
    rows(include_str!("../data/tail.csv"), 0)
}
