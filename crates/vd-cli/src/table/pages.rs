//! That no page of a Parquet file unfolds to more than memory holds, checked before the pages are read.
//!
//! The reader of the `parquet` crate makes room for what a page's header announces, up to 2 GiB for each column. The header is Thrift's compact
//! protocol; of it only the first fields are read, and the rest is skipped for its length.

use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::ChunkReader;

/// The most bytes of one page, packed or not; writers make pages of 1 MiB.
const MAX_PAGE: i64 = 256 << 20;
/// Bytes of a header that are looked at first, and at most.
const SHORT: usize = 4096;
const LONG: usize = 16 << 20;
/// How deep structures in a header may lie in each other.
const DEPTH: u32 = 16;

/// Checks the pages of some columns of a row group.
///
/// # Errors
/// Why the pages cannot be read.
pub(super) fn check(
    file: &impl ChunkReader,
    group: &RowGroupMetaData,
    columns: &[usize],
) -> Result<(), String> {
    for &c in columns {
        let column = group.columns().get(c).ok_or("a column is not there")?;
        let start = column
            .dictionary_page_offset()
            .map_or(column.data_page_offset(), |d| d.min(column.data_page_offset()));
        let length = column.compressed_size();
        let (Ok(mut at), Ok(length)) = (u64::try_from(start), u64::try_from(length)) else {
            return Err("an offset below 0".to_owned());
        };
        let end = at.checked_add(length).filter(|end| *end <= file.len()).ok_or(PAST)?;
        while at < end {
            let header = header_at(file, at, end)?;
            if header.packed < 0
                || header.unfolded < 0
                || header.packed > MAX_PAGE
                || header.unfolded > MAX_PAGE
            {
                return Err(format!(
                    "a page of column `{}` says that it unfolds from {} to {} bytes; pages of up to {} MiB are read",
                    crate::table::text::clip(column.column_descr().name()),
                    header.packed,
                    header.unfolded,
                    MAX_PAGE >> 20
                ));
            }
            at += header.length as u64 + header.packed as u64;
        }
        if at > end {
            return Err(PAST.to_owned());
        }
    }
    Ok(())
}

const PAST: &str = "it announces data past its end: is it cut off?";

/// What a page's header says.
struct PageHeader {
    unfolded: i64,
    packed: i64,
    length: usize,
}

fn header_at(file: &impl ChunkReader, at: u64, end: u64) -> Result<PageHeader, String> {
    for most in [SHORT, LONG] {
        let length = usize::try_from(end - at).unwrap_or(usize::MAX).min(most);
        let bytes = file.get_bytes(at, length).map_err(|error| error.to_string())?;
        if let Some(header) = parse(&bytes) {
            return Ok(header);
        }
    }
    Err("the header of a page is damaged".to_owned())
}

fn parse(bytes: &[u8]) -> Option<PageHeader> {
    let mut thrift = Thrift { bytes, at: 0 };
    let (mut unfolded, mut packed, mut id) = (None, None, 0_i64);
    loop {
        let byte = thrift.byte()?;
        if byte == 0 {
            break;
        }
        id = match byte >> 4 {
            0 => thrift.signed()?,
            step => id + i64::from(step),
        };
        match (id, byte & 15) {
            (2, 5) => unfolded = Some(thrift.signed()?),
            (3, 5) => packed = Some(thrift.signed()?),
            (_, kind) => thrift.skip(kind, DEPTH)?,
        }
    }
    Some(PageHeader { unfolded: unfolded?, packed: packed?, length: thrift.at })
}

/// Thrift's compact protocol, as far as its values must be skipped.
struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Thrift<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn jump(&mut self, length: u64) -> Option<()> {
        self.at = self.at.checked_add(usize::try_from(length).ok()?).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn skip(&mut self, kind: u8, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            1 | 2 => Some(()),
            3 => self.jump(1),
            4..=6 => self.unsigned().map(|_| ()),
            7 => self.jump(8),
            8 => {
                let length = self.unsigned()?;
                self.jump(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.unsigned()? } else { u64::from(head >> 4) };
                // Truth values take a byte each in a list.
                let kind = if head & 15 <= 2 { 3 } else { head & 15 };
                (0..count).try_for_each(|_| self.skip(kind, depth))
            }
            12 => loop {
                let byte = self.byte()?;
                if byte == 0 {
                    return Some(());
                }
                if byte >> 4 == 0 {
                    self.unsigned()?;
                }
                self.skip(byte & 15, depth)?;
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_measured() {
        // type 0, 1000 bytes from 500, and a structure of two numbers and a text.
        let bytes =
            [0x15, 0, 0x15, 0xD0, 0x0F, 0x15, 0xE8, 0x07, 0x2C, 0x15, 2, 0x18, 2, b'a', b'b', 0, 0, 99];
        let header = parse(&bytes).map(|h| (h.unfolded, h.packed, h.length));
        assert_eq!(header, Some((1000, 500, 17)));
        for cut in 0..17 {
            assert!(parse(&bytes[..cut]).is_none(), "{cut}");
        }
        // Structures without end.
        assert!(parse(&[0x1C; 4000]).is_none());
    }
}
