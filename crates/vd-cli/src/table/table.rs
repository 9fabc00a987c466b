//! From a file to a table in memory.

use crate::error::{Error, Result};
use crate::table::format::Format;
use crate::table::input::Input;
use crate::table::records::Records;
use crate::table::survey::Survey;
use predictor::notation::Notation;
use predictor::{Column, MISSING_LEVEL, Table, Values};
use std::collections::HashMap;

/// Reads a table that a [`Survey`] described: the columns that are not left out.
///
/// # Errors
/// What [`Records`] finds, and a table that takes more than `memory` bytes. A file that changed since the survey is an error or a
/// table of what it holds now.
pub fn read_table(input: &Input, format: &Format, survey: &Survey, memory: u64) -> Result<Table> {
    let used: Vec<_> = survey.columns.iter().filter(|c| !c.ignored).collect();
    let needed: u64 = used.iter().map(|c| survey.rows * if c.is_categorical() { 4 } else { 8 }).sum();
    if needed > memory {
        return Err(Error::Usage(format!(
            "the table takes {} MiB in memory, --memory-cap is {} MiB: raise it, or use `--model dsvi`, which reads \
             the file in passes",
            needed.div_ceil(1 << 20),
            memory >> 20
        )));
    }
    let mut columns: Vec<_> = used
        .iter()
        .map(|c| {
            let levels: Vec<String> = c.sorted_levels().into_iter().map(|(text, _)| text).collect();
            let values = if c.is_categorical() {
                Values::Codes { codes: Vec::new(), levels }
            } else {
                Values::Numbers(Vec::new())
            };
            Column { name: c.name.clone(), values }
        })
        .collect();
    let codes: Vec<HashMap<Vec<u8>, u32>> = columns.iter().map(code_of).collect();
    let mut records = Records::open(input, format)?;
    records.only(used.iter().map(|c| c.position).collect());
    let mut rows = 0;
    while records.advance()? {
        rows += 1;
        if rows as u64 > survey.rows {
            return Err(Error::Data { place: records.place(0), what: CHANGED.to_owned() });
        }
        for ((column, at), codes) in columns.iter_mut().zip(&used).zip(&codes) {
            push(&records, at.position, column, codes, &at.notation)?;
        }
    }
    Ok(Table::new(columns)?)
}

const CHANGED: &str = "the file changed while it was read";

fn code_of(column: &Column) -> HashMap<Vec<u8>, u32> {
    match &column.values {
        Values::Numbers(_) => HashMap::new(),
        Values::Codes { levels, .. } => {
            levels.iter().enumerate().map(|(i, text)| (text.as_bytes().to_vec(), i as u32)).collect()
        }
    }
}

fn push(
    records: &Records,
    position: usize,
    column: &mut Column,
    known: &HashMap<Vec<u8>, u32>,
    notation: &Notation,
) -> Result<()> {
    let cell = records.cell(position);
    let missing = cell.is_missing();
    match &mut column.values {
        Values::Numbers(values) if missing => values.push(f64::NAN),
        Values::Codes { codes, .. } if missing => codes.push(MISSING_LEVEL),
        Values::Numbers(values) => values.push(records.number(position, notation)?),
        Values::Codes { codes, .. } => match known.get(cell.text().as_ref()) {
            Some(&code) => codes.push(code),
            None => return Err(records.error(position, CHANGED)),
        },
    }
    Ok(())
}
