"""What a running fit says: to a callback, and in lines."""

import time

import numpy as np

#: Seconds between two lines of ``verbose=1``.
_PAUSE = 1.0


def listener(estimator):
    """The function that a fit calls after every iteration, or None where nobody listens."""
    callback, verbose = estimator.callback, int(estimator.verbose)
    if verbose <= 0:
        return callback
    name, printed = type(estimator).__name__, -np.inf

    def listen(stage):
        nonlocal printed
        now = time.monotonic()
        if verbose > 1 or now - printed >= _PAUSE:
            printed = now
            print(f"[{name}] {_line(stage)}", flush=True)
        return callback(stage) if callback is not None else False

    return listen


def _line(stage):
    parts = [f"iteration {stage['iteration']}" + (f" of {stage['limit']}" if stage["limit"] else "")]
    if stage["class"] is not None:
        parts.insert(0, f"class {stage['class']}")
    if stage["objective"] is not None:
        parts.append(f"objective {stage['objective']:.6g}")
    if stage["kept"] is not None:
        parts.append(f"{stage['kept']} kept")
    return ", ".join(parts)
