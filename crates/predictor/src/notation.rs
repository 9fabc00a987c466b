//! How people write numbers: decimal commas, thousands separators, currencies, per cent, dates.
//!
//! A column's notation is found once, from all of its values ([`Evidence`]), and then each value is read by it. What could mean two
//! numbers (`1,234`) is read only where the rest of the file decides, and refused otherwise.

use serde::{Deserialize, Serialize};

/// The character before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Decimal {
    /// `3.14`
    #[default]
    Point,
    /// `3,14`
    Comma,
}

/// What groups the digits before the decimals by threes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Thousands {
    /// `1,234,567`
    Comma,
    /// `1.234.567`
    Point,
    /// `1 234 567`, with any space of Unicode.
    Space,
    /// `1'234'567`, also with the typographic apostrophe.
    Apostrophe,
    /// `1_234_567`
    Underscore,
}

impl Thousands {
    /// Whether the same character stands before the decimals.
    #[must_use]
    pub fn is_decimal(self, decimal: Decimal) -> bool {
        matches!((self, decimal), (Self::Comma, Decimal::Comma) | (Self::Point, Decimal::Point))
    }

    fn is(self, c: char) -> bool {
        match self {
            Self::Comma => c == ',',
            Self::Point => c == '.',
            Self::Space => is_space(c),
            Self::Apostrophe => matches!(c, '\'' | '\u{2019}'),
            Self::Underscore => c == '_',
        }
    }
}

/// How a column writes its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notation {
    /// A number.
    Number {
        /// The character before the decimals.
        decimal: Decimal,
        /// What groups the digits.
        thousands: Option<Thousands>,
        /// What stands beside every number, such as `$` or `%`.
        unit: String,
    },
    /// A date `2024-02-29`, with or without a time of day, as days since 1970-01-01.
    Date,
}

impl Default for Notation {
    fn default() -> Self {
        Self::plain(Decimal::Point, None)
    }
}

impl Notation {
    /// Numbers without a unit.
    #[must_use]
    pub fn plain(decimal: Decimal, thousands: Option<Thousands>) -> Self {
        Self::Number { decimal, thousands, unit: String::new() }
    }

    /// Whether this is the notation of programming languages.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The value of a (trimmed) field, finite or not.
    #[must_use]
    pub fn read(&self, field: &[u8]) -> Option<f64> {
        match self {
            Self::Number { decimal: Decimal::Point, thousands: None, unit } if unit.is_empty() => {
                plain(field).or_else(|| digits(str::from_utf8(field).ok()?.trim(), Decimal::Point, None))
            }
            Self::Number { decimal, thousands, unit } => {
                let (found, core) = undress(str::from_utf8(field).ok()?)?;
                if found.is_empty() || found == *unit { digits(&core, *decimal, *thousands) } else { None }
            }
            Self::Date => date(str::from_utf8(field).ok()?),
        }
    }

    /// Whether a field is a number in some notation, or a date.
    #[must_use]
    pub fn looks_numeric(field: &[u8]) -> bool {
        let Ok(text) = str::from_utf8(field) else { return false };
        let read = |core: &str| NOTATIONS.iter().any(|&(d, t)| digits(core, d, t).is_some());
        date(text).is_some() || undress(text).is_some_and(|(_, core)| read(&core))
    }

    /// The notation in words, for messages.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self::Number { decimal, thousands, unit } = self else {
            return "dates, taken as days since 1970-01-01".to_owned();
        };
        let mut words = Vec::new();
        if *decimal == Decimal::Comma {
            words.push("a decimal comma".to_owned());
        }
        match thousands {
            Some(Thousands::Comma) => words.push("commas between thousands".to_owned()),
            Some(Thousands::Point) => words.push("points between thousands".to_owned()),
            Some(Thousands::Space) => words.push("spaces between thousands".to_owned()),
            Some(Thousands::Apostrophe) => words.push("apostrophes between thousands".to_owned()),
            Some(Thousands::Underscore) => words.push("underscores between thousands".to_owned()),
            None => {}
        }
        if !unit.is_empty() {
            words.push(format!("`{unit}` beside every number, left out"));
        }
        format!("numbers with {}", words.join(" and "))
    }
}

/// A field as Rust writes numbers; `inf` and `nan` among them, hexadecimal not.
#[must_use]
pub fn plain(field: &[u8]) -> Option<f64> {
    str::from_utf8(field).ok()?.parse().ok()
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{00A0}' | '\u{2007}' | '\u{202F}' | '\u{2009}' | '\u{FEFF}')
}

/// Currency codes that are understood beside a number; the symbols of currencies are understood by their class.
const CODES: [&str; 20] = [
    "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "CAD", "AUD", "NZD",
    "INR", "BRL", "MXN", "ZAR", "Kč",
];

fn is_symbol(c: char) -> bool {
    matches!(c, '$' | '¢' | '£' | '¤' | '¥' | '\u{20A0}'..='\u{20CF}' | '%' | '‰' | '°')
}

/// Splits `(unit, number)` where what stands beside the number is a currency, per cent or degrees; a unit of nothing is empty.
///
/// The number keeps its sign in front: `-$5`, `$-5` and `− 5 $` are all −5.
fn undress(text: &str) -> Option<(String, String)> {
    let text = text.trim_matches(is_space);
    let starts = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let first = text.find(starts)?;
    let last = text.rfind(|c: char| c.is_ascii_digit() || c == '.')?;
    if last < first {
        return None;
    }
    let (before, core, after) = (&text[..first], &text[first..=last], &text[last + 1..]);
    let (mut sign, mut prefix) = (String::new(), String::new());
    for c in before.chars().filter(|&c| !is_space(c)) {
        match c {
            '-' | '+' | '\u{2212}' if sign.is_empty() => sign.push(if c == '+' { '+' } else { '-' }),
            c => prefix.push(c),
        }
    }
    let suffix: String = after.chars().filter(|&c| !is_space(c)).collect();
    let unit = match (prefix.is_empty(), suffix.is_empty()) {
        (true, _) => suffix,
        (false, true) => prefix,
        (false, false) => return None,
    };
    let known = unit.is_empty() || unit.chars().all(is_symbol) || CODES.contains(&unit.as_str());
    known.then(|| (unit, format!("{sign}{core}")))
}

/// A number of ASCII digits with an optional sign, groups, decimals and exponent.
fn digits(text: &str, decimal: Decimal, thousands: Option<Thousands>) -> Option<f64> {
    let point = if decimal == Decimal::Comma { ',' } else { '.' };
    let (unsigned, negative) = match text.chars().next()? {
        '+' => (&text[1..], false),
        '-' => (&text[1..], true),
        '\u{2212}' => (&text['\u{2212}'.len_utf8()..], true),
        _ => (text, false),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], &unsigned[at..]),
        None => (unsigned, ""),
    };
    let (whole, fraction) = match mantissa.split_once(point) {
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: String = if all_digits(whole) {
        whole.to_owned()
    } else {
        let mark = thousands?;
        let groups: Vec<&str> = whole.split(|c| mark.is(c)).collect();
        // Nobody writes 123 as `0,123`.
        let grouped = groups.iter().enumerate().all(|(i, group)| {
            all_digits(group) && if i == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 }
        });
        if !grouped || whole.starts_with('0') {
            return None;
        }
        groups.concat()
    };
    let value: f64 = format!("{whole}.{fraction}{exponent}").parse().ok()?;
    Some(if negative { -value } else { value })
}

/// Days since 1970-01-01 of `2024-02-29`, with an optional time after a space or `T`, and an optional `Z`.
fn date(text: &str) -> Option<f64> {
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.split('-');
    let mut part = |length: usize| {
        let text = parts.next().filter(|t| t.len() == length && t.bytes().all(|b| b.is_ascii_digit()))?;
        text.parse::<i64>().ok()
    };
    let (year, month, of_month) = (part(4)?, part(2)?, part(2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || !(1..=longest).contains(&of_month) {
        return None;
    }
    // Days from civil (Hinnant 2013): years begin in March, so that the leap day ends them.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + of_month - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days as f64 + time.map_or(Some(0.0), time_of_day)?)
}

/// The share of a day that `12:34`, `12:34:56` or `12:34:56.7` is, with an optional `Z`.
fn time_of_day(text: &str) -> Option<f64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let parts: Vec<&str> = text.split(':').collect();
    let (&[hour, minute], seconds) = parts.split_first_chunk::<2>()?;
    let below = |text: &str, limit: f64| {
        let fine = text.len() >= 2 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        text.parse::<f64>().ok().filter(|v| fine && *v < limit)
    };
    let (hour, minute) = (below(hour, 24.0)?, below(minute, 60.0)?);
    let second = match seconds {
        [] => 0.0,
        [second] => below(second, 61.0)?,
        _ => return None,
    };
    Some((hour * 3600.0 + minute * 60.0 + second) / 86_400.0)
}

/// The notations that a column's odd values are tried by.
const NOTATIONS: [(Decimal, Option<Thousands>); 9] = [
    (Decimal::Point, None),
    (Decimal::Comma, None),
    (Decimal::Point, Some(Thousands::Comma)),
    (Decimal::Comma, Some(Thousands::Point)),
    (Decimal::Point, Some(Thousands::Space)),
    (Decimal::Comma, Some(Thousands::Space)),
    (Decimal::Point, Some(Thousands::Apostrophe)),
    (Decimal::Comma, Some(Thousands::Apostrophe)),
    (Decimal::Point, Some(Thousands::Underscore)),
];

/// What a column's values say about its notation, beside those that are plain numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Which of [`NOTATIONS`] read every value.
    numbers: [bool; NOTATIONS.len()],
    /// What stands beside the numbers; none once two differ.
    unit: Option<String>,
    dates: bool,
    /// Values that are dates or times in another order than year, month, day.
    other_dates: u64,
    /// Values that hold digits with a mark, a sign or a unit, in no notation that is known.
    nearly: u64,
    /// What the points in the values can be.
    points: Points,
    /// All values that are no plain numbers.
    pub odd: u64,
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            numbers: [true; 9],
            unit: Some(String::new()),
            dates: true,
            other_dates: 0,
            nearly: 0,
            points: Points::None,
            odd: 0,
        }
    }
}

/// What the points in a column's plain numbers can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Points {
    /// No plain number has one.
    #[default]
    None,
    /// Each can stand between thousands: `1.234`.
    Groups,
    /// At least one stands before decimals: `0.5`.
    Decimals,
}

impl Points {
    /// What the points of one plain number can be.
    #[must_use]
    pub fn of(field: &[u8]) -> Self {
        if !field.contains(&b'.') {
            return Self::None;
        }
        match str::from_utf8(field).ok().and_then(|text| digits(text, Decimal::Comma, Some(Thousands::Point)))
        {
            Some(_) => Self::Groups,
            None => Self::Decimals,
        }
    }
}

/// What a column's values mean, as far as the column itself tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// One notation reads them all.
    Clear(Notation),
    /// `1,234`: a decimal comma or thousands?
    Ambiguous {
        /// With a decimal comma.
        comma: Notation,
        /// With a decimal point.
        point: Notation,
    },
    /// Dates in another order.
    OtherDates,
    /// Nearly all values look like numbers, but no notation reads them all.
    Broken,
    /// Texts.
    Names,
}

impl Evidence {
    /// Before any value; only notations are tried that agree with what was stated.
    #[must_use]
    pub fn new(decimal: Option<Decimal>, thousands: Option<Thousands>) -> Self {
        let mut evidence = Self::default();
        for (alive, (d, t)) in evidence.numbers.iter_mut().zip(&NOTATIONS) {
            let clash = thousands.is_some_and(|stated| stated.is_decimal(*d));
            *alive = decimal.is_none_or(|stated| stated == *d)
                && !clash
                && (thousands.is_none() || t.is_none() || thousands == *t);
        }
        evidence
    }

    /// Takes in a value that is no plain number.
    pub fn push(&mut self, field: &[u8]) {
        self.odd += 1;
        let Ok(text) = str::from_utf8(field) else {
            (self.numbers, self.unit, self.dates) = ([false; 9], None, false);
            return;
        };
        self.dates = self.dates && date(text).is_some();
        let dressed = undress(text);
        let known = dressed.is_some();
        match (&dressed, &mut self.unit) {
            (Some((found, _)), Some(unit)) if self.odd == 1 => unit.clone_from(found),
            (Some((found, _)), Some(unit)) if found == unit => {}
            _ => self.unit = None,
        }
        let core = dressed.map(|(_, core)| core);
        for (alive, &(decimal, thousands)) in self.numbers.iter_mut().zip(&NOTATIONS) {
            *alive = *alive && core.as_ref().is_some_and(|core| digits(core, decimal, thousands).is_some());
        }
        if let Some(core) = &core {
            self.points = self.points.max(Points::of(core.as_bytes()));
        }
        self.other_dates += u64::from(is_other_date(text));
        self.nearly += u64::from(known || is_nearly_a_number(text));
    }

    /// What the points can be in the values that are no plain numbers.
    #[must_use]
    pub fn points(&self) -> Points {
        self.points
    }

    /// The verdict on a column of `values` values that are not missing; `points`: what the points in plain numbers among them can be.
    #[must_use]
    pub fn verdict(&self, values: u64, points: Points) -> Verdict {
        if self.dates && self.odd == values {
            return Verdict::Clear(Notation::Date);
        }
        if self.other_dates * 10 >= values * 9 {
            return Verdict::OtherDates;
        }
        if let Some(unit) = self.unit.as_ref().filter(|unit| unit.is_empty() || self.odd == values) {
            let read = |at: usize| {
                let (decimal, thousands) = NOTATIONS[at];
                Notation::Number { decimal, thousands, unit: unit.clone() }
            };
            // A point in a plain number leaves a decimal comma out, unless it can stand between thousands.
            let grouped = |at: usize| points == Points::Groups && NOTATIONS[at].1 == Some(Thousands::Point);
            let comma = |at: usize| points == Points::None || grouped(at);
            let fits = |at: usize| self.numbers[at] && (NOTATIONS[at].0 == Decimal::Point || comma(at));
            let of =
                |decimal: Decimal| (0..NOTATIONS.len()).find(|&at| NOTATIONS[at].0 == decimal && fits(at));
            match (of(Decimal::Point), of(Decimal::Comma)) {
                (Some(point), None) => return Verdict::Clear(read(point)),
                (None, Some(comma)) => return Verdict::Clear(read(comma)),
                // Without a comma or a point in any value both read the same.
                (Some(point), Some(comma)) if NOTATIONS[point].1 != Some(Thousands::Comma) => {
                    return if NOTATIONS[comma].1 == Some(Thousands::Point) {
                        Verdict::Ambiguous { comma: read(comma), point: read(point) }
                    } else {
                        Verdict::Clear(read(point))
                    };
                }
                (Some(point), Some(comma)) => {
                    return Verdict::Ambiguous { comma: read(comma), point: read(point) };
                }
                (None, None) => {}
            }
        }
        if (values - self.odd + self.nearly) * 10 >= values * 9 && self.nearly > 0 {
            Verdict::Broken
        } else {
            Verdict::Names
        }
    }
}

/// `31/12/2024`, `31.12.24`, `12-31-2024`, with or without a time.
fn is_other_date(text: &str) -> bool {
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    for mark in ['/', '.', '-'] {
        let parts: Vec<&str> = day.split(mark).collect();
        let digits = |p: &&str| (1..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
        if parts.len() == 3 && parts.iter().all(digits) {
            let year = |p: &str| p.len() == 4;
            let small = |p: &str| p.parse::<u32>().is_ok_and(|v| (1..=31).contains(&v));
            let ends = (year(parts[2]) || parts[2].len() == 2) && small(parts[0]) && small(parts[1]);
            if ends || (year(parts[0]) && small(parts[1]) && small(parts[2])) {
                return true;
            }
        }
    }
    false
}

/// Whether a text is a number with something about it: `(1.5)`, `12.5 kg`, `1,23,456`, `<0.1`, `~3`, `5 - 7`.
///
/// A name that ends in digits (`cls0`, `type 3`), or a small whole number with letters (`2nd`, `4dr`), is a name.
fn is_nearly_a_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let starts =
        text.trim_start_matches(|c: char| is_space(c) || is_symbol(c) || "+-−(<>~≈≤≥=.,".contains(c));
    let mark = text.contains(['.', ',']) || text.contains(['(', '<', '>', '~', '≈', '≤', '≥']);
    let range = text.trim_start_matches(['-', '−']).contains('-');
    digits > 0
        && !range
        && starts.starts_with(|c: char| c.is_ascii_digit())
        && letters <= 5
        && (mark || letters == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verdict(values: &[&str]) -> Verdict {
        let mut evidence = Evidence::default();
        let odd: Vec<_> = values.iter().filter(|v| plain(v.as_bytes()).is_none()).collect();
        odd.iter().for_each(|v| evidence.push(v.as_bytes()));
        let plains = values.iter().filter(|v| plain(v.as_bytes()).is_some());
        let points = plains.map(|v| Points::of(v.as_bytes())).max().unwrap_or_default();
        evidence.verdict(values.len() as u64, points)
    }

    fn numbers(values: &[&str]) -> Vec<f64> {
        match verdict(values) {
            Verdict::Clear(notation) => values.iter().map(|v| notation.read(v.as_bytes()).unwrap()).collect(),
            other => panic!("{values:?}: {other:?}"),
        }
    }

    #[test]
    fn what_is_unambiguous_is_understood() {
        assert_eq!(numbers(&["37,5", "1", "1103,25"]), [37.5, 1.0, 1103.25]);
        assert_eq!(numbers(&["3,082.95", "12", "1,234,567"]), [3082.95, 12.0, 1_234_567.0]);
        assert_eq!(numbers(&["3.082,95", "1.234.567"]), [3082.95, 1_234_567.0]);
        assert_eq!(numbers(&["1,234", "0.5"]), [1234.0, 0.5]);
        assert_eq!(numbers(&["1 234", "12\u{00A0}345,5", "1\u{202F}234"]), [1234.0, 12_345.5, 1234.0]);
        assert_eq!(numbers(&["1'234.5", "1\u{2019}234", "7"]), [1234.5, 1234.0, 7.0]);
        assert_eq!(numbers(&["1_000", "20_000.5"]), [1000.0, 20_000.5]);
        assert_eq!(numbers(&["41.38%", "7 %"]), [41.38, 7.0]);
        assert_eq!(numbers(&["$1798.43", "$3,091.54", "-$2", "$-3"]), [1798.43, 3091.54, -2.0, -3.0]);
        assert_eq!(numbers(&["1884,5 €", "12 €"]), [1884.5, 12.0]);
        assert_eq!(numbers(&["1884.5 CHF", "12 CHF"]), [1884.5, 12.0]);
        assert_eq!(numbers(&["\u{2212}1.5", "2"]), [-1.5, 2.0]);
        assert_eq!(numbers(&["1970-01-02", "2000-02-29"]), [1.0, 11_016.0]);
        assert_eq!(numbers(&["1969-12-31T12:00:00Z", "1970-01-01 06:00"]), [-0.5, 0.25]);
    }

    #[test]
    fn a_group_does_not_begin_with_zero() {
        assert_eq!(numbers(&["0,123", "0,456"]), [0.123, 0.456]);
        assert_eq!(numbers(&["-0,123 €", "1,456 €"]), [-0.123, 1.456]);
        assert_eq!(Points::of(b"0.123"), Points::Decimals);
        assert_eq!(Points::of(b"1.123"), Points::Groups);
        for text in ["0,123", "0,123,456", "00,123", "-0,123"] {
            assert_eq!(digits(text, Decimal::Point, Some(Thousands::Comma)), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_is_refused() {
        assert!(matches!(verdict(&["1,234", "5,678"]), Verdict::Ambiguous { .. }));
        assert!(matches!(verdict(&["1,234", "12"]), Verdict::Ambiguous { .. }));
        assert_eq!(verdict(&["31/12/2024", "1/2/2024"]), Verdict::OtherDates);
        assert_eq!(verdict(&["31.12.2024", "01.02.2024"]), Verdict::OtherDates);
        for broken in [
            &["5.5 kg", "3.2 g"][..],
            &["(1.5)", "2.5"],
            &["1,23,456", "7"],
            &["<0.1", "0.5"],
            &["$5", "€5"],
            &["5%", "5"],
        ] {
            assert_eq!(verdict(broken), Verdict::Broken, "{broken:?}");
        }
    }

    #[test]
    fn names_are_names() {
        for names in [
            &["cls0", "cls1"][..],
            &["type 3", "type 4"],
            &["2nd", "3rd"],
            &["4dr", "2dr"],
            &["oral", "inf"],
            &["M5", "M6"],
            &["10-20", "20-30", "x"],
            &["", "-"],
        ] {
            assert_eq!(verdict(names), Verdict::Names, "{names:?}");
        }
    }

    #[test]
    fn impossible_dates_are_no_dates() {
        for text in [
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "24-01-01",
            "2024-1-1",
            "2024-01-01T25:00",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    fn grouped(whole: u64, mark: &str) -> String {
        let plain = whole.to_string();
        let groups: Vec<&str> =
            plain.as_bytes().rchunks(3).rev().map(|g| str::from_utf8(g).unwrap()).collect();
        groups.join(mark)
    }

    proptest! {
        /// A number printed in any notation is read as the same number.
        #[test]
        fn printed_numbers_are_read_back(
            whole in 0_u64..10_000_000_000, cents in 0_u32..100, negative: bool, at in 0_usize..9, unit in 0_usize..5,
        ) {
            let (decimal, thousands) = NOTATIONS[at];
            let mark = match thousands {
                None => "",
                Some(Thousands::Comma) => ",",
                Some(Thousands::Point) => ".",
                Some(Thousands::Space) => "\u{202F}",
                Some(Thousands::Apostrophe) => "'",
                Some(Thousands::Underscore) => "_",
            };
            let point = if decimal == Decimal::Comma { "," } else { "." };
            let sign = if negative { "-" } else { "" };
            let unit = ["", "%", "$", "€", "USD"][unit];
            let text = format!("{sign}{}{point}{cents:02} {unit}", grouped(whole, mark));
            let notation = Notation::Number { decimal, thousands, unit: unit.to_owned() };
            let expected: f64 = format!("{sign}{whole}.{cents:02}").parse().unwrap();
            prop_assert_eq!(notation.read(text.trim().as_bytes()), Some(expected));
        }

        /// Days count up by one from date to date, and no text makes the reader panic.
        #[test]
        fn no_text_panics(text in "\\PC{0,12}", day in 1_u32..28) {
            let mut evidence = Evidence::default();
            evidence.push(text.as_bytes());
            let _ = evidence.verdict(1, Points::None);
            let at = |d: u32| date(&format!("2024-02-{d:02}")).unwrap();
            prop_assert_eq!(at(day + 1) - at(day), 1.0);
        }
    }
}
