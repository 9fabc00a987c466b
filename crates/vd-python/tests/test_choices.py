"""Choices of λ, each by what it is for."""

import numpy as np
from vd_ard import VDRegressor


def test_the_average_over_supports_predicts_and_keeps_few():
    rng = np.random.default_rng(3)
    X = rng.standard_normal((200, 400))
    X[:, 1] = 0.95 * X[:, 0] + np.sqrt(1 - 0.95**2) * rng.standard_normal(200)
    w = np.zeros(400)
    w[[0, 7, 30]] = [2.0, -1.5, 1.0]
    y = X @ w + rng.standard_normal(200)
    model = VDRegressor(lam="average", random_state=0).fit(X, y)
    assert {7, 30} <= set(model.get_support(indices=True).tolist())
    assert model.get_support().sum() <= 8
    fresh = rng.standard_normal((1000, 400))
    assert np.mean((model.predict(fresh) - fresh @ w) ** 2) < 1.0
    again = VDRegressor(lam="average", random_state=0, n_jobs=2).fit(X, y)
    assert np.array_equal(model.coef_, again.coef_)
