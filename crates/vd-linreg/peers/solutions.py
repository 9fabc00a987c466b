"""Small problems solved to 30 digits by coordinate ascent in mpmath 1.3.0 (50 digits): reference/solutions.json.

    python solutions.py > ../reference/solutions.json

Written from the formulas alone: the objective
    L = n/2 log b - n/2 log 2 pi - b/2 (|X th - t|^2 + sum a_d S_d th_d^2) - lam sum KL(a_d),   KL' wrt u = 1/(2a): D(sqrt u)/sqrt u
is maximised over one (th_d, a_d) at a time by bisection on (1 + 2u)^2 D(sqrt u)/sqrt u = z^2/lam, and over b where it is learned.
KL(a) = u 2F2(1, 1; 3/2, 2; -u). The gradients of the result are checked to 1e-28.
"""
import json
import numpy as np
from mpmath import mp, mpf, sqrt, pi, exp, erfi, log, hyp2f2, diff

mp.dps = 50


def ratio(u):
    s = sqrt(u)
    return sqrt(pi) / 2 * exp(-u) * erfi(s) / s


def root(r):
    lo, hi = mpf(0), (r - 1) / 2 + 1
    for _ in range(175):
        m = (lo + hi) / 2
        if (1 + 2 * m) ** 2 * ratio(m) < r:
            lo = m
        else:
            hi = m
    return (lo + hi) / 2


def kl(u):
    return u * hyp2f2(1, 1, mpf(3) / 2, 2, -u)


def solve(X, t, lam, beta):
    n, d = len(t), len(X[0])
    S = [sum(X[i][j] ** 2 for i in range(n)) for j in range(d)]
    th, us, r = [mpf(0)] * d, [mpf(0)] * d, list(t)
    learned = beta is None
    b = mpf(n) / sum(v * v for v in t) if learned else beta
    for sweep in range(2000):
        change = mpf(0)
        for j in range(d):
            q = sum(X[i][j] * r[i] for i in range(n)) + S[j] * th[j]
            z2 = b * q * q / S[j] / lam
            u = root(z2) if z2 > 1 else mpf(0)
            new = q / S[j] * 2 * u / (1 + 2 * u)
            delta = new - th[j]
            r = [r[i] - delta * X[i][j] for i in range(n)]
            th[j], us[j], change = new, u, max(change, abs(delta))
        energy = sum(v * v for v in r) + sum(S[j] * th[j] ** 2 / (2 * us[j]) for j in range(d) if us[j] > 0)
        if learned:
            new = n / energy
            change, b = max(change, abs(new - b)), new
        if change < mpf(10) ** -32:
            break
    L = mpf(n) / 2 * (log(b) - log(2 * pi)) - b / 2 * energy - lam * sum(kl(u) for u in us if u > 0)
    for j in range(d):
        if us[j] > 0:
            g = b * (sum(X[i][j] * r[i] for i in range(n)) - S[j] * th[j] / (2 * us[j]))
            k = b / 2 * S[j] * th[j] ** 2 / (2 * us[j]) - lam * us[j] * ratio(us[j])
            assert abs(g) < mpf(10) ** -27 and abs(k) < mpf(10) ** -27, (g, k)
    text = lambda v: mp.nstr(v, 30)
    return {"lambda": str(lam), "beta_given": not learned, "beta": text(b), "objective": text(L),
            "theta": [text(v) for v in th], "log_alpha": [None if u == 0 else text(-log(2 * u)) for u in us]}


out = {"made_by": "peers/solutions.py, mpmath 1.3.0, 50 digits", "problems": []}
for seed, n, d, lam, beta, rho in [(1, 12, 4, 1, 2.0, 0.0), (2, 15, 5, 1, None, 0.3), (3, 20, 6, 2, None, 0.6), (4, 10, 3, 0.5, 5.0, 0.8), (5, 25, 8, 4, 1.5, 0.5)]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    for j in range(1, d):
        X[:, j] = rho * X[:, j - 1] + np.sqrt(1 - rho * rho) * X[:, j]
    w = np.where(np.arange(d) % 2 == 0, 1.0, 0.0)
    t = X @ w + 0.6 * rng.standard_normal(n)
    X, t = np.round(X, 6), np.round(t, 6)
    solution = solve([[mpf(str(v)) for v in row] for row in X], [mpf(str(v)) for v in t], mpf(str(lam)), None if beta is None else mpf(str(beta)))
    out["problems"].append({"x_rows": X.tolist(), "t": t.tolist(), **solution})
print(json.dumps(out, indent=1))
