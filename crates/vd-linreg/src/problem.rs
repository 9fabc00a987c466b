//! What every fit works on, and the one way from a caller's arguments to prepared columns.

use estimator::{InputError, NoiseModel, Values};

use crate::design::Design;
use crate::error::Error;
use crate::params::Params;
use crate::prepare::columns::Columns;
use crate::prepare::dense::dense;
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;
use crate::prepare::sparse::sparse;

/// Parameters, data as they were given, and the rows in use.
#[derive(Debug)]
pub(crate) struct Problem<'a, P> {
    pub params: &'a Params<P>,
    pub x: Design<'a>,
    pub t: &'a [f64],
    pub rows: &'a Rows,
}

// Not derived: a derive would ask for `P: Copy`.
impl<P> Clone for Problem<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for Problem<'_, P> {}

/// What is done to a problem, whatever the kind of its columns.
pub(crate) trait Task<P> {
    type Output;

    /// Does it; `prepare` makes the columns of any part of the rows.
    fn run<C: Columns + Send>(
        self,
        problem: Problem<'_, P>,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, InputError> + Sync,
    ) -> Result<Self::Output, Error>;
}

/// Checks every argument and hands the problem to `task`.
pub(crate) fn solve<P: Clone, T: Task<P>>(
    params: &Params<P>,
    x: Design<'_>,
    t: Values<'_>,
    task: T,
) -> Result<T::Output, Error> {
    params.check()?;
    x.check_shape()?;
    t.check(x.nrows())?;
    let rows = Rows::new(x.nrows(), params.weights.as_deref(), params.intercept)?;
    check_evidence(params, &rows)?;
    let resolved = resolve_lambda(params, x.ncols())?;
    let problem = Problem { params: &resolved, x, t: t.as_slice(), rows: &rows };
    match x {
        Design::Dense(_) | Design::RowMajor(_) => task.run(problem, |rows| dense(x, rows)),
        Design::Sparse(_) => task.run(problem, |rows| sparse(x, rows)),
    }
}

/// The parameters with λ as a number, now that the number of columns is known.
fn resolve_lambda<P: Clone>(params: &Params<P>, columns: usize) -> Result<Params<P>, InputError> {
    let mut params = params.clone();
    if let Some(count) = params.false_keeps {
        let refused = InputError::Parameter {
            name: "expected_false_keeps",
            value: count,
            allowed: "a number above 0 and below the number of columns",
        };
        let lambda = kl_approx::ard::lambda_for_false_keeps(count, columns, 1);
        params.lambda = lambda.ok().filter(|lambda| *lambda > 0.0).ok_or(refused)?;
    }
    Ok(params)
}

/// Refuses sample weights that add up to so little that no noise level can be estimated: as counts they are less than one sample
/// beside the intercept, and every fit to them would be the empty model.
fn check_evidence<P>(params: &Params<P>, rows: &Rows) -> Result<(), InputError> {
    let estimated = params.noise == NoiseModel::PreEstimated;
    if params.weights.is_none() || !estimated || rows.n - rows.spent() > 1.0 {
        return Ok(());
    }
    Err(InputError::Parameter {
        name: "the sum of the sample weights",
        value: rows.n,
        allowed: "above 1, above 2 with an intercept, since weights count samples; \
                  use relative_weights where only the ratios of the weights matter",
    })
}
