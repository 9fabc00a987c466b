"""What the tests share: small problems whose columns 0 and 1 matter, and every estimator with settings that a test can afford."""

import numpy as np
import pytest
import vd_ard


def numbers(n=160, d=8, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, 2 * X[:, 0] - 1.5 * X[:, 1] + 0.4 * rng.standard_normal(n)


def classes(n=160, d=8, seed=0, k=2):
    X, y = numbers(n, d, seed)
    return X, np.digitize(y, np.quantile(y, np.arange(1, k) / k))


def counts(n=160, d=8, seed=0):
    X, y = numbers(n, d, seed)
    return X, np.random.default_rng(seed).poisson(np.exp(1 + 0.4 * y))


def make(name, **kwargs):
    """An estimator by name; networks are small, and what draws is seeded."""
    if name.startswith("VDNetwork"):
        kwargs = {"hidden_layer_sizes": 6, "max_iter": 400, "learning_rate_init": 0.01, "random_state": 0, **kwargs}
    if name == "L1LogisticRegression":
        kwargs = {"random_state": 0, **kwargs}
    return getattr(vd_ard, name)(**kwargs)


def problem(name, **kwargs):
    """Data that suit an estimator."""
    if name == "VDCountRegressor":
        return counts(**kwargs)
    return numbers(**kwargs) if name.endswith("Regressor") else classes(**kwargs)


REGRESSORS = ["VDRegressor", "VDCountRegressor", "RVMRegressor", "VDNetworkRegressor"]
CLASSIFIERS = ["VDClassifier", "RVMClassifier", "L1LogisticRegression", "VDNetworkClassifier"]
ALL = REGRESSORS + CLASSIFIERS
WEIGHTED = ["VDRegressor", "VDCountRegressor", "VDClassifier"]
SPARSE = [name for name in ALL if not name.startswith("RVM")]


def answers(estimator, X):
    """Everything that an estimator predicts, as one array."""
    if hasattr(estimator, "classes_"):
        return estimator.predict_proba(X)
    return estimator.predict(X)


@pytest.fixture(params=ALL)
def name(request):
    return request.param
