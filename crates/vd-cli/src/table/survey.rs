//! The first pass over a CSV: what each column holds.

use crate::error::{Error, Result};
use crate::table::{Format, Input, Records, number};
use predictor::{ColumnSummary, Moments};
use std::collections::HashMap;

/// What a survey is told about the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyOptions {
    /// Columns whose values are names, numbers or not.
    pub categorical: Vec<String>,
    /// Columns that are not looked at.
    pub ignored: Vec<String>,
    /// The most names in a column.
    pub max_levels: usize,
}

impl Default for SurveyOptions {
    fn default() -> Self {
        Self { categorical: Vec::new(), ignored: Vec::new(), max_levels: 100 }
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
    /// Mean and deviation of what are finite numbers.
    pub moments: Moments,
    /// The first value that is no number, and its line.
    pub not_a_number: Option<(u64, String)>,
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
            levels.sort_by(|a, b| value(&a.0).total_cmp(&value(&b.0)).then_with(|| a.0.cmp(&b.0)));
        } else {
            levels.sort();
        }
        levels
    }
}

fn value(text: &str) -> f64 {
    number(text.as_bytes()).unwrap_or(f64::NAN)
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
            .map(|(position, name)| Taker::new(position, name, options))
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
        let columns = columns.into_iter().map(Taker::finish).collect();
        let survey = Self { columns, rows, file: input.name().to_owned() };
        survey.check_numbers()?;
        survey.check_levels(options)?;
        Ok(survey)
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
                "`{name}` has too many distinct values for classes; --max-levels"
            )));
        }
        column.forced = true;
        Ok(())
    }

    /// A text among numbers is a slip more often than a name.
    fn check_numbers(&self) -> Result<()> {
        for column in self.columns.iter().filter(|c| !c.ignored && !c.forced) {
            let Some((line, text)) = &column.not_a_number else { continue };
            let (numbers, values) = (column.moments.count(), self.rows - column.missing);
            if numbers < values - values / 10 {
                continue;
            }
            let what = format!(
                "`{0}` is not a number, and {numbers} of the column's {values} values are: mend it, take it for a missing value \
                 (--na '{0}'), or take all of them for names (--categorical '{1}')",
                clip(text),
                column.name
            );
            let mut place = place(&self.file);
            (place.line, place.column) = (*line, Some((column.position + 1, column.name.clone())));
            return Err(Error::Data { place, what });
        }
        Ok(())
    }

    fn check_levels(&self, options: &SurveyOptions) -> Result<()> {
        let endless = |c: &&ColumnSurvey| !c.ignored && c.is_categorical() && c.levels.is_none();
        let Some(column) = self.columns.iter().find(endless) else { return Ok(()) };
        let (line, why) = match &column.not_a_number {
            Some((line, text)) => (*line, format!("`{}` is not a number", clip(text))),
            None => (0, "it is to be categorical".to_owned()),
        };
        let what = format!(
            "{why}, and the column has more than {} distinct values, or too long ones, to be a category: mend the value, \
             leave the column out (--ignore {}) or raise --max-levels",
            options.max_levels, column.name
        );
        let mut place = place(&self.file);
        (place.line, place.column) = (line, Some((column.position + 1, column.name.clone())));
        Err(Error::Data { place, what })
    }
}

/// The longest text that is a category's name, in bytes: what is kept of a column must not grow with what is in it.
const MAX_LEVEL: usize = 4096;

type Counts = HashMap<Box<[u8]>, (usize, u64)>;

/// A column's summary in the making.
struct Taker {
    column: ColumnSurvey,
    /// Each text's order of first sight and count; none after there were too many.
    levels: Option<Counts>,
}

impl Taker {
    fn new(position: usize, name: String, options: &SurveyOptions) -> Self {
        let (ignored, forced) = (options.ignored.contains(&name), options.categorical.contains(&name));
        let column = ColumnSurvey {
            name,
            position,
            ignored,
            missing: 0,
            first_missing: 0,
            moments: Moments::default(),
            not_a_number: None,
            levels: None,
            forced,
        };
        Self { column, levels: Some(HashMap::new()) }
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
            return Ok(());
        }
        match number(field) {
            Some(x) if x.is_finite() => self.column.moments.push(x),
            Some(_) if !self.column.forced => {
                return Err(records.error(i, format!("`{}` is not finite", clip(&text_of(field)))));
            }
            _ if self.column.not_a_number.is_none() => {
                let Ok(text) = str::from_utf8(field) else {
                    return Err(records.error(i, "the text is not UTF-8"));
                };
                self.column.not_a_number = Some((records.line(), clip(text)));
            }
            _ => {}
        }
        self.count_level(records, i, max_levels)
    }

    fn count_level(&mut self, records: &Records, i: usize, max_levels: usize) -> Result<()> {
        let Some(levels) = &mut self.levels else { return Ok(()) };
        let field = records.field(i);
        if let Some((_, count)) = levels.get_mut(field) {
            *count += 1;
        } else if levels.len() == max_levels || field.len() > MAX_LEVEL {
            self.levels = None;
        } else if str::from_utf8(field).is_err() {
            return Err(records.error(i, "the text is not UTF-8"));
        } else {
            let order = levels.len();
            levels.insert(field.into(), (order, 1));
        }
        Ok(())
    }

    fn finish(mut self) -> ColumnSurvey {
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

/// A text short enough for a message.
pub(crate) fn clip(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
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
