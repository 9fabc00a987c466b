#!/usr/bin/env python3
"""Makes tests/data/false_keeps.csv (lambda of an error rate) and tests/data/tail.csv (the tail of chi-squared) from 60-digit arithmetic.

    python crates/kl-approx/scripts/false_keeps.py           writes both files
    python crates/kl-approx/scripts/false_keeps.py --table   prints the constants STIRLING_ERROR of src/chi_squared.rs

The points are doubles, printed so that they read back exactly; the random ones have the seed 20261126. The tail is mpmath's
regularised incomplete gamma function, which shares nothing with the sums of src/chi_squared.rs; it is compared here with the finite sum
for even G. lambda is its root by bisection and the secant method. Needs mpmath (scripts/requirements.txt).
"""
import math
import pathlib
import random
import sys

from mpmath import mp, mpf

mp.dps = 60
DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"


def tail(x, group):
    """P(chi-squared with `group` degrees of freedom > x)."""
    return mp.gammainc(mpf(group) / 2, mpf(x) / 2, mp.inf, regularized=True)


def body(x, group):
    """1 - tail(x, group), without cancellation."""
    return mp.gammainc(mpf(group) / 2, 0, mpf(x) / 2, regularized=True)


def quantile(q, columns, group):
    """x with tail(x, group) = q/columns, by the secant method on a logarithm."""
    part = mpf(q) / columns
    a = mpf(group) / 2
    if part > mpf(1) / 2:
        whole = mp.log(1 - part)
        f = lambda t: mp.log(body(mp.exp(t), group)) - whole
        start = mp.log(2 * a) + (whole if a < 2 else mpf(-1) / 10) / a
        return mp.exp(mp.findroot(f, (start, start - mpf(1) / 50), tol=mpf(10) ** -80, maxsteps=200))
    target = mp.log(part)
    f = lambda x: mp.log(tail(x, group)) - target
    # Bisection from a bracket, then the secant method.
    low, high = mpf(0), 2 * a - 2 * target + 4 * mp.sqrt(-a * target)
    while (high - low) > high / 1000:
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) > 0 else (low, middle)
    return mp.findroot(f, (low, high), tol=mpf(10) ** -80, maxsteps=200)


def table():
    for twice in range(1, 33):
        a = mpf(twice) / 2
        error = mp.loggamma(a + 1) - (a + mpf(1) / 2) * mp.log(a) + a - mp.log(2 * mp.pi) / 2
        print(f"    {float(error)!r},")


def main():
    for group, x in ((2, 3), (8, 20), (64, 90)):
        finite = mp.exp(-mpf(x) / 2) * mp.fsum((mpf(x) / 2) ** k / mp.factorial(k) for k in range(group // 2))
        assert abs(tail(x, group) / finite - 1) < mpf(10) ** -50
    rng = random.Random(20261126)
    rates = [1e-323, 2.5e-310, 1e-300, 1e-200, 1e-100, 1e-50, 1e-20, 1e-16, 1e-9, 1e-5, 0.01, 0.1, 0.5, 1.0, 5.0]
    cases = []
    for group in (1, 2, 3, 4, 5, 7, 10, 16, 31, 32, 33, 34, 100, 101, 300, 784, 9999):
        columns = rng.choice([20, 784, 1000, 3000])
        cases += [(q, columns, group) for q in rates]
    for group in (1, 2, 3, 10, 33):
        for columns in (1, 3, 1000, 2**53):
            near = float(columns)
            for _ in range(2):
                near = math.nextafter(near, 0)
            cases += [(near, columns, group), (0.9 * columns, columns, group), (0.5 * columns, columns, group)]
    for _ in range(150):
        columns = int(10 ** rng.uniform(0, 7))
        group = int(10 ** rng.uniform(0, 3))
        cases.append((min(columns * 10 ** rng.uniform(-20, 0), columns * (1 - 1e-9)), columns, group))
    with open(DATA / "false_keeps.csv", "w") as f:
        f.write("q,columns,group,lambda\n")
        for q, columns, group in cases:
            value = quantile(q, columns, group) / group
            relative = abs(tail(value * group, group) / (mpf(q) / columns) - 1)
            assert relative < mpf(10) ** -40, (q, columns, group, relative)
            f.write(f"{q!r},{columns},{group},{mp.nstr(value, 22)}\n")
    points = []
    for group in (1, 2, 3, 4, 5, 8, 15, 16, 31, 32, 33, 64, 101, 300, 1000, 10000):
        for scale in (1e-12, 1e-3, 0.1, 0.5, 0.9, math.nextafter(1, 0), 1.0, math.nextafter(1, 2), 1.1, 1.5, 2.0, 4.0):
            points.append((scale, group))
        # The rest of the way to the end of the normal numbers.
        end = float(quantile(2.3e-308, 1, group) / group)
        points += [(1 + (end - 1) * k / 12, group) for k in range(1, 13)]
    with open(DATA / "tail.csv", "w") as f:
        f.write("lambda,group,probability\n")
        for scale, group in points:
            f.write(f"{scale!r},{group},{mp.nstr(tail(mpf(scale) * group, group), 22)}\n")


table() if "--table" in sys.argv else main()
