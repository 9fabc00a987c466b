//! Tables: CSV files, what their columns hold, and the numbers in them.

mod input;
mod kind;
mod problems;
mod reader;
mod survey;
#[expect(clippy::module_inception, reason = "the table itself")]
mod table;

pub use input::Input;
pub(crate) use problems::Problems;
pub(crate) use reader::clip;
pub use reader::{Format, Header, MAX_RECORD, MISSING_MARKS, Records};
pub(crate) use survey::no_such_column;
pub use survey::{ColumnSurvey, Survey, SurveyOptions};
pub use table::read_table;
