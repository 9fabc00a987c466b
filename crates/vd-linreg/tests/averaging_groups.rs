//! The average over supports with groups: against the sum over all supports, and on categorical columns.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::{CooMatrix, CscMatrix};
use vd_linreg::synthetic::Spec;
use vd_linreg::{Averaged, Averaging, Params, nalgebra, nalgebra_sparse};

/// Labels of eight columns: a group of three, one of two, and three alone.
const GROUPS: [usize; 8] = [7, 7, 1, 7, 2, 9, 9, 4];

/// Inclusion probabilities by summing over all sets of groups and every v, from the formulas alone.
fn enumerated(x: &DMatrix<f64>, t: &DVector<f64>, groups: &[usize]) -> Vec<f64> {
    let n = x.nrows();
    let mut labels = groups.to_vec();
    labels.sort_unstable();
    labels.dedup();
    let centred = |j: usize| x.column(j).add_scalar(-x.column(j).mean());
    let basis = |label: usize| {
        let columns: Vec<_> = (0..groups.len()).filter(|&j| groups[j] == label).map(centred).collect();
        DMatrix::from_columns(&columns).qr().q()
    };
    let bases: Vec<DMatrix<f64>> = labels.iter().map(|&l| basis(l)).collect();
    let t = t.add_scalar(-t.mean()).normalize();
    let (low, high) = (10f64.ln(), (4.0 * n as f64).ln());
    let count = labels.len() as f64;
    let mut masses = Vec::new();
    for support in 0u32..1 << labels.len() {
        let kept: Vec<usize> = (0..labels.len()).filter(|g| support >> g & 1 == 1).collect();
        let columns: Vec<_> = kept.iter().flat_map(|&g| bases[g].column_iter()).collect();
        let k = columns.len();
        let odds = |k: usize| ((k as f64 + 1.0) / (2.0 * count - k as f64 - 1.0)).ln();
        let prior: f64 = (0..kept.len()).map(odds).sum();
        for g in 0..24 {
            let v = (low + (high - low) * f64::from(g) / 23.0).exp();
            let (mut rest, mut shape) = (1.0, 0.0);
            if k > 0 {
                let sub = DMatrix::from_columns(&columns);
                let a = sub.tr_mul(&sub) + DMatrix::identity(k, k) / v;
                let r = sub.tr_mul(&t);
                rest -= r.dot(&a.clone().cholesky().unwrap().solve(&r));
                shape = -0.5 * (a * v).determinant().ln();
            }
            masses.push((support, prior + shape - 0.5 * (n as f64 - 1.0) * rest.ln()));
        }
    }
    let top = masses.iter().map(|m| m.1).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = masses.iter().map(|m| (m.1 - top).exp()).sum();
    let one = |label: &usize| {
        let g = labels.binary_search(label).unwrap();
        let with = masses.iter().filter(|m| m.0 >> g & 1 == 1);
        with.map(|m| (m.1 - top).exp()).sum::<f64>() / total
    };
    groups.iter().map(one).collect()
}

#[test]
fn inclusion_is_that_of_the_sum_over_all_sets_of_groups() {
    let p = Spec { correlation: 0.7, ..Spec::new(40, 8, 3, 2.5) }.problem(4);
    let settings = Averaging::new().walks(8).steps(20_000).background(false);
    let average = Params::new().fit_averaged_groups(&p.x, &p.t, &GROUPS, &settings).unwrap();
    let exact = enumerated(&p.x, &p.t, &GROUPS);
    assert!(exact.iter().any(|e| (0.1..0.9).contains(e)), "{exact:?}");
    for (found, exact) in average.inclusion.iter().zip(&exact) {
        assert!((found - exact).abs() < 0.03, "{} {exact:?}", average.inclusion);
    }
}

#[test]
fn labels_that_all_differ_are_no_groups() {
    let p = Spec { correlation: 0.5, ..Spec::new(80, 30, 4, 1.0) }.problem(1);
    let settings = Averaging::new().steps(500);
    let labels: Vec<usize> = (0..30).rev().collect();
    let grouped = Params::new().fit_averaged_groups(&p.x, &p.t, &labels, &settings).unwrap();
    assert_eq!(grouped, Params::new().fit_averaged(&p.x, &p.t, &settings).unwrap());
    assert!(Params::new().fit_averaged_groups(&p.x, &p.t, &labels[1..], &settings).is_err());
}

/// A categorical column: the level of each of n rows.
fn levels(n: usize, count: usize, seed: usize) -> Vec<usize> {
    let mut state = 12345 + 7919 * seed as u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    (0..n).map(|_| next() % count).collect()
}

/// Ten numbers of which two matter, six levels that each matter a bit, and twenty that do not: 36 columns, 12 decisions.
fn table(seed: usize) -> (DMatrix<f64>, DVector<f64>, Vec<usize>) {
    let n = 300;
    let p = Spec::new(n, 10, 2, 1.0).problem(seed as u64);
    let (six, twenty) = (levels(n, 6, 2 * seed), levels(n, 20, 2 * seed + 1));
    let x = DMatrix::from_fn(n, 36, |i, j| match j {
        0..10 => p.x[(i, j)],
        10..16 => f64::from(u8::from(six[i] == j - 10)),
        _ => f64::from(u8::from(twenty[i] == j - 16)),
    });
    let effect = [-0.5, 0.4, -0.3, 0.3, -0.4, 0.5];
    let t = DVector::from_fn(n, |i, _| p.t[i] + effect[six[i]]);
    let groups = (0..36).map(|j| if j < 10 { j } else { 10 + usize::from(j >= 16) }).collect();
    (x, t, groups)
}

fn fit(seed: usize) -> Averaged {
    let (x, t, groups) = table(seed);
    Params::new().fit_averaged_groups(&x, &t, &groups, &Averaging::new()).unwrap()
}

#[test]
fn a_category_is_kept_or_dropped_as_a_whole() {
    let (mut weak, mut noise, mut by_level) = (0, 0, 0);
    for seed in 0..10 {
        let average = fit(seed);
        let support = average.fit.model.support();
        let of = |range: core::ops::Range<usize>| support.iter().filter(|j| range.contains(j)).count();
        // Six indicators span five columns beside the intercept; the one that is left over is the reference.
        assert!([0, 5].contains(&of(10..16)), "{support:?}");
        assert!([0, 19].contains(&of(16..36)), "{support:?}");
        assert!((11..16).all(|j| average.inclusion[j] == average.inclusion[10]));
        weak += usize::from(of(10..16) > 0);
        noise += usize::from(of(16..36) > 0);
        let (x, t, _) = table(seed);
        let alone = Params::new().fit_averaged(&x, &t, &Averaging::new()).unwrap();
        by_level += usize::from((10..16).filter(|j| alone.fit.model.support().contains(j)).count() >= 5);
    }
    assert!(weak >= 8 && noise == 0, "{weak} {noise}");
    // What grouping brings: level by level the effects are too weak.
    assert!(by_level <= 2, "{by_level}");
}

#[test]
fn the_coding_of_a_category_does_not_matter() {
    let (x, t, groups) = table(3);
    let settings = Averaging::new().walks(8);
    let plain = Params::new().fit_averaged_groups(&x, &t, &groups, &settings).unwrap();
    // Without the first level, and the others as sums of levels: the same span.
    let kept: Vec<usize> = (0..36).filter(|&j| j != 10).collect();
    let mut coded = x.select_columns(&kept);
    for j in 11..15 {
        let sum = coded.column(j) + coded.column(j - 1);
        coded.set_column(j, &sum);
    }
    let labels: Vec<usize> = kept.iter().map(|&j| groups[j]).collect();
    let other = Params::new().fit_averaged_groups(&coded, &t, &labels, &settings).unwrap();
    assert!(plain.inclusion[10] > 0.5);
    let (a, b) = (plain.inclusion[10], other.inclusion[10]);
    assert!((a - b).abs() < 0.02, "{a} {b}");
    let fitted = |a: &Averaged, x: &DMatrix<f64>| a.fit.model.predict(x).unwrap();
    let (a, b) = (fitted(&plain, &x), fitted(&other, &coded));
    assert!((a - b).amax() < 0.02);
}

#[test]
fn sparse_columns_give_what_dense_ones_give() {
    let (x, t, groups) = table(5);
    let settings = Averaging::new().steps(500);
    let mut coo = CooMatrix::new(x.nrows(), x.ncols());
    for (i, j) in (0..x.nrows()).flat_map(|i| (0..x.ncols()).map(move |j| (i, j))) {
        if x[(i, j)] != 0.0 {
            coo.push(i, j, x[(i, j)]);
        }
    }
    let csc = CscMatrix::from(&coo);
    let dense = Params::new().fit_averaged_groups(&x, &t, &groups, &settings).unwrap();
    let sparse = Params::new().fit_averaged_groups(&csc, &t, &groups, &settings).unwrap();
    assert_eq!(dense.fit.model.support(), sparse.fit.model.support());
    assert!((dense.inclusion - sparse.inclusion).amax() < 1e-6);
}

#[test]
fn a_kept_category_counts_once_and_may_be_a_stand_in() {
    let (x, t, groups) = table(1);
    // A copy of the six levels under other names: either one will do.
    let copy = x.columns(10, 6).into_owned();
    let x = DMatrix::from_fn(300, 42, |i, j| if j < 36 { x[(i, j)] } else { copy[(i, j - 36)] });
    let groups: Vec<usize> = groups.into_iter().chain([99; 6]).collect();
    let average = Params::new().fit_averaged_groups(&x, &t, &groups, &Averaging::new()).unwrap();
    let kept = average.kept_decisions();
    assert_eq!(kept.iter().filter(|j| [10, 36].contains(*j)).count(), 1, "{kept:?}");
    let pair = average.stand_ins.iter().find(|s| [s.kept, s.other].contains(&10)).unwrap();
    assert!([pair.kept, pair.other].contains(&36) && pair.correlation > 0.999);
    let expected: f64 = kept.iter().map(|&j| 1.0 - average.inclusion[j]).sum();
    assert_eq!(average.expected_false_keeps(), expected);
    assert!(kept.len() < average.fit.model.kept());
}
