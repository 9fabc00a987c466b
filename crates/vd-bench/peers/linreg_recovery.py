"""The peers' rows of the recovery table: assets/linreg-recovery-peers.csv.

    cargo run --release -p vd-bench --example linreg_arrays -- DIR 0 2
    python linreg_recovery.py DIR > ../assets/linreg-recovery-peers.csv

scikit-learn 1.9.1, skglm 0.5. The arrays are those of `figures::recovery_problems`, so that the rows belong to the same data as ours. MCP: every point of a 30-point path, picked by the true error. ARDRegression where D <= 500.
"""
import sys, warnings
import numpy as np
from sklearn.linear_model import ARDRegression, LassoCV
from skglm import MCPRegression

warnings.filterwarnings("ignore")
folder = sys.argv[1]
print("# problem,seed,method,relative_error,kept,true_kept")
print("# made by peers/linreg_recovery.py with scikit-learn 1.9.1 and skglm 0.5; intercepts fitted by LassoCV and ARDRegression")
for line in open(f"{folder}/index.tsv"):
    stem, name, seed, n, d, m = line.rstrip("\n").split("\t")
    n, d, m = int(n), int(d), int(m)
    load = lambda part, *shape: np.fromfile(f"{folder}/{stem}.{part}", "<f8").reshape(shape, order="F")
    X, y, Xe, fe, w = load("x", n, d), load("t", n), load("xe", m, d), load("fe", m), load("w", d)

    def row(method, coef, b=0.0):
        kept = np.abs(coef) * X.std(0) > 1e-10
        error = ((Xe @ coef + b - fe) ** 2).sum() / (fe ** 2).sum()
        print(f"{name},{seed},{method},{error!r},{kept.sum()},{(kept & (w != 0)).sum()}".replace("np.float64(", "").replace(")", ""), flush=True)

    s = X.std(0)
    model = LassoCV(cv=5).fit(X / s, y)
    row("LassoCV", model.coef_ / s, model.intercept_ )
    if d <= 500 and n <= 500:
        model = ARDRegression().fit(X / s, y)
        row("ARDRegression", model.coef_ / s, model.intercept_)
    Z, best = np.asfortranarray(X / s), None
    for a in np.abs(Z.T @ y).max() / n * np.geomspace(1, 1e-2, 30):
        c = MCPRegression(alpha=a, gamma=3.0, fit_intercept=False).fit(Z, y).coef_ / s
        e = ((Xe @ c - fe) ** 2).mean()
        if best is None or e < best[0]:
            best = (e, c)
    row("MCP path picked by the truth", best[1])
