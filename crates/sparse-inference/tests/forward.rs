//! Against a plain sum in double precision: one sample, many, every form, bad input.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

use proptest::prelude::*;
use sparse_inference::{Error, Format, Layer, Memory, Network};

/// Weights of layers of the given widths, of which a share is not zero.
fn network(widths: &[usize], share: f64, seed: u64) -> Vec<Layer> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut number = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    let layer = |pair: &[usize]| {
        let mut draw = |zeros: bool| {
            let (a, b) = (number(), number());
            if zeros && a > share { 0.0 } else { (2.0 * b - 1.0) as f32 }
        };
        let w: Vec<f32> = (0..pair[0] * pair[1]).map(|_| draw(true)).collect();
        let bias = (0..pair[1]).map(|_| draw(false)).collect();
        Layer::from_dense(pair[0], bias, |j, k| w[j * pair[1] + k]).unwrap()
    };
    widths.windows(2).map(layer).collect()
}

/// The outputs in double precision, and the sum of the magnitudes behind each: rounding is relative to that.
fn exact(layers: &[Layer], x: &[f32]) -> Vec<(f64, f64)> {
    let mut from: Vec<(f64, f64)> = x.iter().map(|&x| (f64::from(x), f64::from(x).abs())).collect();
    for (l, layer) in layers.iter().enumerate() {
        if l > 0 {
            from.iter_mut().for_each(|v| v.0 = v.0.max(0.0));
        }
        let output = |k: usize| {
            let b = f64::from(layer.bias()[k]);
            layer.row(k).fold((b, b.abs()), |(sum, size), (j, w)| {
                (sum + f64::from(w) * from[j].0, size + f64::from(w).abs() * from[j].1)
            })
        };
        from = (0..layer.outputs()).map(output).collect();
    }
    from
}

fn close(found: &[f32], expected: &[(f64, f64)]) -> bool {
    let within = |(f, e): (&f32, &(f64, f64))| (f64::from(*f) - e.0).abs() <= 1e-5 * (1.0 + e.1);
    found.len() == expected.len() && found.iter().zip(expected).all(within)
}

proptest! {
    #[test]
    fn one_sample_and_many_are_the_sums(
        widths in prop::collection::vec(1usize..70, 2..5),
        share in prop_oneof![Just(0.0), Just(0.02), Just(0.3), Just(1.0)],
        seed: u64,
        samples in 0usize..75,
    ) {
        let layers = network(&widths, share, seed);
        let net = Network::new(&layers).unwrap();
        let (d, k) = (widths[0], *widths.last().unwrap());
        // Every third input is zero.
        let x: Vec<f32> = (0..samples * d).map(|i| if i % 3 == 0 { 0.0 } else { ((i as f32) * 0.7).sin() }).collect();
        let mut all = vec![f32::NAN; samples * k];
        net.forward_batch(&x, &mut all, &mut Memory::default()).unwrap();
        let mut memory = Memory::default();
        for s in 0..samples {
            let (x, expected) = (&x[s * d..(s + 1) * d], exact(&layers, &x[s * d..(s + 1) * d]));
            let mut y = vec![f32::NAN; k];
            net.forward(x, &mut y, &mut memory).unwrap();
            prop_assert!(close(&y, &expected), "{:?} for {:?}", y, expected);
            prop_assert!(close(&all[s * k..(s + 1) * k], &expected));
            // What a sample gives does not depend on the others.
            let mut alone = vec![f32::NAN; k];
            net.forward_batch(x, &mut alone, &mut Memory::default()).unwrap();
            prop_assert_eq!(&alone, &all[s * k..(s + 1) * k]);
        }
    }
}

#[test]
fn a_layer_gets_the_form_that_suits_it() {
    let form = |widths: &[usize], share: f64| Network::new(&network(widths, share, 1)).unwrap().formats();
    assert_eq!(form(&[784, 300], 0.01), [Format::Rows]);
    assert_eq!(form(&[784, 300], 0.9), [Format::Panels]);
    assert_eq!(form(&[784, 8], 1.0), [Format::Panels]);
    // What is not zero counts, not what the layer is called: 300 outputs that read 5 inputs.
    assert_eq!(form(&[100, 200, 10], 0.02).len(), 2);
}

#[test]
fn inputs_that_nothing_reads_are_never_looked_at() {
    let layer = Layer::from_dense(4, vec![1.0], |j, _| if j == 2 { 3.0 } else { 0.0 }).unwrap();
    let net = Network::new(&[layer]).unwrap();
    assert_eq!(net.live(), [2]);
    let (mut y, mut memory) = ([0.0; 2], Memory::default());
    net.forward(&[f32::NAN, 0.0, 2.0, f32::INFINITY], &mut y[..1], &mut memory).unwrap();
    assert_eq!(y[0], 7.0);
    let rows = [f32::NAN, 0.0, 2.0, 0.0, 0.0, 0.0, f32::NAN, 0.0];
    assert_eq!(net.forward_batch(&rows, &mut y, &mut Memory::default()), Err(Error::NotFinite { sample: 1 }));
    let one = net.forward(&rows[4..], &mut y[..1], &mut memory);
    assert_eq!(one, Err(Error::NotFinite { sample: 0 }));
}

#[test]
fn the_first_bad_sample_of_a_long_batch_is_named() {
    let net = Network::new(&network(&[5, 3], 1.0, 2)).unwrap();
    let mut x = vec![0.5; 5 * 100];
    x[5 * 71 + 4] = f32::NEG_INFINITY;
    x[5 * 90] = f32::NAN;
    let mut y = vec![0.0; 300];
    assert_eq!(net.forward_batch(&x, &mut y, &mut Memory::default()), Err(Error::NotFinite { sample: 71 }));
}

#[test]
fn what_does_not_fit_is_refused() {
    let net = Network::new(&network(&[5, 3], 1.0, 2)).unwrap();
    let mut memory = Memory::default();
    let mut y = [0.0; 4];
    assert!(matches!(
        net.forward(&[0.0; 4], &mut y[..3], &mut memory),
        Err(Error::Length { expected: 5, found: 4, .. })
    ));
    assert!(matches!(
        net.forward(&[0.0; 5], &mut y, &mut memory),
        Err(Error::Length { expected: 3, found: 4, .. })
    ));
    assert!(matches!(
        net.forward_batch(&[0.0; 5], &mut y, &mut Memory::default()),
        Err(Error::Length { .. })
    ));
    assert!(matches!(
        net.forward_batch(&[0.0; 6], &mut y[..3], &mut Memory::default()),
        Err(Error::Length { expected: 5, found: 6, .. })
    ));
    net.forward_batch(&[], &mut [], &mut Memory::default()).unwrap();
    assert!(Network::new(&[]).is_err());
    let joined = [network(&[5, 3], 1.0, 2), network(&[4, 2], 1.0, 2)].concat();
    assert!(Network::new(&joined).unwrap_err().to_string().contains("4 inputs gets 3"));
    let layer = |offsets: &[usize], index: &[u32], w: f32| {
        Layer::new(3, offsets.to_vec(), index.to_vec(), vec![w; index.len()], vec![0.0])
    };
    assert!(layer(&[0, 2], &[0, 2], 1.0).is_ok());
    for bad in [
        layer(&[0, 2], &[2, 0], 1.0),
        layer(&[0, 2], &[0, 3], 1.0),
        layer(&[0, 1], &[0, 2], 1.0),
        layer(&[1, 2], &[0, 2], 1.0),
        layer(&[0, 2, 2], &[0, 2], 1.0),
        layer(&[0, 2], &[0, 2], f32::NAN),
        Layer::new(3, vec![0], vec![], vec![], vec![]),
    ] {
        assert!(bad.is_err());
    }
}

#[test]
fn an_output_that_reads_nothing_is_its_constant() {
    let net = Network::new(&network(&[6, 4, 2], 0.0, 3)).unwrap();
    let mut y = [0.0; 2];
    net.forward(&[1.0; 6], &mut y, &mut Memory::default()).unwrap();
    let mut many = [0.0; 4];
    net.forward_batch(&[1.0; 12], &mut many, &mut Memory::default()).unwrap();
    assert_eq!([y, y].concat(), many);
    assert!(net.live().is_empty());
}

#[test]
fn units_without_effect_cost_nothing() {
    // Unit 1 is read by nothing, unit 2 reads nothing and is the constant 4, unit 3 reads nothing and is below zero.
    let hidden = Layer::from_dense(3, vec![0.0, 1.0, 4.0, -5.0], |j, k| match (j, k) {
        (0, 0) => 1.0,
        (1, 1) => 2.0,
        _ => 0.0,
    });
    let output = Layer::from_dense(4, vec![0.5, 0.0], |j, k| match (j, k) {
        (0, 0) => 3.0,
        (2, 0) => 10.0,
        (3, 1) => 7.0,
        _ => 0.0,
    });
    let net = Network::new(&[hidden.unwrap(), output.unwrap()]).unwrap();
    assert_eq!(net.live(), [0], "input 1 is read by a unit that nothing reads");
    let mut y = [0.0; 4];
    net.forward(&[2.0, f32::NAN, 0.0], &mut y[..2], &mut Memory::default()).unwrap();
    assert_eq!(y[..2], [46.5, 0.0]);
    net.forward_batch(&[2.0, 0.0, 0.0, -1.0, 0.0, 0.0], &mut y, &mut Memory::default()).unwrap();
    assert_eq!(y, [46.5, 0.0, 40.5, 0.0]);
}
