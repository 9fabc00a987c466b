//! Tables: CSV files, what their columns hold, and the numbers in them.

mod input;
mod reader;
mod survey;
#[expect(clippy::module_inception, reason = "the table itself")]
mod table;

pub use input::Input;
pub(crate) use reader::number;
pub use reader::{Format, Header, MAX_RECORD, Records};
pub use survey::{ColumnSurvey, Survey, SurveyOptions};
pub(crate) use survey::{clip, no_such_column};
pub(crate) use table::number_at;
pub use table::read_table;
