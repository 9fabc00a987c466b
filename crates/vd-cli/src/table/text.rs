//! Texts of a table as messages show them.

/// A text short enough for a message, without characters that would reach a terminal as commands.
pub(crate) fn clip(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", printable(&text[..end])),
        None => printable(text),
    }
}

/// The same of bytes that may not be UTF-8.
pub(crate) fn clip_bytes(text: &[u8]) -> String {
    clip(&String::from_utf8_lossy(text))
}

/// A text whose control characters are written as escapes.
pub(crate) fn printable(text: &str) -> String {
    let invisible =
        |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if !text.contains(invisible) {
        return text.to_owned();
    }
    let shown = |c: char| if invisible(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}
