"""Reference objectives for the tests, from scikit-learn run to a tight tolerance.

usage: reference.py OUT_DIR   (numpy 2.x, scikit-learn 1.9.1; float64 throughout)

Writes the three data sets (digits.csv.gz: UCI optical digits test set as shipped with scikit-learn; wine.csv: UCI wine; wide.csv: made
here from a seed) and objectives.csv: problem, loss, penalty, intercept, C, objective C sum f + Omega(W), nonzero weights.
Inputs as the tests rebuild them: digits / 16 (first 600 rows), wine standardised by column (population deviation), wide as it is.
"""
import gzip, sys, warnings
import numpy as np
from sklearn.datasets import load_digits, load_wine
from sklearn.linear_model import LogisticRegression
warnings.filterwarnings("ignore")
out = sys.argv[1]
digits, wine = load_digits(), load_wine()
with gzip.GzipFile(f"{out}/digits.csv.gz", "wb", mtime=0) as f:
    for row, t in zip(digits.data.astype(int), digits.target):
        f.write((",".join(map(str, row)) + f",{t}\n").encode())
with open(f"{out}/wine.csv", "w") as f:
    for row, t in zip(wine.data, wine.target):
        f.write(",".join(repr(float(v)) for v in row) + f",{t}\n")
rng = np.random.default_rng(7)
wide = np.round(rng.normal(size=(80, 150)) * (rng.random((80, 150)) < 0.3), 3)
score = wide[:, :4] @ np.array([[2, -1, 0], [0, 2, -1], [-1, 0, 2], [1, 1, -2.0]]) + rng.gumbel(size=(80, 3)) * 0.5
wide_t = score.argmax(1)
with open(f"{out}/wide.csv", "w") as f:
    for row, t in zip(wide, wide_t):
        f.write(",".join(repr(float(v)) for v in row) + f",{t}\n")
problems = {
    "digits": (digits.data[:600] / 16, digits.target[:600], (0.05, 1.0)),
    "wine": ((wine.data - wine.data.mean(0)) / wine.data.std(0), wine.target, (0.1, 10.0)),
    "wide": (wide, wide_t, (0.2, 2.0)),
}
def softmax_loss(z, t):
    m = z.max(1)
    return (m + np.log(np.exp(z - m[:, None]).sum(1)) - z[np.arange(len(t)), t]).sum()
def omega(w, ratio):
    return ratio * np.abs(w).sum() + (1 - ratio) * 0.5 * (w * w).sum()
rows = []
def fit_softmax(X, t, C, ratio, intercept):
    solver = dict(solver="lbfgs", penalty="l2", tol=1e-12, max_iter=100000) if ratio == 0 else \
        dict(solver="saga", penalty="elasticnet", l1_ratio=ratio, tol=1e-13, max_iter=30000)
    m = LogisticRegression(C=C, fit_intercept=intercept, random_state=0, **solver).fit(X, t)
    return C * softmax_loss(X @ m.coef_.T + m.intercept_, t) + omega(m.coef_, ratio), (m.coef_ != 0).sum()
def fit_binary(X, y, C, kind):
    if kind == "unpenalised":
        m = LogisticRegression(C=C, solver="saga", penalty="l1", tol=1e-13, max_iter=30000, random_state=0).fit(X, y)
    else:
        # liblinear penalises the intercept like a weight.
        m = LogisticRegression(C=C, solver="liblinear", penalty="l1", tol=1e-10, max_iter=100000, random_state=0,
                               fit_intercept=kind == "penalised").fit(X, y)
    z = (X @ m.coef_.T + m.intercept_).ravel()
    loss = np.logaddexp(0, np.where(y == 1, -z, z)).sum()
    return C * loss + np.abs(m.coef_).sum() + (abs(m.intercept_[0]) if kind == "penalised" else 0), (m.coef_ != 0).sum()
for name, (X, t, Cs) in problems.items():
    for C in Cs:
        for intercept in ("unpenalised", "none"):
            for penalty, ratio in (("l1", 1.0), ("elastic-net-0.5", 0.5), ("ridge", 0.0)):
                o, k = fit_softmax(X, t, C, ratio, intercept == "unpenalised")
                rows.append((name, "softmax", penalty, intercept, C, o, k)); print(*rows[-1], flush=True)
        for intercept in ("unpenalised", "penalised", "none"):
            parts = [fit_binary(X, (t == c).astype(int), C, intercept) for c in np.unique(t)]
            rows.append((name, "ovr", "l1", intercept, C, sum(p[0] for p in parts), sum(p[1] for p in parts)))
            print(*rows[-1], flush=True)
with open(f"{out}/objectives.csv", "w") as f:
    f.write("problem,loss,penalty,intercept,C,objective,nonzero\n")
    for r in rows:
        f.write(",".join(str(v) if not isinstance(v, float) else repr(float(v)) for v in r) + "\n")
