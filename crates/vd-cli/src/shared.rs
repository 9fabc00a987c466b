//! What `vd fit` has in common with doors that read their rows elsewhere: the same rules, the same words.

pub use crate::command::fit::answer::Answer;
pub use crate::command::fit::missing::check as check_missing;
pub use crate::command::fit::rows::Rows;
pub use crate::command::fit::task::{Inferred, infer};
pub use crate::show::Style;
