//! What kind of thing the target is, and why.

use crate::cli::{FamilyArg, FitArgs, ModelChoice, TaskArg};
use crate::error::{Error, Result};
use crate::table::{Survey, clip};
use methods::{Method, Task};

/// The most whole numbers that are taken for classes unasked.
const MOST_CLASSES: usize = 20;

/// A task, and why it is this one.
#[derive(Debug, Clone, PartialEq)]
pub struct Inferred {
    /// The task.
    pub task: Task,
    /// Why it is this one.
    pub why: String,
}

/// The task that was asked for, or the one that the target's values suggest.
///
/// # Errors
/// A target that is not there or has one value, and a method that cannot have it.
pub fn infer(args: &FitArgs, survey: &Survey) -> Result<Inferred> {
    let column = survey.column(&args.target)?;
    let levels = column.levels.as_deref();
    if let Some([(only, _)]) = levels {
        return Err(Error::usage(format!("the target is `{only}` in every row: there is nothing to learn")));
    }
    let told = |task, why: &str| Ok(Inferred { task, why: why.to_owned() });
    match args.task {
        TaskArg::Regression => return told(Task::Regression, "--task regression"),
        TaskArg::Classification => return told(Task::Classification, "--task classification"),
        TaskArg::Counts => return told(Task::Counts, "--task counts"),
        TaskArg::Auto => {}
    }
    match args.tuning.family {
        Some(FamilyArg::Poisson) => return told(Task::Counts, "--family poisson"),
        Some(_) => return told(Task::Classification, "--family is one of classes"),
        None => {}
    }
    if column.is_categorical() {
        return told(Task::Classification, "its values are names");
    }
    if let ModelChoice::Method(method) = args.model
        && let Some(task) = only(method)
    {
        if task == Task::Classification && !few_whole(levels) {
            let others: Vec<&str> =
                Method::ALL.iter().filter(|m| m.can(Task::Regression)).map(|m| m.name()).collect();
            return Err(Error::usage(format!(
                "the target `{}` looks like a number, and {} predicts classes: --model {} predict numbers; --task classification \
                 takes each distinct value for a class",
                clip(&args.target),
                method.name(),
                others.join(", ")
            )));
        }
        return Ok(Inferred { task, why: format!("--model {} predicts nothing else", method.name()) });
    }
    match levels {
        Some(levels) if levels.len() == 2 => told(Task::Classification, "it has two values"),
        Some(levels) if few_whole(Some(levels)) && levels.len() as u64 * 2 <= survey.rows => {
            let why = format!(
                "it has {} whole values, which occur twice or more on average; --task regression takes them for numbers",
                levels.len()
            );
            Ok(Inferred { task: Task::Classification, why })
        }
        _ => told(Task::Regression, "its values are numbers"),
    }
}

/// Whether the values are two, or few whole numbers, as the numbers of classes are.
fn few_whole(levels: Option<&[(String, u64)]>) -> bool {
    let whole = |(text, _): &(String, u64)| text.parse::<f64>().is_ok_and(|v| v.fract() == 0.0);
    levels
        .is_some_and(|levels| levels.len() == 2 || (levels.len() <= MOST_CLASSES && levels.iter().all(whole)))
}

/// The one task that a method is for, if it is one.
fn only(method: Method) -> Option<Task> {
    match method.adapter().tasks() {
        [task] => Some(*task),
        _ => None,
    }
}
