//! What an ascent asks of rows, wherever they are.

use crate::error::Error;
use crate::pass::gram::Features;
use crate::pass::plan::Plan;
use crate::pass::row_state::RowState;
use crate::pass::statistics::Statistics;
use crate::solve::coupled::Coupled;
use crate::solve::rows::{Curvature, InMemory};

/// What an ascent asks of rows, wherever they are.
pub(crate) trait Rows {
    /// What a pass leaves for the curvature at its point.
    type Kept;

    /// Number of rows.
    fn count(&self) -> usize;

    /// Number of blocks that the curvature can be taken from some of; 1 where it is always that of all rows.
    fn parts(&self) -> usize;

    /// Whether a pass brings the curvature of its plan's working columns along: where rows are far, a second pass costs as much as the first.
    fn brings_curvature(&self) -> bool;

    /// A pass over all rows.
    fn pass(&self, plan: &Plan) -> Result<(Statistics, Self::Kept), Error>;

    /// The curvature of every output's features over every `stride`-th block, at the point of `plan`, whose pass left `found` and `kept`.
    fn curvature(
        &self,
        plan: &Plan,
        found: (&Statistics, &Self::Kept),
        features: &[Features<'_>],
        stride: usize,
    ) -> Result<Vec<Curvature>, Error>;

    /// How the classes of a softmax are coupled in every `stride`-th block; none where each output is on its own.
    fn coupled<'s>(&'s self, kept: &'s Self::Kept, outputs: usize, stride: usize) -> Option<Coupled<'s>>;
}

impl Rows for InMemory<'_> {
    type Kept = Vec<RowState>;

    fn count(&self) -> usize {
        self.targets.values.len()
    }

    fn parts(&self) -> usize {
        if self.whole { 1 } else { self.blocks.len() }
    }

    fn brings_curvature(&self) -> bool {
        false
    }

    fn pass(&self, plan: &Plan) -> Result<(Statistics, Vec<RowState>), Error> {
        Ok(self.visit(plan))
    }

    fn curvature(
        &self,
        _: &Plan,
        (_, states): (&Statistics, &Vec<RowState>),
        features: &[Features<'_>],
        stride: usize,
    ) -> Result<Vec<Curvature>, Error> {
        Ok(self.bend(states, features, stride))
    }

    fn coupled<'s>(
        &'s self,
        states: &'s Vec<RowState>,
        outputs: usize,
        stride: usize,
    ) -> Option<Coupled<'s>> {
        (outputs > 1).then(|| {
            let blocks: Vec<_> = self.blocks.iter().zip(states).step_by(stride).collect();
            Coupled::new(*self, blocks, outputs)
        })
    }
}
