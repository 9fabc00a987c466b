"""Fits the polynomial of src/engine/fast/kl.rs: h(u) = D(sqrt u)/sqrt u ~ v P(2v - 1), v = 8/(8 + u), in the relative
sense over all u >= 0 (Lawson's iteration on a Chebyshev basis). Prints the coefficients of P, constant term first.
numpy 2, scipy 1.16 (dawsn)."""
import numpy as np
from numpy.polynomial import chebyshev
from scipy.special import dawsn

C, DEGREE = 8.0, 18
v = ((1 - np.cos(np.linspace(0, np.pi, 6001))) / 2)[1:]
u = C * (1 - v) / v
x = np.sqrt(u)
h = np.where(u < 1e-8, 1 - 2 * u / 3, dawsn(x) / np.where(x == 0, 1, x))
f = h / v
basis = chebyshev.chebvander(2 * v - 1, DEGREE)
weight, best, least = np.ones_like(v), None, np.inf
for _ in range(25):
    fit = np.linalg.lstsq(basis * (weight / f)[:, None], weight, rcond=None)[0]
    error = np.abs(basis @ fit / f - 1)
    if error.max() < least:
        least, best = error.max(), fit
    weight = weight * np.sqrt(error / error.max() + 1e-2)
    weight /= weight.mean()
print(f"// largest relative error before rounding: {least:.1e}")
for c in chebyshev.cheb2poly(best):
    print(f"{np.float32(c):.9g},")
