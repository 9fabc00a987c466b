//! MNIST from a directory of IDX files.

use std::path::Path;

use nalgebra::DMatrix;

use super::idx::{self, Idx};
use super::sha256_hex;
use crate::error::{Error, Result};

/// A file of MNIST: its name, and the length and SHA-256 of its uncompressed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// The name without `.gz`.
    pub name: &'static str,
    /// Uncompressed bytes.
    pub length: u64,
    /// Of the uncompressed bytes, in hexadecimal.
    pub sha256: &'static str,
}

/// Train images, train labels, test images, test labels.
pub const FILES: [File; 4] = [
    File {
        name: "train-images-idx3-ubyte",
        length: 16 + 60_000 * 784,
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    },
    File {
        name: "train-labels-idx1-ubyte",
        length: 8 + 60_000,
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    File {
        name: "t10k-images-idx3-ubyte",
        length: 16 + 10_000 * 784,
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    },
    File {
        name: "t10k-labels-idx1-ubyte",
        length: 8 + 10_000,
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
];

/// Whether files must be the published ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Each file's SHA-256 must be MNIST's.
    Published,
    /// Any files in MNIST's format.
    FormatOnly,
}

/// Images of 28 x 28 grey values with their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// 784 bytes an image, row by row.
    pub pixels: Vec<u8>,
    /// One digit an image.
    pub labels: Vec<u8>,
}

/// MNIST's two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mnist {
    /// The 60,000 train images.
    pub train: Images,
    /// The 10,000 test images.
    pub test: Images,
    /// (file name, SHA-256 of its uncompressed bytes).
    pub sha256: Vec<(String, String)>,
}

/// Pixels of an image.
pub const PIXELS: usize = 784;

impl Images {
    /// How many images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Each pixel's mean over the images, in grey values 0 to 255.
    #[must_use]
    pub fn mean(&self) -> Vec<f64> {
        let mut sums = vec![0u64; PIXELS];
        for image in self.pixels.chunks_exact(PIXELS) {
            for (sum, &pixel) in sums.iter_mut().zip(image) {
                *sum += u64::from(pixel);
            }
        }
        sums.iter().map(|&sum| sum as f64 / self.len() as f64).collect()
    }

    /// The images as rows of a matrix: (pixel − shift) · scale.
    #[must_use]
    pub fn matrix<T: nalgebra::Scalar>(
        &self,
        shift: &[f64],
        scale: f64,
        cast: impl Fn(f64) -> T,
    ) -> DMatrix<T> {
        DMatrix::from_fn(self.len(), PIXELS, |n, d| {
            cast((f64::from(self.pixels[n * PIXELS + d]) - shift[d]) * scale)
        })
    }

    /// The labels as class indices.
    #[must_use]
    pub fn classes(&self) -> Vec<usize> {
        self.labels.iter().map(|&label| usize::from(label)).collect()
    }
}

/// Reads the four files from a directory, each plain or gzipped.
///
/// # Errors
/// Every fault names its file: missing, unreadable, damaged, truncated, wrong magic number or shape, counts that differ, a label
/// that is no digit, and with [`Check::Published`] a SHA-256 that is not MNIST's.
pub fn load(directory: &Path, check: Check) -> Result<Mnist> {
    let mut sha256 = Vec::new();
    let mut part = |images: &File, labels: &File| -> Result<Images> {
        let i = idx::read(&idx::find(directory, images.name)?, 3)?;
        let l = idx::read(&idx::find(directory, labels.name)?, 1)?;
        let part = pair(&i, &l)?;
        for (idx, file) in [(&i, images), (&l, labels)] {
            let found = sha256_hex([&idx.header, &idx.data]);
            if check == Check::Published && found != file.sha256 {
                return Err(Error::Checksum { path: idx.path.clone(), found, expected: file.sha256.into() });
            }
            sha256.push((file.name.to_owned(), found));
        }
        let Idx { data: pixels, .. } = i;
        Ok(Images { pixels, labels: part })
    };
    let train = part(&FILES[0], &FILES[1])?;
    let test = part(&FILES[2], &FILES[3])?;
    Ok(Mnist { train, test, sha256 })
}

/// Checks that images and labels belong together; gives the labels.
fn pair(images: &Idx, labels: &Idx) -> Result<Vec<u8>> {
    let [count, rows, columns] = images.dims[..] else {
        return Err(Error::NoObjects { path: images.path.clone() });
    };
    if count == 0 {
        return Err(Error::NoObjects { path: images.path.clone() });
    }
    if (rows, columns) != (28, 28) {
        return Err(Error::ImageShape { path: images.path.clone(), rows, columns });
    }
    if count as usize != labels.data.len() {
        return Err(Error::Counts {
            images: images.path.clone(),
            image_count: count as usize,
            labels: labels.path.clone(),
            label_count: labels.data.len(),
        });
    }
    match labels.data.iter().enumerate().find(|&(_, &label)| label > 9) {
        Some((index, &value)) => Err(Error::Label { path: labels.path.clone(), index, value }),
        None => Ok(labels.data.clone()),
    }
}
