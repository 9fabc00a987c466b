//! Missing values: what is refused, all of it in one report.

use crate::cli::{FitArgs, Missing};
use crate::error::{Place, Result};
use crate::table::{ColumnSurvey, Problems, Survey, clip};

/// That what is missing was said what to do about.
///
/// # Errors
/// One problem for each column that misses values for which nothing was said, the target first.
pub fn check(args: &FitArgs, survey: &Survey) -> Result<()> {
    let mut problems = Problems::default();
    for column in survey.columns.iter().filter(|c| !c.ignored && c.missing > 0) {
        if let Some(what) = problem(args, survey, column) {
            let place = column.first_missing.clone().unwrap_or_else(|| Place::line(&survey.file, 0));
            problems.push(place, column.position, &column.name, what);
        }
    }
    problems.done()
}

fn problem(args: &FitArgs, survey: &Survey, column: &ColumnSurvey) -> Option<String> {
    let name = clip(&column.name);
    let all = column.missing == survey.rows;
    match args.columns.missing {
        _ if args.columns.weights.as_ref() == Some(&column.name) => Some(format!(
            "a weight is missing here, and {} in all: give every row one (0 leaves a row out)",
            column.missing
        )),
        _ if column.name == args.target => target(args, column, all),
        _ if all => Some(format!("the column is empty: leave it out (--ignore {name})")),
        Missing::Drop | Missing::Impute => None,
        Missing::Refuse => Some(format!(
            "a value is missing here, and {} in all in this column{}: --missing impute fills in, --missing drop leaves the \
             rows out, --ignore {name} leaves the column out",
            column.missing,
            mark(column)
        )),
    }
}

/// A row without a target teaches nothing: it can only be left out.
fn target(args: &FitArgs, column: &ColumnSurvey, all: bool) -> Option<String> {
    if all {
        return Some(format!("the target is missing in every row{}", mark(column)));
    }
    (args.columns.missing == Missing::Refuse).then(|| {
        format!(
            "the target is missing in {} row{}{}: --missing drop and --missing impute leave out the rows without a target",
            column.missing,
            if column.missing == 1 { "" } else { "s" },
            mark(column)
        )
    })
}

/// Which text was taken for a missing value, where it was one.
fn mark(column: &ColumnSurvey) -> String {
    match column.missing_mark.as_deref() {
        None => String::new(),
        Some(mark) => format!(" (`{}` is taken for missing: --na '' takes it for a name)", clip(mark)),
    }
}
