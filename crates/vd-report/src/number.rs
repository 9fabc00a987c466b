//! How numbers are written for people.

/// A number with four significant digits; whole numbers below a million as they are. `page.js` writes numbers in the same way.
///
/// ```
/// assert_eq!(vd_report::short(442.0), "442");
/// assert_eq!(vd_report::short(0.123456), "0.1235");
/// assert_eq!(vd_report::short(-1.5e-7), "−1.50e−7");
/// ```
#[must_use]
pub fn short(value: f64) -> String {
    let magnitude = value.abs();
    let text = if !value.is_finite() {
        return "–".to_owned();
    } else if magnitude < 1e6 && value.fract() == 0.0 {
        format!("{value:.0}")
    } else if (1e-3..1e6).contains(&magnitude) {
        let digits = (3 - magnitude.log10().floor() as i32).clamp(0, 6) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.2e}")
    };
    // Rust writes −0 with a sign.
    if text == "-0" { "0".to_owned() } else { text.replace('-', "−") }
}

/// A number with three significant digits and no zeros at the end, for sentences.
///
/// ```
/// assert_eq!(vd_report::brief(0.77), "0.77");
/// assert_eq!(vd_report::brief(1234.5), "1234");
/// ```
#[must_use]
pub fn brief(value: f64) -> String {
    let magnitude = value.abs();
    if !(1e-3..1e6).contains(&magnitude) {
        return short(value);
    }
    let digits = (2 - magnitude.log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}
