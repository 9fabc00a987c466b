//! What a file is, by its first bytes.

use crate::table::archive;

/// What to do about a text that is not UTF-8.
pub(crate) const NOT_UTF8: &str =
    "if it is Latin-1 or Windows-1252, convert it first: iconv -f WINDOWS-1252 -t UTF-8";

/// Files that people give in a CSV's place: first bytes, name, what to do.
const KINDS: [(&[u8], &str, &str); 16] = [
    (b"BZh", "compressed by bzip2", "unpack it first: bunzip2"),
    (b"\xFD7zXZ\0", "compressed by xz", "unpack it first: unxz"),
    (b"\x04\x22\x4D\x18", "compressed by LZ4", "unpack it first: unlz4"),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"FEA1", "a Feather file of version 1", "save it as Feather 2 or Parquet"),
    (b"ORC", "an ORC file", "save it as Parquet"),
    (b"Obj\x01", "an Avro file", "save it as Parquet"),
    (b"\x89HDF", "an HDF5 file", "save it as CSV"),
    (b"\xD0\xCF\x11\xE0", "an old spreadsheet (xls)", "save the sheet as CSV"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"%PDF", "a PDF", "export the table as CSV"),
    (b"\x93NUMPY", "a NumPy array", "save it as CSV: numpy.savetxt"),
    (b"RDX3", "an R data file", "save it as CSV: write.csv"),
    (b"$FL2", "an SPSS file", "save it as CSV"),
    (b"\x7FELF", "a program", "give the table itself"),
];

/// The format of a file that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What is none of the others.
    Csv,
    JsonLines,
    Parquet,
    ArrowFile,
    ArrowStream,
}

impl Kind {
    /// The format of a file that starts so.
    pub fn of(start: &[u8]) -> Self {
        if start.starts_with(b"PAR1") {
            return Self::Parquet;
        }
        if start.starts_with(b"ARROW1") {
            return Self::ArrowFile;
        }
        if start.starts_with(&[0xFF; 4]) {
            return Self::ArrowStream;
        }
        let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
        let next = text.get(1..).unwrap_or_default().trim_ascii_start().first();
        if text.first() == Some(&b'{') && matches!(next, Some(b'"' | b'}')) {
            return Self::JsonLines;
        }
        Self::Csv
    }
}

/// Why a text that starts so cannot be read as a CSV.
pub(crate) fn not_a_csv(start: &[u8]) -> Option<String> {
    if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) || has_wide_characters(start) {
        return Some(
            "the text is UTF-16: save it as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8".to_owned(),
        );
    }
    if start.starts_with(&model_file::MAGIC) {
        return Some("this is a model file, not a CSV".to_owned());
    }
    if start.starts_with(b"PK\x03\x04") {
        return Some(archive::describe(start).to_owned());
    }
    if let Some((_, name, way)) = KINDS.iter().find(|(magic, ..)| start.starts_with(magic)) {
        return Some(format!(
            "this is {}{name}: {way}",
            if name.starts_with("compressed") { "" } else { "no CSV but " }
        ));
    }
    let text = start.trim_ascii_start();
    let next = text.get(1..).unwrap_or_default().trim_ascii_start().first();
    let json =
        text.first() == Some(&b'[') && matches!(next, Some(b'{' | b'[' | b'"' | b'0'..=b'9' | b'-' | b']'));
    if json {
        return Some("this is one JSON array: write one object a line: jq -c '.[]'".to_owned());
    }
    let lower: Vec<u8> = text.iter().take(14).map(u8::to_ascii_lowercase).collect();
    if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") || lower.starts_with(b"<?xml") {
        return Some("this is HTML or XML, not a CSV: was a page saved in the table's place?".to_owned());
    }
    None
}

/// Whether every second byte is zero, as in UTF-16 text of ASCII characters without its mark.
fn has_wide_characters(start: &[u8]) -> bool {
    let sample = &start[..start.len().min(64)];
    let zeros = |from: usize| sample.iter().skip(from).step_by(2).filter(|&&b| b == 0).count();
    sample.len() >= 4 && zeros(0).max(zeros(1)) * 5 >= sample.len() * 2 && zeros(0).min(zeros(1)) == 0
}

/// The delimiter of a first line `sep=;`, as spreadsheets write it.
pub(crate) fn separator_line(start: &[u8]) -> Option<u8> {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let line = start.split(|&b| b == b'\n').next()?.trim_ascii_end();
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', byte] => Some(*byte),
        // A tabulator is white space at the line's end.
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] if start.get(4) == Some(&b'\t') => Some(b'\t'),
        _ => None,
    }
}

/// The delimiter that the first lines agree on: the same number of it in each, as many as possible; a comma last, since it also stands
/// before decimals. Where no delimiter has the same number in each line, the most frequent one of the first line.
pub(crate) fn delimiter(start: &[u8]) -> u8 {
    const CANDIDATES: [u8; 4] = [b'\t', b';', b'|', b','];
    let lines = counts(start, CANDIDATES);
    let Some(first) = lines.first() else { return b',' };
    let agreed = (0..4).filter(|&c| first[c] > 0 && lines.iter().all(|line| line[c] == first[c]));
    let best = agreed.rev().max_by_key(|&c| (c < 3, first[c])).or_else(|| (0..4).max_by_key(|&c| first[c]));
    best.filter(|&c| first[c] > 0).map_or(b',', |c| CANDIDATES[c])
}

/// How often each candidate occurs outside quotes, in each of the first lines that are whole and not empty.
fn counts(start: &[u8], candidates: [u8; 4]) -> Vec<[u32; 4]> {
    let mut lines = Vec::new();
    let (mut line, mut quoted, mut used) = ([0_u32; 4], false, false);
    for &byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                if used {
                    lines.push(line);
                }
                (line, used) = ([0; 4], false);
                if lines.len() == 20 {
                    return lines;
                }
            }
            _ if quoted => {}
            _ => {
                used = used || !byte.is_ascii_whitespace() || byte == b'\t';
                if let Some(c) = candidates.iter().position(|&c| c == byte) {
                    line[c] += 1;
                }
            }
        }
    }
    // A last line without its end may be cut by the buffer; it counts where it is all there is.
    if lines.is_empty() && used {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_what_the_lines_agree_on() {
        for (text, expected) in [
            ("a,b,c\n1,2,3\n", b','),
            ("37,5;1;103,5\n78,4;6;261,9\n", b';'),
            ("area;rooms;price\n37,5;1;103,5\n", b';'),
            ("a\tb\n1,5\t2,5\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("\"x;y\",b\n1,2\n", b','),
            ("one\n1\n", b','),
            ("", b','),
            ("a;b,c\n1;2,c\n3;4\n", b';'),
        ] {
            assert_eq!(delimiter(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn files_are_named_by_their_first_bytes() {
        for (bytes, name) in [
            (&b"PK\x03\x04\x14\0\x06\0\x08\0"[..], "xlsx"),
            (b"PK\x03\x04....t.csv", "zip"),
            (b"BZh91AY", "bzip2"),
            (b"\xFD7zXZ\0\0", "xz"),
            (b"[{\"a\": 1}]", "JSON"),
            (b"\xFF\xFEa\0", "UTF-16"),
            (b"a\0,\0b\0\n\0", "UTF-16"),
            (b"\0a\0,\0b\0\n", "UTF-16"),
            (b"FEA1", "Feather"),
            (b"<!DOCTYPE html><html>", "HTML"),
        ] {
            assert!(
                not_a_csv(bytes).is_some_and(|what| what.contains(name)),
                "{name}: {:?}",
                not_a_csv(bytes)
            );
        }
        for text in ["a,b\n1,2\n", "{a},b\n", "[x],y\n1,2\n", "", "x"] {
            assert_eq!(not_a_csv(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn formats_are_told_by_first_bytes() {
        for (bytes, kind) in [
            (&b"PAR1\x15"[..], Kind::Parquet),
            (b"ARROW1\0\0", Kind::ArrowFile),
            (b"\xFF\xFF\xFF\xFF\x10\0\0\0", Kind::ArrowStream),
            (b"{\"a\": 1}\n", Kind::JsonLines),
            (b" {\n \"a\": 1}", Kind::JsonLines),
            (b"{a},b\n", Kind::Csv),
            (b"a,b\n", Kind::Csv),
            (b"", Kind::Csv),
        ] {
            assert_eq!(Kind::of(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn a_separator_line_states_the_delimiter() {
        assert_eq!(separator_line(b"sep=;\r\na;b\n"), Some(b';'));
        assert_eq!(separator_line(b"SEP=,\na,b\n"), Some(b','));
        assert_eq!(separator_line(b"sep=\t\na\tb\n"), Some(b'\t'));
        assert_eq!(separator_line(b"\xEF\xBB\xBFsep=|\na|b\n"), Some(b'|'));
        assert_eq!(separator_line(b"sepal,petal\n"), None);
    }
}
