"""Two classes: weights and intercepts of scikit-learn's binary logistic regression (class 1 against class 0), to compare with.

python3 binary.py OUT writes binary.csv (made here from a seed: six features and the class) and binary_weights.csv: penalty, intercept,
C, six weights, intercept. Versions: requirements.txt.
"""
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

out = sys.argv[1]
r = np.random.default_rng(7)
n = 160
x = np.round(r.normal(size=(n, 6)) * [1, 1, 1, 2, 0.5, 1] + [0, 0, 1, 0, -1, 0], 3)
z = x @ [1.2, 0.8, 0.9, -0.4, -1.5, 0.0] - 2.0 + r.logistic(size=n)
t = (z > 0).astype(int)
with open(f"{out}/binary.csv", "w") as f:
    for row, label in zip(x, t):
        f.write(",".join(map(str, row)) + f",{label}\n")
with open(f"{out}/binary_weights.csv", "w") as f:
    f.write("penalty,intercept,C,w0,w1,w2,w3,w4,w5,b\n")
    for name, ratio in [("l1", 1.0), ("elastic-net-0.5", 0.5), ("ridge", 0.0)]:
        for free in [True, False]:
            for c in [0.1, 0.3594, 5.0]:
                model = LogisticRegression(
                    C=c, l1_ratio=ratio, solver="saga", tol=1e-13, max_iter=1_000_000, fit_intercept=free
                ).fit(x, t)
                intercept = "unpenalised" if free else "none"
                values = [*model.coef_[0], *np.broadcast_to(model.intercept_, 1)]
                f.write(f"{name},{intercept},{c}," + ",".join(repr(float(v)) for v in values) + "\n")
