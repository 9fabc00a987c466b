//! `--model dsvi` on a file larger than memory: passes over it, a block of rows at a time.

use crate::error::{Error, Result};
use crate::fit::watch::Watch;
use crate::table::{Format, Input, Records, Survey, clip};
use estimator::Status;
use methods::dsvi::{self, Reading, refused};
use methods::{Options, Outcome, Sums, Task, Unit, is_held_out};
use nalgebra::DMatrix;
use predictor::{ColumnKind, Preprocessing, Score};
use std::collections::HashMap;
use vd_dsvi::{Batch, Params, Streaming};

/// What is fitted by passes.
pub(crate) struct Streamed<'a> {
    pub input: &'a Input,
    pub format: &'a Format,
    pub survey: &'a Survey,
    pub prep: &'a Preprocessing,
    pub target: &'a str,
    pub classes: &'a [String],
    pub options: &'a Options,
    /// The memory to aim at, in bytes.
    pub memory: u64,
    /// The share of the rows that is held out from the fit, for the score.
    pub held_out: f64,
}

/// Bytes that a feature of a row takes while a block is handed over: dense, compressed, the block before in the trainer's two
/// forms; and a fifth for what the allocator keeps (32 were measured).
const BYTES: u64 = 4 + 8 + 8 + 8 + 6;
/// Bytes that a row takes besides: offsets, target, order.
const ROW: u64 = 80;
/// What the program takes without any data: code, buffers, stacks.
const PROGRAM: u64 = 24 << 20;

/// The model, the score of the rows held out, and how many rows were fitted.
pub(crate) fn fit_stream(what: &Streamed<'_>, watch: &mut Watch) -> Result<(Outcome, Option<Score>, usize)> {
    let with_target = what.survey.rows - what.survey.column(what.target)?.missing;
    let rows = usize::try_from(with_target).map_err(|_| Error::usage("too many rows"))?;
    let train = (0..rows as u64).filter(|&n| !what.is_held_out(n)).count();
    let plan = Blocks::new(train, what.prep.features().len(), what.memory);
    let classes = (!what.classes.is_empty()).then_some(what.classes.len());
    let mut params = dsvi::params(classes, train, what.prep.features().len(), what.options, Reading::Passes)?;
    let batch = params.batch_size(train).min(plan.smallest());
    params = params.batch(Batch::Size(batch));
    let unit = what.unit()?;
    let (status, fit) = what.train(params, &plan, unit, watch)?;
    let fit = fit.finish(status).map_err(refused)?;
    let outcome =
        dsvi::outcome(&fit.model, classes, unit, what.options.threshold, dsvi::summary(&fit.report))?;
    let score = if what.held_out > 0.0 { what.score(&outcome, watch)? } else { None };
    Ok((outcome, score, train))
}

/// How the fitted rows are cut into blocks of almost equal size.
struct Blocks {
    rows: usize,
    count: usize,
}

impl Blocks {
    fn new(rows: usize, features: usize, memory: u64) -> Self {
        let most = (memory.saturating_sub(PROGRAM).max(memory / 4) / (BYTES * features as u64 + ROW)).max(1);
        let count = (rows as u64).div_ceil(most).max(1);
        Self { rows, count: usize::try_from(count).unwrap_or(usize::MAX).min(rows.max(1)) }
    }

    /// Rows of block b.
    fn size(&self, b: usize) -> usize {
        self.rows / self.count + usize::from(b < self.rows % self.count)
    }

    fn smallest(&self) -> usize {
        (self.rows / self.count).max(1)
    }
}

impl Streamed<'_> {
    fn is_held_out(&self, row: u64) -> bool {
        is_held_out(row, self.held_out, self.options.seed)
    }

    fn unit(&self) -> Result<Unit> {
        if !self.classes.is_empty() {
            return Ok(Unit::ONE);
        }
        let moments = self.survey.column(self.target)?.moments;
        Ok(Unit { mean: moments.mean(), scale: moments.deviation() })
    }

    fn train(
        &self,
        params: Params,
        plan: &Blocks,
        unit: Unit,
        watch: &mut Watch,
    ) -> Result<(Status, Streaming<f32>)> {
        let epochs = params.max_epochs();
        let mut fit = Streaming::new(params, plan.rows).map_err(refused)?;
        let mut told = String::new();
        for epoch in 0..epochs {
            let mut reader = RowReader::new(self, true)?;
            for b in 0..plan.count {
                let block = Block::read(&mut reader, plan.size(b), self.prep.features().len(), unit)?;
                block.hand_over(&mut fit, self.classes.is_empty()).map_err(refused)?;
                let stop = watch.tick(|| {
                    format!(
                        "fitting: epoch {} of {epochs}, block {} of {}{told}",
                        epoch + 1,
                        b + 1,
                        plan.count
                    )
                });
                if stop.is_break() && epoch > 0 {
                    return Ok((Status::StoppedByCallback, fit));
                }
                if stop.is_break() {
                    return Err(Error::InterruptedEarly);
                }
            }
            let p = fit.end_epoch().map_err(refused)?;
            let dropped = 100.0 * p.sparsity.first().copied().unwrap_or(0.0);
            told = format!(", bound {:.1}, {dropped:.1}% dropped", p.elbo);
            if fit.converged() {
                return Ok((Status::Converged, fit));
            }
        }
        Ok((Status::MaxIterations, fit))
    }

    fn score(&self, outcome: &Outcome, watch: &mut Watch) -> Result<Option<Score>> {
        let mut reader = RowReader::new(self, false)?;
        let mut sums =
            Sums::new(if self.classes.is_empty() { Task::Regression } else { Task::Classification });
        let mut x = vec![0.0; self.prep.features().len()];
        let mut scratch = Vec::new();
        while let Some(t) = reader.next(&mut x)? {
            let p = outcome.predictor.predict(&x, &mut scratch)?;
            sums.push(&p, t, 1.0);
        }
        // Ctrl-C is heard after the score: one pass more.
        let _ = watch.tick(|| "scored".to_owned());
        let method = format!("{:.0}% of the rows, held out from the fit", 100.0 * self.held_out);
        let metrics = sums.metrics();
        Ok((!metrics.is_empty()).then(|| Score { method, metrics, failures: Vec::new() }))
    }
}

/// Rows in memory.
struct Block {
    x: DMatrix<f32>,
    t: Vec<f64>,
}

impl Block {
    fn read(reader: &mut RowReader<'_>, rows: usize, features: usize, unit: Unit) -> Result<Self> {
        let mut x = DMatrix::zeros(rows, features);
        let (mut t, mut row) = (Vec::with_capacity(rows), vec![0.0; features]);
        for n in 0..rows {
            let Some(target) = reader.next(&mut row)? else {
                return Err(reader.records.error(0, "the file changed while it was read"));
            };
            row.iter().enumerate().for_each(|(d, &v)| x[(n, d)] = v as f32);
            t.push((target - unit.mean) / unit.scale);
        }
        Ok(Self { x, t })
    }

    fn hand_over(self, fit: &mut Streaming<f32>, number: bool) -> core::result::Result<(), vd_dsvi::Error> {
        if number {
            let t = DMatrix::from_iterator(self.t.len(), 1, self.t.iter().map(|&t| t as f32));
            return fit.block(&self.x, &t);
        }
        let labels: Vec<usize> = self.t.iter().map(|&t| t as usize).collect();
        fit.block(&self.x, &labels)
    }
}

/// The rows to fit, or those held out, as features and target.
struct RowReader<'a> {
    what: &'a Streamed<'a>,
    records: Records,
    /// Rows with a target seen so far; the others are not there.
    row: u64,
    fitted: bool,
    /// Where each input column stands, and its levels.
    columns: Vec<(usize, HashMap<Vec<u8>, f64>)>,
    target: (usize, HashMap<Vec<u8>, f64>),
    values: Vec<f64>,
}

fn codes(levels: &[String]) -> HashMap<Vec<u8>, f64> {
    levels.iter().enumerate().map(|(i, level)| (level.as_bytes().to_vec(), i as f64)).collect()
}

impl<'a> RowReader<'a> {
    fn new(what: &'a Streamed<'a>, fitted: bool) -> Result<Self> {
        let mut records = Records::open(what.input, what.format)?;
        records.only(what.survey.columns.iter().filter(|c| !c.ignored).map(|c| c.position).collect());
        let mut columns = Vec::new();
        for column in what.prep.columns() {
            let levels = match &column.kind {
                ColumnKind::Number { .. } => HashMap::new(),
                ColumnKind::Category { levels, .. } => codes(levels),
            };
            columns.push((what.survey.column(&column.name)?.position, levels));
        }
        let target = (what.survey.column(what.target)?.position, codes(what.classes));
        let values = vec![0.0; columns.len()];
        Ok(Self { what, records, row: 0, fitted, columns, target, values })
    }

    /// The next row's features into `x`, and its target: a number or the index of a class.
    fn next(&mut self, x: &mut [f64]) -> Result<Option<f64>> {
        while self.records.advance()? {
            if self.records.cell(self.target.0).is_missing() {
                continue;
            }
            let wanted = self.what.is_held_out(self.row) != self.fitted;
            self.row += 1;
            if wanted {
                return self.take(x).map(Some);
            }
        }
        Ok(None)
    }

    fn take(&mut self, x: &mut [f64]) -> Result<f64> {
        for (i, (position, levels)) in self.columns.iter().enumerate() {
            let kind = &self.what.prep.columns()[i].kind;
            self.values[i] = match self.value(*position, levels)? {
                Some(value) => value,
                None => kind.fill().ok_or_else(|| self.records.error(*position, "no value"))?,
            };
        }
        for (x, feature) in x.iter_mut().zip(self.what.prep.features()) {
            *x = feature.of(self.values[feature.column as usize]);
        }
        let (position, levels) = &self.target;
        self.value(*position, levels)?.ok_or_else(|| self.records.error(*position, "no value"))
    }

    /// A number where there are no levels; none where the value is missing.
    fn value(&self, position: usize, levels: &HashMap<Vec<u8>, f64>) -> Result<Option<f64>> {
        let cell = self.records.cell(position);
        if cell.is_missing() {
            return Ok(None);
        }
        if levels.is_empty() {
            let notation = &self.what.survey.columns[position].notation;
            return self.records.number(position, notation).map(Some);
        }
        let field = cell.text();
        let text = || clip(&String::from_utf8_lossy(&field));
        let level = levels.get(field.as_ref()).copied();
        level
            .map(Some)
            .ok_or_else(|| self.records.error(position, format!("`{}` was not there a pass ago", text())))
    }
}
