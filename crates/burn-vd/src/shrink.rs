//! Physically smaller modules: dead channels, units and inputs are cut out of every tensor that has them.
//!
//! A burn module says what its parameters are, not which layer feeds which. A [`Plan`] says that, one [`Width`] at a time: a width is
//! a set of units (channels, neurons, inputs) with the layers that make them and the layers that read them.
//!
//! ```text
//! conv1 ──(20 channels)──> conv2 ──(50 channels × 4 × 4 positions)──> fc1 ──(500 units)──> fc2
//! ```
//!
//! A unit is cut out when that changes no output:
//! - no layer reads it: all weights from it are 0; or
//! - it is constant: all weights into it are 0, so that its value is known: bias, normalisation, activation, gate. A constant of 0
//!   is dropped; another is added to the reading layers' biases (refused for layers with zero padding, whose border would change).
//!
//! Cutting one width may free units of another, so the search repeats until nothing changes.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Int, Tensor, TensorData};

use crate::error::Error;
use crate::walk::{LOG_SIGMA2, NOISE, WEIGHT, read};

/// What stands between a unit's pre-activation and the layers that read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Activation {
    /// max(x, 0), with or without max or average pooling.
    #[default]
    Relu,
    /// Nothing.
    Identity,
    /// Anything else: units are then cut only if no layer reads them.
    Other,
}

/// A set of units, with the layers that make and read them.
#[derive(Debug, Clone)]
pub struct Width {
    name: String,
    makers: Vec<Maker>,
    gates: Vec<String>,
    readers: Vec<Reader>,
    activation: Activation,
}

#[derive(Debug, Clone)]
struct Maker {
    layer: String,
    norm: Option<(String, f64)>,
}

#[derive(Debug, Clone)]
struct Reader {
    layer: String,
    positions: usize,
    padded: bool,
}

impl Width {
    /// Units named for messages. Without a maker they are the network's inputs.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            makers: Vec::new(),
            gates: Vec::new(),
            readers: Vec::new(),
            activation: Activation::Relu,
        }
    }

    /// A layer whose outputs the units are. Several makers add up (residual connections).
    #[must_use]
    pub fn made_by(mut self, layer: impl Into<String>) -> Self {
        self.makers.push(Maker { layer: layer.into(), norm: None });
        self
    }

    /// A batch normalisation behind the maker named last, with its epsilon.
    #[must_use]
    pub fn normalised_by(mut self, norm: impl Into<String>, epsilon: f64) -> Self {
        if let Some(maker) = self.makers.last_mut() {
            maker.norm = Some((norm.into(), epsilon));
        }
        self
    }

    /// A [`crate::UnitGate`] on the units, behind the activation.
    #[must_use]
    pub fn gated_by(mut self, gate: impl Into<String>) -> Self {
        self.gates.push(gate.into());
        self
    }

    /// The activation behind the units; ReLU unless said otherwise.
    #[must_use]
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// A layer that reads the units and pads nothing.
    #[must_use]
    pub fn read_by(self, layer: impl Into<String>) -> Self {
        self.reader(layer, 1, false)
    }

    /// A convolution with zero padding that reads the units.
    #[must_use]
    pub fn read_by_padded(self, layer: impl Into<String>) -> Self {
        self.reader(layer, 1, true)
    }

    /// A linear layer that reads each channel's `positions` values, flattened channel by channel.
    #[must_use]
    pub fn read_flattened_by(self, layer: impl Into<String>, positions: usize) -> Self {
        self.reader(layer, positions, false)
    }

    fn reader(mut self, layer: impl Into<String>, positions: usize, padded: bool) -> Self {
        self.readers.push(Reader { layer: layer.into(), positions, padded });
        self
    }
}

/// How the layers of a module hang together.
///
/// ```
/// use burn_vd::{Plan, Width};
/// let lenet5 = Plan::new()
///     .width(Width::new("channels 1").made_by("conv1").read_by("conv2"))
///     .width(Width::new("channels 2").made_by("conv2").read_flattened_by("fc1", 16))
///     .width(Width::new("units").made_by("fc1").read_by("fc2"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Plan {
    widths: Vec<Width>,
}

/// A smaller module and what is left of each width.
#[derive(Debug, Clone)]
pub struct Shrunk<M> {
    /// The module.
    pub module: M,
    /// For each width, its name and the units that are left, in their old numbering.
    pub kept: Vec<(String, Vec<usize>)>,
}

/// Values of the module on the host, by path.
type Values = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

impl Plan {
    /// A plan without widths.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a width.
    #[must_use]
    pub fn width(mut self, width: Width) -> Self {
        self.widths.push(width);
        self
    }

    /// Cuts out all units that change no output. At least one unit of each width is left.
    ///
    /// Prune first ([`crate::prune`]): only weights that are exactly 0 count as absent. The outputs change by rounding alone.
    ///
    /// # Errors
    /// [`Error::NoSuchPath`] and [`Error::Plan`] for a plan that doesn't fit the module; [`Error::Device`].
    pub fn shrink<M: Module>(&self, module: M) -> Result<Shrunk<M>, Error> {
        let mut values = gather(&module)?;
        let widths = self.widths.iter().map(|w| Checked::new(w, &values)).collect::<Result<Vec<_>, _>>()?;
        let mut alive: Vec<Vec<bool>> = widths.iter().map(|w| vec![true; w.units]).collect();
        while round(&widths, &mut alive, &mut values) {}
        let kept: Vec<Vec<usize>> = alive.iter().map(|a| (0..a.len()).filter(|&i| a[i]).collect()).collect();
        let cuts = cuts(&widths, &kept);
        let biases = widths.iter().flat_map(|w| &w.width.readers).map(|r| format!("{}.bias", r.layer));
        let biases = biases.filter_map(|p| values.remove(&p).map(|(_, v)| (p, v))).collect();
        let module = module.map(&mut Cut { cuts, biases, path: Vec::new() });
        let names = self.widths.iter().map(|w| w.name.clone());
        Ok(Shrunk { module, kept: names.zip(kept).collect() })
    }
}

fn gather<M: Module>(module: &M) -> Result<Values, Error> {
    struct Gather {
        path: Vec<String>,
        values: Values,
        error: Option<Error>,
    }
    impl ModuleVisitor for Gather {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let path = self.path.join(".");
            let value = param.val();
            let shape = value.dims().to_vec();
            match read(&path, value) {
                Ok(v) => drop(self.values.insert(path, (shape, v))),
                Err(e) => drop(self.error.get_or_insert(e)),
            }
        }
    }
    let mut gather = Gather { path: Vec::new(), values: Values::new(), error: None };
    module.visit(&mut gather);
    match gather.error {
        Some(error) => Err(error),
        None => Ok(gather.values),
    }
}

/// A width whose layers were found and whose sizes agree.
struct Checked<'a> {
    width: &'a Width,
    units: usize,
}

impl<'a> Checked<'a> {
    fn new(width: &'a Width, values: &Values) -> Result<Self, Error> {
        let plan = |reason: String| Error::Plan { width: width.name.clone(), reason };
        let mut sizes: Vec<(String, usize)> = Vec::new();
        for maker in &width.makers {
            let (shape, _) = weight(values, &maker.layer)?;
            sizes.push((maker.layer.clone(), shape[output_axis(shape)]));
            if let Some((norm, _)) = &maker.norm {
                for part in ["gamma", "beta", "running_mean", "running_var"] {
                    let (shape, _) = find(values, &format!("{norm}.{part}"))?;
                    sizes.push((format!("{norm}.{part}"), shape[0]));
                }
            }
        }
        for gate in &width.gates {
            sizes.push((gate.clone(), weight(values, gate)?.0[0]));
        }
        for reader in &width.readers {
            let (shape, _) = weight(values, &reader.layer)?;
            let inputs = shape[input_axis(shape)];
            if reader.positions == 0 || inputs % reader.positions != 0 {
                let positions = reader.positions;
                return Err(plan(format!(
                    "`{}` has {inputs} inputs, no multiple of {positions} positions",
                    reader.layer
                )));
            }
            sizes.push((reader.layer.clone(), inputs / reader.positions));
        }
        if width.readers.is_empty() {
            return Err(plan(
                "no layer reads it: name one with `read_by`, or leave the width out".to_owned(),
            ));
        }
        let units = sizes[0].1;
        if let Some((layer, size)) = sizes.iter().find(|(_, size)| *size != units) {
            return Err(plan(format!(
                "`{}` has {units} units but `{layer}` has {size} (grouped convolutions can't be cut)",
                sizes[0].0
            )));
        }
        if units == 0 {
            return Err(plan("it has no units".to_owned()));
        }
        Ok(Self { width, units })
    }
}

fn find<'v>(values: &'v Values, path: &str) -> Result<&'v (Vec<usize>, Vec<f32>), Error> {
    let attached = format!("{path}.{NOISE}.{LOG_SIGMA2}");
    if values.contains_key(&attached) {
        let reason = "the module still carries `sparsify`'s noise: call `.valid().materialize()` on it first"
            .to_owned();
        return Err(Error::Plan { width: path.to_owned(), reason });
    }
    values
        .get(path)
        .ok_or_else(|| Error::NoSuchPath { path: path.to_owned(), known: values.keys().cloned().collect() })
}

fn weight<'v>(values: &'v Values, layer: &str) -> Result<&'v (Vec<usize>, Vec<f32>), Error> {
    find(values, &format!("{layer}.{WEIGHT}"))
}

/// Linear weights are `[in, out]`, convolutions' `[out, in, ...]`.
fn output_axis(shape: &[usize]) -> usize {
    usize::from(shape.len() == 2)
}

fn input_axis(shape: &[usize]) -> usize {
    usize::from(shape.len() > 2)
}

/// Calls `f(output, input, index)` for every weight of a layer.
fn each(shape: &[usize], mut f: impl FnMut(usize, usize, usize)) {
    let rest: usize = shape[2..].iter().product();
    let conv = shape.len() > 2;
    for a in 0..shape[0] {
        for b in 0..shape[1] {
            let (output, input) = if conv { (a, b) } else { (b, a) };
            for k in 0..rest {
                f(output, input, (a * shape[1] + b) * rest + k);
            }
        }
    }
}

/// One pass over all widths; whether anything changed.
fn round(widths: &[Checked<'_>], alive: &mut [Vec<bool>], values: &mut Values) -> bool {
    let mut changed = false;
    for w in 0..widths.len() {
        let read = is_read(widths, alive, values, w);
        let constant = constants(widths, alive, values, w);
        for unit in 0..widths[w].units {
            // The last unit stays: a width of 0 is no network.
            if !alive[w][unit] || alive[w].iter().filter(|a| **a).count() == 1 {
                continue;
            }
            let cut = !read[unit]
                || match constant[unit] {
                    Some(0.0) => true,
                    Some(c) => fold(&widths[w], values, unit, c),
                    None => false,
                };
            if cut {
                alive[w][unit] = false;
                changed = true;
            }
        }
    }
    changed
}

/// Which width a layer's outputs or inputs are, if the plan has it.
fn width_of(widths: &[Checked<'_>], layer: &str, output: bool) -> Option<(usize, usize)> {
    widths.iter().enumerate().find_map(|(i, w)| {
        if output {
            w.width.makers.iter().any(|m| m.layer == layer).then_some((i, 1))
        } else {
            w.width.readers.iter().find(|r| r.layer == layer).map(|r| (i, r.positions))
        }
    })
}

/// For each unit of width `w`: whether a layer reads it by a weight ≠ 0 into a unit that is alive.
fn is_read(widths: &[Checked<'_>], alive: &[Vec<bool>], values: &Values, w: usize) -> Vec<bool> {
    let mut read = vec![false; widths[w].units];
    for reader in &widths[w].width.readers {
        let Ok((shape, v)) = weight(values, &reader.layer) else { continue };
        let out = width_of(widths, &reader.layer, true);
        each(shape, |output, input, i| {
            // A NaN is not 0.
            if v[i] != 0.0 && out.is_none_or(|(o, _)| alive[o][output]) {
                read[input / reader.positions] = true;
            }
        });
    }
    read
}

/// For each unit of width `w`: its value if no weight into it, from a unit that is alive, differs from 0.
fn constants(widths: &[Checked<'_>], alive: &[Vec<bool>], values: &Values, w: usize) -> Vec<Option<f32>> {
    let width = widths[w].width;
    let units = widths[w].units;
    let mut out = vec![if width.makers.is_empty() { None } else { Some(0.0f32) }; units];
    let several = width.makers.len() > 1;
    for maker in &width.makers {
        let Ok((shape, v)) = weight(values, &maker.layer) else { return vec![None; units] };
        let into = width_of(widths, &maker.layer, false);
        each(shape, |output, input, i| {
            if v[i] != 0.0 && into.is_none_or(|(a, positions)| alive[a][input / positions]) {
                out[output] = None;
            }
        });
        let bias = values.get(&format!("{}.bias", maker.layer)).map(|(_, b)| b);
        for unit in 0..units {
            let Some(sum) = out[unit] else { continue };
            let mut c = bias.map_or(0.0, |b| b[unit]);
            if let Some((norm, epsilon)) = &maker.norm {
                let part =
                    |name: &str| values.get(&format!("{norm}.{name}")).map_or(f32::NAN, |(_, p)| p[unit]);
                let sd = (part("running_var") + *epsilon as f32).sqrt();
                c = part("gamma") * (c - part("running_mean")) / sd + part("beta");
            }
            out[unit] = match width.activation {
                Activation::Relu if several => (c <= 0.0).then_some(0.0),
                Activation::Identity if several => (c == 0.0).then_some(0.0),
                _ => Some(sum + c),
            };
        }
    }
    for unit in 0..units {
        out[unit] = out[unit].and_then(|c| match width.activation {
            Activation::Relu => Some(c.max(0.0)),
            Activation::Identity => Some(c),
            Activation::Other => None,
        });
        for gate in &width.gates {
            let Ok((_, z)) = weight(values, gate) else { continue };
            out[unit] = if z[unit] == 0.0 { Some(0.0) } else { out[unit].map(|c| c * z[unit]) };
        }
        out[unit] = out[unit].filter(|c| c.is_finite());
    }
    out
}

/// Adds a constant unit's effect to the biases of the layers that read it; false if one has none or pads.
fn fold(w: &Checked<'_>, values: &mut Values, unit: usize, c: f32) -> bool {
    let readers = &w.width.readers;
    // A constant that several positions or makers share is the same at each; with several makers none is folded.
    if readers.iter().any(|r| r.padded || !values.contains_key(&format!("{}.bias", r.layer)))
        || w.width.makers.len() > 1
    {
        return false;
    }
    for reader in readers {
        let Ok((shape, v)) = weight(values, &reader.layer) else { return false };
        let mut added = vec![0.0f64; shape[output_axis(shape)]];
        each(shape, |output, input, i| {
            if input / reader.positions == unit {
                added[output] += f64::from(v[i]) * f64::from(c);
            }
        });
        if let Some((_, bias)) = values.get_mut(&format!("{}.bias", reader.layer)) {
            bias.iter_mut().zip(added).for_each(|(b, a)| *b = (f64::from(*b) + a) as f32);
        }
    }
    true
}

/// For each path, the axes to cut and the indices to keep.
fn cuts(widths: &[Checked<'_>], kept: &[Vec<usize>]) -> BTreeMap<String, Vec<(Side, Vec<usize>)>> {
    let mut cuts: BTreeMap<String, Vec<(Side, Vec<usize>)>> = BTreeMap::new();
    for (w, kept) in widths.iter().zip(kept) {
        let mut cut =
            |path: String, side: Side, keep: Vec<usize>| cuts.entry(path).or_default().push((side, keep));
        for maker in &w.width.makers {
            for part in [WEIGHT, LOG_SIGMA2] {
                cut(format!("{}.{part}", maker.layer), Side::Outputs, kept.clone());
            }
            cut(format!("{}.bias", maker.layer), Side::Only, kept.clone());
            if let Some((norm, _)) = &maker.norm {
                for part in ["gamma", "beta", "running_mean", "running_var"] {
                    cut(format!("{norm}.{part}"), Side::Only, kept.clone());
                }
            }
        }
        for gate in &w.width.gates {
            for part in [WEIGHT, LOG_SIGMA2] {
                cut(format!("{gate}.{part}"), Side::Only, kept.clone());
            }
        }
        for reader in &w.width.readers {
            let expanded: Vec<usize> = kept
                .iter()
                .flat_map(|&u| (0..reader.positions).map(move |p| u * reader.positions + p))
                .collect();
            for part in [WEIGHT, LOG_SIGMA2] {
                cut(format!("{}.{part}", reader.layer), Side::Inputs, expanded.clone());
            }
        }
    }
    cuts
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Outputs,
    Inputs,
    Only,
}

struct Cut {
    cuts: BTreeMap<String, Vec<(Side, Vec<usize>)>>,
    biases: BTreeMap<String, Vec<f32>>,
    path: Vec<String>,
}

impl ModuleMapper for Cut {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.join(".");
        let (cuts, bias) = (self.cuts.get(&path), self.biases.remove(&path));
        if cuts.is_none() && bias.is_none() {
            return param;
        }
        let (id, tensor, _) = param.consume();
        let (autodiff, require_grad) = (tensor.is_autodiff(), tensor.is_require_grad());
        let mut plain = if autodiff { tensor.inner() } else { tensor };
        let device = plain.device();
        if let Some(bias) = bias {
            let shape = plain.dims();
            plain =
                Tensor::<1>::from_data(TensorData::new(bias.clone(), [bias.len()]), &device).reshape(shape);
        }
        for (side, keep) in cuts.into_iter().flatten() {
            let axis = match side {
                Side::Outputs => output_axis(&plain.dims()),
                Side::Inputs => input_axis(&plain.dims()),
                Side::Only => 0,
            };
            let index: Vec<i32> = keep.iter().map(|&i| i as i32).collect();
            let index = Tensor::<1, Int>::from_data(TensorData::new(index, [keep.len()]), &device);
            plain = plain.select(axis, index);
        }
        let value = if autodiff { Tensor::from_inner(plain).set_require_grad(require_grad) } else { plain };
        // The mapper of a column-major linear layer transposes what is loaded and saved: the type keeps no hint of it, and a
        // smaller record belongs to the row-major layout.
        Param::initialized(id, value)
    }
}
