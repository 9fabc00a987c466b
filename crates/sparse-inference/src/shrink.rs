//! Units without effect: those that nothing reads, and those that read nothing and so are constants.

use crate::layer::Layer;

/// The same function without them; a constant goes into the constants of the layer that reads it.
pub(crate) fn shrink(mut layers: Vec<Layer>) -> Vec<Layer> {
    loop {
        let units = |layers: &[Layer]| layers.iter().map(Layer::outputs).sum::<usize>();
        let before = units(&layers);
        for l in 1..layers.len() {
            let (unit, reader) = (&layers[l - 1], &layers[l]);
            let read = reader.live();
            let keep: Vec<u32> =
                read.into_iter().filter(|&k| unit.row(k as usize).next().is_some()).collect();
            let constant = |k: usize| {
                let own = unit.row(k).next().is_none();
                if own { unit.bias()[k].max(0.0) } else { 0.0 }
            };
            let reader = reader.with_constants(&keep, constant);
            (layers[l - 1], layers[l]) = (unit.with_outputs(&keep), reader);
        }
        if units(&layers) == before {
            return layers;
        }
    }
}
