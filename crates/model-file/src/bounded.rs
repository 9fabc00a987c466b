//! A decoder of bincode's encoding that trusts no length.
//!
//! bincode's own serde decoder reserves what a string's length prefix asks for unless a limit is fixed at compile time,
//! and its sequences of zero-sized elements loop as often as their prefix says. So the serde side is done here, over
//! bincode's primitives: every length is held against the bytes that are left, and nesting is bounded.

use crate::encoding::CONFIG;
use bincode::config::Configuration;
use bincode::de::read::Reader;
use bincode::de::{Decode, Decoder as _, DecoderImpl};
use bincode::error::DecodeError;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// The deepest nesting of a value: far beyond any model, far within any stack.
pub const MAX_DEPTH: u32 = 128;

type Decoded<T> = Result<T, DecodeError>;

/// What is left of the payload.
struct Bytes<'a> {
    rest: &'a [u8],
}

impl Reader for Bytes<'_> {
    #[inline]
    fn read(&mut self, bytes: &mut [u8]) -> Decoded<()> {
        let Some((head, tail)) = self.rest.split_at_checked(bytes.len()) else {
            return Err(DecodeError::UnexpectedEnd { additional: bytes.len() - self.rest.len() });
        };
        bytes.copy_from_slice(head);
        self.rest = tail;
        Ok(())
    }

    #[inline]
    fn peek_read(&mut self, n: usize) -> Option<&[u8]> {
        self.rest.get(..n)
    }

    #[inline]
    fn consume(&mut self, n: usize) {
        self.rest = self.rest.get(n..).unwrap_or_default();
    }
}

/// The decoder and what is left to decode.
pub(crate) struct Bounded<'a> {
    inner: DecoderImpl<Bytes<'a>, Configuration, ()>,
    depth: u32,
    /// The last `u64` decoded, for the check on shapes in [`Elements`].
    last_int: Option<u64>,
}

impl<'a> Bounded<'a> {
    pub(crate) fn new(payload: &'a [u8]) -> Self {
        Self { inner: DecoderImpl::new(Bytes { rest: payload }, CONFIG, ()), depth: 0, last_int: None }
    }

    /// How many bytes are left.
    pub(crate) fn left(&mut self) -> usize {
        self.inner.reader().rest.len()
    }

    #[inline]
    fn get<T: Decode<()>>(&mut self) -> Decoded<T> {
        T::decode(&mut self.inner)
    }

    /// A length prefix that the bytes left can honour: an element takes a byte at the least.
    fn length(&mut self) -> Decoded<usize> {
        let (len, left) = (self.get::<u64>()?, self.left());
        match usize::try_from(len) {
            Ok(len) if len <= left => Ok(len),
            _ => Err(DecodeError::custom(format!("a length of {len} with {left} byte(s) left"))),
        }
    }

    fn bytes(&mut self) -> Decoded<Vec<u8>> {
        let len = self.length()?;
        let mut bytes = vec![0; len];
        self.inner.reader().read(&mut bytes)?;
        Ok(bytes)
    }

    fn string(&mut self) -> Decoded<String> {
        String::from_utf8(self.bytes()?).map_err(|error| DecodeError::Utf8 { inner: error.utf8_error() })
    }

    /// Runs `inside` one level deeper.
    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Decoded<T>) -> Decoded<T> {
        if self.depth == MAX_DEPTH {
            return Err(DecodeError::custom(format!("nested deeper than {MAX_DEPTH}")));
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    fn elements<'de, V: Visitor<'de>>(&mut self, total: usize, tuple: bool, visitor: V) -> Decoded<V::Value> {
        self.nested(|de| visitor.visit_seq(Elements { de, total, left: total, tuple, rows: None }))
    }
}

macro_rules! primitives {
    ($($deserialize:ident $visit:ident)*) => {$(
        #[inline]
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
            visitor.$visit(self.get()?)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Bounded<'_> {
    type Error = DecodeError;

    primitives! {
        deserialize_bool visit_bool
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32
        deserialize_i128 visit_i128 deserialize_u128 visit_u128
        deserialize_f32 visit_f32 deserialize_f64 visit_f64 deserialize_char visit_char
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
        let value = self.get()?;
        self.last_int = Some(value);
        visitor.visit_u64(value)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
        visitor.visit_string(self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
        visitor.visit_string(self.string()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
        visitor.visit_byte_buf(self.bytes()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
        visitor.visit_byte_buf(self.bytes()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
        match self.get::<u8>()? {
            0 => visitor.visit_none(),
            1 => self.nested(|de| visitor.visit_some(de)),
            tag => Err(DecodeError::custom(format!("{tag} marks neither a missing nor a present value"))),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Decoded<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Decoded<V::Value> {
        self.nested(|de| visitor.visit_newtype_struct(de))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
        let len = self.length()?;
        self.elements(len, false, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Decoded<V::Value> {
        self.elements(len, true, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Decoded<V::Value> {
        self.elements(len, true, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Decoded<V::Value> {
        let total = self.length()?;
        self.nested(|de| visitor.visit_map(Elements { de, total, left: total, tuple: false, rows: None }))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Decoded<V::Value> {
        self.elements(fields.len(), false, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Decoded<V::Value> {
        self.nested(|de| visitor.visit_enum(Variant { de }))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Decoded<V::Value> {
        Err(DecodeError::custom("the type asks the data what it is, and this encoding does not say"))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Decoded<V::Value> {
        Err(DecodeError::custom("the type asks for field names, and this encoding has none"))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Decoded<V::Value> {
        Err(DecodeError::custom("the type skips a value, and this encoding does not say how long it is"))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The elements of a sequence, tuple, struct or map.
struct Elements<'d, 'a> {
    de: &'d mut Bounded<'a>,
    total: usize,
    left: usize,
    tuple: bool,
    rows: Option<u64>,
}

impl Elements<'_, '_> {
    /// nalgebra writes a dynamic matrix as the tuple (data, rows, columns) and, reading it, compares rows × columns with
    /// the data's length in wrapping arithmetic: a shape of 2³² × 2³² with no data would pass. So a product that
    /// overflows is refused here, before it reaches that comparison.
    fn check_shape(&mut self) -> Decoded<()> {
        let int = self.de.last_int.take();
        if !(self.tuple && self.total == 3) {
            return Ok(());
        }
        match (self.left, int, self.rows) {
            (1, Some(rows), _) => self.rows = Some(rows),
            (0, Some(columns), Some(rows))
                if usize::try_from(rows)
                    .ok()
                    .zip(usize::try_from(columns).ok())
                    .and_then(|(rows, columns)| rows.checked_mul(columns))
                    .is_none() =>
            {
                return Err(DecodeError::custom(format!("a shape of {rows} x {columns}")));
            }
            _ => {}
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Decoded<Option<T::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.de.last_int = None;
        let element = seed.deserialize(&mut *self.de)?;
        self.check_shape()?;
        Ok(Some(element))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Elements<'_, '_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Decoded<Option<K::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.de).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Decoded<S::Value> {
        seed.deserialize(&mut *self.de)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// The variant of an enum.
struct Variant<'d, 'a> {
    de: &'d mut Bounded<'a>,
}

impl<'de> EnumAccess<'de> for Variant<'_, '_> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Decoded<(V::Value, Self)> {
        let index: u32 = self.de.get()?;
        let value = seed.deserialize(IntoDeserializer::<DecodeError>::into_deserializer(index))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Decoded<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Decoded<T::Value> {
        seed.deserialize(self.de)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Decoded<V::Value> {
        self.de.elements(len, true, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Decoded<V::Value> {
        self.de.elements(fields.len(), false, visitor)
    }
}
