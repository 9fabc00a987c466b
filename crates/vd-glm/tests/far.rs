//! Fits by passes over rows that lie elsewhere: the models of fits to the same rows in memory.

use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};
use vd_glm::pass::{Pass, Plan, Statistics, Targets};
use vd_glm::{
    Block, ClassificationParams, Coding, Error, Family, FarRows, Predictor, Refit, RegressionParams, Slab,
    nalgebra,
};

/// Columns of several means and scales, one of them constant, and the linear predictor of the first three.
fn table(rows: usize, columns: usize, seed: u64) -> (DMatrix<f64>, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut x = DMatrix::from_fn(rows, columns, |_, _| rng.sample::<f64, _>(StandardNormal));
    let z = (0..rows).map(|i| 0.3 + 0.8 * x[(i, 0)] - 0.6 * x[(i, 1)] + 0.4 * x[(i, 2)]).collect();
    for (j, mut column) in x.column_iter_mut().enumerate() {
        let (shift, scale) = (j as f64 - 2.0, 10_f64.powi(j as i32 % 5 - 2));
        column.iter_mut().for_each(|v| *v = shift + scale * *v);
    }
    x.column_mut(columns - 1).fill(7.0);
    (x, z)
}

fn far(x: &DMatrix<f64>) -> FarRows {
    let n = x.nrows() as f64;
    let means: Vec<f64> = x.column_iter().map(|c| c.sum() / n).collect();
    let scale = |(c, mean): (nalgebra::DVectorView<'_, f64>, &f64)| {
        (c.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    let scales = x.column_iter().zip(&means).map(scale).collect();
    FarRows { rows: x.nrows(), means, scales }
}

/// A pass over all rows in three parts, merged in another order.
fn pass(x: &DMatrix<f64>, rows: &FarRows, t: &[f64], plan: &Plan) -> Result<Statistics, String> {
    let used: Vec<usize> = (0..x.ncols()).filter(|&j| rows.scales[j] > 0.0).collect();
    let cuts = [0, x.nrows() / 5, x.nrows() / 2, x.nrows()];
    let mut parts = Vec::new();
    for part in cuts.windows(2) {
        let mut own = Pass::new(plan);
        for from in (part[0]..part[1]).step_by(500) {
            let to = (from + 500).min(part[1]);
            let value = |&j: &usize| {
                (from..to).map(move |i| (x[(i, j)] - rows.means[j]) / rows.scales[j]).collect::<Vec<f64>>()
            };
            let block = Block::dense(to - from, used.len(), used.iter().flat_map(value).collect());
            let targets = Targets { values: &t[from..to], weights: None, offsets: None };
            own.update(plan, &block.ok_or("the shape")?, targets).map_err(|error| error.to_string())?;
        }
        parts.push(own);
    }
    let mut all = Pass::new(plan);
    parts.iter().rev().for_each(|part| all.merge(part));
    Ok(all.finish())
}

fn assert_same(found: &[Predictor], expected: &[Predictor]) {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1e-3);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(close(found.intercept, expected.intercept), "{} {}", found.intercept, expected.intercept);
        let columns = |p: &Predictor| p.weights.iter().map(|w| w.column).collect::<Vec<_>>();
        assert_eq!(columns(found), columns(expected));
        for (a, b) in found.weights.iter().zip(&expected.weights) {
            assert!((a.mean - b.mean).abs() <= 1e-9 * b.mean.abs(), "{a:?} {b:?}");
            assert!((a.variance - b.variance).abs() <= 1e-8 * b.variance, "{a:?} {b:?}");
        }
    }
}

#[test]
fn counts_and_numbers_are_fitted_as_in_memory() {
    let (x, z) = table(3000, 12, 1);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let counts: Vec<f64> =
        z.iter().map(|z| Poisson::new(z.exp()).map_or(0.0, |p| p.sample(&mut rng))).collect();
    let numbers: Vec<f64> = z.iter().map(|z| z + rng.sample::<f64, _>(StandardNormal)).collect();
    let far = far(&x);
    for (family, t) in [(Family::Poisson, &counts), (Family::Gaussian { std: 1.0 }, &numbers)] {
        for params in
            [RegressionParams::new(), RegressionParams::recommended().slab(Slab::Learned).refit(Refit::Ridge)]
        {
            let params = params.family(family);
            let mean = t.iter().sum::<f64>() / t.len() as f64;
            let found = params.fit_passes(&far, mean, |plan, class| {
                assert_eq!(class, None);
                pass(&x, &far, t, plan)
            });
            let (found, expected) = (found.unwrap(), params.fit(&x, t).unwrap());
            assert_same(&[found.model.predictor().clone()], &[expected.model.predictor().clone()]);
            assert_eq!(found.report.iterations, expected.report.iterations);
            assert!((found.report.objective - expected.report.objective).abs() < 1e-6);
            assert!(found.report.residual <= 1e-2 && found.model.lambda() == expected.model.lambda());
        }
    }
}

#[test]
fn classes_are_fitted_as_in_memory() {
    let (x, z) = table(4000, 10, 3);
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let far = far(&x);
    for classes in [2, 3] {
        let label = |z: &f64| {
            let shifted = z + rng.sample::<f64, _>(StandardNormal);
            (0..classes - 1).filter(|&k| shifted > f64::from(k) - 0.2).count()
        };
        let labels: Vec<usize> = z.iter().map(label).collect();
        let counts: Vec<usize> =
            (0..classes as usize).map(|k| labels.iter().filter(|l| **l == k).count()).collect();
        let params = ClassificationParams::recommended().coding(Coding::OneVsRest).slab(Slab::Learned);
        let found = params.fit_passes(&far, &counts, |plan, class| {
            let target = |l: &usize| f64::from(u8::from(*l == class.unwrap_or(1)));
            pass(&x, &far, &labels.iter().map(target).collect::<Vec<_>>(), plan)
        });
        let expected = params.fit(&x, &labels).unwrap();
        assert_same(found.unwrap().model.predictors(), expected.model.predictors());
    }
    let softmax =
        ClassificationParams::new().fit_passes(&far, &[1000, 2000, 1000], |_, _| Err("unused".to_owned()));
    assert!(matches!(softmax, Err(Error::Input(vd_glm::InputError::Combination { .. }))));
}

/// From 16,384 rows on a fit in memory takes the curvature from some of them, unless it is told otherwise.
#[test]
fn many_rows_are_fitted_as_in_memory_with_the_whole_curvature() {
    let (x, z) = table(20_000, 6, 8);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let t: Vec<f64> = z.iter().map(|z| Poisson::new(z.exp()).map_or(0.0, |p| p.sample(&mut rng))).collect();
    let (far, mean) = (far(&x), t.iter().sum::<f64>() / t.len() as f64);
    let params = RegressionParams::recommended();
    let found = params.fit_passes(&far, mean, |plan, _| pass(&x, &far, &t, plan)).unwrap().model;
    let whole = params.clone().whole_curvature(true).fit(&x, &t).unwrap().model;
    assert_same(&[found.predictor().clone()], &[whole.predictor().clone()]);
    let some = params.fit(&x, &t).unwrap().model;
    assert_eq!(some.support(), whole.support());
    assert_ne!(some.weights(), whole.weights());
}

/// Beyond 128 columns a round works on some only, which the point alone does not tell.
#[test]
fn many_columns_take_second_passes() {
    let (x, z) = table(1500, 160, 5);
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let labels: Vec<usize> =
        z.iter().map(|z| usize::from(z + rng.sample::<f64, _>(StandardNormal) > 0.0)).collect();
    let far = far(&x);
    let ones = labels.iter().sum::<usize>();
    let t: Vec<f64> = labels.iter().map(|l| *l as f64).collect();
    let params = ClassificationParams::recommended();
    let found = params.fit_passes(&far, &[1500 - ones, ones], |plan, _| pass(&x, &far, &t, plan)).unwrap();
    assert_same(found.model.predictors(), params.fit(&x, &labels).unwrap().model.predictors());
}

#[test]
fn what_a_pass_says_is_said() {
    let (x, z) = table(200, 5, 7);
    let far = far(&x);
    let t: Vec<f64> = z.iter().map(|z| z.exp().round()).collect();
    let fit = |change: &dyn Fn(&Plan) -> Result<Statistics, String>| {
        RegressionParams::new().fit_passes(&far, 1.0, |plan, _| change(plan)).map(|_| ())
    };
    let failed = fit(&|_| Err("worker 3 is gone".to_owned())).unwrap_err().to_string();
    assert_eq!(failed, "a pass over the rows failed: worker 3 is gone");
    let fewer = fit(&|plan| pass(&x, &far, &t, plan).map(|s| Statistics { rows: 199, ..s }));
    assert!(fewer.unwrap_err().to_string().contains("199 rows and there were 200"));
    let other = fit(&|plan| pass(&x, &far, &t, plan).map(|s| Statistics { outputs: Vec::new(), ..s }));
    assert!(other.unwrap_err().to_string().contains("another plan"));
}
