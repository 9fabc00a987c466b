"""What a Python user has: Dawson's function from scipy, and the sigmoid approximation in numpy. Nanoseconds per value.

    python crates/kl-approx/peers/kl_numpy.py      (numpy, scipy: the versions are printed)
"""
import time

import numpy as np
import scipy
from scipy.special import dawsn, expit

x = 16 * ((np.arange(4096) * 0.6180339887498949) % 1.0) - 8
f32 = x.astype(np.float32)


def best(f, n=4096, seconds=1.0):
    t, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        a = time.perf_counter()
        f()
        t = min(t, time.perf_counter() - a)
    return t / n * 1e9


def sigmoid_value_grad(l):
    s = expit(-(1.95 + 1.5 * l))
    value = np.logaddexp(0, -l) / 2 + 0.64 * s
    return value, -expit(-l) / 2 - 0.96 * s * (1 - s)


print("numpy", np.__version__, "scipy", scipy.__version__)
print(f"scipy dawsn, gradient only needs it once: {best(lambda: dawsn(np.exp(-x / 2) * 0.5**0.5)):.1f} ns with its argument")
print(f"scipy dawsn alone: {best(lambda: dawsn(x)):.1f} ns")
print(f"numpy sigmoid value and gradient: f64 {best(lambda: sigmoid_value_grad(x)):.1f} ns, f32 {best(lambda: sigmoid_value_grad(f32)):.1f} ns")
