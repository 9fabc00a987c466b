"""High-precision values of the divergence and its relatives; what the other scripts here share. Needs mpmath only.

u = 1/(2 alpha); M(u) = D(sqrt u)/sqrt u with Dawson's D; h(u) = u M(u) = -dKL/d log alpha.
"""
from mpmath import cos, erfi, euler, exp, log, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 50
C = (euler + log(2)) / 2  # the excess of KL over log(1 + 1/alpha)/2 as alpha -> 0
SERIES_TO = 150  # above it the asymptotic series is used: its smallest term is about exp(-u) < 1e-60


def M(u):
    """D(sqrt u)/sqrt u."""
    u = mpf(u)
    if u == 0:
        return mpf(1)
    if u > SERIES_TO:
        s = t = mpf(1)
        for k in range(1, 1000):
            t = t * (2 * k - 1) / (2 * u)
            s += t
            if t < mpf(10) ** -(mp.dps + 5):
                break
        return s / (2 * u)
    x = sqrt(u)
    with mp.workdps(mp.dps + 10 + int(0.9 * u)):
        v = sqrt(pi) / 2 * exp(-u) * erfi(x) / x
    return +v


def tail(u):
    """C + log(2u)/2 - KL."""
    u = mpf(u)
    if u <= SERIES_TO:
        return C + log(2 * u) / 2 - kl(u)
    s, t = mpf(0), mpf(1) / 2
    for k in range(1, 1000):
        t = t * (2 * k - 1) / (2 * u)
        s += t / k
        if t < mpf(10) ** -(mp.dps + 5):
            break
    return s


def kl(u):
    """KL = u 2F2(1, 1; 3/2, 2; -u)."""
    u = mpf(u)
    if u > SERIES_TO:
        return C + log(2 * u) / 2 - tail(u)
    with mp.workdps(mp.dps + 10 + int(0.9 * u)):
        s, t, k = mpf(0), mpf(1), 0
        while True:
            s += t
            t *= -u * (k + 1) / ((k + mpf(3) / 2) * (k + 2))
            k += 1
            if abs(t) < mpf(10) ** -mp.dps and k > u:
                break
        v = u * s
    return +v


def h(u):
    """-dKL/d log alpha = sqrt(u) D(sqrt u)."""
    return mpf(u) * M(u)


def log_g(u):
    """log G(u), G(u) = (1 + 2u)^2 M(u), the left side of the pruning equation G(u) = z^2."""
    return 2 * log(1 + 2 * u) + log(M(u))


def u_of_w(w):
    """The root u of G(u) = 1 + w."""
    w = mpf(w)
    if w == 0:
        return mpf(0)
    u = mpf("0.3") * w if w < 1 else w / 2
    for _ in range(200):
        m = M(u)
        # M' = (1 - 2h - M)/(2u), from D' = 1 - 2xD; its series near 0, where that cancels
        if u < mpf("1e-8"):
            g1 = mpf(0)
            t = mpf(1)
            for k in range(1, 9):  # G - 1 = 4u + 4u^2 + (1 + 2u)^2 (M - 1), M = sum (-u)^k 2^k/(2k+1)!!
                t *= -2 * u / (2 * k + 1)
                g1 += t
            excess = 4 * u + 4 * u * u + (1 + 2 * u) ** 2 * g1
            slope = mpf(10) / 3
        else:
            excess = (1 + 2 * u) ** 2 * m - 1
            dm = (1 - 2 * u * m - m) / (2 * u)
            slope = 4 * (1 + 2 * u) * m + (1 + 2 * u) ** 2 * dm
        step = (excess - w) / slope
        if u - step <= 0:
            step = u / 2
        u -= step
        if abs(step) < u * mpf(10) ** -(mp.dps - 8):
            return u
    raise ArithmeticError(f"no root for w = {w}")


def chebyshev(a, b, m):
    a, b = mpf(a), mpf(b)
    return [(a + b) / 2 + (b - a) / 2 * cos(pi * (2 * i + 1) / (2 * m)) for i in range(m)]


def horner(c, x):
    v = mpf(0)
    for k in reversed(c):
        v = v * x + k
    return v


def rational_fit(functions, weights, xs, n, d, iterations=8):
    """Numerators of degree n over one shared denominator of degree d, Q(0) = 1, near-minimax by Lawson's reweighting.

    Returns (largest weighted error on xs, numerators, denominator)."""
    m, nf = len(xs), len(functions)
    columns = nf * (n + 1) + d
    powers = [[x**k for k in range(max(n, d) + 1)] for x in xs]
    lawson = [[mpf(1)] * m for _ in functions]
    qv, best = [mpf(1)] * m, None
    with mp.workdps(130):
        for _ in range(iterations):
            a, b = matrix(columns, columns), matrix(columns, 1)
            for j, f in enumerate(functions):
                for i in range(m):
                    w = weights[j][i] / qv[i]
                    w = w * w * lawson[j][i]
                    row = [(j * (n + 1) + k, powers[i][k]) for k in range(n + 1)]
                    row += [(nf * (n + 1) + k - 1, -f[i] * powers[i][k]) for k in range(1, d + 1)]
                    for r, x in row:
                        wx = w * x
                        b[r] += wx * f[i]
                        for c, y in row:
                            if c <= r:
                                a[r, c] += wx * y
            for r in range(columns):
                for c in range(r + 1, columns):
                    a[r, c] = a[c, r]
            x = lu_solve(a, b)
            q = [mpf(1)] + [x[nf * (n + 1) + k] for k in range(d)]
            ps = [[x[j * (n + 1) + k] for k in range(n + 1)] for j in range(nf)]
            qv = [horner(q, t) for t in xs]
            errors = [
                [abs(weights[j][i] * (horner(ps[j], xs[i]) / qv[i] - f[i])) for i in range(m)]
                for j, f in enumerate(functions)
            ]
            worst = max(max(e) for e in errors)
            if best is None or worst < best[0]:
                best = (worst, ps, q)
            for j in range(nf):
                mean = sum(errors[j]) / m
                lawson[j] = [l * (e / mean + mpf("0.02")) for l, e in zip(lawson[j], errors[j])]
                total = sum(lawson[j]) / m
                lawson[j] = [l / total for l in lawson[j]]
    return best
