//! The values of a column of a record batch, as numbers or as names.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What a column holds by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Numbers, whole or not.
    Number,
    /// Days since 1970-01-01.
    Day,
    /// Strings and truth values.
    Name,
}

impl Kind {
    /// The kind of a type; none for one that is not read.
    pub fn of(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean => Some(Self::Name),
            DataType::Dictionary(_, values) => Self::of(values),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Some(Self::Number),
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => {
                Some(Self::Number)
            }
            DataType::Date32 => Some(Self::Day),
            other if other.is_integer() => Some(Self::Number),
            _ => None,
        }
    }
}

/// The values of some rows of a column.
#[derive(Debug)]
pub(crate) enum Cells {
    Numbers(Float64Array),
    Names(StringArray),
}

impl Cells {
    /// The values as numbers.
    pub fn numbers(array: &ArrayRef, name: &str) -> Result<Self> {
        let days = matches!(array.data_type(), DataType::Date32);
        let whole = if days { convert(array, &DataType::Int32, name)? } else { array.clone() };
        let numbers = convert(&whole, &DataType::Float64, name)?;
        Ok(Self::Numbers(numbers.as_primitive::<Float64Type>().clone()))
    }

    /// The values as names, as a CSV would hold them.
    pub fn names(array: &ArrayRef, name: &str) -> Result<Self> {
        let values = match array.data_type() {
            DataType::Dictionary(_, values) => Kind::of(values),
            other => Kind::of(other),
        };
        if values != Some(Kind::Name) {
            return Self::numbers(array, name);
        }
        let names = convert(array, &DataType::Utf8, name)?;
        Ok(Self::Names(names.as_string::<i32>().clone()))
    }

    /// Whether a row has no value.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Numbers(values) => values.is_null(row),
            Self::Names(values) => values.is_null(row),
        }
    }

    /// A row's value as a text that is looked up.
    pub fn text<'a>(&'a self, row: usize, memory: &'a mut String) -> &'a str {
        match self {
            Self::Numbers(values) => {
                *memory = values.value(row).to_string();
                memory
            }
            Self::Names(values) => values.value(row),
        }
    }
}

fn convert(array: &ArrayRef, to: &DataType, name: &str) -> Result<ArrayRef> {
    let refuse = || Error::column(name, format!("a {} cannot be read as {to}", array.data_type()));
    let converted = cast(array, to).map_err(|_| refuse())?;
    // A cast makes what it cannot read null.
    if converted.null_count() == array.logical_null_count() { Ok(converted) } else { Err(refuse()) }
}

/// The codes of names that are known.
#[derive(Debug)]
pub(crate) struct Codes {
    texts: HashMap<String, u32>,
    /// Codes of numbers, so that they are not written out each time.
    numbers: HashMap<u64, u32>,
}

impl Codes {
    pub fn new(levels: &[String]) -> Self {
        let texts = levels.iter().enumerate().map(|(code, text)| (text.clone(), code as u32)).collect();
        Self { texts, numbers: HashMap::new() }
    }

    /// The code of a row's name; it has a value.
    pub fn of(&mut self, cells: &Cells, row: usize, name: &str) -> Result<u32> {
        let unknown = |text: &str| {
            Error::Changed(format!("column `{name}` has `{text}`, which the first pass did not find"))
        };
        match cells {
            Cells::Names(values) => {
                let text = values.value(row);
                self.texts.get(text).copied().ok_or_else(|| unknown(text))
            }
            Cells::Numbers(values) => {
                let value = values.value(row);
                if let Some(code) = self.numbers.get(&value.to_bits()) {
                    return Ok(*code);
                }
                let text = value.to_string();
                let code = self.texts.get(&text).copied().ok_or_else(|| unknown(&text))?;
                self.numbers.insert(value.to_bits(), code);
                Ok(code)
            }
        }
    }
}
