//! Sentences made from numbers: what a result showed, whichever way it came out.

use super::{Finding, Output};
use crate::protocol::{EXACT_REPLICATION, POSTER, REPEATED, poster_cell};
use crate::record::{Moments, Record, by_run_id, paired};

/// A share as a percentage with a decimal.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// The records of a run id.
pub(super) fn of<'a>(records: &'a [Record], dataset: &str, method: &str, protocol: &str) -> Vec<&'a Record> {
    let wanted = |r: &&Record| r.dataset == dataset && r.method == method && r.protocol == protocol;
    records.iter().filter(wanted).collect()
}

/// How a difference compares with twice its standard error.
fn verdict(difference: &Moments) -> &'static str {
    let reach = 2.0 * difference.standard_error().unwrap_or(f64::INFINITY);
    match difference.mean {
        d if d > reach => "above",
        d if d < -reach => "below",
        _ => "not to be told apart from",
    }
}

/// Two sentences on a data set's rows of the table.
pub(super) fn table(experiment: &'static str, dataset: &str, output: &Output) -> Output {
    let records = &output.records;
    let protocol = if of(records, dataset, "vd-ard", REPEATED).is_empty() { POSTER } else { REPEATED };
    let ours = of(records, dataset, "vd-ard", protocol);
    let (Some(accuracy), Some(sparsity)) =
        (Moments::of(ours.iter().map(|r| r.accuracy)), Moments::of(ours.iter().map(|r| r.sparsity)))
    else {
        return Output::default();
    };
    let printed = poster_cell(dataset, "vd-ard").map_or_else(String::new, |cell| {
        format!(" (the poster: {} at {})", percent(cell.accuracy), percent(cell.sparsity))
    });
    let mut text = format!(
        "VD-ARD reaches {} at sparsity {} over {} {}{printed}.",
        percent(accuracy.mean),
        percent(sparsity.mean),
        accuracy.count,
        if accuracy.count == 1 { "split" } else { "splits" }
    );
    let others: Vec<String> = by_run_id(records)
        .iter()
        .filter(|g| g[0].dataset == dataset && g[0].protocol == protocol && g[0].method != "vd-ard")
        .filter_map(|group| {
            let difference = paired(&ours, group, |r| r.accuracy)?;
            let sparsity = Moments::of(group.iter().map(|r| r.sparsity))?;
            let points = 100.0 * difference.mean;
            let (relation, size) = match difference.standard_error() {
                Some(se) => {
                    (verdict(&difference).into(), format!(" ({points:+.2} ± {:.2} points)", 100.0 * se))
                }
                None if points < 0.0 => (format!("{:.2} points below", -points), String::new()),
                None => (format!("{points:.2} points above"), String::new()),
            };
            let method = &group[0].method;
            Some(format!("{relation} {method}'s{size}, whose sparsity is {}", percent(sparsity.mean)))
        })
        .collect();
    if !others.is_empty() {
        text.push_str(&format!(" On the same splits its accuracy is {}.", others.join("; ")));
    }
    let kept = Moments::of(ours.iter().filter_map(|r| r.noise_kept));
    if let Some(kept) = kept {
        text.push_str(&format!(" Of the weights on noise columns it keeps {}.", percent(kept.mean)));
    }
    Output { findings: vec![Finding { experiment, text }], ..Output::default() }
}

/// A sentence on the poster's own training run.
pub(super) fn exact_replication(experiment: &'static str, dataset: &str, output: &Output) -> Output {
    let records = of(&output.records, dataset, "vd-ard", EXACT_REPLICATION);
    let (Some(ours), Some(printed)) = (records.first(), poster_cell(dataset, "vd-ard")) else {
        return Output::default();
    };
    let text = format!(
        "With the poster's own steps VD-ARD on {dataset} ends at {} with sparsity {} (train accuracy {}); the poster prints {} at {}.",
        percent(ours.accuracy),
        percent(ours.sparsity),
        percent(ours.train_accuracy),
        percent(printed.accuracy),
        percent(printed.sparsity)
    );
    Output { findings: vec![Finding { experiment, text }], ..Output::default() }
}
