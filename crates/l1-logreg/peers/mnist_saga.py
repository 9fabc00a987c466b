"""Peer: one scikit-learn saga fit, 30 sweeps, of L1 softmax regression on MNIST; its certificate is computed by ours from the same data.
usage: mnist_saga.py MNIST_DIR [C [SWEEPS]]   (numpy 2.x, scikit-learn 1.9.1)"""
import gzip, sys, time, warnings
import numpy as np
from sklearn.linear_model import LogisticRegression
warnings.filterwarnings("ignore")
idx = lambda f, s: np.frombuffer(gzip.open(f"{sys.argv[1]}/{f}").read(), np.uint8)[s:]
X = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype("f4") / 255
y = idx("train-labels-idx1-ubyte.gz", 8)
E = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype("f4") / 255
z = idx("t10k-labels-idx1-ubyte.gz", 8)
C = float(sys.argv[2]) if len(sys.argv) > 2 else 0.3
sweeps = int(sys.argv[3]) if len(sys.argv) > 3 else 30
t = time.time()
m = LogisticRegression(penalty="l1", solver="saga", C=C, max_iter=sweeps, tol=1e-3).fit(X, y)
t = time.time() - t
s = X.astype("f8") @ m.coef_.T + m.intercept_
top = s.max(1)
loss = (top + np.log(np.exp(s - top[:, None]).sum(1)) - s[np.arange(len(y)), y]).sum()
print(f"saga C {C} accuracy {m.score(E, z):.4f} sparsity {(m.coef_ == 0).mean():.4f} "
      f"objective {C * loss + np.abs(m.coef_).sum():.6f} sweeps {m.n_iter_[0]} in {t:.2f} s")
