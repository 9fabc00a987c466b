"""Two-class L1 path on the sparse data that `--example text_path` wrote: liblinear, skglm or celer against our objectives.

python3 text_path.py FOLDER liblinear|skglm|celer TOLERANCE [REPEATS]

Prints user CPU seconds of the whole path and the largest relative excess of the objective over ours (no intercept, cost C). Run it with
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1 taskset -c 0. Compiling (numba) is not counted. Versions: requirements.txt.
"""
import resource
import sys
import warnings

import numpy as np
import scipy.sparse as sp

warnings.filterwarnings("ignore")
folder, peer, tolerance = sys.argv[1], sys.argv[2], float(sys.argv[3])
repeats = int(sys.argv[4]) if len(sys.argv) > 4 else 1
read = lambda name: np.fromfile(f"{folder}/{name}", "<f8")
start, index, t = read("from").astype("i4"), read("index").astype("i4"), read("labels")
y = 2 * t - 1
x = sp.csr_matrix((read("value"), index, start), shape=(len(t), int(read("words")[0])))
path = read("path").reshape(-1, 2)
n = len(t)


def objective(w, c):
    return c * np.logaddexp(0, -y * (x @ w)).sum() + np.abs(w).sum()


def liblinear(grid):
    from sklearn.linear_model import LogisticRegression

    for c in grid:
        m = LogisticRegression(
            C=c, l1_ratio=1.0, solver="liblinear", tol=tolerance, fit_intercept=False, max_iter=100_000
        )
        yield m.fit(x, t).coef_.ravel()


def skglm(grid):
    from skglm.datafits import Logistic
    from skglm.penalties import L1
    from skglm.solvers import ProxNewton

    w, xw = np.zeros(columns.shape[1]), np.zeros(n)
    datafit, penalty = Logistic(), L1(1.0)
    solver = ProxNewton(tol=tolerance, fit_intercept=False, warm_start=True)
    for c in grid:
        penalty = L1(1 / (c * n))
        w = solver.solve(columns, y, datafit, penalty, w_init=w, Xw_init=xw)[0]
        xw = columns @ w
        yield w.copy()


def celer(grid):
    from celer import LogisticRegression

    m = LogisticRegression(warm_start=True, tol=tolerance, max_iter=200, max_epochs=100_000)
    for c in grid:
        m.C = c
        yield m.fit(columns, y).coef_.ravel().copy()


columns = x.tocsc()
run = {"liblinear": liblinear, "skglm": skglm, "celer": celer}[peer]
list(run(path[:2, 0]))
for _ in range(repeats):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    weights = list(run(path[:, 0]))
    seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    excess = [objective(w, c) / ours - 1 for w, (c, ours) in zip(weights, path)]
    print(
        f"{peer} tolerance {tolerance:g}: {seconds:.2f} s of processor, objective above ours by at most {max(excess):.1e}, "
        f"at least {min(excess):.1e}; kept at the last C {np.count_nonzero(weights[-1])}"
    )
