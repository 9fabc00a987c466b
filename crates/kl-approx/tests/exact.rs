//! The exact divergence against the 25-digit table.

use kl_approx::exact;

#[test]
fn the_reference_table_is_met() {
    let mut worst = [0.0f64; 2];
    for line in include_str!("data/kl_reference.csv").lines().skip(1) {
        let c: Vec<f64> = line.split(',').map(|s| s.parse().unwrap()).collect();
        let (value, grad) = exact::kl_with_grad(c[0]);
        for (e, (got, want)) in worst.iter_mut().zip([(value, c[1]), (grad, c[2])]) {
            *e = e.max((got / want - 1.0).abs());
        }
    }
    assert!(worst[0] < 1e-14 && worst[1] < 1e-14, "{worst:?}");
}
