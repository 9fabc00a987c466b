//! The page.

use std::fmt::Write as _;

use crate::assets::{SCRIPTS, STYLE, VENDORED, policy_hash};
use crate::html::{escape, json, part};
use crate::part::Part;

/// A section of a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// Its name in addresses: letters, digits and `-`.
    pub id: String,
    /// What it answers.
    pub title: String,
    /// What it is made of.
    pub parts: Vec<Part>,
}

impl Section {
    /// A section with nothing in it yet.
    #[must_use]
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), parts: Vec::new() }
    }

    /// Adds a part.
    pub fn push(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// Adds a paragraph.
    pub fn say(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// One line below the title.
    pub lead: String,
    /// The sections.
    pub sections: Vec<Section>,
}

impl Page {
    /// The page as one HTML file: what is read stands in it as text, what is moved is drawn by its scripts from data beside them.
    ///
    /// Its content security policy lets it run these scripts alone and fetch nothing.
    #[must_use]
    pub fn html(&self) -> String {
        let scripts: Vec<&str> = VENDORED.iter().map(|v| v.text).chain(SCRIPTS).collect();
        let hashes: Vec<String> = scripts.iter().map(|script| policy_hash(script)).collect();
        let (body, told) = self.body();
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; style-src 'unsafe-inline'; \
             img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>{STYLE}</style></head>\n<body>\n{body}",
            hashes.join(" "),
            escape(&self.title),
        );
        // Writing to a string cannot fail.
        let _ = writeln!(page, "<script type=\"application/json\" id=\"data\">{told}</script>");
        for file in VENDORED {
            let _ = write!(
                page,
                "<!-- {} {}\n{}\n-->\n",
                file.package,
                file.version,
                file.licence.replace("--", "- -").trim()
            );
        }
        for script in scripts {
            let _ = writeln!(page, "<script>{script}</script>");
        }
        page.push_str("</body></html>\n");
        page
    }

    /// What is read, and what the scripts are told.
    fn body(&self) -> (String, String) {
        let mut body = format!(
            "<a class=\"skip\" href=\"#main\">To the content</a>\n<header><div><h1>{}</h1><p class=\"lead\">{}</p></div>\
             <button type=\"button\" id=\"theme\" hidden>Dark or light</button></header>\n",
            escape(&self.title),
            escape(&self.lead)
        );
        body.push_str("<nav aria-label=\"Contents\"><ol>");
        for section in &self.sections {
            let _ = write!(
                body,
                "<li><a href=\"#{0}\">{1}</a></li>",
                escape(&section.id),
                escape(&section.title)
            );
        }
        body.push_str("</ol></nav>\n<main id=\"main\">\n<noscript><p class=\"missing\">Without scripts the charts are not drawn, and the tables show their first rows.</p></noscript>\n");
        let (mut told, mut count) = (String::from("["), 0);
        for section in &self.sections {
            let id = escape(&section.id);
            let _ = writeln!(
                body,
                "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{}</h2>",
                escape(&section.title)
            );
            for one in &section.parts {
                let name = format!("part-{count}");
                count += 1;
                body.push_str(&part(&name, one));
                if let Some((kind, spec)) = spec(one) {
                    told.push_str(if told.len() > 1 { ",\n" } else { "" });
                    let _ = write!(told, "{{\"id\":\"{name}\",\"kind\":\"{kind}\",\"spec\":{spec}}}");
                }
            }
            body.push_str("</section>\n");
        }
        told.push(']');
        body.push_str("</main>\n");
        (body, told)
    }
}

/// What the scripts draw a part from, as JSON; none for what stands in the page as text.
fn spec(part: &Part) -> Option<(&'static str, String)> {
    match part {
        Part::Table(table) => Some(("table", json(table))),
        Part::Chart(chart) => Some(("chart", json(chart))),
        Part::Bars(bars) => Some(("bars", json(bars))),
        Part::Heat(heat) => Some(("heat", json(heat))),
        Part::Pixels(pixels) => Some(("pixels", json(pixels))),
        Part::Walk(walk) => Some(("walk", json(walk))),
        _ => None,
    }
}
