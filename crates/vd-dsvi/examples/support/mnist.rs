//! MNIST from a folder of gzipped IDX files, as sparse rows of pixel/255. No mean is taken off: the rows stay sparse, and the
//! models here have a bias instead.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use nalgebra_sparse::CsrMatrix;
use vd_dsvi::sparse_inference::Memory;
use vd_dsvi::{Model, Rows};

/// A boxed error with a message.
pub type Failure = Box<dyn std::error::Error>;

/// Images as rows, and their labels.
pub struct Images {
    pub x: Rows<f32>,
    pub labels: Vec<usize>,
}

impl Images {
    /// The samples `range`, as a data set of their own.
    pub fn slice(&self, pixels: &[u8], range: std::ops::Range<usize>) -> Result<Self, Failure> {
        let labels = self.labels[range.clone()].to_vec();
        Ok(Self { x: rows(&pixels[range.start * 784..range.end * 784])?, labels })
    }
}

/// The folder that `VD_MNIST_DIR` names.
pub fn folder() -> Result<std::path::PathBuf, Failure> {
    let named = std::env::var_os("VD_MNIST_DIR");
    named
        .map(Into::into)
        .ok_or_else(|| "set VD_MNIST_DIR to the folder with the four *-ubyte.gz files".into())
}

/// `train` or `t10k`; with the raw pixels beside.
pub fn load(folder: &Path, name: &str) -> Result<(Images, Vec<u8>), Failure> {
    let pixels = idx(&folder.join(format!("{name}-images-idx3-ubyte.gz")), 0x803, 16)?;
    let labels = idx(&folder.join(format!("{name}-labels-idx1-ubyte.gz")), 0x801, 8)?;
    if pixels.len() != 784 * labels.len() {
        return Err(format!("{name}: {} pixels for {} labels", pixels.len(), labels.len()).into());
    }
    Ok((Images { x: rows(&pixels)?, labels: labels.into_iter().map(usize::from).collect() }, pixels))
}

fn rows(pixels: &[u8]) -> Result<Rows<f32>, Failure> {
    let (mut offsets, mut index, mut value) = (vec![0], Vec::new(), Vec::new());
    for image in pixels.chunks(784) {
        for (d, &p) in image.iter().enumerate().filter(|pixel| *pixel.1 > 0) {
            index.push(d);
            value.push(f32::from(p) / 255.0);
        }
        offsets.push(index.len());
    }
    let x = CsrMatrix::try_from_csr_data(offsets.len() - 1, 784, offsets, index, value)?;
    Ok(Rows::from_csr(&x)?)
}

fn idx(path: &Path, magic: u32, header: usize) -> Result<Vec<u8>, Failure> {
    let file = std::fs::File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut bytes = Vec::new();
    // The largest file holds 47,040,016 bytes; more than 64 MiB is not MNIST.
    flate2::read::GzDecoder::new(file).take(64 << 20).read_to_end(&mut bytes)?;
    if bytes.len() < header || bytes[..4] != magic.to_be_bytes() {
        return Err(format!("{}: not an IDX file of this kind", path.display()).into());
    }
    Ok(bytes.split_off(header))
}

/// Size and speed of the small model beside the dense one: bytes (the small one's file; the dense one's means and biases), and
/// the time for an sample, the least of five passes over `x`.
pub fn compare(model: &Model<f32>, threshold: f64, x: &Rows<f32>) -> Result<String, Failure> {
    let (dense, small) = (model.pruned(threshold), model.compact(threshold));
    let time = |predict: &dyn Fn() -> Result<(), vd_dsvi::Error>| -> Result<f64, Failure> {
        let mut least = f64::INFINITY;
        for _ in 0..5 {
            let start = Instant::now();
            predict()?;
            least = least.min(start.elapsed().as_secs_f64());
        }
        Ok(1e6 * least / x.samples() as f64)
    };
    let network = small.network()?;
    let images = dense_rows(x);
    let (mut z, mut room) = (vec![0.0; network.outputs() * x.samples()], Memory::default());
    let (mut one, mut many) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..9 {
        let start = Instant::now();
        for (x, z) in images.chunks_exact(x.features()).zip(z.chunks_exact_mut(network.outputs())) {
            network.forward(x, z, &mut room)?;
        }
        one = one.min(1e6 * start.elapsed().as_secs_f64() / x.samples() as f64);
        let start = Instant::now();
        network.forward_batch(&images, &mut z, &mut room)?;
        many = many.min(1e6 * start.elapsed().as_secs_f64() / x.samples() as f64);
    }
    let laid =
        format!("laid out for speed as {:?}: {one:.3} µs alone, {many:.3} µs in a batch", network.formats());
    let by_dense = time(&|| dense.predict_response(x).map(drop))?;
    let by_small = time(&|| small.predict_response(x).map(drop))?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("small");
    model_file::save(&file, &small)?;
    let bytes = std::fs::metadata(&file)?.len();
    let biases: usize = model.layers().iter().filter_map(|l| l.intercept()).map(|b| b.len()).sum();
    Ok(format!(
        "means alone, dense: {} bytes, {by_dense:.2} µs an sample; small file: {bytes} bytes, {by_small:.2} µs, {} of {} inputs; {laid}",
        4 * (model.weight_count() + biases),
        small.support().len(),
        small.features(),
    ))
}

/// Every sample with its zeros, one after the other.
fn dense_rows(x: &Rows<f32>) -> Vec<f32> {
    let mut all = vec![0.0; x.samples() * x.features()];
    for (n, row) in all.chunks_exact_mut(x.features()).enumerate() {
        let Some((index, value)) = x.get(n) else { break };
        index.iter().zip(value).for_each(|(&d, &v)| row[d as usize] = v);
    }
    all
}

/// Widths, weights, biases and the first 256 rows as plain arrays, as `sparse_inference_latency` and its peers read them.
pub fn write_arrays(folder: &Path, model: &Model<f32>, x: &Rows<f32>) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    let write = |name: String, values: &[f32]| {
        std::fs::write(folder.join(name), values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
    };
    let mut widths = model.features().to_string();
    for (l, layer) in model.layers().iter().enumerate() {
        widths += &format!(" {}", layer.outputs());
        // nalgebra keeps columns; the transpose's columns are the layer's inputs.
        write(format!("w{l}.f32"), layer.theta().transpose().as_slice())?;
        let bias = layer.intercept().map_or_else(|| vec![0.0; layer.outputs()], |b| b.as_slice().to_vec());
        write(format!("b{l}.f32"), &bias)?;
    }
    std::fs::write(folder.join("widths.txt"), widths)?;
    let rows = dense_rows(x);
    write("x.f32".to_owned(), &rows[..rows.len().min(256 * x.features())])?;
    Ok(())
}

/// The value after `--name`, or the default.
pub fn option<T: std::str::FromStr>(name: &str, default: T) -> Result<T, Failure> {
    let mut words = std::env::args().skip_while(|w| w != name).skip(1);
    match words.next() {
        None => Ok(default),
        Some(word) => word.parse().map_err(|_| format!("{name}: {word:?} is not a value for it").into()),
    }
}
