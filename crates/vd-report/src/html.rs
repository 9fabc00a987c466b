//! From parts to HTML and JSON in which no text can act.

use std::fmt::Write as _;

use serde::Serialize;

use crate::assets::base64;
use crate::number::short;
use crate::part::Part;
use crate::picture::Picture;
use crate::table::{Cells, Table};

/// Rows of a table that stand in the page as text; the scripts show the others.
const FIRST: usize = 40;
/// Characters of a text in such a row; its whole is in the data.
const LONGEST: usize = 200;

/// Text inside an element or an attribute. Characters that HTML does not allow become U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(c),
            c if c.is_control() => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

/// JSON that can stand inside a script element: no character in it ends the element or a line of a script.
pub(crate) fn json(value: &impl Serialize) -> String {
    // What is serialised here has no map with keys that are no texts, the one thing that can fail.
    let plain = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// A part of a section, with the id by which the scripts find it.
pub(crate) fn part(id: &str, part: &Part) -> String {
    match part {
        Part::Text(text) => format!("<p>{}</p>\n", escape(text)),
        Part::Missing(text) => format!("<p class=\"missing\">{}</p>\n", escape(text)),
        Part::List(items) => {
            let items: String = items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect();
            format!("<ul>{items}</ul>\n")
        }
        Part::Facts(facts) => {
            let fact = |(name, value): &(String, String)| {
                format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value))
            };
            format!("<dl>{}</dl>\n", facts.iter().map(fact).collect::<String>())
        }
        Part::Tiles(tiles) => {
            let tile = |(value, what, meaning): &(String, String, String)| {
                let (value, what, meaning) = (escape(value), escape(what), escape(meaning));
                format!("<li><strong>{value}</strong><span>{what}</span><small>{meaning}</small></li>")
            };
            format!("<ul class=\"tiles\">{}</ul>\n", tiles.iter().map(tile).collect::<String>())
        }
        Part::Command(command) => {
            format!("<div class=\"command\" id=\"{id}\"><pre><code>{}</code></pre></div>\n", escape(command))
        }
        Part::Table(table) => plain_table(id, table),
        Part::Chart(chart) => place(id, "chart", &chart.title, &chart.caption),
        Part::Bars(bars) => place(id, "bars", &bars.title, &bars.caption),
        Part::Heat(heat) => place(id, "heat", &heat.title, &heat.caption),
        Part::Pixels(pixels) => place(id, "pixels", &pixels.title, &pixels.caption),
        Part::Walk(walk) => place(id, "walk", &walk.title, &walk.caption),
        Part::Picture(picture) => drawn(id, picture),
    }
}

/// Where the scripts draw.
fn place(id: &str, class: &str, title: &str, caption: &str) -> String {
    let (title, caption) = (sentence(title), escape(caption));
    format!(
        "<figure id=\"{id}\" class=\"{class}\"><figcaption><strong>{title}</strong> {caption}</figcaption><div class=\"canvas\"></div></figure>\n"
    )
}

/// A title that ends as a sentence does.
fn sentence(title: &str) -> String {
    let end = if title.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{}{end}", escape(title))
}

fn drawn(id: &str, picture: &Picture) -> String {
    let (title, caption) = (sentence(&picture.title), escape(&picture.caption));
    let source = base64(picture.svg.as_bytes());
    format!(
        "<figure id=\"{id}\"><figcaption><strong>{title}</strong> {caption}</figcaption>\
         <img alt=\"{caption}\" src=\"data:image/svg+xml;base64,{source}\"></figure>\n"
    )
}

/// A table with the first of the rows that are shown at first.
fn plain_table(id: &str, table: &Table) -> String {
    let title = escape(&table.title);
    let mut html =
        format!("<div class=\"table\" id=\"{id}\" role=\"group\" aria-label=\"{title}\"><h3>{title}</h3>");
    // Writing to a string cannot fail.
    if !table.note.is_empty() {
        let _ = write!(html, "<p class=\"note\">{}</p>", escape(&table.note));
    }
    html.push_str(
        "<div class=\"tools\"></div><div class=\"window\" tabindex=\"0\" role=\"region\" aria-label=\"",
    );
    let _ = write!(html, "{title}, rows\"><table><thead><tr>");
    for column in &table.columns {
        let class = if matches!(column.cells, Cells::Text(_)) { " class=\"text\"" } else { "" };
        let _ = write!(
            html,
            "<th scope=\"col\"{class} title=\"{}\">{}</th>",
            escape(&column.about),
            escape(&column.title)
        );
    }
    html.push_str("</tr></thead><tbody>");
    let rows = table.first_rows();
    for &row in rows.iter().take(FIRST) {
        html.push_str("<tr>");
        for column in &table.columns {
            html.push_str(&cell(&column.cells, row));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div></div>\n");
    html
}

fn cell(cells: &Cells, row: usize) -> String {
    match cells {
        Cells::Text(values) => {
            let text = values.get(row).map_or("", String::as_str);
            let clipped: String = text.chars().take(LONGEST).collect();
            let dots = if clipped.len() < text.len() { "…" } else { "" };
            format!("<td class=\"text\">{}{dots}</td>", escape(&clipped))
        }
        Cells::Number(values) => {
            format!("<td>{}</td>", values.get(row).copied().flatten().map_or_else(|| "–".to_owned(), short))
        }
        Cells::Flag(values) => {
            format!("<td>{}</td>", if values.get(row).copied().unwrap_or(false) { "yes" } else { "no" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{escape, json};

    #[test]
    fn no_text_can_act() {
        let hostile = "</script><script>alert('1')</script>\u{2028}&\"\0";
        for text in [escape(hostile), json(&hostile)] {
            assert!(!text.contains(['<', '>', '\0', '\u{2028}']) || !text.contains('<'), "{text}");
            assert!(!text.contains('<') && !text.contains('>'));
        }
        assert!(!json(&hostile).contains(['&', '\u{2028}', '\u{2029}', '\0']));
        assert_eq!(serde_json::from_str::<String>(&json(&hostile)).unwrap(), hostile);
    }
}
