//! The inner loops: dense ones through `faer`, sparse ones here, with the number of lanes known to the compiler where it is small.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::registers::clear_upper;
use crate::scalar::Scalar;

/// `z += X[first.., :] table`.
pub(super) fn dense_forward<T: Scalar>(
    rows: usize,
    columns: usize,
    data: &[T],
    first: usize,
    table: &[T],
    l: usize,
    z: &mut [T],
) {
    let n = z.len() / l;
    let x = MatRef::from_column_major_slice_with_stride(&data[first..], n, columns, rows);
    let table = MatRef::from_row_major_slice(table, columns, l);
    matmul(MatMut::from_row_major_slice_mut(z, n, l), Accum::Add, x, table, T::from_f64(1.0), Par::Seq);
    clear_upper();
}

/// `gradient += X[first.., :]ᵀ r`.
pub(super) fn dense_back<T: Scalar>(
    rows: usize,
    columns: usize,
    data: &[T],
    first: usize,
    r: &[T],
    l: usize,
    gradient: &mut [T],
) {
    let n = r.len() / l;
    let x = MatRef::from_column_major_slice_with_stride(&data[first..], n, columns, rows);
    let r = MatRef::from_row_major_slice(r, n, l);
    let gradient = MatMut::from_row_major_slice_mut(gradient, columns, l);
    matmul(gradient, Accum::Add, x.transpose(), r, T::from_f64(1.0), Par::Seq);
    clear_upper();
}

/// `z += X table` for the rows whose extents `from` gives.
pub(super) fn csr_forward<T: Scalar>(
    from: &[usize],
    index: &[u32],
    value: &[T],
    table: &[T],
    l: usize,
    z: &mut [T],
) {
    match l {
        1 => forward::<T, 1>(from, index, value, table, l, z),
        2 => forward::<T, 2>(from, index, value, table, l, z),
        4 => forward::<T, 4>(from, index, value, table, l, z),
        16 => forward::<T, 16>(from, index, value, table, l, z),
        _ => forward::<T, 8>(from, index, value, table, l, z),
    }
}

/// `gradient += Xᵀ r` for the rows whose extents `from` gives.
pub(super) fn csr_back<T: Scalar>(
    from: &[usize],
    index: &[u32],
    value: &[T],
    r: &[T],
    l: usize,
    gradient: &mut [T],
) {
    match l {
        1 => back::<T, 1>(from, index, value, r, l, gradient),
        2 => back::<T, 2>(from, index, value, r, l, gradient),
        4 => back::<T, 4>(from, index, value, r, l, gradient),
        16 => back::<T, 16>(from, index, value, r, l, gradient),
        _ => back::<T, 8>(from, index, value, r, l, gradient),
    }
}

/// `B` lanes at a time; `l` is a multiple of `B`.
#[inline(always)]
fn forward<T: Scalar, const B: usize>(
    from: &[usize],
    index: &[u32],
    value: &[T],
    table: &[T],
    l: usize,
    z: &mut [T],
) {
    let (table, _) = table.as_chunks::<B>();
    let (z, _) = z.as_chunks_mut::<B>();
    let blocks = l / B;
    for (i, extent) in from.windows(2).enumerate() {
        let (index, value) = (&index[extent[0]..extent[1]], &value[extent[0]..extent[1]]);
        for b in 0..blocks {
            let mut sum = z[i * blocks + b];
            for (&j, &x) in index.iter().zip(value) {
                let w = &table[j as usize * blocks + b];
                for k in 0..B {
                    sum[k] += x * w[k];
                }
            }
            z[i * blocks + b] = sum;
        }
    }
}

#[inline(always)]
fn back<T: Scalar, const B: usize>(
    from: &[usize],
    index: &[u32],
    value: &[T],
    r: &[T],
    l: usize,
    gradient: &mut [T],
) {
    let (r, _) = r.as_chunks::<B>();
    let (gradient, _) = gradient.as_chunks_mut::<B>();
    let blocks = l / B;
    for (i, extent) in from.windows(2).enumerate() {
        let (index, value) = (&index[extent[0]..extent[1]], &value[extent[0]..extent[1]]);
        for b in 0..blocks {
            let r = r[i * blocks + b];
            for (&j, &x) in index.iter().zip(value) {
                let g = &mut gradient[j as usize * blocks + b];
                for k in 0..B {
                    g[k] += x * r[k];
                }
            }
        }
    }
}
