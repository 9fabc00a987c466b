//! Where a divergence is defined.

/// The closed interval of `log α` on which a divergence is defined.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Domain {
    /// The smallest `log α`.
    pub lower: f64,
    /// The largest `log α`.
    pub upper: f64,
}

impl Domain {
    /// Every `log α`, both infinities included.
    pub const ALL: Self = Self { lower: f64::NEG_INFINITY, upper: f64::INFINITY };

    /// Whether `log_alpha` lies inside; `false` for NaN.
    #[must_use]
    pub fn contains(&self, log_alpha: f64) -> bool {
        self.lower <= log_alpha && log_alpha <= self.upper
    }
}

/// A value was asked for outside a divergence's domain (or at NaN).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutOfDomain {
    /// The divergence's name.
    pub name: &'static str,
    /// The `log α` that was asked for.
    pub log_alpha: f64,
    /// Where it is defined.
    pub domain: Domain,
}

impl core::fmt::Display for OutOfDomain {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { name, log_alpha, domain: Domain { lower, upper } } = self;
        write!(f, "{name}: log α = {log_alpha} lies outside its domain [{lower}, {upper}]")
    }
}

impl core::error::Error for OutOfDomain {}
