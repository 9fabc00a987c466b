//! The result of a cross-validation.

use estimator::{Fit, Report};

use crate::model::Model;
use crate::select::cross_validation::settings::CvPoint;

/// A model with its λ and refit chosen by cross-validation.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredSelection"))]
pub struct Selection {
    /// The fit to all data at the chosen λ, refitted if that was chosen.
    pub fit: Fit<Model, Report>,
    /// The same before the refit: the maximum of the objective that selected the features.
    pub selected: Fit<Model, Report>,
    /// Every λ visited, falling, with every refit.
    pub curve: Vec<CvPoint>,
    /// The chosen point's index in `curve`.
    pub chosen: usize,
}

/// A [`Selection`] as it is stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Selection")]
struct StoredSelection {
    fit: Fit<Model, Report>,
    selected: Fit<Model, Report>,
    curve: Vec<CvPoint>,
    chosen: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredSelection> for Selection {
    type Error = estimator::InputError;

    fn try_from(stored: StoredSelection) -> Result<Self, Self::Error> {
        let StoredSelection { fit, selected, curve, chosen } = stored;
        let inside = chosen < curve.len();
        estimator::Check::range("the chosen point", chosen as f64, inside, "an index into the curve")?;
        Ok(Self { fit, selected, curve, chosen })
    }
}
