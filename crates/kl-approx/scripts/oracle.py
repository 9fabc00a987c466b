#!/usr/bin/env python3
"""Makes tests/data/oracle.csv (KL and its gradient) and tests/data/pruning.csv (u of z^2) from 50-digit arithmetic, 22 digits or more.

    python crates/kl-approx/scripts/oracle.py

The points are doubles, printed so that they read back exactly. They are of four kinds: a list of named ones, the edges
of the code's regions with their neighbours, evenly spaced ones, and random ones (seed 20261122). mpmath 1.3.0. This is
a different road from coefficients.py's fits only after them: both use highprec.py, whose KL (a series) and gradient
(erfi) are checked here against quadrature.
"""
import math
import pathlib
import random

from highprec import C, M, erfi, exp, h, kl, log, mp, mpf, pi, sqrt, u_of_w

DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"


def kl_grad(l):
    l = mpf(l)
    if l < -200:  # the tail is below exp(-200)
        return C - l / 2, -mpf(1) / 2
    u = exp(-l) / 2
    return kl(u), -h(u)


def log1p_half(l):
    """log(1 + 1/alpha)/2 and its derivative."""
    l = mpf(l)
    if l < -2000:
        return -l / 2, -mpf(1) / 2
    return mp.log1p(exp(-l)) / 2, -1 / (1 + exp(l)) / 2


def sigmoid(l, k1, k2, k3):
    v, g = log1p_half(l)
    s = k2 + k3 * mpf(l)
    if s < -3000:
        return v + k1, g
    tail = 1 / (1 + exp(s))
    return v + k1 * tail, g - k1 * k3 * tail * (1 - tail)


def cubic(l):
    if l > 0:
        return mp.nan, mp.nan
    a = exp(max(mpf(l), mpf(-2000)))
    c1, c2, c3 = (mpf(c) for c in (1.16145124, -1.50204118, 0.58629921))  # the doubles that the code has
    constant = mpf(0.6553513462)  # approximation.rs says why
    return constant - mpf(l) / 2 - a * (c1 + a * (c2 + a * c3)), -mpf(1) / 2 - a * (c1 + a * (2 * c2 + 3 * a * c3))


def neighbours(x, steps=2):
    xs, lo, hi = [x], x, x
    for _ in range(steps):
        lo, hi = math.nextafter(lo, -math.inf), math.nextafter(hi, math.inf)
        xs += [lo, hi]
    return xs


def main():
    for u in ("0.3", "2", "9", "20"):  # 2 int_0^sqrt(u) D(s) ds and int_0^1 exp(-u (1 - t^2)) dt
        u = mpf(u)
        dawson = lambda s: sqrt(pi) / 2 * exp(-s * s) * erfi(s)
        assert abs(2 * mp.quad(dawson, mp.linspace(0, sqrt(u), 6)) / kl(u) - 1) < mpf(10) ** -40
        assert abs(mp.quad(lambda t: exp(-u * (1 - t * t)), [0, 0.5, 1]) / M(u) - 1) < mpf(10) ** -40
    rng = random.Random(20261122)
    named = [0.0, 1.0, -1.0, 5e-324, -5e-324, 1e-16, 3.0, 5.0, -3.6, -1.5067093552398294, 1.2703628454614782, 700.0, 707.0]
    named += [707.7, -50.0, -100.0, -708.0, -745.0, -746.0, -1e5, -1e16, -1e100, -1e300, -1.7976931348623157e308, 36.7, 37.5]
    edges = []
    for x in (-3.3322, -2.63906, -math.log(28), -math.log(14), 0.5 * math.log(2), -0.5 * math.log(2), 40 * math.log(2)):
        edges += neighbours(x)
    spaced = [-60 + i * 0.37 for i in range(330)] + [70 + 6.37 * i for i in range(100)]
    rand = [rng.uniform(-8, 8) for _ in range(400)] + [rng.uniform(-45, 707) for _ in range(300)]
    rand += [-(10 ** rng.uniform(-3, 300)) for _ in range(60)]
    with open(DATA / "oracle.csv", "w") as f:
        f.write("kind,log_alpha,kl,kl_grad,poster,poster_grad,empirical_bayes,empirical_bayes_grad,cubic,cubic_grad\n")
        for kind, xs in (("list", named), ("edge", edges), ("spaced", spaced), ("random", rand)):
            for x in xs:
                values = [*kl_grad(x), *sigmoid(x, mpf(0.64), mpf(1.95), mpf(1.5)), *log1p_half(x), *cubic(x)]
                f.write(f"{kind},{x!r}," + ",".join("" if v != v else mp.nstr(v, 22) for v in values) + "\n")
    z2 = [1 + 2.0**-k for k in (52, 50, 40, 30, 20, 10, 5, 2, 1)] + [1.01**2, 1.08**2, 1.2**2, 4.0, 9.0, 25.0, 100.0]
    for w in (4.0, 9.0, 15.0, 26.0, 44.0):
        z2 += neighbours(1 + w)
    z2 += [1 + 0.25 * i for i in range(1, 240)] + [10.0**k for k in range(2, 301, 9)] + [1e300, 1.7e308]
    z2 += [1 + 10 ** rng.uniform(-12, 3) for _ in range(300)]
    with open(DATA / "pruning.csv", "w") as f:
        f.write("z2,u,shrinkage\n")
        for z in z2:
            w = mpf(z) - 1
            u = u_of_w(w)
            f.write(f"{z!r},{mp.nstr(u, 25)},{mp.nstr(2 * u / (1 + 2 * u), 25)}\n")


main()
