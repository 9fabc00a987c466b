//! The first pass over a table: what each column holds.

use crate::error::{Error, Place, Result};
use crate::table::compact::Writer;
use crate::table::format::Format;
use crate::table::input::Input;
use crate::table::options::SurveyOptions;
use crate::table::problems::Problems;
use crate::table::records::Records;
use crate::table::summary::ColumnSurvey;
use crate::table::taker::Taker;
use crate::table::text::clip;
use crate::table::verdicts::resolve;
use predictor::{ColumnSummary, Moments};

/// What is known of a table after one pass.
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
    /// Reads the whole of a table and remembers a summary of each column.
    ///
    /// # Errors
    /// What [`Records`] finds; a named column that does not exist; a value that is an infinity, or not UTF-8; a column of
    /// texts with more than `max_levels` of them; no records at all.
    pub fn take(input: &Input, format: &Format, options: &SurveyOptions) -> Result<Self> {
        Self::read(input, format, options, None).map(|(survey, _)| survey)
    }

    /// The same, with the table in a compact form for later passes: in memory up to a sixteenth of the cap, else in a file that has no name.
    /// Where no such file can be written, the later passes read the table itself.
    ///
    /// # Errors
    /// As [`Survey::take`].
    pub fn keep(input: &Input, format: &Format, options: &SurveyOptions, cap: u64) -> Result<(Self, Input)> {
        Self::read(input, format, options, Some(Writer::new(cap / 16, cap)))
    }

    fn read(
        input: &Input,
        format: &Format,
        options: &SurveyOptions,
        mut writer: Option<Writer>,
    ) -> Result<(Self, Input)> {
        let mut records = Records::open(input, format)?;
        let mut takers = takers(&records, input, format, options)?;
        records.only(takers.iter().filter(|t| !t.column.ignored).map(|t| t.column.position).collect());
        let mut rows = 0_u64;
        while records.advance()? {
            rows += 1;
            if rows.is_multiple_of(4096) && crate::fit::interrupted() {
                return Err(Error::InterruptedEarly);
            }
            if let Some(writer) = &mut writer {
                writer.row(records.part(), records.line());
            }
            for taker in takers.iter_mut().filter(|t| !t.column.ignored) {
                let kept = taker.push(&records, options.max_levels)?;
                if let Some(writer) = &mut writer {
                    writer.push(kept);
                }
            }
            if writer.as_mut().is_some_and(|writer| writer.end_row().is_err()) {
                writer = None;
            }
        }
        if rows == 0 {
            let what = "there are names, but no records";
            return Err(Error::data(Place::line(input.name(), 0), what));
        }
        let mut problems = Problems::default();
        let file = input.name().to_owned();
        let (columns, levels) = resolve(takers, &file, rows, options, &mut problems);
        problems.done()?;
        let kept =
            writer.and_then(|writer| writer.finish(records.names().to_vec(), levels, records.parts()).ok());
        let input = kept.map_or_else(|| input.clone(), |kept| input.kept(kept));
        let mut survey = Self { columns, rows, file };
        survey.measure_again(&input, format)?;
        Ok((survey, input))
    }

    /// A second pass, for the means of columns whose notation the first one found.
    fn measure_again(&mut self, input: &Input, format: &Format) -> Result<()> {
        let rows = self.rows;
        let unread =
            |c: &&mut ColumnSurvey| !c.ignored && !c.is_categorical() && c.moments.count() < rows - c.missing;
        let mut columns: Vec<&mut ColumnSurvey> = self.columns.iter_mut().filter(unread).collect();
        if columns.is_empty() {
            return Ok(());
        }
        columns.iter_mut().for_each(|c| c.moments = Moments::default());
        let mut records = Records::open(input, format)?;
        records.only(columns.iter().map(|c| c.position).collect());
        let mut rows = 0_u64;
        while records.advance()? {
            rows += 1;
            if rows.is_multiple_of(4096) && crate::fit::interrupted() {
                return Err(Error::InterruptedEarly);
            }
            for column in &mut columns {
                if !records.cell(column.position).is_missing() {
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

/// One summary in the making for each column.
fn takers(records: &Records, input: &Input, format: &Format, options: &SurveyOptions) -> Result<Vec<Taker>> {
    let names = records.names();
    for wanted in options.categorical.iter().chain(&options.ignored) {
        if !names.contains(wanted) {
            return Err(no_such_column(input.name(), wanted, names));
        }
    }
    let mut problems = Problems::default();
    let mut takers = Vec::with_capacity(names.len());
    for (i, name) in names.iter().enumerate() {
        let (ignored, forced) = (options.ignored.contains(name), options.categorical.contains(name));
        if let Some(what) = records.unread(i).filter(|_| !ignored) {
            problems.push(Place::line(input.name(), 0), i, name, what);
        }
        takers.push(Taker::new(i, name.clone(), format, ignored, forced));
    }
    problems.done()?;
    Ok(takers)
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
