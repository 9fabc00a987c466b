"""The peers' side of `cargo xtask bench --peers`: JOB DATA.csv -> one JSON object a line: name, seconds (least), quality.

The last column of DATA.csv is the target. Imports and a small warm-up fit are not timed.
"""
import json
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")


def least(fit, repetitions):
    best, model = float("inf"), None
    for _ in range(repetitions):
        start = time.perf_counter()
        model = fit()
        best = min(best, time.perf_counter() - start)
    return best, model


def say(name, seconds, quality):
    print(json.dumps({"name": name, "seconds": seconds, "quality": quality}), flush=True)


def sparse_regression(x, t, repetitions):
    from sklearn.linear_model import ARDRegression

    ARDRegression().fit(x[:50, :5], t[:50])
    seconds, model = least(lambda: ARDRegression().fit(x, t), repetitions)
    say("scikit-learn 1.9.1 ARDRegression", seconds, f"{(np.abs(model.coef_) > 1e-10).sum()} kept")


def digits_rvm(x, t):
    import fastrvm

    fastrvm.RVC(kernel="linear").fit(x[:100], t[:100])
    seconds, model = least(lambda: fastrvm.RVC(kernel="linear").fit(x, t), 1)
    say("fastrvm 0.1.5, linear kernel", seconds, f"train accuracy {model.score(x, t):.4f}")


def digits_l1(x, t):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.multiclass import OneVsRestClassifier

    base = OneVsRestClassifier(LogisticRegression(penalty="l1", solver="liblinear"))
    grid = {"estimator__C": np.geomspace(1e-4, 1e4, 10)}
    seconds, model = least(lambda: GridSearchCV(base, grid, cv=3, n_jobs=2).fit(x, t), 1)
    say("scikit-learn 1.9.1 liblinear, 2 processes", seconds,
        f"C {model.best_params_['estimator__C']:.4f}, train accuracy {model.score(x, t):.4f}")


job, path = sys.argv[1:3]
data = np.loadtxt(path, delimiter=",")
x, t = np.ascontiguousarray(data[:, :-1]), data[:, -1]
if job == "sparse-regression-500x200":
    sparse_regression(x, t, 5)
elif job == "sparse-regression-500x1000":
    sparse_regression(x, t, 1)
elif job == "digits-rvm-linear":
    digits_rvm(x, t.astype(int))
elif job == "digits-l1-cv":
    digits_l1(x, t.astype(int))
else:
    sys.exit(f"no job {job}")
