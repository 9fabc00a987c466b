//! A classification's fit by the chosen algorithm.

use estimator::{Report, Status};

use crate::classification::laplace::Likelihood;
use crate::classification::state::{Course, Settings};
use crate::classification::{fixed_point, sequential};
use crate::engine::algorithm::Algorithm;
use crate::error::Error;
use crate::posterior::Scaled;
use crate::watch::{Halt, Watch};

/// Fits by the chosen algorithm.
pub(super) fn fit<L: Likelihood>(
    likelihood: &L,
    settings: &Settings,
    watch: &Watch<'_>,
) -> Result<(Scaled, Report), Error> {
    let m = likelihood.candidates();
    let sequentially = settings.algorithm == Algorithm::Sequential;
    let first = if sequentially { sequential::start(likelihood)? } else { fixed_point::start(likelihood)? };
    let mut course = Course::new(first, m, watch);
    let ended = if sequentially {
        sequential::run(likelihood, settings, &mut course)
    } else {
        fixed_point::run(likelihood, settings, &mut course)
    };
    let status = match ended {
        Ok(status) => status,
        Err(Halt::Stopped) => Status::StoppedByCallback,
        Err(Halt::Failed(error)) => return Err(error),
    };
    Ok(course.finish(status))
}
