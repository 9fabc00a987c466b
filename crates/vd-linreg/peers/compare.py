"""This crate beside scikit-learn 1.9.1 (ARDRegression, LassoCV) and skglm 0.5 (MCP), on the same arrays in one run.

    cargo build --release -p vd-linreg --example linreg_compare
    python compare.py --compare PATH/TO/target/release/examples/linreg_compare --only script     # the four problems, seed 0
    python compare.py --compare ... --only diabetes                                       # cubic, 5 folds
    python compare.py --compare ... --only designs --seeds 3                              # correlated, scaled, heavy-tailed
    python compare.py --compare ... --only big                                            # scale: no peers

MCP is given the most that it can be: every point of a 30-point path, picked by the true error. pip: scikit-learn==1.9.1
skglm==0.5 numpy scipy.
"""
import argparse, csv, io, os, subprocess, tempfile, time, warnings
import numpy as np

warnings.filterwarnings("ignore")
BASE = [(500, 200, 20, 1.0), (500, 1000, 20, 1.0), (200, 2000, 10, 0.5), (2000, 500, 50, 2.0)]


class Problems:
    def __init__(self, folder):
        self.folder, self.list = folder, []

    def add(self, name, X, y, Xe, fe, w=None, intercept=False):
        for suffix, a in (("x", X), ("t", y), ("xe", Xe), ("fe", fe)):
            np.asarray(a).ravel(order="F").astype("<f8").tofile(os.path.join(self.folder, f"{name}.{suffix}"))
        with open(os.path.join(self.folder, "index.txt"), "a") as index:
            index.write(f"{name} {X.shape[0]} {X.shape[1]} {Xe.shape[0]} {int(intercept)}\n")
        self.list.append((name, X, y, Xe, fe, w, intercept))


def script(problems):
    """The four problems as the project's peer figures have them: one generator, seed 0, in this order."""
    rng = np.random.default_rng(0)
    for n, d, k, noise in BASE:
        X = rng.standard_normal((n, d)); w = np.zeros(d)
        w[rng.choice(d, k, False)] = rng.choice([-1, 1], k) * (0.5 + rng.random(k))
        y = X @ w + noise * rng.standard_normal(n); Xe = rng.standard_normal((2000, d))
        problems.add(f"{n}x{d}", X, y, Xe, Xe @ w, w)


def designs(problems, seeds, first):
    for seed in range(first, first + seeds):
        for n, d, k, noise in BASE:
            for kind in ("iso", "rho0.5", "rho0.9", "scales", "heavy"):
                rng = np.random.default_rng([seed, n, d, sum(map(ord, kind))])
                Z = rng.standard_normal((n + 1000, d))
                if kind.startswith("rho"):
                    r = float(kind[3:])
                    for j in range(1, d):
                        Z[:, j] = r * Z[:, j - 1] + np.sqrt(1 - r * r) * Z[:, j]
                scale = 10 ** rng.uniform(-3, 3, d) if kind == "scales" else np.ones(d)
                w = np.zeros(d); S = rng.choice(d, k, False)
                w[S] = rng.choice([-1, 1], k) * (0.5 + rng.random(k)) / scale[S]
                Z *= scale
                e = rng.standard_t(3, n) / np.sqrt(3) if kind == "heavy" else rng.standard_normal(n)
                problems.add(f"{kind}-{n}x{d}-{seed}", Z[:n], Z[:n] @ w + noise * e, Z[n:], Z[n:] @ w, w)


def diabetes(problems):
    from sklearn.datasets import load_diabetes
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler
    X, y = load_diabetes(return_X_y=True)
    P = PolynomialFeatures(3, include_bias=False).fit_transform(StandardScaler().fit_transform(X))
    for fold, (tr, te) in enumerate(KFold(5, shuffle=True, random_state=0).split(P)):
        s = StandardScaler().fit(P[tr])
        problems.add(f"diabetes-cubic-{fold}", s.transform(P[tr]), y[tr], s.transform(P[te]), y[te], None, True)


def big(problems):
    rng = np.random.default_rng(7)
    n, d, k = 1000, 100_000, 20
    X = rng.standard_normal((n, d)); w = np.zeros(d); w[rng.choice(d, k, False)] = rng.choice([-1, 1], k) * (0.5 + rng.random(k))
    Xe = np.zeros((10, d)); Xe[:, np.flatnonzero(w)] = rng.standard_normal((10, k))
    problems.add("1000x100000", X, X @ w + rng.standard_normal(n), Xe, Xe @ w, w)


def peers(X, y, Xe, fe, w, intercept, which):
    from sklearn.linear_model import ARDRegression, LassoCV
    rows = []

    def row(name, seconds, coef, b=0.0):
        rows.append((name, seconds, ((Xe @ coef + b - fe) ** 2).mean(), int((np.abs(coef) > 1e-10).sum())))

    if "ard" in which and X.shape[1] <= 1000:
        m = ARDRegression(fit_intercept=intercept); t = time.perf_counter(); m.fit(X, y); row("ARDRegression", time.perf_counter() - t, m.coef_, m.intercept_)
    if "lasso" in which:
        m = LassoCV(fit_intercept=intercept, cv=5); t = time.perf_counter(); m.fit(X, y); row("LassoCV", time.perf_counter() - t, m.coef_, m.intercept_)
    if "mcp" in which and w is not None:
        from skglm import MCPRegression
        S = np.sqrt((X ** 2).mean(0)); Z = np.asfortranarray(X / S)
        top = np.abs(Z.T @ y).max() / len(y); t = time.perf_counter(); best = None
        for a in top * np.geomspace(1, 1e-2, 30):
            c = MCPRegression(alpha=a, gamma=3.0, fit_intercept=False).fit(Z, y).coef_ / S
            e = ((Xe @ c - fe) ** 2).mean()
            if best is None or e < best[0]:
                best = (e, c)
        row("MCP path, picked by the truth", time.perf_counter() - t, best[1])
    if w is not None:
        S = np.flatnonzero(w); c = np.zeros(X.shape[1]); c[S] = np.linalg.lstsq(X[:, S], y, rcond=None)[0]; row("oracle", 0.0, c)
    return rows


def main():
    a = argparse.ArgumentParser(); a.add_argument("--compare", required=True); a.add_argument("--only", default="script")
    a.add_argument("--seeds", type=int, default=2); a.add_argument("--first-seed", type=int, default=100)
    a.add_argument("--peers", default="ard,lasso,mcp"); a.add_argument("--repeats", default="3")
    a.add_argument("--ard-problems", type=int, default=99, help="ARDRegression on so many problems only (17 s each on diabetes cubic)"); a = a.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        problems = Problems(folder)
        {"script": script, "diabetes": diabetes, "big": big}.get(a.only, lambda p: designs(p, a.seeds, a.first_seed))(problems)
        out = subprocess.run([a.compare, folder, a.repeats], check=True, capture_output=True, text=True).stdout
        ours = list(csv.DictReader(io.StringIO(out)))
        summary = {}
        for place, (name, X, y, Xe, fe, w, intercept) in enumerate(problems.list):
            unit = (fe ** 2).mean() if w is not None else 1.0
            show = (lambda e: f"{e / unit:.4f}") if w is not None else (lambda e: f"{np.sqrt(e):.2f}")
            mine = [(r["method"], float(r["seconds"]), float(r["mean_squared"]), int(r["kept"])) for r in ours if r["problem"] == name]
            theirs = [] if a.only == "big" else peers(X, y, Xe, fe, w, intercept, [p for p in a.peers.split(",") if p != "ard" or place < a.ard_problems])
            oracle = dict((r[0], r[2]) for r in theirs).get("oracle")
            by = {r[0]: r for r in theirs + mine}
            line = "; ".join(f"{m} {s:.4f}s {show(e)} kept {k}" + (f" ({e / oracle:.2f} x oracle)" if oracle and m != "oracle" else "") for m, s, e, k in mine + theirs)
            times = [f"ARDRegression/lambda=1 {by['ARDRegression'][1] / by['lambda=1'][1]:.0f}x"] if "ARDRegression" in by else []
            times += [f"LassoCV/cv {by['LassoCV'][1] / by['cv'][1]:.1f}x"] if "LassoCV" in by else []
            print(f"{name}: {line}; time {', '.join(times)}", flush=True)
            for m, s, e, k in mine + theirs:
                key = (name.split("-")[0], m)
                summary.setdefault(key, []).append((s, e / oracle if oracle else np.sqrt(e), k))
        if len(problems.list) > 4:
            print("\nmedian and worst over problems (error over the oracle's, or RMSE: mean):")
            for (kind, m), v in summary.items():
                e = np.array([x[1] for x in v])
                print(f"  {kind:8} {m:30} median {np.median(e):.3f} mean {e.mean():.3f} worst {e.max():.3f} seconds {np.mean([x[0] for x in v]):.4f} kept {np.mean([x[2] for x in v]):.1f}")


main()
