//! Code of other crates that may panic on a damaged file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

static QUIET: Once = Once::new();

/// What a function returns; a panic in it is an error, and says nothing on standard error.
///
/// The readers of Arrow and Parquet check what they are given, but not everywhere: a flipped bit can reach an assertion. What they hold is dropped
/// after that.
///
/// # Errors
/// The function's own, or that it panicked.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    QUIET.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                usual(info);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    result.unwrap_or_else(|_| Err("it is damaged".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let empty: [u8; 0] = [];
        let at = core::hint::black_box(3);
        assert_eq!(guarded(|| Ok(empty[at])), Err("it is damaged".to_owned()));
        assert_eq!(guarded(|| Ok(1)), Ok(1));
    }
}
