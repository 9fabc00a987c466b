//! Stability over half-samples.

use vd_linreg::synthetic::Spec;
use vd_linreg::{Error, InputError, Params};

#[test]
fn the_bound_holds_on_average_where_nothing_matters() {
    // Columns of pure noise: every one selected is false. The bound is the mean of q²/(D(2τ − 1)) over problems.
    let (mut found, mut bound) = (0.0, 0.0);
    for seed in 0..30 {
        let p = Spec::new(100, 40, 0, 1.0).problem(seed);
        let params = Params::new().lambda(1.0);
        let stability = params.stability(&p.x, &p.t, 10, seed).unwrap();
        assert_eq!((stability.share.len(), stability.halves), (40, 20));
        assert!((stability.share.sum() - stability.kept).abs() < 1e-9);
        found += stability.selected(0.7).len() as f64 / 30.0;
        bound += stability.expected_false_bound(0.7) / 30.0;
    }
    assert!(found > 0.0 && found <= bound, "{found} {bound}");
}

#[test]
fn it_is_reproducible_and_refuses_no_pairs() {
    let p = Spec::new(60, 10, 2, 0.5).problem(1);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Params::new().lambda(4.0).stability(&p.x, &p.t, 7, 3).unwrap())
    };
    assert_eq!(run(1), run(3));
    let error = Params::new().stability(&p.x, &p.t, 0, 0).unwrap_err();
    assert!(matches!(error, Error::Input(InputError::Parameter { name: "pairs", .. })), "{error}");
}
