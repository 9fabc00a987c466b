//! Where the trainer meets the fast path: a run of steps on the trainer's own state.

use crate::data::rows::Rows as DataRows;
use crate::data::samples::Samples;
use crate::data::targets::TargetTable;
use crate::engine::fast::exchange::Kept;
use crate::engine::fast::likelihood::Targets;
use crate::engine::fast::net::{Net, Run};
use crate::engine::fast::plan::{FastLikelihood, Plan};
use crate::engine::fast::rows::Rows;
use crate::engine::state::State;
use crate::engine::step::{NonFinite, Steps};
use crate::real::Real;

/// The fast engine of one fit.
pub(crate) struct Engine<R: Real> {
    plan: Plan<R>,
    data: Option<Cut>,
}

/// Data without the inputs that no weight reads any more, in the form that the net reads.
struct Cut {
    /// [`Samples::id`] of the data.
    id: u64,
    kept: Kept,
    rows: Rows,
}

impl<R: Real> Engine<R> {
    /// The engine of a fit with this plan.
    pub fn new(plan: Plan<R>) -> Self {
        Self { plan, data: None }
    }

    /// Does the steps; gives Σ log p so far, or the step whose log-likelihood is not finite.
    pub fn run(
        &mut self,
        state: &mut State<R>,
        samples: &Samples<'_, R>,
        steps: &Steps<'_>,
    ) -> Result<f64, NonFinite> {
        let single = self.plan.single;
        let (state, rows) = ((single.state)(state), (single.rows)(&samples.rows));
        let kept = Kept::of(state);
        let mut net = Net::import(state, &kept);
        // Another cut of the data only for other data, or when more has been removed since the last one.
        let data = match self.data.take() {
            Some(known) if known.id == samples.id && known.kept == kept => known.rows,
            _ => cut(rows, net.rows(), kept.inputs()),
        };
        let targets = self.plan.likelihood.targets((single.targets)(&samples.targets));
        let run = Run {
            data: &data,
            targets,
            samples: samples.count(),
            steps: *steps,
            constants: &self.plan.constants,
        };
        let total = net.steps(run)?;
        net.export(state, &kept);
        self.data = Some(Cut { id: samples.id, kept, rows: data });
        Ok(total)
    }
}

impl FastLikelihood {
    /// The targets as this likelihood reads them.
    pub fn targets(self, targets: &TargetTable<f32>) -> Targets<'_> {
        match (targets, self) {
            (TargetTable::Classes { labels, .. }, _) => Targets::Classes(labels),
            (TargetTable::Values { row_major, .. }, Self::Gaussian { beta }) => {
                Targets::Real { values: row_major, beta }
            }
            (TargetTable::Values { row_major, .. }, _) => Targets::Binary(row_major),
        }
    }
}

/// `rows` without the inputs that are not `kept`, in the shape of `empty`.
pub(crate) fn cut(rows: &DataRows<f32>, mut empty: Rows, kept: &[u32]) -> Rows {
    let mut place = vec![u32::MAX; rows.features()];
    for (i, d) in kept.iter().enumerate() {
        place[*d as usize] = i as u32;
    }
    for sample in 0..rows.samples() {
        let (index, value) = rows.row(sample);
        let entries = index.iter().zip(value).map(|(d, x)| (place[*d as usize], *x));
        empty.push(entries.filter(|e| e.0 != u32::MAX).map(|(i, x)| (i as usize, x)));
    }
    empty
}
