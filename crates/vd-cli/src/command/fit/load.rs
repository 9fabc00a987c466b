//! The table in memory, and which of its rows are fitted.

use crate::cli::Missing;
use crate::command::fit::rows::{self, Rows};
use crate::command::fit::weights::{self, Weights};
use crate::command::fit::{COPIES, Job};
use crate::error::{Error, Result};
use crate::table::{Input, read_table};
use methods::{Request, Response};
use predictor::{Column, Table, Values};

/// The table in memory, and which of its rows are fitted.
pub(super) struct Loaded {
    /// The columns to predict from.
    pub table: Table,
    /// The rows that are fitted.
    pub rows: Vec<usize>,
    /// What is predicted, one value for each of these rows.
    pub t: Response,
    /// How they are weighed.
    pub weights: Option<Weights>,
    /// What became of the rows.
    pub counted: Rows,
}

impl Loaded {
    /// Reads the table of a job.
    pub fn new(job: &Job<'_>, input: &Input) -> Result<Self> {
        let args = job.args;
        let mut table = read_table(input, &args.read.format(), &job.survey, args.tuning.memory_cap / COPIES)?;
        let Some(target) = table.remove(&args.target) else {
            return Err(Error::usage("the target is not in the table"));
        };
        let column = weights::take(args, &mut table)?;
        let rows = rows::usable(args, &table, &target, column.as_deref(), &job.classes)?;
        let weights = Weights::new(args, column.as_deref(), &target, &rows);
        let counted = Rows::of_table(&table, &target, &rows);
        let t = job.response(&target, &rows);
        Ok(Self { table, rows, t, weights, counted })
    }

    /// What the method is asked.
    pub fn request<'a>(&'a self, job: &'a Job<'_>) -> Result<Request<'a>> {
        Ok(Request {
            method: job.method,
            columns: self.table.columns(),
            rows: &self.rows,
            t: &self.t,
            weights: self.weights.as_ref().map(|w| w.values.as_slice()),
            options: &job.options,
            impute: job.args.columns.missing == Missing::Impute,
            standardise: !job.args.columns.no_standardise,
            split: job.split(self.rows.len())?,
        })
    }
}

impl Job<'_> {
    /// The target of some rows.
    fn response(&self, target: &Column, rows: &[usize]) -> Response {
        match &target.values {
            Values::Numbers(t) => {
                let t = rows.iter().map(|&r| t[r]).collect();
                if self.task == methods::Task::Counts { Response::Counts(t) } else { Response::Numbers(t) }
            }
            Values::Codes { codes, .. } => Response::Classes {
                labels: rows.iter().map(|&r| codes[r] as usize).collect(),
                names: self.classes.clone(),
            },
        }
    }
}
