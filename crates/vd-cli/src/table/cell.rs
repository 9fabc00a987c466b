//! One value of a table, whatever the file's format.

use std::borrow::Cow;

/// One value of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// No value; the text that stood in its place, empty where there was none.
    Missing(&'a [u8]),
    /// A text that may be a number or a date, as every field of a CSV.
    Text(&'a [u8]),
    /// A text by the file's own statement: a string, an entry of a dictionary, a truth value.
    Name(&'a [u8]),
    /// A whole number.
    Integer(i128),
    /// A number.
    Number(f64),
    /// A date or a time stamp, in days since 1970-01-01.
    Day(f64),
    /// A value of a type that is not read, such as a list.
    Unread,
}

impl<'a> Cell<'a> {
    /// The value as text, as a CSV would hold it.
    #[must_use]
    pub fn text(self) -> Cow<'a, [u8]> {
        match self {
            Self::Missing(text) | Self::Text(text) | Self::Name(text) => Cow::Borrowed(text),
            Self::Integer(value) => Cow::Owned(value.to_string().into_bytes()),
            Self::Number(value) => Cow::Owned(value.to_string().into_bytes()),
            Self::Day(days) => Cow::Owned(date(days).into_bytes()),
            Self::Unread => Cow::Borrowed(b""),
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_missing(self) -> bool {
        matches!(self, Self::Missing(_))
    }
}

/// A cell whose text lies in a buffer of its row's source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Slot {
    Missing,
    Text(usize, usize),
    Name(usize, usize),
    Integer(i128),
    Number(f64),
    Day(f64),
    Unread,
}

impl Slot {
    pub fn cell(self, text: &[u8]) -> Cell<'_> {
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        match self {
            Self::Missing => Cell::Missing(b""),
            Self::Text(from, to) => Cell::Text(part(from, to)),
            Self::Name(from, to) => Cell::Name(part(from, to)),
            Self::Integer(value) => Cell::Integer(value),
            Self::Number(value) => Cell::Number(value),
            Self::Day(days) => Cell::Day(days),
            Self::Unread => Cell::Unread,
        }
    }
}

/// Seconds, in nanoseconds, of a day.
const DAY: i128 = 86_400_000_000_000;

/// Days since 1970-01-01 of a time stamp that counts `per_second` ticks a second: the same bits as those of its text in a CSV.
#[must_use]
pub(super) fn days_of(ticks: i64, per_second: i64) -> f64 {
    let a_day = 86_400 * per_second;
    let (day, rest) = (ticks.div_euclid(a_day), ticks.rem_euclid(a_day));
    let (minutes, rest) = (rest / (60 * per_second), rest % (60 * per_second));
    let (hour, minute) = ((minutes / 60) as f64, (minutes % 60) as f64);
    let second = rest as f64 / per_second as f64;
    day as f64 + (hour * 3600.0 + minute * 60.0 + second) / 86_400.0
}

/// `2024-02-29`, with a time of day to the microsecond where the days are not whole.
fn date(days: f64) -> String {
    if !days.is_finite() || days.abs() > 1e9 {
        return days.to_string();
    }
    let nanos = ((days - days.floor()) * DAY as f64 / 1000.0).round() as i128 * 1000;
    let (day, nanos) = (days.floor() as i64 + (nanos / DAY) as i64, nanos % DAY);
    // Civil from days (Hinnant 2013): years begin in March.
    let z = day + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let of_cycle = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_cycle + of_cycle / 4 - of_cycle / 100);
    let shifted = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = of_cycle + era * 400 + i64::from(month <= 2);
    let mut text = format!("{year:04}-{month:02}-{of_month:02}");
    if nanos > 0 {
        let (seconds, micros) = (nanos / 1_000_000_000, nanos % 1_000_000_000 / 1000);
        text.push_str(&format!("T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
        if micros > 0 {
            text.push_str(format!(".{micros:06}").trim_end_matches('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use predictor::notation::Notation;
    use proptest::prelude::*;

    proptest! {
        /// A time stamp is the same number as its text in a CSV, and is written as that text.
        #[test]
        fn a_time_stamp_is_what_its_text_is(day in -200_000_i64..200_000, millis in 0_i64..86_400_000) {
            let days = days_of(day * 86_400_000 + millis, 1000);
            let text = date(days);
            prop_assert_eq!(Notation::Date.read(text.as_bytes()), Some(days), "{}", text);
        }
    }

    #[test]
    fn dates_are_written_as_dates() {
        for (days, text) in [
            (0.0, "1970-01-01"),
            (19_782.0, "2024-02-29"),
            (-1.0, "1969-12-31"),
            (0.5, "1970-01-01T12:00:00"),
        ] {
            assert_eq!(Cell::Day(days).text(), text.as_bytes());
        }
    }
}
