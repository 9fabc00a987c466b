//! Which of bincode's encodings a payload has.

use bincode::config::{self, Configuration};

/// Little endian, variable-length integers. A change of this is a new format version.
pub(crate) const CONFIG: Configuration = config::standard();
