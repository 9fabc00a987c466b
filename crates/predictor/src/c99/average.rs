//! Predictions that are averages over the outputs' variances, in C.

use std::fmt::Write;

use super::{best, list, number};
use crate::link::Link;
use crate::saved::SavedModel;

/// The variances of the outputs' weights, where predictions are averages over them; false where they are not.
pub(super) fn tables(c: &mut String, model: &SavedModel, prefix: &str) -> bool {
    let uncertainty = model.predictor.uncertainty();
    if uncertainty.is_empty() || model.predictor.link() == Link::Identity {
        return false;
    }
    let used = model.predictor.used_features();
    let (mut offsets, mut index, mut centres, mut variances) = (vec!["0".to_owned()], vec![], vec![], vec![]);
    for one in uncertainty {
        let Some((centre, variance)) = one.independent() else { return false };
        index.extend(one.index().iter().map(|j| used.binary_search(j).unwrap_or(0).to_string()));
        centres.extend(centre.iter().map(|&v| number(v)));
        variances.extend(variance.iter().map(|&v| number(v)));
        offsets.push(index.len().to_string());
    }
    line!(c, "/* The variance of output k is the sum of spread * (feature - centre)^2 over its entries. */");
    if !index.is_empty() {
        list(c, &format!("static const unsigned {prefix}_spread_offset[]"), &offsets);
        list(c, &format!("static const unsigned {prefix}_spread_index[]"), &index);
        list(c, &format!("static const double {prefix}_spread_centre[]"), &centres);
        list(c, &format!("static const double {prefix}_spread[]"), &variances);
    }
    true
}

/// Computes the variance of each output.
pub(super) fn variances(c: &mut String, model: &SavedModel, prefix: &str) {
    let outputs = model.predictor.function().outputs();
    let none = model.predictor.uncertainty().iter().all(|u| u.index().is_empty());
    line!(c, "    double v[{outputs}];");
    line!(c, "    for (k = 0; k < {outputs}; k++) {{");
    line!(c, "        double s = 0.0;");
    if !none {
        line!(c, "        for (i = {prefix}_spread_offset[k]; i < {prefix}_spread_offset[k + 1]; i++) {{");
        line!(c, "            double u = x0[{prefix}_spread_index[i]] - {prefix}_spread_centre[i];");
        line!(c, "            s += {prefix}_spread[i] * u * u;\n        }}");
    }
    line!(c, "        v[k] = s;\n    }}");
}

/// From outputs and their variances to `out`, as [`Link::respond`] does; false for a link that has no average.
pub(super) fn respond(c: &mut String, model: &SavedModel, last: usize) -> bool {
    let classes = model.target.levels.len();
    let eighth = number(core::f64::consts::PI);
    match model.predictor.link() {
        Link::Identity => return false,
        Link::Log => {
            line!(c, "    out[0] = exp(x{last}[0] + 0.5 * v[0]);\n    return 0;");
            return true;
        }
        Link::Logistic => {
            line!(c, "    {{\n        double z = x{last}[0] * (1.0 / sqrt(1.0 + {eighth} * v[0] / 8.0));");
            line!(c, "        out[0] = 1.0 / (1.0 + exp(z));");
            line!(c, "        out[1] = 1.0 / (1.0 + exp(-z));\n    }}");
        }
        Link::Softmax => {
            line!(c, "    {{\n        double sum = 0.0;\n        for (k = 0; k < {classes}; k++) {{");
            line!(c, "            double s = 0.0;\n            for (i = 0; i < {classes}; i++) if (i != k)");
            line!(
                c,
                "                s += exp(-(x{last}[k] - x{last}[i]) * (1.0 / sqrt(1.0 + {eighth} * (v[k] + v[i]) / 8.0)));"
            );
            line!(c, "            out[k] = 1.0 / (1.0 + s);\n            sum += out[k];\n        }}");
            line!(
                c,
                "        for (k = 0; k < {classes}; k++) out[k] = sum > 0.0 ? out[k] / sum : 1.0 / {classes};\n    }}"
            );
        }
        Link::OneVsRest => {
            line!(c, "    {{\n        double sum = 0.0;\n        for (k = 0; k < {classes}; k++) {{");
            line!(c, "            double z = x{last}[k] * (1.0 / sqrt(1.0 + {eighth} * v[k] / 8.0));");
            line!(c, "            out[k] = 1.0 / (1.0 + exp(-z));\n            sum += out[k];\n        }}");
            line!(
                c,
                "        for (k = 0; k < {classes}; k++) out[k] = sum > 0.0 ? out[k] / sum : 1.0 / {classes};\n    }}"
            );
        }
    }
    best(c, classes);
    true
}
