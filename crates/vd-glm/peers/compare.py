"""What a user would pick instead, on the same files: one CSV row per problem and method.

    problems.py FOLDER 3
    cargo run --release -p vd-glm --example compare -- FOLDER > ours.csv
    compare.py FOLDER [ONLY-PREFIX] [METHOD,...] > peers.csv

Cross-validation: five folds, log loss, 20 values. Versions: requirements.txt. Threads: set OMP_NUM_THREADS=1 for processor times that mean something.
"""
import os, sys, time, warnings
import numpy as np

warnings.filterwarnings("ignore")


def l1_cv(x, t, classes):
    from sklearn.linear_model import LogisticRegressionCV
    solver = "liblinear" if classes == 2 else "saga"
    return LogisticRegressionCV(Cs=np.logspace(-3, 2, 20), l1_ratios=(1.0,), solver=solver, scoring="neg_log_loss", cv=5,
                                tol=1e-3 if classes > 2 else 1e-4, max_iter=200, use_legacy_attributes=False).fit(x, t)


def l2_cv(x, t, classes):
    from sklearn.linear_model import LogisticRegressionCV
    return LogisticRegressionCV(Cs=np.logspace(-4, 2, 20), l1_ratios=(0.0,), scoring="neg_log_loss", cv=5, max_iter=500,
                                use_legacy_attributes=False).fit(x, t)


def abess_cv(x, t, classes):
    from abess.linear import LogisticRegression, MultinomialRegression, PoissonRegression
    kind = {0: PoissonRegression, 2: LogisticRegression}.get(classes, MultinomialRegression)
    return kind(cv=5, support_size=range(0, min(41, x.shape[1] + 1))).fit(x, t)


class Celer:
    """celer's sparse logistic regression over 20 values of C, five folds."""

    def fit(self, x, t):
        from celer import LogisticRegression
        from sklearn.model_selection import StratifiedKFold
        xm, xs = np.asfortranarray(x), np.where(t > 0, 1.0, -1.0)
        least = 2 / np.abs(xm.T @ xs).max()
        cs = least * np.logspace(0, 3, 20)
        losses = np.zeros(len(cs))
        for train, test in StratifiedKFold(5).split(x, t):
            for k, c in enumerate(cs):
                m = LogisticRegression(C=c, tol=1e-4, fit_intercept=False).fit(np.asfortranarray(x[train]), t[train])
                p = np.clip(m.predict_proba(x[test]), 1e-15, 1)
                losses[k] -= np.log(p[np.arange(len(test)), t[test].astype(int)]).sum()
        self.model = LogisticRegression(C=cs[losses.argmin()], tol=1e-4, fit_intercept=False).fit(xm, t)
        self.coef_ = self.model.coef_
        return self

    def predict_proba(self, x):
        return self.model.predict_proba(x)


class Skglm:
    """skglm's sparse logistic regression over 20 values of alpha, five folds."""

    def fit(self, x, t):
        from sklearn.model_selection import StratifiedKFold
        from skglm import SparseLogisticRegression
        top = np.abs(x.T @ (np.where(t > 0, 1.0, -1.0))).max() / len(t) / 2
        alphas = top * np.logspace(0, -3, 20)
        losses = np.zeros(len(alphas))
        for train, test in StratifiedKFold(5).split(x, t):
            for k, alpha in enumerate(alphas):
                m = SparseLogisticRegression(alpha=alpha, tol=1e-4).fit(x[train], t[train])
                p = np.clip(m.predict_proba(x[test]), 1e-15, 1)
                losses[k] -= np.log(p[np.arange(len(test)), t[test].astype(int)]).sum()
        self.model = SparseLogisticRegression(alpha=alphas[losses.argmin()], tol=1e-4).fit(x, t)
        self.coef_ = self.model.coef_
        return self

    def predict_proba(self, x):
        return self.model.predict_proba(x)


def poisson_ridge(x, t, classes):
    from sklearn.linear_model import PoissonRegressor
    from sklearn.model_selection import GridSearchCV
    g = GridSearchCV(PoissonRegressor(max_iter=500), {"alpha": np.logspace(-4, 2, 13)}, cv=5, scoring="neg_mean_poisson_deviance").fit(x, t)
    return g.best_estimator_


METHODS = {"l1-cv": l1_cv, "l2-cv": l2_cv, "abess-cv": abess_cv, "skglm-cv": lambda x, t, c: Skglm().fit(x, t), "celer-cv": lambda x, t, c: Celer().fit(x, t),
            "poisson-ridge-cv": poisson_ridge}


def suits(method, classes):
    if classes == 0:
        return method in ("abess-cv", "poisson-ridge-cv")
    return method in ("l1-cv", "l2-cv", "abess-cv") or (method in ("skglm-cv", "celer-cv") and classes == 2)


def main():
    folder, only = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    chosen = sys.argv[3].split(",") if len(sys.argv) > 3 else list(METHODS)
    print("problem,method,seconds,processor,error,nll,kept,sparsity,noise_kept")
    for line in open(os.path.join(folder, "index.txt")):
        name, n, d, ne, classes, noise_from = line.split()
        n, d, ne, classes, noise_from = map(int, (n, d, ne, classes, noise_from))
        if not name.startswith(only):
            continue
        read = lambda end: np.fromfile(os.path.join(folder, f"{name}.{end}"), "<f8")
        x, xe, t, te = read("x").reshape(d, n).T, read("xe").reshape(d, ne).T, read("t"), read("te")
        mean, scale = x.mean(0), x.std(0)
        scale[scale == 0] = 1
        x, xe = (x - mean) / scale, (xe - mean) / scale
        for method in chosen:
            if not suits(method, classes):
                continue
            start, busy = time.perf_counter(), time.process_time()
            try:
                m = METHODS[method](x, t, classes)
            except Exception as e:
                print(f"{name},{method},failed: {type(e).__name__}", file=sys.stderr)
                continue
            start, busy = time.perf_counter() - start, time.process_time() - busy
            if classes == 0:
                mu = np.maximum(m.predict(xe), 1e-12)
                error, nll = np.mean((mu - te) ** 2), np.mean(mu - te * np.log(mu))
            else:
                p = np.clip(m.predict_proba(xe), 1e-15, 1)
                error, nll = np.mean(p.argmax(1) != te), -np.log(p[np.arange(ne), te.astype(int)]).mean()
            w = np.asarray(m.coef_)
            w = w.reshape(d, -1) if w.shape[0] == d else np.atleast_2d(w).T
            kept = w != 0
            print(f"{name},{method},{start:.3f},{busy:.2f},{error:.5f},{nll:.5f},{kept.sum()},{1 - kept.mean():.4f},"
                  f"{kept[noise_from:].mean() if noise_from < d else 0:.4f}", flush=True)


if __name__ == "__main__":
    main()
