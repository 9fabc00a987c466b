//! The values of one column of a record batch, ready to be asked for one by one.

use crate::table::cell::{Cell, days_of};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, LargeStringArray, PrimitiveArray, StringArray, StringViewArray,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};

/// What a column's type is, as far as two files of a table must agree on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Numbers, whole or not, of any width.
    Number,
    /// Dates and time stamps.
    Day,
    /// Strings, dictionaries of strings and truth values.
    Name,
    /// Nothing but missing values.
    Nothing,
    /// A type that is not read.
    Unread,
}

impl Family {
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Null => Self::Nothing,
            DataType::Boolean | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Name,
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Self::Day,
            DataType::Dictionary(_, values) => match Self::of(values) {
                Self::Nothing => Self::Unread,
                family => family,
            },
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Number,
            // Decimal256 would need arithmetic of 256 bits for a value that no double holds.
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => Self::Number,
            other if other.is_integer() => Self::Number,
            _ => Self::Unread,
        }
    }

    /// The family in words, for messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Number => "numbers",
            Self::Day => "dates",
            Self::Name => "names",
            Self::Nothing => "nothing",
            Self::Unread => "values that are not read",
        }
    }
}

/// The values of some rows of a column.
pub(super) struct Column {
    values: Values,
    nulls: Option<NullBuffer>,
}

enum Values {
    Integers(Vec<i128>),
    Numbers(Vec<f64>),
    Days(Vec<f64>),
    Truths(Vec<bool>),
    Short(StringArray),
    Long(LargeStringArray),
    Views(StringViewArray),
    Codes(Vec<usize>, Box<Column>),
    Nothing,
    Unread,
}

impl Column {
    /// The values of an array.
    pub fn new(array: &ArrayRef) -> Self {
        Self { values: values(array), nulls: array.logical_nulls() }
    }

    /// The value in a row, if it is one; the time for a look-up of a type was taken before.
    pub fn cell(&self, row: usize) -> Cell<'_> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return Cell::Missing(b"");
        }
        match &self.values {
            Values::Integers(v) => v.get(row).map_or(Cell::Unread, |&x| Cell::Integer(x)),
            Values::Numbers(v) => v.get(row).map_or(Cell::Unread, |&x| Cell::Number(x)),
            Values::Days(v) => v.get(row).map_or(Cell::Unread, |&x| Cell::Day(x)),
            Values::Truths(v) => match v.get(row) {
                Some(true) => Cell::Name(b"true"),
                Some(false) => Cell::Name(b"false"),
                None => Cell::Unread,
            },
            Values::Short(v) => Cell::Name(v.value(row).as_bytes()),
            Values::Long(v) => Cell::Name(v.value(row).as_bytes()),
            Values::Views(v) => Cell::Name(v.value(row).as_bytes()),
            Values::Codes(codes, values) => codes.get(row).map_or(Cell::Unread, |&code| values.cell(code)),
            Values::Nothing => Cell::Missing(b""),
            Values::Unread => Cell::Unread,
        }
    }
}

fn values(array: &ArrayRef) -> Values {
    match array.data_type() {
        DataType::Int8 => integers::<Int8Type>(array),
        DataType::Int16 => integers::<Int16Type>(array),
        DataType::Int32 => integers::<Int32Type>(array),
        DataType::Int64 => integers::<Int64Type>(array),
        DataType::UInt8 => integers::<UInt8Type>(array),
        DataType::UInt16 => integers::<UInt16Type>(array),
        DataType::UInt32 => integers::<UInt32Type>(array),
        DataType::UInt64 => integers::<UInt64Type>(array),
        DataType::Float16 => numbers::<Float16Type>(array, |x| x.to_f64()),
        DataType::Float32 => numbers::<Float32Type>(array, f64::from),
        DataType::Float64 => numbers::<Float64Type>(array, |x| x),
        DataType::Decimal32(_, scale) => {
            let scale = *scale;
            numbers::<Decimal32Type>(array, |x| decimal(i128::from(x), scale))
        }
        DataType::Decimal64(_, scale) => {
            let scale = *scale;
            numbers::<Decimal64Type>(array, |x| decimal(i128::from(x), scale))
        }
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            numbers::<Decimal128Type>(array, |x| decimal(x, scale))
        }
        DataType::Date32 => days::<Date32Type>(array, f64::from),
        DataType::Date64 => days::<Date64Type>(array, |x| days_of(x, 1000)),
        DataType::Timestamp(TimeUnit::Second, _) => days::<TimestampSecondType>(array, |x| days_of(x, 1)),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            days::<TimestampMillisecondType>(array, |x| days_of(x, 1000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            days::<TimestampMicrosecondType>(array, |x| days_of(x, 1_000_000))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            days::<TimestampNanosecondType>(array, |x| days_of(x, 1_000_000_000))
        }
        DataType::Boolean => {
            let array = array.as_boolean();
            Values::Truths((0..array.len()).map(|row| array.value(row)).collect())
        }
        DataType::Utf8 => Values::Short(array.as_string().clone()),
        DataType::LargeUtf8 => Values::Long(array.as_string().clone()),
        DataType::Utf8View => Values::Views(array.as_string_view().clone()),
        DataType::Dictionary(..) => {
            let array = array.as_any_dictionary();
            // The keys of missing values can be anything; an empty dictionary has none that is not.
            let codes = if array.values().is_empty() { Vec::new() } else { array.normalized_keys() };
            Values::Codes(codes, Box::new(Column::new(array.values())))
        }
        DataType::Null => Values::Nothing,
        _ => Values::Unread,
    }
}

fn integers<T: ArrowPrimitiveType<Native: Into<i128>>>(array: &ArrayRef) -> Values {
    let array: &PrimitiveArray<T> = array.as_primitive();
    Values::Integers(array.values().iter().map(|&x| x.into()).collect())
}

fn numbers<T: ArrowPrimitiveType>(array: &ArrayRef, number: impl Fn(T::Native) -> f64) -> Values {
    let array: &PrimitiveArray<T> = array.as_primitive();
    Values::Numbers(array.values().iter().map(|&x| number(x)).collect())
}

fn days<T: ArrowPrimitiveType>(array: &ArrayRef, day: impl Fn(T::Native) -> f64) -> Values {
    let array: &PrimitiveArray<T> = array.as_primitive();
    Values::Days(array.values().iter().map(|&x| day(x)).collect())
}

/// A decimal as the nearest double, which is what its text in a CSV is read as.
fn decimal(digits: i128, scale: i8) -> f64 {
    // Both sides of the division are doubles exactly, so that it rounds once.
    if digits.unsigned_abs() < 1 << 53 && (0..=22).contains(&scale) {
        return digits as f64 / 10_f64.powi(i32::from(scale));
    }
    format!("{digits}e{}", -i32::from(scale)).parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_decimal_is_what_its_text_is(digits in any::<i128>(), shift in 0_u32..127, scale in -5_i8..30) {
            let digits = digits >> shift;
            let text: f64 = format!("{digits}e{}", -i32::from(scale)).parse().unwrap();
            prop_assert_eq!(decimal(digits, scale).to_bits(), text.to_bits());
        }
    }
}
