//! `report.html`: one page, everything in it, no script, nothing fetched.

use std::fmt::Write as _;

use crate::experiment::{self, Output};
use crate::figure::Figure;
use crate::summary::{Row, Summary};

const STYLE: &str = "\
:root{--ink:#1a1a1a;--quiet:#555;--line:#d5d5d5;--paper:#fff;--shade:#f5f5f3}\
*{box-sizing:border-box}\
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,'DejaVu Sans',Verdana,sans-serif}\
main{max-width:64rem;margin:0 auto;padding:1.25rem}\
h1{font-size:1.6rem;line-height:1.25;margin:.6em 0 .2em}h2{font-size:1.2rem;margin:2em 0 .4em}\
p{margin:.5em 0;max-width:44rem}.quiet{color:var(--quiet);font-size:.9rem}\
figure{margin:1.2em 0;padding:0;max-width:44rem}figure img{width:100%;height:auto;border:1px solid var(--line);background:#fff}\
figcaption{font-size:.9rem;color:var(--quiet);max-width:44rem;margin-top:.4em}\
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}\
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;min-width:100%}\
th,td{padding:.3em .45em;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}\
th:nth-child(-n+3),td:nth-child(-n+3){text-align:left}thead th{background:var(--shade)}\
tr.first td{border-top:2px solid var(--quiet)}\
dl{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.2em 1em;font-size:.85rem}\
dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}\
@media(max-width:40rem){main{padding:.8rem}dl{grid-template-columns:1fr}dd{margin-bottom:.5em}}\
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e3;--quiet:#b0aca6;--line:#44423f;--paper:#181716;--shade:#262422}}\
@media print{figure{break-inside:avoid}}";

/// The page.
pub fn html(summary: &Summary, output: &Output, left_out: Option<&str>) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>Dropout-based automatic relevance determination: reproduction</title><style>{STYLE}</style></head>\
         <body><main><h1>Dropout-based automatic relevance determination</h1>\
         <p>Every number and picture on this page was made by <code>{}</code>.</p>",
        escape(&summary.provenance.command)
    );
    if summary.smoke {
        page.push_str("<p><strong>This was the reduced run (--smoke): too few splits and steps for conclusions.</strong></p>");
    }
    if let Some(left_out) = left_out {
        let _ = write!(page, "<p class=\"quiet\">This run: {}.</p>", escape(left_out));
    }
    if !summary.table.is_empty() {
        page.push_str("<h2>The table</h2>");
        table(&mut page, &summary.table);
    }
    for e in experiment::ALL {
        let findings: Vec<_> = output.findings.iter().filter(|f| f.experiment == e.id).collect();
        let figures: Vec<_> = output.figures.iter().filter(|f| f.experiment == e.id).collect();
        if findings.is_empty() && figures.is_empty() {
            continue;
        }
        let _ =
            write!(page, "<h2 id=\"{0}\">{1}</h2><p class=\"quiet\">--only {0}</p>", e.id, escape(e.about));
        for finding in findings {
            let _ = write!(page, "<p>{}</p>", escape(&finding.text));
        }
        for figure in figures {
            picture(&mut page, figure);
        }
    }
    provenance(&mut page, summary);
    page.push_str("</main></body></html>\n");
    page
}

fn table(page: &mut String, rows: &[Row]) {
    page.push_str(
        "<div class=\"scroll\"><table><thead><tr><th>data</th><th>method</th><th>protocol</th><th>splits</th>\
         <th>accuracy %</th><th>sparsity %</th><th>poster %</th><th>Δ accuracy</th><th>noise kept %</th>\
         <th>seconds</th></tr></thead><tbody>",
    );
    let percent = |value: f64| format!("{:.1}", 100.0 * value);
    let spread = |mean: f64, sd: Option<f64>| match sd {
        Some(sd) => format!("{} ± {}", percent(mean), percent(sd)),
        None => percent(mean),
    };
    let mut previous = "";
    for row in rows {
        let poster = row.poster_accuracy.zip(row.poster_sparsity);
        let difference = row.accuracy_minus_vd_ard_mean.map(|mean| {
            let se = row.accuracy_minus_vd_ard_se.map(|se| format!(" ± {:.2}", 100.0 * se));
            format!("{:+.2}{}", 100.0 * mean, se.unwrap_or_default())
        });
        let _ = write!(
            page,
            "<tr{}><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{:.2}</td></tr>",
            if row.dataset == previous { "" } else { " class=\"first\"" },
            escape(&row.dataset),
            escape(&row.method),
            escape(&row.protocol),
            row.splits,
            spread(row.accuracy_mean, row.accuracy_sd),
            spread(row.sparsity_mean, row.sparsity_sd),
            poster.map_or_else(|| "–".into(), |(a, s)| format!("{} / {}", percent(a), percent(s))),
            difference.unwrap_or_default(),
            row.noise_kept_mean.map(percent).unwrap_or_default(),
            row.seconds
        );
        previous = &row.dataset;
    }
    page.push_str(
        "</tbody></table></div><p class=\"quiet\">Mean ± standard deviation over the splits. Sparsity is the share of \
         the K·D weights that are exactly zero. Poster: accuracy / sparsity as printed. Δ accuracy: points against VD-ARD \
         on the same splits, mean ± standard error. Noise kept: of the weights on noise columns. Seconds: a fit's mean, \
         with other fits beside it.</p>",
    );
}

fn picture(page: &mut String, figure: &Figure) {
    let _ = write!(
        page,
        "<figure><img alt=\"{}\" src=\"data:image/svg+xml;base64,{}\"><figcaption><strong>{}.</strong> {}</figcaption></figure>",
        escape(&figure.caption),
        base64(figure.svg.as_bytes()),
        escape(&figure.title),
        escape(&figure.caption)
    );
}

fn provenance(page: &mut String, summary: &Summary) {
    let p = &summary.provenance;
    let dirty = match p.git_dirty {
        Some(true) => " (with local changes)",
        Some(false) => "",
        None => " (state unknown)",
    };
    let mut items = vec![
        ("command", p.command.clone()),
        ("revision", format!("{}{dirty}", p.git_revision)),
        ("compiler", format!("{}, {} profile, {}", p.rustc, p.profile, p.target)),
        ("machine", format!("{}, {} cores, {} units of work at a time", p.cpu, p.cores, p.jobs)),
    ];
    items.extend(p.data_sha256.iter().map(|(name, sum)| (name.as_str(), format!("SHA-256 {sum}"))));
    page.push_str("<h2>Provenance</h2><dl>");
    for (name, value) in items {
        let _ = write!(page, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(&value));
    }
    page.push_str("</dl>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |g, &b| g << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sextet = (group >> (18 - 6 * i)) as usize & 63;
            text.push(if i <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}
