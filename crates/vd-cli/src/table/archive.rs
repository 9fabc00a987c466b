//! What a zip archive holds, by the names of its first files.

/// Bytes of a file's header before its name.
const HEADER: usize = 30;

/// How the names of an archive's files begin, and what such an archive is.
const BEGINNINGS: [(&[u8], &str); 5] = [
    (b"xl/", "this is a spreadsheet (xlsx): save the sheet as CSV"),
    (b"word/", "this is a text document (docx): save its table as CSV from a spreadsheet"),
    (b"ppt/", "this is a presentation (pptx), not a table: give the table itself as CSV"),
    (b"Index/Document", "this is a spreadsheet (numbers): export the sheet as CSV"),
    (b"arr_0.npy", "this is no CSV but NumPy arrays (npz): save one as CSV: numpy.savetxt"),
];

/// What an archive that starts so is, and what to do about it.
pub(super) fn describe(start: &[u8]) -> &'static str {
    for (begin, what) in BEGINNINGS {
        if names(start).any(|name| name.starts_with(begin)) {
            return what;
        }
    }
    if names(start).next() == Some(b"mimetype") {
        if has(start, b"opendocument.spreadsheet") {
            return "this is a spreadsheet (ods): save the sheet as CSV";
        }
        if has(start, b"opendocument.text") {
            return "this is a text document (odt): save its table as CSV from a spreadsheet";
        }
    }
    // Spreadsheet programs write the flags of an archive's first file as 6, and hardly anything else does.
    let office = start.get(6..8) == Some(&[6, 0]);
    if office || names(start).any(|name| name == b"[Content_Types].xml") {
        return "this is a spreadsheet (xlsx) or another office document: save the sheet as CSV";
    }
    "this is a zip archive: unpack it first (unzip), or save the sheet as CSV where it is a spreadsheet"
}

fn has(start: &[u8], text: &[u8]) -> bool {
    start.windows(text.len()).any(|w| w == text)
}

/// The names of the files whose headers lie in the archive's first bytes. Packed data are searched too, since not every header says how long its
/// data are.
fn names(start: &[u8]) -> impl Iterator<Item = &[u8]> {
    let headers =
        (0..start.len()).filter_map(move |at| start.get(at..).filter(|rest| rest.starts_with(b"PK\x03\x04")));
    headers.filter_map(|header| {
        let length = header.get(26..)?.first_chunk::<2>().copied().map(u16::from_le_bytes)?;
        header.get(HEADER..)?.get(..usize::from(length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of files with these names and contents, as far as a reader of its headers sees it.
    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, content) in files {
            bytes.extend_from_slice(b"PK\x03\x04\x14\0\0\0\x08\0");
            bytes.extend_from_slice(&[0; 16]);
            bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
            bytes.extend_from_slice(&[0, 0]);
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(content);
        }
        bytes
    }

    #[test]
    fn archives_are_named_for_what_they_hold() {
        let noise = [b'P'; 9000];
        let ods = b"application/vnd.oasis.opendocument.spreadsheet";
        let odt = b"application/vnd.oasis.opendocument.text";
        for (files, word) in [
            (&[("docProps/app.xml", &noise[..]), ("xl/workbook.xml", b"")][..], "spreadsheet (xlsx)"),
            (&[("_rels/.rels", b""), ("xl/worksheets/sheet1.xml", &noise)], "spreadsheet (xlsx)"),
            (&[("[Content_Types].xml", b""), ("word/document.xml", b"")], "docx"),
            (&[("[Content_Types].xml", b"")], "spreadsheet (xlsx)"),
            (&[("mimetype", ods)], "spreadsheet (ods)"),
            (&[("mimetype", odt)], "text document (odt)"),
            (&[("Index/Document.iwa", b"")], "spreadsheet (numbers)"),
            (&[("arr_0.npy", b"")], "NumPy"),
            (&[("table.csv", b"xl/,word/\n1,2\n")], "zip archive"),
            (&[("data/xl/table.csv", b"")], "zip archive"),
        ] {
            let bytes = archive(files);
            assert!(describe(&bytes).contains(word), "{word}: {}", describe(&bytes));
            // A file that ends anywhere is described all the same.
            (0..bytes.len().min(200)).for_each(|end| assert!(!describe(&bytes[..end]).is_empty()));
        }
    }
}
