//! `vd predict`: new rows, one at a time.

use crate::cli::PredictArgs;
use crate::error::{Error, Place, Result};
use crate::show::{Style, emit_with, load};
use crate::table::{Format, Input, Problems, Records, clip, no_such_column};
use predictor::{ColumnKind, Prediction, SavedModel, Task};
use std::collections::HashMap;
use std::io::Write;

pub(super) fn run(args: &PredictArgs, style: Style) -> Result<()> {
    if args.model == "-" && args.data == "-" {
        return Err(Error::usage("standard input is the model or the data, not both"));
    }
    let model = load(&args.model)?;
    check_wishes(args, &model)?;
    let input = Input::once(&args.data)?;
    let format = args.read.format();
    let mut records = Records::open(&input, &format)?;
    let mut rows = RowReader::new(&model, &records, format, args.allow_unknown)?;
    let ids =
        args.id.iter().map(|name| position(&records, input.name(), name)).collect::<Result<Vec<_>>>()?;
    let mut needed: Vec<usize> =
        rows.fields.iter().map(|(_, field)| *field).chain(ids.iter().copied()).collect();
    needed.sort_unstable();
    needed.dedup();
    check_types(&records, input.name(), &needed)?;
    records.only(needed);
    let mut gaps = Gaps::default();
    emit_with(&args.out, |out| {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(titles(args, &model)).map_err(output)?;
        while records.advance()? {
            let prediction = match rows.predict(&records)? {
                Row::Predicted(prediction) => Some(prediction),
                Row::Misses(place) => {
                    gaps.add(place);
                    None
                }
            };
            for &id in &ids {
                csv.write_field(records.cell(id).text()).map_err(output)?;
            }
            match &prediction {
                Some(prediction) => write_prediction(&mut csv, args, &model, prediction).map_err(output)?,
                None => csv.write_record(vec![""; titles(args, &model).len() - ids.len()]).map_err(output)?,
            }
        }
        csv.flush()?;
        Ok(())
    })?;
    if !style.quiet {
        gaps.tell();
    }
    Ok(())
}

/// Rows without a prediction, because they miss a value that the model needs.
#[derive(Default)]
struct Gaps {
    count: u64,
    first: Option<Place>,
}

impl Gaps {
    fn add(&mut self, place: Place) {
        self.count += 1;
        self.first.get_or_insert(place);
    }

    fn tell(&self) {
        if let Some(place) = &self.first {
            // Standard error may be closed; a note is no reason to fail.
            let _ = writeln!(
                std::io::stderr(),
                "note: {} row(s) have no prediction, because a value that the model needs is missing, first at {place}; a model \
                 fitted with --missing impute fills in",
                self.count
            );
        }
    }
}

/// What came of a row.
enum Row {
    Predicted(Prediction),
    /// A value is missing there, and the model has nothing to put in.
    Misses(Place),
}

fn output(error: csv::Error) -> std::io::Error {
    error.into()
}

fn check_wishes(args: &PredictArgs, model: &SavedModel) -> Result<()> {
    let lacking = |what: &str| Err(Error::Unsupported(format!("{}: {what}", args.model)));
    if args.proba && model.task() != Task::Classification {
        return lacking("a regression has no class probabilities; --std gives the predictive deviation");
    }
    if args.std && !model.predictor.has_deviation() {
        return lacking("the model has no predictive deviation");
    }
    Ok(())
}

fn titles(args: &PredictArgs, model: &SavedModel) -> Vec<String> {
    let mut titles = args.id.clone();
    titles.push("prediction".to_owned());
    if args.proba {
        titles.extend(model.target.levels.iter().map(|level| format!("p({level})")));
    }
    if args.std {
        titles.push("std".to_owned());
    }
    titles
}

fn write_prediction<W: Write>(
    csv: &mut csv::Writer<W>,
    args: &PredictArgs,
    model: &SavedModel,
    prediction: &Prediction,
) -> csv::Result<()> {
    match model.target.levels.get(prediction.class) {
        Some(level) => csv.write_field(level)?,
        None => csv.write_field(prediction.outputs.first().copied().unwrap_or(f64::NAN).to_string())?,
    }
    if args.proba {
        for p in &prediction.outputs {
            csv.write_field(p.to_string())?;
        }
    }
    if args.std {
        csv.write_field(prediction.deviation.unwrap_or(f64::NAN).to_string())?;
    }
    csv.write_record(None::<&[u8]>)
}

/// Reads the columns that a model needs, wherever they are.
struct RowReader<'m> {
    model: &'m SavedModel,
    format: Format,
    allow_unknown: bool,
    /// (column of the model, field of the file).
    fields: Vec<(usize, usize)>,
    levels: Vec<HashMap<&'m [u8], f64>>,
    features: Vec<u32>,
    values: Vec<f64>,
    x: Vec<f64>,
    scratch: Vec<f64>,
}

impl<'m> RowReader<'m> {
    fn new(model: &'m SavedModel, records: &Records, format: Format, allow_unknown: bool) -> Result<Self> {
        let file = records.place(0).file;
        let mut fields = Vec::new();
        for column in model.columns() {
            fields.push((column, position(records, &file, &model.preprocessing.columns()[column].name)?));
        }
        let levels = model.preprocessing.columns().iter().map(|column| match &column.kind {
            ColumnKind::Number { .. } => HashMap::new(),
            ColumnKind::Category { levels, .. } => {
                levels.iter().enumerate().map(|(i, level)| (level.as_bytes(), i as f64)).collect()
            }
        });
        Ok(Self {
            model,
            format,
            allow_unknown,
            fields,
            levels: levels.collect(),
            features: model.predictor.used_features(),
            values: vec![f64::NAN; model.preprocessing.columns().len()],
            x: vec![0.0; model.preprocessing.features().len()],
            scratch: Vec::new(),
        })
    }

    fn predict(&mut self, records: &Records) -> Result<Row> {
        for i in 0..self.fields.len() {
            let (column, field) = self.fields[i];
            match self.value(records, column, field)? {
                Some(value) => self.values[column] = value,
                None => return Ok(Row::Misses(records.place(field))),
            }
        }
        for &f in &self.features {
            let feature = &self.model.preprocessing.features()[f as usize];
            self.x[f as usize] = feature.of(self.values[feature.column as usize]);
        }
        let prediction = self.model.predict_features(&self.x, &mut self.scratch)?;
        if prediction.outputs.iter().any(|y| !y.is_finite()) {
            let place = Place { column: None, ..records.place(0) };
            let what = "the prediction overflows: a value is far outside the training data".to_owned();
            return Err(Error::Data { place, what });
        }
        Ok(Row::Predicted(prediction))
    }

    /// A number, or the index of a level; none where it is missing and the model has nothing to put in.
    fn value(&self, records: &Records, column: usize, field: usize) -> Result<Option<f64>> {
        let kind = &self.model.preprocessing.columns()[column].kind;
        let cell = records.cell(field);
        if cell.is_missing() {
            return Ok(kind.fill());
        }
        let value = match kind {
            ColumnKind::Number { .. } => {
                let stated = self.format.decimal.is_some() || self.format.thousands.is_some();
                let stored = &self.model.preprocessing.columns()[column].notation;
                if stated {
                    records.number(field, &self.format.notation())
                } else {
                    records.number(field, stored)
                }
            }
            ColumnKind::Category { .. } => match self.levels[column].get(cell.text().as_ref()) {
                Some(&level) => Ok(level),
                None if self.allow_unknown => Ok(-1.0),
                None => {
                    let text = clip(&String::from_utf8_lossy(&cell.text()));
                    Err(records.error(field, format!("the training data had no `{text}` (--allow-unknown)")))
                }
            },
        };
        value.map(Some)
    }
}

/// That the columns that are needed are of types that are read.
fn check_types(records: &Records, file: &str, needed: &[usize]) -> Result<()> {
    let mut problems = Problems::default();
    for &i in needed {
        if let Some(what) = records.unread(i) {
            problems.push(Place::line(file, 0), i, &records.names()[i], what);
        }
    }
    problems.done()
}

fn position(records: &Records, file: &str, name: &str) -> Result<usize> {
    let found = records.names().iter().position(|n| n == name);
    found.ok_or_else(|| match no_such_column(file, name, records.names()) {
        Error::Usage(what) => Error::Data { place: Place::line(file, 1), what },
        other => other,
    })
}
