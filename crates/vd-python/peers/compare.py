"""The estimators of vd_ard beside what people use instead, on the same arrays in one run.

    python compare.py [--quick] [--repeats N] [--out PAGE]

Every method of a job is timed `repeats` times, the methods in turn, and the shortest time counts. Times are of the processor, all threads of the process together,
so that other work on the machine moves them little; all run on one thread. Errors are of the noise-free truth
over the oracle's (least squares on the true columns) where there is a truth, and cross-validated otherwise. Prints a page in markdown.
"""

import argparse
import os
import platform
import resource
import subprocess
import sys
import time
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
import vd_ard  # noqa: E402
from sklearn.datasets import load_diabetes, load_digits  # noqa: E402
from sklearn.linear_model import ARDRegression, LassoCV, LogisticRegression, LogisticRegressionCV  # noqa: E402
from sklearn.metrics import log_loss  # noqa: E402
from sklearn.model_selection import KFold, StratifiedShuffleSplit, train_test_split  # noqa: E402
from sklearn.preprocessing import PolynomialFeatures, StandardScaler  # noqa: E402

warnings.filterwarnings("ignore")


def warm_up():
    """Compiles what a peer compiles at its first use."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 60))
    for make in regressors(150, 60).values():
        make().fit(X, X[:, 0] + 0.1 * rng.standard_normal(150))


def timed(makers, fit, repeats):
    """The shortest time of every method, and its last model; the methods take turns."""
    seconds, models = {name: np.inf for name in makers}, {}
    for _ in range(repeats):
        for name, make in makers.items():
            if 20 < seconds[name] < np.inf:
                continue
            model = make()
            start = time.process_time()
            fit(model)
            seconds[name] = min(seconds[name], time.process_time() - start)
            models[name] = model
    return seconds, models


def regressors(n, d):
    makers = {
        "VDRegressor()": lambda: vd_ard.VDRegressor(),
        "VDRegressor('auto')": lambda: vd_ard.VDRegressor("auto"),
        "VDRegressor(1.0)": lambda: vd_ard.VDRegressor(1.0),
        "VDRegressor('cv')": lambda: vd_ard.VDRegressor("cv", random_state=0),
        "LassoCV": lambda: LassoCV(cv=5),
    }
    if d <= 1000:
        makers["ARDRegression"] = lambda: ARDRegression()
    try:
        from abess.linear import LinearRegression

        makers["abess, 5 folds"] = lambda: LinearRegression(cv=5, support_size=range(0, min(60, n // 3, d)), thread=1)
    except ImportError:
        pass
    try:
        from skglm.estimators import MCPRegression
        from sklearn.model_selection import GridSearchCV

        def mcp():
            return Searched(lambda top: GridSearchCV(MCPRegression(), {"alpha": top * np.geomspace(1, 1e-2, 15)}, cv=5))

        makers["skglm MCP, 5 folds"] = mcp
    except ImportError:
        pass
    return makers


class Searched:
    """A grid search whose largest penalty follows from the data, as LassoCV's does."""

    def __init__(self, make):
        self.make = make

    def fit(self, X, y):
        top = np.abs((X - X.mean(0)).T @ (y - y.mean())).max() / len(y)
        self.search = self.make(top).fit(X, y)
        self.coef_ = self.search.best_estimator_.coef_
        return self

    def predict(self, X):
        return self.search.predict(X)


def kept(model):
    return int((np.abs(np.atleast_2d(model.coef_)).max(axis=0) > 1e-10).sum())


def synthetic(repeats, quick):
    """The four problems of sparse regression: n, d, true columns, noise."""
    rng = np.random.default_rng(0)
    rows = []
    for n, d, k, noise in [(500, 200, 20, 1.0), (500, 1000, 20, 1.0), (200, 2000, 10, 0.5), (2000, 500, 50, 2.0)]:
        X, w = rng.standard_normal((n, d)), np.zeros(d)
        support = rng.choice(d, k, False)
        w[support] = rng.choice([-1, 1], k) * (0.5 + rng.random(k))
        y, Xe = X @ w + noise * rng.standard_normal(n), rng.standard_normal((2000, d))
        truth = Xe @ w
        oracle = np.mean((Xe[:, support] @ np.linalg.lstsq(X[:, support], y, rcond=None)[0] - truth) ** 2)
        seconds, models = timed(regressors(n, d), lambda m: m.fit(X, y), repeats)
        for name, m in models.items():
            error = np.mean((m.predict(Xe) - truth) ** 2) / oracle
            rows.append((f"{n} x {d}, {k} true", name, seconds[name], f"{error:.2f}", f"{kept(m)}", seconds))
    return rows


def ar(rng, n, d, r):
    x = rng.standard_normal((n, d))
    for j in range(1, d):
        x[:, j] = r * x[:, j - 1] + np.sqrt(1 - r * r) * x[:, j]
    return x


def blocks(rng, n, d, size, r):
    z = rng.standard_normal((n, -(-d // size)))
    return np.sqrt(r) * np.repeat(z, size, 1)[:, :d] + np.sqrt(1 - r) * rng.standard_normal((n, d))


DESIGNS = {
    "blocks of 10, ρ = 0.95": (300, 1000, 15, 3.0, lambda g, m, d: blocks(g, m, d, 10, 0.95)),
    "signal to noise 0.5": (500, 500, 10, 0.5, lambda g, m, d: ar(g, m, d, 0.3)),
    "rare binary columns": (1000, 600, 25, 2.0, lambda g, m, d: (g.random((m, d)) < 0.05).astype(float)),
}


def designs(repeats, quick):
    """Harder designs: mean over three seeds of the error over the oracle's."""
    rows = []
    for title, (n, d, k, snr, design) in DESIGNS.items():
        totals = {}
        for seed in range(1 if quick else 3):
            rng = np.random.default_rng([len(title), 100 + seed])
            x, w, support = design(rng, n + 1000, d), np.zeros(d), rng.choice(d, k, False)
            w[support] = rng.choice([-1, 1], k) * rng.uniform(0.5, 2, k)
            f = x @ w
            t = f[:n] + np.sqrt(f.var() / snr) * rng.standard_normal(n)
            beside = np.c_[x[:n, support], np.ones(n)]
            o = np.linalg.lstsq(beside, t, rcond=None)[0]
            oracle = np.mean((x[n:, support] @ o[:-1] + o[-1] - f[n:]) ** 2)
            makers = regressors(n, d)
            makers.pop("ARDRegression", None)
            if quick:
                makers.pop("skglm MCP, 5 folds", None)
            seconds, models = timed(makers, lambda m: m.fit(x[:n], t), 1)
            for name, m in models.items():
                error = np.mean((m.predict(x[n:]) - f[n:]) ** 2) / oracle
                totals.setdefault(name, []).append((seconds[name], error, kept(m)))
        means = {name: np.mean(values, axis=0) for name, values in totals.items()}
        times = {name: value[0] for name, value in means.items()}
        for name, (second, error, count) in means.items():
            rows.append((f"{title}, {n} x {d}, {k} true", name, second, f"{error:.2f}", f"{count:.0f}", times))
    return rows


def diabetes(repeats, quick):
    X, y = load_diabetes(return_X_y=True)
    cubic = PolynomialFeatures(3, include_bias=False).fit_transform(StandardScaler().fit_transform(X))
    rows = []
    for title, Z in (("diabetes, 442 x 10", X), ("diabetes cubic, 442 x 285", cubic)):
        makers = regressors(*Z.shape)
        if quick and Z is cubic:
            makers.pop("ARDRegression", None)
            makers.pop("skglm MCP, 5 folds", None)
        results = {name: [] for name in makers}
        for train, test in KFold(5, shuffle=True, random_state=0).split(Z):
            s = StandardScaler().fit(Z[train])
            a, b = s.transform(Z[train]), s.transform(Z[test])
            seconds, models = timed(makers, lambda m: m.fit(a, y[train]), 1)
            for name, m in models.items():
                results[name].append((np.sqrt(np.mean((m.predict(b) - y[test]) ** 2)), kept(m), seconds[name]))
        means = {name: np.mean(values, axis=0) for name, values in results.items()}
        times = {name: value[2] for name, value in means.items()}
        for name, (rmse, count, second) in means.items():
            rows.append((title, name, second, f"RMSE {rmse:.2f}", f"{count:.0f}", times))
    return rows


def digits(repeats, quick):
    d = load_digits()
    X, y = d.data / 16, d.target
    makers = {
        "VDClassifier()": lambda: vd_ard.VDClassifier(),
        "VDClassifier(coding='ovr')": lambda: vd_ard.VDClassifier(coding="ovr"),
        "L1LogisticRegression()": lambda: vd_ard.L1LogisticRegression(random_state=0),
        "L1LogisticRegression(C=1)": lambda: vd_ard.L1LogisticRegression(1.0),
    }
    makers["LogisticRegressionCV, ridge"] = lambda: LogisticRegressionCV(cv=5, max_iter=300)
    makers["LogisticRegression, L1, saga, C=1"] = lambda: LogisticRegression(
        l1_ratio=1, solver="saga", C=1.0, max_iter=2000, tol=1e-4
    )
    results = {name: [] for name in makers}
    for a, c in StratifiedShuffleSplit(1 if quick else 2, test_size=0.3, random_state=0).split(X, y):
        seconds, models = timed(makers, lambda m: m.fit(X[a], y[a]), 1)
        for name, m in models.items():
            zero = float(np.mean(m.coef_ == 0))
            results[name].append((seconds[name], m.score(X[c], y[c]), zero, log_loss(y[c], m.predict_proba(X[c]))))
    means = {name: np.mean(values, axis=0) for name, values in results.items()}
    times = {name: value[0] for name, value in means.items()}
    return [
        ("digits, 1257 x 64, 10 classes", name, second, f"accuracy {accuracy:.3f}, log loss {loss:.3f}", f"{100 * (1 - zero):.0f} % of weights", times)
        for name, (second, accuracy, zero, loss) in means.items()
    ]


def relevance_vectors(repeats, quick):
    rows = []
    rng = np.random.default_rng(0)
    try:
        import fastrvm
    except ImportError:
        fastrvm = None

    def sinc(n):
        x = rng.uniform(-10, 10, (n, 1))
        return x, np.sinc(x[:, 0] / np.pi) + 0.1 * rng.standard_normal(n)

    for n in (200, 1000, 3000):
        (x, y), (xe, _) = sinc(n), sinc(2000)
        truth = np.sinc(xe[:, 0] / np.pi)
        makers = {"RVMRegressor": lambda: vd_ard.RVMRegressor(gamma=1 / 9)}
        if fastrvm:
            makers["fastrvm RVR"] = lambda: fastrvm.RVR(kernel="rbf", gamma=1 / 9)
        seconds, models = timed(makers, lambda m: m.fit(x, y), repeats)
        for name, m in models.items():
            vectors = len(m.relevance_indices_) if name.startswith("RVM") else len(m.relevance_)
            error = np.sqrt(np.mean((m.predict(xe) - truth) ** 2))
            rows.append((f"sinc, {n} rows, RBF", name, seconds[name], f"RMSE {error:.4f}", f"{vectors} vectors", seconds))
    d = load_digits()
    X = d.data - d.data.mean(0)
    a, c = train_test_split(np.arange(len(X)), train_size=1200, random_state=0)
    for kernel, kw in (("rbf", {"gamma": 1e-3}), ("linear", {})):
        makers = {"RVMClassifier": lambda: vd_ard.RVMClassifier("rbf" if kernel == "rbf" else None, **kw)}
        if fastrvm and not (quick and kernel == "linear"):
            makers["fastrvm RVC"] = lambda: fastrvm.RVC(kernel=kernel, **kw)
        seconds, models = timed(makers, lambda m: m.fit(X[a], d.target[a]), 1)
        for name, m in models.items():
            rows.append((f"digits, 1200 rows, {kernel}", name, seconds[name], f"accuracy {m.score(X[c], d.target[c]):.3f}", "", seconds))
    return rows


def border(repeats):
    """What crossing from numpy to Rust costs: the whole call less the crate's own time, which its callback brackets."""
    lines = ["| X | call, ms | border and checks, ms |", "| --- | ---: | ---: |"]
    for n, d in ((50, 5), (500, 200), (500, 1000), (2000, 500)):
        rng = np.random.default_rng(0)
        X = rng.standard_normal((n, d))
        y = X[:, 0] + 0.5 * rng.standard_normal(n)
        estimator = vd_ard.VDRegressor()
        whole, outside = np.inf, np.inf
        for _ in range(60 * repeats):
            start = time.perf_counter()
            estimator.fit(X, y)
            took = time.perf_counter() - start
            whole, outside = min(whole, took), min(outside, took - estimator._fitted.seconds())
        lines.append(f"| {n} x {d} | {1e3 * whole:.2f} | {1e3 * outside:.2f} |")
    return "\n".join(lines)


def import_time():
    code = "import time, numpy, sklearn.base, sklearn.utils.multiclass; t = time.perf_counter(); import vd_ard; print(time.perf_counter() - t)"
    runs = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(5)]
    return min(runs)


def table(title, rows):
    lines = [f"\n## {title}\n", "| job | method | seconds | over ours | error | kept |", "| --- | --- | ---: | ---: | --- | ---: |"]
    for job, name, second, error, count, times in rows:
        ours = next(iter(times.values()))
        lines.append(f"| {job} | {name} | {second:.4f} | {second / ours:.1f} | {error} | {count} |")
    return "\n".join(lines)


JOBS = {
    "Sparse regression: error over the oracle's": synthetic,
    "Harder designs: error over the oracle's": designs,
    "Diabetes: five folds": diabetes,
    "Handwritten digits": digits,
    "Relevance vector machines": relevance_vectors,
}


def write(out, page):
    """What there is of the page so far."""
    if out:
        with open(out, "w", encoding="utf-8") as file:
            file.write("\n".join(page) + "\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="leave out what takes long")
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--out", help="write the page here, too")
    options = arguments.parse_args()
    start = os.times()
    import sklearn

    load = ", ".join(f"{x:.1f}" for x in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    page = [
        "# The Python estimators beside others\n",
        f"Made by `crates/vd-python/peers/compare.py` on {time.strftime('%Y-%m-%d')}: {platform.machine()}, Python {platform.python_version()}, numpy "
        f"{np.__version__}, scikit-learn {sklearn.__version__}, vd-ard {vd_ard.__version__}; one thread each; load at the start {load}. Seconds are processor time; *over ours* is that over the job's first "
        "row's. Times of one run: compare within a job only.",
    ]
    warm_up()
    for title, job in JOBS.items():
        page.append(table(title, job(options.repeats, options.quick)))
        print(page[-1], flush=True)
        write(options.out, page)
    page.append("\n## The border\n\n`VDRegressor().fit(X, y)`, shortest of many: the whole call, and what of it is not the crate's.\n")
    page.append(border(options.repeats))
    page.append(f"\n`import vd_ard` after numpy and scikit-learn: {1e3 * import_time():.0f} ms.")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    page.append(f"This run: {os.times().user - start.user:.0f} s of processor, {peak:.0f} MiB at most.")
    print("\n".join(page[-3:]))
    write(options.out, page)


if __name__ == "__main__":
    main()
