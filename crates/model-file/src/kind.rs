//! What a file holds: a name and the version of the payload's layout.

use core::fmt;

/// The longest name of a kind, in bytes.
pub const KIND_LEN: usize = 24;

/// What a file holds: a name such as `vd-dsvi.checkpoint`, and the version of its payload's layout.
///
/// The name is 1 to [`KIND_LEN`] printable ASCII characters without spaces; a name outside that is refused when a
/// file is written ([`Error::KindName`](crate::Error::KindName)). Raise `schema` whenever the serialised type changes
/// its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    name: &'static str,
    schema: u16,
}

impl Kind {
    /// A kind by its name and the version of its payload's layout.
    pub const fn new(name: &'static str, schema: u16) -> Self {
        Self { name, schema }
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The version of the payload's layout.
    pub const fn schema(self) -> u16 {
        self.schema
    }

    /// The name padded with NUL, or `None` where it is not a legal name.
    pub(crate) fn padded(self) -> Option<[u8; KIND_LEN]> {
        let bytes = self.name.as_bytes();
        let mut field = [0; KIND_LEN];
        field.get_mut(..bytes.len())?.copy_from_slice(bytes);
        is_name(bytes).then_some(field)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (layout {})", self.name, self.schema)
    }
}

/// Whether these bytes are a legal name.
pub(crate) fn is_name(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_graphic)
}
