//! The first pass over a CSV: what each column holds.

use crate::error::{Error, Result};
use crate::table::input::Input;
use crate::table::problems::Problems;
use crate::table::reader::{Format, Records, clip};
use predictor::notation::{Decimal, Evidence, Notation, Points, Verdict};
use predictor::{ColumnSummary, Moments};
use std::collections::HashMap;

/// What a survey is told about the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyOptions {
    /// Columns whose values are names, numbers or not.
    pub categorical: Vec<String>,
    /// Columns that are not looked at.
    pub ignored: Vec<String>,
    /// The column that is predicted, for messages.
    pub target: Option<String>,
    /// The most names in a column.
    pub max_levels: usize,
}

impl Default for SurveyOptions {
    fn default() -> Self {
        Self { categorical: Vec::new(), ignored: Vec::new(), target: None, max_levels: 100 }
    }
}

/// What is known of a column after one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSurvey {
    /// Its name.
    pub name: String,
    /// Its position, from 0.
    pub position: usize,
    /// Whether it is left out.
    pub ignored: bool,
    /// Records without a value, and the line of the first of them.
    pub missing: u64,
    /// The line of the first record without a value; 0 where there is none.
    pub first_missing: u64,
    /// The first text that was taken for a missing value; none where all missing ones are empty.
    pub missing_mark: Option<String>,
    /// Mean and deviation of what are finite numbers.
    pub moments: Moments,
    /// The first value that is no number, and its line.
    pub not_a_number: Option<(u64, String)>,
    /// How its numbers are written.
    pub notation: Notation,
    /// The first value that is an infinity or NaN as a number, and its line.
    pub not_finite: Option<(u64, String)>,
    /// Whether its values are 0, 1, 2, … or 1, 2, 3, … down the rows.
    pub counts_rows: bool,
    /// The distinct texts and how often each occurs, in the order of first sight; none where there are too many.
    pub levels: Option<Vec<(String, u64)>>,
    forced: bool,
}

impl ColumnSurvey {
    /// Whether its values are names rather than numbers.
    pub fn is_categorical(&self) -> bool {
        self.forced || self.not_a_number.is_some()
    }

    /// The distinct texts in order: as numbers where all are, else by bytes.
    pub fn sorted_levels(&self) -> Vec<(String, u64)> {
        let mut levels = self.levels.clone().unwrap_or_default();
        if self.not_a_number.is_none() {
            let value = |text: &str| self.notation.read(text.as_bytes()).unwrap_or(f64::NAN);
            levels.sort_by(|a, b| value(&a.0).total_cmp(&value(&b.0)).then_with(|| a.0.cmp(&b.0)));
        } else {
            levels.sort();
        }
        levels
    }
}

/// What is known of a CSV after one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// Every column, in order.
    pub columns: Vec<ColumnSurvey>,
    /// How many records there are.
    pub rows: u64,
    /// The file's name.
    pub file: String,
}

impl Survey {
    /// Reads the whole of a CSV and remembers a summary of each column.
    ///
    /// # Errors
    /// What [`Records`] finds; a named column that does not exist; a value that is an infinity, or not UTF-8; a column of
    /// texts with more than `max_levels` of them; no records at all.
    pub fn take(input: &Input, format: &Format, options: &SurveyOptions) -> Result<Self> {
        let mut records = Records::open(input, format)?;
        let names = records.names().to_vec();
        for wanted in options.categorical.iter().chain(&options.ignored) {
            if !names.contains(wanted) {
                return Err(no_such_column(input.name(), wanted, &names));
            }
        }
        let mut columns: Vec<_> = names
            .into_iter()
            .enumerate()
            .map(|(position, name)| Taker::new(position, name, format, options))
            .collect();
        let mut rows = 0_u64;
        while records.advance()? {
            rows += 1;
            if rows.is_multiple_of(4096) && crate::fit::interrupted() {
                return Err(Error::InterruptedEarly);
            }
            for (i, column) in columns.iter_mut().enumerate() {
                column.push(&records, i, format, options.max_levels)?;
            }
        }
        if rows == 0 {
            let what = "there are names, but no records".to_owned();
            return Err(Error::Data { place: place(input.name()), what });
        }
        let mut survey = Self { columns: Vec::new(), rows, file: input.name().to_owned() };
        let mut problems = Problems::default();
        survey.columns = resolve(columns, &survey.file, rows, options, &mut problems);
        problems.done()?;
        if survey.columns.iter().any(|c| !c.ignored && !c.is_categorical() && c.notation != format.notation())
        {
            survey.measure_again(input, format)?;
        }
        Ok(survey)
    }

    /// A second pass, for the means of columns whose notation the first one found.
    fn measure_again(&mut self, input: &Input, format: &Format) -> Result<()> {
        let plain = format.notation();
        let mut columns: Vec<&mut ColumnSurvey> = self
            .columns
            .iter_mut()
            .filter(|c| !c.ignored && !c.is_categorical() && c.notation != plain)
            .collect();
        columns.iter_mut().for_each(|c| c.moments = Moments::default());
        let mut records = Records::open(input, format)?;
        let mut rows = 0_u64;
        while records.advance()? {
            rows += 1;
            if rows.is_multiple_of(4096) && crate::fit::interrupted() {
                return Err(Error::InterruptedEarly);
            }
            for column in &mut columns {
                if !format.is_missing(records.field(column.position)) {
                    column.moments.push(records.number(column.position, &column.notation)?);
                }
            }
        }
        Ok(())
    }

    /// What a reader of the result should know of how the columns were read.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for c in self.columns.iter().filter(|c| !c.ignored) {
            let name = clip(&c.name);
            if !c.is_categorical() && !c.notation.is_plain() {
                notes.push(format!("column `{name}` is read as {}", c.notation.describe()));
            }
            let unnamed = c.name == format!("column{}", c.position + 1);
            if c.counts_rows && self.rows >= 10 && (unnamed || c.position == 0) {
                notes.push(format!(
                    "column `{name}` counts the rows: if it is an index and not a measurement, leave it out: --ignore {name}"
                ));
            }
            let distinct = c.levels.as_ref().map_or(0, Vec::len) as u64;
            if c.is_categorical() && distinct >= 10 && distinct * 2 > self.rows - c.missing {
                notes.push(format!(
                    "column `{name}` has {distinct} names in {} rows: if it identifies the rows, leave it out: --ignore {name}",
                    self.rows
                ));
            }
        }
        notes
    }

    /// The column of this name.
    ///
    /// # Errors
    /// [`Error::Usage`] with the names there are.
    pub fn column(&self, name: &str) -> Result<&ColumnSurvey> {
        self.columns.iter().find(|c| c.name == name).ok_or_else(|| {
            let names: Vec<_> = self.columns.iter().map(|c| c.name.clone()).collect();
            no_such_column(&self.file, name, &names)
        })
    }

    /// What the features are made of: the columns in use, but for the target.
    pub fn summaries(&self, target: &str) -> impl Iterator<Item = ColumnSummary> {
        self.columns.iter().filter(move |c| !c.ignored && c.name != target).map(|c| {
            let name = c.name.clone();
            if c.is_categorical() {
                ColumnSummary::Category { name, levels: c.sorted_levels() }
            } else {
                ColumnSummary::Number { name, moments: c.moments }
            }
        })
    }

    /// Takes a column's values for names, though they are numbers.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name that there is not, or more distinct values than were counted.
    pub fn make_categorical(&mut self, name: &str) -> Result<()> {
        let position = self.column(name)?.position;
        let column = &mut self.columns[position];
        if column.levels.is_none() {
            return Err(Error::usage(format!(
                "the target `{name}` has more distinct values than --max-levels: raise it for that many classes, or leave out --task classification"
            )));
        }
        column.forced = true;
        Ok(())
    }
}

/// Values of a column that must be distinct before texts among them are taken for slips or unread numbers rather than for names.
const FEW: usize = 10;

/// Decides how each column is read, from its values and, where these leave it open, from the other columns.
fn resolve(
    takers: Vec<Taker>,
    file: &str,
    rows: u64,
    options: &SurveyOptions,
    problems: &mut Problems,
) -> Vec<ColumnSurvey> {
    let verdicts: Vec<Verdict> = takers
        .iter()
        .map(|t| match t.column.forced || t.column.ignored || t.evidence.odd == 0 {
            true => Verdict::Names,
            false => t.evidence.verdict(rows - t.column.missing, t.points),
        })
        .collect();
    let decimal = file_decimal(&takers, &verdicts);
    let mut columns = Vec::with_capacity(takers.len());
    for (taker, verdict) in takers.into_iter().zip(verdicts) {
        let (odd, read) = (taker.evidence.odd, verdict);
        let mut column = taker.finish();
        if !column.ignored && !column.forced {
            settle(&mut column, read, decimal, odd, rows, file, problems);
        }
        check_levels(&column, file, options, problems);
        columns.push(column);
    }
    columns
}

/// The character before decimals in this file, where its columns tell and agree.
fn file_decimal(takers: &[Taker], verdicts: &[Verdict]) -> Option<Decimal> {
    let clear = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Clear(Notation::Number { decimal, thousands, .. }) => {
            // A point without anything else is no sign: `5 %` has none.
            (*decimal == Decimal::Comma || thousands.is_some()).then_some(*decimal)
        }
        _ => None,
    });
    let plain =
        takers.iter().any(|t| t.points == Points::Decimals && t.evidence.odd == 0 && !t.column.ignored);
    let found: Vec<Decimal> = clear.chain(plain.then_some(Decimal::Point)).collect();
    found.first().copied().filter(|first| found.iter().all(|d| d == first))
}

/// Turns a verdict into the column's notation, its being a column of names, or a problem.
fn settle(
    column: &mut ColumnSurvey,
    verdict: Verdict,
    decimal: Option<Decimal>,
    odd: u64,
    rows: u64,
    file: &str,
    problems: &mut Problems,
) {
    let distinct = column.levels.as_ref().map_or(usize::MAX, Vec::len);
    let name = clip(&column.name);
    let (line, text) = column.not_a_number.clone().unwrap_or_default();
    let mut refuse = |line: u64, what: String| problems.push(file, line, column.position, &column.name, what);
    match verdict {
        Verdict::Clear(notation) => {
            (column.notation, column.not_a_number) = (notation, None);
            return;
        }
        Verdict::Ambiguous { comma, point } => match decimal {
            Some(Decimal::Comma) => (column.notation, column.not_a_number) = (comma, None),
            Some(Decimal::Point) => (column.notation, column.not_a_number) = (point, None),
            None => refuse(
                line,
                format!(
                    "`{text}` can mean two numbers, and nothing else in the file tells which: --decimal , or --decimal ."
                ),
            ),
        },
        Verdict::OtherDates if distinct > FEW => refuse(
            line,
            format!(
                "`{text}` is a date in an order that can mean two days: write dates as 2024-12-31, leave the column out \
                 (--ignore {name}) or take its values for names (--categorical {name})"
            ),
        ),
        Verdict::Broken if distinct > FEW => refuse(
            line,
            format!(
                "`{text}` looks like a number, but not all of the column's values are written in one way that is understood: \
                 write them plainly, take it for a missing value (--na '{text}'), or take all of them for names \
                 (--categorical '{name}')"
            ),
        ),
        _ => {
            let values = rows - column.missing;
            if odd > 0 && is_slip(column, values) {
                let numbers = column.moments.count();
                refuse(
                    line,
                    format!(
                        "`{text}` is not a number, and {numbers} of the column's {values} values are: mend it, take it for a \
                         missing value (--na '{text}'), or take all of them for names (--categorical '{name}')"
                    ),
                );
            }
        }
    }
    if column.not_a_number.is_none()
        && let Some((line, text)) = column.not_finite.clone()
    {
        refuse(
            line,
            format!(
                "`{text}` is not finite as a number: mend it, take it for a missing value (--na '{text}'), take the column's \
                 values for names (--categorical {name}) or leave it out (--ignore {name})"
            ),
        );
    }
}

/// A text among numbers is a slip more often than a name: where nine values of ten are numbers, or nearly all distinct values.
fn is_slip(column: &ColumnSurvey, values: u64) -> bool {
    let numbers = column.moments.count();
    if numbers >= values - values / 10 {
        return true;
    }
    let Some(levels) = &column.levels else { return numbers * 2 >= values };
    let texts = levels.iter().filter(|(text, _)| column.notation.read(text.as_bytes()).is_none()).count();
    levels.len() - texts >= FEW && texts * 10 <= levels.len()
}

fn check_levels(column: &ColumnSurvey, file: &str, options: &SurveyOptions, problems: &mut Problems) {
    if column.ignored || !column.is_categorical() || column.levels.is_some() || problems.has(column.position)
    {
        return;
    }
    let (line, why) = match &column.not_a_number {
        Some((line, text)) => (*line, format!("`{text}` is not a number")),
        None => (0, "--categorical takes its values for names".to_owned()),
    };
    if options.target.as_ref() == Some(&column.name) {
        let what = format!(
            "the target has more than {} distinct values, and {why}: raise --max-levels for that many classes, mend the value, or \
             choose another --target",
            options.max_levels
        );
        problems.push(file, line, column.position, &column.name, what);
        return;
    }
    let what = format!(
        "{why}, and the column has more than {} distinct values, or too long ones, to be a category: mend the value, \
         leave the column out (--ignore {}) or raise --max-levels",
        options.max_levels,
        clip(&column.name)
    );
    problems.push(file, line, column.position, &column.name, what);
}

/// The longest text that is a category's name, in bytes: what is kept of a column must not grow with what is in it.
const MAX_LEVEL: usize = 4096;

type Counts = HashMap<Box<[u8]>, (usize, u64)>;

/// A column's summary in the making.
struct Taker {
    column: ColumnSurvey,
    /// Each text's order of first sight and count; none after there were too many.
    levels: Option<Counts>,
    evidence: Evidence,
    notation: Notation,
    /// What the points in plain numbers can be.
    points: Points,
    /// The first row's value, as long as the values count up from it.
    count: Option<f64>,
    seen: u64,
}

impl Taker {
    fn new(position: usize, name: String, format: &Format, options: &SurveyOptions) -> Self {
        let (ignored, forced) = (options.ignored.contains(&name), options.categorical.contains(&name));
        let column = ColumnSurvey {
            name,
            position,
            ignored,
            missing: 0,
            first_missing: 0,
            missing_mark: None,
            moments: Moments::default(),
            not_a_number: None,
            notation: format.notation(),
            not_finite: None,
            counts_rows: false,
            levels: None,
            forced,
        };
        Self {
            column,
            levels: Some(HashMap::new()),
            evidence: Evidence::new(format.decimal, format.thousands),
            notation: format.notation(),
            points: Points::None,
            count: None,
            seen: 0,
        }
    }

    fn push(&mut self, records: &Records, i: usize, format: &Format, max_levels: usize) -> Result<()> {
        if self.column.ignored {
            return Ok(());
        }
        let field = records.field(i);
        if format.is_missing(field) {
            self.column.missing += 1;
            if self.column.missing == 1 {
                self.column.first_missing = records.line();
            }
            if self.column.missing_mark.is_none() && !field.is_empty() {
                self.column.missing_mark = Some(clip(&text_of(field)));
            }
            return Ok(());
        }
        let value = self.notation.read(field);
        self.follow(value);
        match value {
            Some(x) if x.is_finite() => {
                self.column.moments.push(x);
                if self.points < Points::Decimals {
                    self.points = self.points.max(Points::of(field));
                }
            }
            Some(_) => {
                self.column.not_finite.get_or_insert_with(|| (records.line(), clip(&text_of(field))));
            }
            None => {
                self.evidence.push(field);
                if self.column.not_a_number.is_none() {
                    if str::from_utf8(field).is_err() {
                        let what = format!("the text is not UTF-8: {}", crate::table::kind::NOT_UTF8);
                        return Err(records.error(i, what));
                    }
                    self.column.not_a_number = Some((records.line(), clip(&text_of(field))));
                }
            }
        }
        self.count_level(records, i, max_levels)
    }

    /// Follows whether the values count the rows.
    fn follow(&mut self, value: Option<f64>) {
        self.seen += 1;
        match value {
            Some(x) if self.seen == 1 && (x == 0.0 || x == 1.0) => self.count = Some(x),
            Some(x) if self.count.is_some_and(|first| x == first + (self.seen - 1) as f64) => {}
            _ => self.count = None,
        }
    }

    fn count_level(&mut self, records: &Records, i: usize, max_levels: usize) -> Result<()> {
        let Some(levels) = &mut self.levels else { return Ok(()) };
        let field = records.field(i);
        if let Some((_, count)) = levels.get_mut(field) {
            *count += 1;
        } else if levels.len() == max_levels || field.len() > MAX_LEVEL {
            self.levels = None;
        } else if str::from_utf8(field).is_err() {
            return Err(records.error(i, format!("the text is not UTF-8: {}", crate::table::kind::NOT_UTF8)));
        } else {
            let order = levels.len();
            levels.insert(field.into(), (order, 1));
        }
        Ok(())
    }

    fn finish(mut self) -> ColumnSurvey {
        self.column.counts_rows = self.count.is_some() && self.column.missing == 0;
        self.column.levels = self.levels.map(|levels| {
            let mut levels: Vec<_> =
                levels.into_iter().map(|(text, (order, n))| (order, text_of(&text), n)).collect();
            levels.sort_unstable_by_key(|(order, ..)| *order);
            levels.into_iter().map(|(_, text, n)| (text, n)).collect()
        });
        self.column
    }
}

fn place(file: &str) -> crate::error::Place {
    crate::error::Place { file: file.to_owned(), line: 0, column: None }
}

fn text_of(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}

pub(crate) fn no_such_column(file: &str, wanted: &str, names: &[String]) -> Error {
    let shown: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
    let more = if names.len() > shown.len() {
        format!(" and {} more", names.len() - shown.len())
    } else {
        String::new()
    };
    Error::Usage(format!("{file} has no column `{wanted}`; it has {}{more}", shown.join(", ")))
}
