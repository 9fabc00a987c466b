//! Tables: files of several formats, what their columns hold, and the numbers in them.

mod archive;
mod batches;
mod cell;
mod column;
mod compact;
mod csv;
mod format;
mod guard;
mod input;
mod ipc;
mod json;
mod kind;
mod levels;
mod options;
mod pages;
mod parquet;
mod part;
mod problems;
mod records;
mod summary;
mod survey;
#[expect(clippy::module_inception, reason = "the table itself")]
mod table;
mod taker;
mod text;
mod verdicts;

pub use cell::Cell;
pub use format::{Format, Header, MAX_RECORD, MISSING_MARKS};
pub use input::Input;
pub use options::SurveyOptions;
pub(crate) use problems::Problems;
pub use records::Records;
pub use summary::ColumnSurvey;
pub use survey::Survey;
pub(crate) use survey::no_such_column;
pub use table::read_table;
pub(crate) use text::clip;
