//! The page of a model.

use vd_report::{Page, Section};

use crate::report::subject::Subject;
use crate::report::{again, asked, brief, columns, fewer, limits, network, quality, stand_ins};
use crate::table::clip;

/// The page as HTML.
pub(crate) fn html(subject: &Subject<'_>) -> String {
    let model = subject.model;
    let mut sections: Vec<Section> = vec![brief::section(subject), asked::section(subject)];
    sections.extend(columns::section(subject));
    sections.push(fewer::section(subject));
    sections.push(stand_ins::section(subject));
    sections.push(quality::section(subject));
    sections.extend(network::section(subject));
    sections.push(limits::section(subject));
    sections.push(again::section(subject));
    let lead =
        format!("{} of {}, fitted by {}", subject.noun(), model.provenance.data, model.provenance.model);
    Page { title: format!("What predicts “{}”?", clip(&model.target.name)), lead, sections }.html()
}
