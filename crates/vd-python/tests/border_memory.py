"""How much memory a fit takes, in sizes of X: run as a program, it prints the growth of its peak."""

import subprocess
import sys

PROGRAM = """
import numpy as np
from vd_ard import VDRegressor
X = np.random.default_rng(0).standard_normal(({n}, {d}))
y = X[:, 0] + 0.1 * X[:, 1]
VDRegressor().fit(X[:50, :5], y[:50])
def peak():
    # Of this program alone: the peak that getrusage tells is inherited from the parent.
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
before = peak()
VDRegressor().fit(X, y + np.random.default_rng(1).standard_normal({n}))
print((peak() - before) / X.nbytes)
"""


def copies(n=20_000, d=400):
    """The growth of the peak over the size of X, the caller's array not counted."""
    run = subprocess.run([sys.executable, "-c", PROGRAM.format(n=n, d=d)], capture_output=True, text=True, check=True)
    return float(run.stdout)


if __name__ == "__main__":
    print(f"{copies():.2f} times X")
