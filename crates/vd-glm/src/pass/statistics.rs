//! What a pass over rows found.

/// Sums over rows, one set per output and the bound of all.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Statistics {
    /// Number of rows.
    pub rows: usize,
    /// Σ_n ω_n E log p(t_n | z_n), in nats.
    pub bound: f64,
    /// The sums of every output.
    pub outputs: Vec<Sums>,
}

/// Sums over rows of one output.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sums {
    /// Σ g_n.
    pub g: f64,
    /// Σ w_n.
    pub w: f64,
    /// Σ g_n x_n, one entry per column.
    pub gx: Vec<f64>,
    /// Σ w_n x_n.
    pub wx: Vec<f64>,
    /// Σ w_n x_n².
    pub wxx: Vec<f64>,
    /// Σ w_n φ_n of the local model's features φ: the working columns x, then for those of them that the point keeps
    /// −ρ_n (x_n − c)², with the tilt ρ = −½ ∂ log w/∂m.
    pub linear: Vec<f64>,
    /// Σ w_n φ_n φ_nᵀ, column-major; only the lower triangle is filled.
    pub gram: Vec<f64>,
}

impl Sums {
    pub(crate) fn zero(columns: usize, features: usize) -> Self {
        Self {
            g: 0.0,
            w: 0.0,
            gx: vec![0.0; columns],
            wx: vec![0.0; columns],
            wxx: vec![0.0; columns],
            linear: vec![0.0; features],
            gram: vec![0.0; features * features],
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.g += other.g;
        self.w += other.w;
        for (mine, theirs) in [
            (&mut self.gx, &other.gx),
            (&mut self.wx, &other.wx),
            (&mut self.wxx, &other.wxx),
            (&mut self.linear, &other.linear),
            (&mut self.gram, &other.gram),
        ] {
            for (a, b) in mine.iter_mut().zip(theirs) {
                *a += b;
            }
        }
    }

    /// The column's slope q with the intercept profiled out, its w-weighted mean c, and S = Σ w (x − c)².
    pub(crate) fn column(&self, j: usize, intercept: bool) -> (f64, f64, f64) {
        if intercept && self.w > 0.0 {
            let centre = self.wx[j] / self.w;
            (self.gx[j] - centre * self.g, centre, (self.wxx[j] - centre * self.wx[j]).max(0.0))
        } else {
            (self.gx[j], 0.0, self.wxx[j])
        }
    }
}
