//! What the softmax solver keeps of each row between passes: the slopes and curvatures that couple the classes.

/// Per row and class (class by class): the probability scaled so that diag(w + c p²) − c p pᵀ is positive semi-definite.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowState {
    /// √c_n·E p_k.
    pub p: Vec<f64>,
    /// The sample's weight.
    pub weight: Vec<f64>,
}

/// √c of one sample: the largest c ≤ 1 for which c Σ_{j≠k} p_k p_j ≤ w_k for every k.
///
/// The true curvature is E[diag(p) − ppᵀ], whose diagonal w_k = E p_k(1 − p_k) is known exactly. Its off-diagonal entries are replaced by
/// −c p_k p_j with the mean p: diagonally dominant, hence positive semi-definite; exact (c = 1) where q is certain.
pub(crate) fn coupling(p: &[f64], w: &[f64]) -> f64 {
    let mut c: f64 = 1.0;
    for (p, w) in p.iter().zip(w) {
        let certain = p * (1.0 - p);
        if certain > 1e-12 {
            c = c.min(w / certain);
        }
    }
    c.max(0.0).sqrt()
}
