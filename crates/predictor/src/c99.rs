//! A model as one C99 file without dependencies.
//!
//! The sums run in the order of [`Layer::apply`](crate::Layer::apply), so that a compiler that neither contracts nor
//! reorders (C99's rule) gives the same bits, up to its `exp`.

/// Appends a line; writing to a string cannot fail.
macro_rules! line {
    ($c:expr, $($arg:tt)*) => { let _ = writeln!($c, $($arg)*); };
}

mod average;

use std::fmt::Write;

use crate::error::Error;
use crate::function::Function;
use crate::layers::Layers;
use crate::link::Link;
use crate::preprocessing::ColumnKind;
use crate::saved::SavedModel;

/// The model as the source of one C99 file; its public names begin with `prefix`.
///
/// # Errors
/// [`Error::Prefix`] for a prefix that is no C name, [`Error::NoCForm`] for a kernel model.
pub fn c99(model: &SavedModel, prefix: &str) -> Result<String, Error> {
    let mut letters = prefix.bytes();
    let starts = letters.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if !starts || !letters.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(Error::Prefix(prefix.to_owned()));
    }
    let Function::Layers(layers) = model.predictor.function() else { return Err(Error::NoCForm) };
    let mut c = String::new();
    preamble(&mut c, model, prefix);
    inputs(&mut c, model, prefix);
    tables(&mut c, model, layers, prefix);
    let averages = average::tables(&mut c, model, prefix);
    body(&mut c, model, layers, prefix, averages);
    main(&mut c, model, prefix);
    Ok(c)
}

fn preamble(c: &mut String, model: &SavedModel, prefix: &str) {
    let p = &model.provenance;
    let (target, data) = (comment(&model.target.name), comment(&p.data));
    let results = results(model);
    line!(
        c,
        "/* Predicts `{target}`; made by vd {} from a {} model of {} rows of {data}.",
        p.version,
        p.model,
        p.rows
    );
    line!(
        c,
        " * {} of {} features and {} of {} weights are kept.",
        model.kept(),
        model.relevance.len(),
        model.weights(),
        model.weights_before
    );
    line!(c, " *");
    line!(c, " * int {prefix}_predict(const double *in, double *out);");
    line!(
        c,
        " *   in:  {} value(s), in the order of the enumeration below: a number as it stands in the table,",
        model.columns().len()
    );
    line!(c, " *        a name by its code (any other code is a name that the training data did not have).");
    line!(c, " *   out: {results}.");
    line!(
        c,
        " *   Returns {}.",
        if model.target.levels.is_empty() { "0" } else { "the index of the most probable class" }
    );
    line!(c, " *");
    line!(
        c,
        " * C99, no allocation, no global state that changes. With -D{}_MAIN it becomes a filter: a row of",
        prefix.to_uppercase()
    );
    line!(c, " * inputs a line on standard input, the outputs a line on standard output. */");
    c.push_str("\n#include <math.h>\n\n");
}

fn results(model: &SavedModel) -> String {
    if model.target.levels.is_empty() {
        return if model.predictor.link() == Link::Log {
            "1 value, the expected count"
        } else {
            "1 value, the prediction"
        }
        .to_owned();
    }
    format!("{} probabilities, in the order of {{prefix}}_class", model.target.levels.len())
        .replace("{prefix}_class", "the class names")
}

/// The columns in use: an enumeration, their names, the codes of their levels, the classes.
fn inputs(c: &mut String, model: &SavedModel, prefix: &str) {
    let columns = model.columns();
    let upper = prefix.to_uppercase();
    line!(c, "enum {{");
    for (i, &column) in columns.iter().enumerate() {
        let column = &model.preprocessing.columns()[column];
        line!(c, "    {upper}_IN_{i} = {i}, /* {} */", comment(&column.name));
        if let ColumnKind::Category { levels, .. } = &column.kind {
            for (code, level) in levels.iter().enumerate() {
                line!(c, "    {upper}_IN_{i}_CODE_{code} = {code}, /* {} */", comment(level));
            }
        }
    }
    line!(c, "    {upper}_INPUTS = {},", columns.len());
    line!(c, "    {upper}_OUTPUTS = {}", model.target.levels.len().max(1));
    line!(c, "}};\n");
    let names: Vec<String> =
        columns.iter().map(|&i| literal(&model.preprocessing.columns()[i].name)).collect();
    list(c, &format!("const char *const {prefix}_input_names[]"), &names);
    if !model.target.levels.is_empty() {
        let classes: Vec<String> = model.target.levels.iter().map(|l| literal(l)).collect();
        list(c, &format!("const char *const {prefix}_class_names[]"), &classes);
    }
}

/// Features in use, and every layer in compressed rows.
fn tables(c: &mut String, model: &SavedModel, layers: &Layers, prefix: &str) {
    let columns = model.columns();
    let used = model.predictor.used_features();
    let features: Vec<String> = used
        .iter()
        .map(|&f| {
            let f = &model.preprocessing.features()[f as usize];
            let input = columns.binary_search(&(f.column as usize)).unwrap_or(0);
            let level = f.level.map_or(-1, i64::from);
            format!("{{{input}, {level}, {}, {}}}", number(f.mean), number(f.scale))
        })
        .collect();
    line!(
        c,
        "/* A feature is (value - mean) / scale; the value is an input, or whether it has this code. */"
    );
    line!(c, "struct {prefix}_feature {{ int input, code; double mean, scale; }};");
    if !features.is_empty() {
        list(c, &format!("static const struct {prefix}_feature {prefix}_features[]"), &features);
    }
    for (l, layer) in layers.layers().iter().enumerate() {
        if l + 1 == layers.layers().len() {
            outputs_in_words(c, model, l);
        }
        let index = layer.index().iter().map(|j| match l {
            0 => used.binary_search(j).unwrap_or(0).to_string(),
            _ => j.to_string(),
        });
        let index: Vec<String> = index.collect();
        let offsets: Vec<String> = layer.offsets().iter().map(u32::to_string).collect();
        let [weights, bias] =
            [layer.weights(), layer.bias()].map(|v| v.iter().map(|&w| number(w)).collect::<Vec<_>>());
        list(c, &format!("static const unsigned {prefix}_offset_{l}[]"), &offsets);
        if !index.is_empty() {
            list(c, &format!("static const unsigned {prefix}_index_{l}[]"), &index);
            list(c, &format!("static const double {prefix}_weight_{l}[]"), &weights);
        }
        list(c, &format!("static const double {prefix}_bias_{l}[]"), &bias);
    }
}

/// Says which class each output of the last layer speaks for.
fn outputs_in_words(c: &mut String, model: &SavedModel, last: usize) {
    for k in 0..model.predictor.function().outputs() {
        if let Some(contrast) = model.contrast(k) {
            let scale = if model.predictor.link() == Link::Softmax { "score" } else { "log-odds" };
            line!(c, "/* Layer {last}, output {k}: {scale} of {}. */", comment(&contrast.to_string()));
        }
    }
}

fn body(c: &mut String, model: &SavedModel, layers: &Layers, prefix: &str, averages: bool) {
    let used = model.predictor.used_features().len();
    line!(c, "int {prefix}_predict(const double *in, double *out);\n");
    line!(c, "int {prefix}_predict(const double *in, double *out)\n{{");
    line!(c, "    double x0[{}];", used.max(1));
    for (l, layer) in layers.layers().iter().enumerate() {
        line!(c, "    double x{}[{}];", l + 1, layer.outputs().max(1));
    }
    line!(c, "    unsigned i, k;");
    if used > 0 {
        line!(c, "    for (i = 0; i < {used}; i++) {{");
        line!(c, "        const struct {prefix}_feature *f = &{prefix}_features[i];");
        line!(c, "        double v = f->code < 0 ? in[f->input] : (in[f->input] == f->code ? 1.0 : 0.0);");
        line!(c, "        double z = (v - f->mean) / f->scale;");
        line!(c, "        if (!(z - z == 0)) z = (0.5 * v - 0.5 * f->mean) / f->scale * 2.0;");
        line!(c, "        x0[i] = z;\n    }}");
    } else {
        line!(c, "    x0[0] = 0.0;\n    (void)in; (void)x0;");
    }
    for (l, layer) in layers.layers().iter().enumerate() {
        let last = l + 1 == layers.layers().len();
        line!(c, "    for (k = 0; k < {}; k++) {{", layer.outputs());
        line!(c, "        double s = {prefix}_bias_{l}[k];");
        line!(c, "        for (i = {prefix}_offset_{l}[k]; i < {prefix}_offset_{l}[k + 1]; i++)");
        if layer.index().is_empty() {
            line!(c, "            s += 0.0;");
        } else {
            line!(c, "            s += {prefix}_weight_{l}[i] * x{l}[{prefix}_index_{l}[i]];");
        }
        line!(c, "        x{}[k] = {};\n    }}", l + 1, if last { "s" } else { "s > 0.0 ? s : 0.0" });
    }
    if averages {
        average::variances(c, model, prefix);
    }
    respond(c, model, layers.layers().len(), averages);
    line!(c, "}}\n");
}

/// From the last layer's outputs to `out`.
fn respond(c: &mut String, model: &SavedModel, last: usize, averages: bool) {
    let classes = model.target.levels.len();
    if averages && average::respond(c, model, last) {
        return;
    }
    match model.predictor.link() {
        Link::Identity => {
            line!(c, "    out[0] = x{last}[0];\n    return 0;");
            return;
        }
        Link::Log => {
            line!(c, "    out[0] = exp(x{last}[0]);\n    return 0;");
            return;
        }
        Link::Logistic => {
            line!(c, "    out[0] = 1.0 / (1.0 + exp(x{last}[0]));");
            line!(c, "    out[1] = 1.0 / (1.0 + exp(-x{last}[0]));");
        }
        Link::Softmax => {
            line!(c, "    {{\n        double most = x{last}[0], sum = 0.0;");
            line!(c, "        for (k = 1; k < {classes}; k++) if (x{last}[k] > most) most = x{last}[k];");
            line!(c, "        for (k = 0; k < {classes}; k++) out[k] = exp(x{last}[k] - most);");
            line!(c, "        for (k = 0; k < {classes}; k++) sum += out[k];");
            line!(c, "        for (k = 0; k < {classes}; k++) out[k] /= sum;\n    }}");
        }
        Link::OneVsRest => {
            line!(c, "    {{\n        double sum = 0.0;");
            line!(c, "        for (k = 0; k < {classes}; k++) out[k] = 1.0 / (1.0 + exp(-x{last}[k]));");
            line!(c, "        for (k = 0; k < {classes}; k++) sum += out[k];");
            line!(
                c,
                "        for (k = 0; k < {classes}; k++) out[k] = sum > 0.0 ? out[k] / sum : 1.0 / {classes};\n    }}"
            );
        }
    }
    best(c, classes);
}

/// Returns the index of the largest probability.
fn best(c: &mut String, classes: usize) {
    line!(c, "    {{\n        int best = 0;");
    line!(c, "        for (k = 1; k < {classes}; k++) if (out[k] > out[best]) best = (int)k;");
    line!(c, "        return best;\n    }}");
}

/// A filter for trying the file out.
fn main(c: &mut String, model: &SavedModel, prefix: &str) {
    let (upper, outputs) = (prefix.to_uppercase(), model.target.levels.len().max(1));
    let inputs = model.columns().len();
    line!(c, "#ifdef {upper}_MAIN\n#include <stdio.h>\n\nint main(void)\n{{");
    line!(c, "    double in[{}], out[{outputs}];\n    int k;", inputs.max(1));
    line!(c, "    for (;;) {{");
    line!(c, "        for (k = 0; k < {inputs}; k++) {{");
    line!(
        c,
        "            if (scanf(k ? \" ,%lf\" : \"%lf\", &in[k]) != 1) return k ? 1 : !feof(stdin);\n        }}"
    );
    line!(c, "        {prefix}_predict(in, out);");
    line!(c, "        for (k = 0; k < {outputs}; k++) printf(k ? \",%.17g\" : \"%.17g\", out[k]);");
    line!(c, "        putchar('\\n');\n    }}\n}}\n#endif");
}

fn list(c: &mut String, head: &str, items: &[String]) {
    line!(c, "{head} = {{");
    let mut width = 0;
    for item in items {
        if width + item.len() > 100 {
            c.push('\n');
            width = 0;
        }
        width += item.len() + 2;
        let _ = write!(c, "{}{item}, ", if width == item.len() + 2 { "    " } else { "" });
    }
    line!(c, "\n}};");
}

/// The shortest decimal that reads back to the same number, as a C constant of type double.
fn number(x: f64) -> String {
    format!("{x:e}")
}

/// A name inside a comment.
fn comment(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect::<String>()
        .replace("*/", "* /")
        .replace("/*", "/ *")
}

/// A string literal; what is not printable ASCII becomes octal escapes, so that `??` and a following digit are harmless.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | b'?' => {
                out.push('\\');
                out.push(byte as char);
            }
            b' '..=b'~' => out.push(byte as char),
            _ => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.push('"');
    out
}
