"""Gaussian expectations of log likelihoods at high precision: families.csv and softmax.csv, which the tests read.

    python families.py        (mpmath 1.4, numpy 2; half a minute)

families.csv: family, target, m, v, E log p, its first derivative in m, minus its second: each its own integral of the derivative of
log p, 30 digits. softmax.csv: the same for three classes, by the trapezoid rule on a grid of 3 dimensions (step 0.2 standard deviations;
halving the step changes nothing above 1e-13).
"""
import csv
import mpmath as mp
import numpy as np

mp.mp.dps = 30

def expectation(f, m, v):
    m, s = mp.mpf(m), mp.sqrt(mp.mpf(v))
    if s == 0:
        return f(m)
    density = lambda e: mp.exp(-e * e / 2) / mp.sqrt(2 * mp.pi)
    cuts = sorted({mp.mpf(c) for c in range(-14, 15, 2)} | {max(min(-m / s, mp.mpf(14)), mp.mpf(-14))})
    return mp.quad(lambda e: f(m + s * e) * density(e), cuts)

def softplus(z):
    return mp.log1p(mp.exp(z)) if z < 0 else z + mp.log1p(mp.exp(-z))

def sigma(z):
    return 1 / (1 + mp.exp(-z))

def cdf(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2

def mills(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi) / cdf(x)

R, K, SD = mp.mpf("2.5"), mp.mpf(3), mp.mpf("0.7")
def logit(t):
    return (lambda z: t * z - softplus(z), lambda z: t - sigma(z), lambda z: sigma(z) * sigma(-z))
def probit(t):
    s = 1 if t else -1
    return (lambda z: mp.log(cdf(s * z)), lambda z: s * mills(s * z), lambda z: mills(s * z) * (s * z + mills(s * z)))
def poisson(t):
    return (lambda z: t * z - mp.exp(z) - mp.loggamma(t + 1), lambda z: t - mp.exp(z), lambda z: mp.exp(z))
def negative_binomial(t):
    const = mp.loggamma(t + R) - mp.loggamma(R) - mp.loggamma(t + 1) - t * mp.log(R)
    u = lambda z: z - mp.log(R)
    return (lambda z: t * z - (t + R) * softplus(u(z)) + const, lambda z: t - (t + R) * sigma(u(z)),
            lambda z: (t + R) * sigma(u(z)) * sigma(-u(z)))
def gamma(t):
    const = K * mp.log(K) + (K - 1) * mp.log(t) - mp.loggamma(K)
    return (lambda z: -K * z - K * t * mp.exp(-z) + const, lambda z: K * (t * mp.exp(-z) - 1), lambda z: K * t * mp.exp(-z))
def gaussian(t):
    return (lambda z: -(t - z) ** 2 / (2 * SD**2) - mp.log(2 * mp.pi * SD**2) / 2, lambda z: (t - z) / SD**2, lambda z: 1 / SD**2)

GRID = [(-30, 0), (-30, 9), (-6, 0.25), (-2.3, 0), (-0.4, 1e-4), (0, 1), (0.7, 4), (3, 0.01), (3, 20), (12, 2), (5, 35), (5, 37), (-40, 400), (1, 3000)]
MILD = [(m, v) for m, v in GRID if abs(m) <= 12 and v <= 20]
CASES = [("logit", logit, (0, 1), GRID), ("probit", probit, (0, 1), MILD + [(5, 37), (-12, 2)]), ("poisson", poisson, (0, 4), MILD),
         ("negative binomial", negative_binomial, (0, 7), GRID), ("gamma", gamma, (mp.mpf("0.3"), 5), MILD), ("gaussian", gaussian, (-1, 2), MILD)]

with open("families.csv", "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["family", "target", "m", "v", "value", "g", "w"])
    for name, family, targets, grid in CASES:
        for t in targets:
            for m, v in grid:
                row = [expectation(f, m, v) for f in family(t)]
                out.writerow([name, mp.nstr(mp.mpf(t), 3), m, v] + [mp.nstr(x, 20) for x in row])

def softmax(m, v, step=0.2, reach=8.2):
    e = np.arange(-reach, reach + step / 2, step)
    d = np.exp(-e * e / 2)
    d /= d.sum()
    z = [m[k] + np.sqrt(v[k]) * e.reshape([-1 if j == k else 1 for j in range(3)]) for k in range(3)]
    weight = d[:, None, None] * d[None, :, None] * d[None, None, :]
    top = np.maximum(np.maximum(z[0], z[1]), z[2])
    lse = top + np.log(sum(np.exp(zk - top) for zk in z))
    p = [np.exp(zk - lse) for zk in z]
    return [(weight * lse).sum()] + [(weight * pk).sum() for pk in p] + [(weight * pk * (1 - pk)).sum() for pk in p]

with open("softmax.csv", "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["m0", "m1", "m2", "v0", "v1", "v2", "lse", "p0", "p1", "p2", "w0", "w1", "w2"])
    for m in [(0, 0, 0), (1, -2, 0.5), (4, 3.7, -8), (-20, -19, -25), (0.1, 0.2, 12)]:
        for v in [(1e-4, 0, 1e-2), (0.3, 0.5, 0.1), (1, 2, 4), (0, 9, 3), (12, 0.01, 6)]:
            out.writerow(list(m) + list(v) + [repr(float(x)) for x in softmax(m, v)])
