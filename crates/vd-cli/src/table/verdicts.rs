//! Decides from a column's values how the column is read.

use crate::error::Place;
use crate::table::options::SurveyOptions;
use crate::table::problems::Problems;
use crate::table::summary::ColumnSurvey;
use crate::table::taker::Taker;
use crate::table::text::clip;
use predictor::Moments;
use predictor::notation::{Decimal, Notation, Points, Thousands, Verdict};

/// Values of a column that must be distinct before texts among them are taken for slips or unread numbers rather than for names.
const FEW: usize = 10;

/// The levels' texts of each column in use, by its position.
type Texts = Vec<(usize, Vec<Box<[u8]>>)>;

/// Decides how each column is read, from its values and, where these leave it open, from the other columns.
pub(super) fn resolve(
    takers: Vec<Taker>,
    file: &str,
    rows: u64,
    options: &SurveyOptions,
    problems: &mut Problems,
) -> (Vec<ColumnSurvey>, Texts) {
    let verdicts: Vec<Verdict> = takers.iter().map(|taker| verdict(taker, rows)).collect();
    let decimal = file_decimal(&takers, &verdicts);
    let (mut columns, mut texts) = (Vec::with_capacity(takers.len()), Vec::new());
    for (taker, verdict) in takers.into_iter().zip(verdicts) {
        let (odd, points) = (taker.evidence.odd, taker.points);
        let all_named = taker.named == rows - taker.column.missing;
        let (mut column, levels) = taker.finish();
        if !column.ignored && !column.forced {
            let context = Context { decimal, odd, points, rows, file, all_named };
            settle(&mut column, verdict, &context, problems);
        }
        check_levels(&column, file, options, problems);
        if !column.ignored {
            texts.push((column.position, levels));
        }
        columns.push(column);
    }
    (columns, texts)
}

/// What a column's own values say. Where a file has types, a string is a name, unless all are dates; a number is a number.
fn verdict(taker: &Taker, rows: u64) -> Verdict {
    let values = rows - taker.column.missing;
    if taker.column.forced || taker.column.ignored || values == 0 {
        return Verdict::Names;
    }
    if taker.days == values {
        return Verdict::Clear(Notation::Date);
    }
    if taker.evidence.odd == 0 {
        return Verdict::Names;
    }
    match taker.evidence.verdict(values, taker.points) {
        Verdict::Clear(Notation::Date) => Verdict::Clear(Notation::Date),
        _ if taker.named > 0 => Verdict::Names,
        verdict => verdict,
    }
}

/// What else is known where a column's notation is settled.
struct Context<'a> {
    decimal: Option<Decimal>,
    /// Values that are no plain numbers.
    odd: u64,
    /// What the points in the others can be.
    points: Points,
    rows: u64,
    file: &'a str,
    /// Whether the file says of every value that it is a text.
    all_named: bool,
}

/// The character before decimals in this file, where its columns tell and agree.
fn file_decimal(takers: &[Taker], verdicts: &[Verdict]) -> Option<Decimal> {
    let told = takers.iter().zip(verdicts).filter_map(|(taker, verdict)| {
        let points = taker.points.max(taker.evidence.points()) == Points::Decimals;
        match verdict {
            Verdict::Clear(Notation::Number { decimal: Decimal::Comma, .. }) => Some(Decimal::Comma),
            // `5 %` and `1 234` are read with a point and tell nothing of it.
            Verdict::Clear(Notation::Number { thousands, .. }) => {
                (points || *thousands == Some(Thousands::Comma)).then_some(Decimal::Point)
            }
            _ if taker.evidence.odd == 0 && !taker.column.ignored => points.then_some(Decimal::Point),
            _ => None,
        }
    });
    let found: Vec<Decimal> = told.collect();
    found.first().copied().filter(|first| found.iter().all(|d| d == first))
}

/// Turns a verdict into the column's notation, its being a column of names, or a problem.
fn settle(column: &mut ColumnSurvey, verdict: Verdict, context: &Context<'_>, problems: &mut Problems) {
    let Context { decimal, odd, points, rows, file, all_named } = *context;
    let distinct = column.levels.as_ref().map_or(usize::MAX, Vec::len);
    let name = clip(&column.name);
    let (place, text) = column.not_a_number.clone().unwrap_or_else(|| (Place::line(file, 0), String::new()));
    let mut refuse = |place: Place, what: String| problems.push(place, column.position, &column.name, what);
    match verdict {
        Verdict::Clear(notation) => {
            (column.notation, column.not_a_number) = (notation, None);
            return;
        }
        Verdict::Ambiguous { comma, point } => match decimal {
            Some(Decimal::Comma) => (column.notation, column.not_a_number) = (comma, None),
            Some(Decimal::Point) => (column.notation, column.not_a_number) = (point, None),
            None => refuse(
                place,
                format!(
                    "`{text}` can mean two numbers, and nothing else in the file tells which: --decimal , or --decimal ."
                ),
            ),
        },
        Verdict::OtherDates if distinct > FEW => refuse(
            place,
            format!(
                "`{text}` is a date in an order that can mean two days: write dates as 2024-12-31, leave the column out \
                 (--ignore {name}) or take its values for names (--categorical {name})"
            ),
        ),
        Verdict::Broken if distinct > FEW => refuse(
            place,
            format!(
                "`{text}` looks like a number, but not all of the column's values are written in one way that is understood: \
                 write them plainly, take it for a missing value (--na '{text}'), or take all of them for names \
                 (--categorical '{name}')"
            ),
        ),
        // `1.234` in a file of decimal commas; the mean is taken again.
        _ if odd == 0 && points == Points::Groups && decimal == Some(Decimal::Comma) => {
            if column.notation.is_plain() {
                column.notation = Notation::plain(Decimal::Comma, Some(Thousands::Point));
                column.moments = Moments::default();
            }
        }
        _ => {
            let values = rows - column.missing;
            if odd > 0 && !all_named && is_slip(column, values) {
                let numbers = column.moments.count();
                refuse(
                    place,
                    format!(
                        "`{text}` is not a number, and {numbers} of the column's {values} values are: mend it, take it for a \
                         missing value (--na '{text}'), or take all of them for names (--categorical '{name}')"
                    ),
                );
            }
        }
    }
    if column.not_a_number.is_none()
        && let Some((place, text)) = column.not_finite.clone()
    {
        refuse(
            place,
            format!(
                "`{text}` is not finite as a number: mend it, take it for a missing value (--na '{text}'), take the column's \
                 values for names (--categorical {name}) or leave it out (--ignore {name})"
            ),
        );
    }
}

/// A text among numbers is a slip more often than a name: where nine values of ten are numbers, or nearly all distinct values.
fn is_slip(column: &ColumnSurvey, values: u64) -> bool {
    let numbers = column.moments.count();
    if numbers >= values - values / 10 {
        return true;
    }
    let Some(levels) = &column.levels else { return numbers * 2 >= values };
    let texts = levels.iter().filter(|(text, _)| column.notation.read(text.as_bytes()).is_none()).count();
    levels.len() - texts >= FEW && texts * 10 <= levels.len()
}

fn check_levels(column: &ColumnSurvey, file: &str, options: &SurveyOptions, problems: &mut Problems) {
    if column.ignored || !column.is_categorical() || column.levels.is_some() || problems.has(column.position)
    {
        return;
    }
    let (place, why) = match &column.not_a_number {
        Some((place, text)) => (place.clone(), format!("`{text}` is not a number")),
        None => (Place::line(file, 0), "--categorical takes its values for names".to_owned()),
    };
    if options.target.as_ref() == Some(&column.name) {
        let what = format!(
            "the target has more than {} distinct values, and {why}: raise --max-levels for that many classes, mend the value, or \
             choose another --target",
            options.max_levels
        );
        problems.push(place, column.position, &column.name, what);
        return;
    }
    let what = format!(
        "{why}, and the column has more than {} distinct values, or too long ones, to be a category: mend the value, \
         leave the column out (--ignore {}) or raise --max-levels",
        options.max_levels,
        clip(&column.name)
    );
    problems.push(place, column.position, &column.name, what);
}
