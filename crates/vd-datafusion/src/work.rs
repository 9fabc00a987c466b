//! What a pass computes: a request, and a state that takes in rows, merges, and is the answer in the end.

use datafusion::arrow::array::ArrayRef;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use vd_glm::pass::{Pass, Plan, Targets};
use vd_glm::{Block, FarRows};
use vd_linreg::{FoldStatistics, Statistics};

use crate::coding::{CodedRows, Coder, Coding, TargetCoding};
use crate::error::{Error, Result};
use crate::survey::{SurveyRequest, Surveyed};

/// The constant argument of an aggregate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// What the columns hold.
    Survey(SurveyRequest),
    /// Means and centred products of features and target.
    Products(ProductsRequest),
    /// A round of a generalised linear model.
    Round(RoundRequest),
}

/// Which products are taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProductsRequest {
    pub coding: Coding,
    /// For a cross-validation: how many folds rows are dealt to, and the seed.
    pub folds: Option<(usize, u64)>,
}

/// A round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RoundRequest {
    pub coding: Coding,
    /// The features' means and scales over the rows, imputed values included.
    pub means: Vec<f64>,
    pub scales: Vec<f64>,
    pub plan: Plan,
    /// The class that the targets ask for, where there are more than two.
    pub class: Option<usize>,
}

impl RoundRequest {
    pub fn new(coding: &Coding, rows: &FarRows, plan: &Plan, class: Option<usize>) -> Self {
        let FarRows { means, scales, .. } = rows.clone();
        Self { coding: coding.clone(), means, scales, plan: plan.clone(), class }
    }
}

/// What a pass has found so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "there is one of it")]
pub(crate) enum State {
    Survey(Surveyed),
    Products(Statistics),
    Folds(FoldStatistics),
    Round(Pass),
}

/// A pass under way.
pub(crate) struct Work {
    request: Request,
    coder: Option<Coder>,
    state: State,
}

/// Doubles of a block of rows that a round takes at once: half a megabyte.
const BLOCK: usize = 1 << 16;

impl Work {
    /// A pass over no rows yet.
    pub fn new(request: Request) -> Result<Self> {
        let coder = match &request {
            Request::Survey(_) => None,
            Request::Products(products) => Some(Coder::new(products.coding.clone())),
            Request::Round(round) => Some(Coder::new(round.coding.clone())),
        };
        let features = coder.as_ref().map_or(0, Coder::features);
        let state = match &request {
            Request::Survey(survey) => State::Survey(Surveyed::new(survey)),
            Request::Products(ProductsRequest { folds: None, .. }) => {
                State::Products(Statistics::new(features).map_err(Error::fit)?)
            }
            Request::Products(ProductsRequest { folds: Some((folds, seed)), .. }) => {
                State::Folds(FoldStatistics::new(features, *folds, *seed).map_err(Error::fit)?)
            }
            Request::Round(round) => {
                if round.means.len() != features || round.scales.len() != features {
                    return Err(Error::Wire("a round of other features than its coding".to_owned()));
                }
                round.plan.check().map_err(Error::fit)?;
                State::Round(Pass::new(&round.plan))
            }
        };
        Ok(Self { request, coder, state })
    }

    /// Takes in rows: the target's array, then the columns'.
    pub fn update(&mut self, arrays: &[ArrayRef]) -> Result<()> {
        if let (Request::Survey(request), State::Survey(state)) = (&self.request, &mut self.state) {
            return state.update(request, arrays);
        }
        let Some(coder) = &mut self.coder else { return Ok(()) };
        let rows = coder.rows(arrays)?;
        if rows.count == 0 {
            return Ok(());
        }
        match (&self.request, &mut self.state) {
            (_, State::Products(state)) => {
                let x = DMatrix::from_vec(rows.count, coder.features(), rows.features);
                state.update(&x, &rows.targets).map_err(Error::fit)
            }
            (_, State::Folds(state)) => {
                let x = DMatrix::from_vec(rows.count, coder.features(), rows.features);
                state.update(&x, &rows.targets).map_err(Error::fit)
            }
            (Request::Round(request), State::Round(state)) => round(request, &rows, state),
            _ => Ok(()),
        }
    }

    /// Takes in the state of another part.
    pub fn merge(&mut self, other: &State) -> Result<()> {
        match (&self.request, &mut self.state, other) {
            (Request::Survey(request), State::Survey(mine), State::Survey(theirs)) => {
                mine.merge(theirs, request)
            }
            (_, State::Products(mine), State::Products(theirs)) => mine.merge(theirs).map_err(Error::fit),
            (_, State::Folds(mine), State::Folds(theirs)) => mine.merge(theirs).map_err(Error::fit),
            (Request::Round(request), State::Round(mine), State::Round(theirs)) => {
                // An empty pass of the same plan says what shape a state has.
                let shape = |pass: &Pass| {
                    let all = pass.clone().finish().outputs;
                    all.iter().map(|s| (s.gx.len(), s.linear.len(), s.gram.len())).collect::<Vec<_>>()
                };
                if shape(theirs) != shape(&Pass::new(&request.plan)) {
                    return Err(Error::Wire("a state of another round".to_owned()));
                }
                mine.merge(theirs);
                Ok(())
            }
            _ => Err(Error::Wire("a state of another kind of pass".to_owned())),
        }
    }

    /// About how many bytes the state takes.
    pub fn bytes(&self) -> usize {
        let triangle = |features: usize| 8 * (features + 1) * (features + 2) / 2;
        match (&self.request, self.coder.as_ref().map_or(0, Coder::features)) {
            (Request::Survey(request), _) => 256 * request.columns.len(),
            (Request::Products(request), d) => triangle(d) * request.folds.map_or(1, |(folds, _)| folds),
            (Request::Round(request), d) => {
                let pairs = request.plan.working.iter().zip(&request.plan.point.outputs);
                let square = |size: usize| 8 * (size * size + size);
                pairs.map(|(working, kept)| square(working.len() + kept.weights.len()) + 24 * d).sum()
            }
        }
    }

    /// What was found.
    pub fn into_state(self) -> State {
        self.state
    }
}

/// Adds rows to a round's pass.
fn round(request: &RoundRequest, rows: &CodedRows, pass: &mut Pass) -> Result<()> {
    let used: Vec<usize> = (0..request.scales.len()).filter(|&j| request.scales[j] > 0.0).collect();
    let ones = matches!(request.coding.target, TargetCoding::Classes(_));
    let wanted = request.class.unwrap_or(1) as f64;
    let target = |t: &f64| if ones { f64::from(u8::from(*t == wanted)) } else { *t };
    let targets: Vec<f64> = rows.targets.iter().map(target).collect();
    let size = (BLOCK / used.len().max(1)).clamp(128, 4096);
    for from in (0..rows.count).step_by(size) {
        let to = (from + size).min(rows.count);
        let mut values = Vec::with_capacity((to - from) * used.len());
        for &j in &used {
            let (mean, scale) = (request.means[j], request.scales[j]);
            let column = &rows.features[j * rows.count + from..j * rows.count + to];
            values.extend(column.iter().map(|x| (x - mean) / scale));
        }
        let block = Block::dense(to - from, used.len(), values)
            .ok_or_else(|| Error::Wire("a block of another shape".to_owned()))?;
        let targets = Targets { values: &targets[from..to], weights: None, offsets: None };
        pass.update(&request.plan, &block, targets).map_err(Error::fit)?;
    }
    Ok(())
}
