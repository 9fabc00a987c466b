//! How a file writes its numbers and fields.

use crate::bytes::Bytes;
use crate::number::Number;
use predictor::notation::{Decimal, Thousands};
use vd_cli::table::MISSING_MARKS;

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
const SPACES: [&str; 5] = [" ", "\u{A0}", "\u{202F}", "\u{2009}", "\u{2007}"];
const UNITS: [&str; 12] = ["", "", "", "$", "€", "%", "USD", "EUR", "Kč", "£", "‰", "°"];

/// How a file writes its numbers and fields.
#[derive(Debug)]
pub struct Style {
    pub decimal: Decimal,
    pub thousands: Option<Thousands>,
    group: &'static str,
    pub delimiter: &'static str,
    line_end: &'static str,
    before: &'static str,
    quotes: Quotes,
    missing: String,
}

/// Which fields are quoted.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Quotes {
    Needed,
    All,
    AfterSpace,
}

impl Style {
    pub fn new(bytes: &mut Bytes<'_>) -> Self {
        let (decimal, thousands) = bytes.one(&NOTATIONS);
        let space = bytes.one(&SPACES);
        let group = match thousands {
            None => "",
            Some(Thousands::Comma) => ",",
            Some(Thousands::Point) => ".",
            Some(Thousands::Space) => space,
            Some(Thousands::Apostrophe) => bytes.one(&["'", "\u{2019}"]),
            Some(Thousands::Underscore) => "_",
        };
        let delimiter = bytes.one(&[",", ";", "\t", "|"]);
        let missing = match bytes.below(1 + MISSING_MARKS.len()) {
            0 => String::new(),
            at => MISSING_MARKS[at - 1].to_owned(),
        };
        let missing = if bytes.below(2) == 1 { missing.to_ascii_uppercase() } else { missing };
        let begin = if delimiter == "," { "sep=,\n" } else { "" };
        Self {
            decimal,
            thousands,
            group,
            delimiter,
            line_end: bytes.one(&["\n", "\r\n"]),
            before: bytes.one(&["", "\u{FEFF}", begin]),
            quotes: bytes.one(&[Quotes::Needed, Quotes::All, Quotes::AfterSpace]),
            missing,
        }
    }

    /// The whole file: names, then a line for each row.
    pub fn file(&self, names: &[&str], dresses: &[Dress], rows: &[Vec<Option<Number>>]) -> String {
        let mut text = self.before.to_owned() + &names.join(self.delimiter) + self.line_end;
        for row in rows {
            let fields = row.iter().zip(dresses).map(|(number, dress)| match number {
                Some(number) => self.field(&self.number(number, dress)),
                None => self.field(&self.missing),
            });
            text += &fields.collect::<Vec<_>>().join(self.delimiter);
            text += self.line_end;
        }
        text
    }

    /// A number in this style, with what its column puts about it.
    pub fn number(&self, number: &Number, dress: &Dress) -> String {
        let whole = if dress.grouped { self.grouped(&number.whole) } else { number.whole.clone() };
        let mark = if self.decimal == Decimal::Comma { "," } else { "." };
        let mark = if number.fraction.is_empty() { "" } else { mark };
        let core = format!("{whole}{mark}{}{}", number.fraction, number.power(dress.power));
        dress.put_on(&core, number.negative)
    }

    fn grouped(&self, digits: &str) -> String {
        let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
        groups.collect::<Vec<_>>().join(self.group)
    }

    fn field(&self, text: &str) -> String {
        let needed = text.contains(self.delimiter) || text.contains('"');
        match self.quotes {
            Quotes::AfterSpace if !needed => format!(" \"{text}\""),
            Quotes::Needed if !needed => text.to_owned(),
            _ => format!("\"{text}\""),
        }
    }
}

/// What a column puts about its numbers.
#[derive(Debug)]
pub struct Dress {
    pub unit: &'static str,
    first: bool,
    space: &'static str,
    minus: &'static str,
    plus: &'static str,
    /// Whether the sign stands between a unit in front and the number.
    sign_inside: bool,
    pub grouped: bool,
    power: &'static str,
}

impl Dress {
    pub fn new(bytes: &mut Bytes<'_>) -> Self {
        let choice = bytes.next();
        Self {
            unit: bytes.one(&UNITS),
            first: choice & 1 > 0,
            space: if choice & 2 > 0 { bytes.one(&SPACES) } else { "" },
            minus: if choice & 4 > 0 { "\u{2212}" } else { "-" },
            plus: if choice & 8 > 0 { "+" } else { "" },
            sign_inside: choice & 16 > 0,
            grouped: choice & 32 == 0,
            power: if choice & 64 > 0 { "E" } else { "e" },
        }
    }

    fn put_on(&self, core: &str, negative: bool) -> String {
        let Self { unit, space, .. } = self;
        let sign = if negative { self.minus } else { self.plus };
        match (unit.is_empty(), self.first, self.sign_inside) {
            (true, ..) => format!("{sign}{core}"),
            (false, false, _) => format!("{sign}{core}{space}{unit}"),
            (false, true, false) => format!("{sign}{unit}{space}{core}"),
            (false, true, true) => format!("{unit}{space}{sign}{core}"),
        }
    }
}
