//! How the model and the page are made again.

use vd_report::{Part, Section};

use crate::report::subject::Subject;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Section {
    let p = &subject.model.provenance;
    let mut section = Section::new("again", "How is it made again?");
    if p.options.is_empty() {
        section.push(Part::Missing(
            "The model does not say by which command it was fitted: it was not fitted by vd fit.".to_owned(),
        ));
    } else {
        let words: Vec<String> = p.options.iter().map(|word| quoted(word)).collect();
        section.say(format!(
            "The model, by vd {} from the table with the SHA-256 above (add --out MODEL to keep it):",
            p.version
        ));
        section.push(Part::Command(format!("vd {}", words.join(" "))));
    }
    section.say(format!("This page, by vd {}:", env!("CARGO_PKG_VERSION")));
    section.push(Part::Command(subject.command.clone()));
    section
}

/// A word as a POSIX shell reads it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("--target=y"), "--target=y");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
