//! A number as its digits.

use crate::bytes::Bytes;

/// A number as its digits.
#[derive(Debug, Clone)]
pub struct Number {
    pub negative: bool,
    pub whole: String,
    pub fraction: String,
    pub exponent: Option<i8>,
}

impl Number {
    /// Up to eleven digits before and seven after the decimal mark, at least one of them all.
    pub fn new(bytes: &mut Bytes<'_>) -> Self {
        let shape = bytes.next();
        let mut digits = |n: u8| (0..n).map(|_| char::from(b'0' + bytes.next() % 10)).collect::<String>();
        let (mut whole, fraction) = (digits(shape % 12), digits(shape / 12 % 8));
        // Nobody writes 123 as `0,123`.
        if whole.len() > 3 {
            whole = whole.trim_start_matches('0').to_owned();
        }
        if whole.is_empty() && fraction.is_empty() {
            whole.push('0');
        }
        let choice = bytes.next();
        let exponent = (choice >= 240).then(|| bytes.next() as i8 % 40);
        Self { negative: choice % 2 == 1, whole, fraction, exponent }
    }

    /// As a programming language writes it.
    pub fn plain(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        let fraction = if self.fraction.is_empty() { String::new() } else { format!(".{}", self.fraction) };
        format!("{sign}{whole}{fraction}{}", self.power("e"))
    }

    /// The exponent, where there is one.
    pub fn power(&self, mark: &str) -> String {
        self.exponent.map_or_else(String::new, |exponent| format!("{mark}{exponent}"))
    }
}
