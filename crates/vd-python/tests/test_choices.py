"""Choices of λ, each by what it is for."""

import numpy as np
import pandas as pd
import pytest
from vd_ard import VDClassifier, VDRegressor


def test_the_average_over_supports_predicts_and_keeps_few():
    rng = np.random.default_rng(3)
    X = rng.standard_normal((200, 400))
    X[:, 1] = 0.95 * X[:, 0] + np.sqrt(1 - 0.95**2) * rng.standard_normal(200)
    w = np.zeros(400)
    w[[0, 7, 30]] = [2.0, -1.5, 1.0]
    y = X @ w + rng.standard_normal(200)
    model = VDRegressor().fit(X, y)
    assert {7, 30} <= set(model.get_support(indices=True).tolist())
    assert model.get_support().sum() <= 8
    fresh = rng.standard_normal((1000, 400))
    assert np.mean((model.predict(fresh) - fresh @ w) ** 2) < 1.0
    again = VDRegressor(lam="average", random_state=0, n_jobs=2).fit(X, y)
    assert np.array_equal(model.coef_, again.coef_)
    assert model.inclusion_.shape == (400,) and np.all(model.inclusion_[[7, 30]] > 0.9) and model.inclusion_[100] < 0.5
    assert not hasattr(VDRegressor(lam=1.0).fit(X, y), "inclusion_")


def test_a_stand_in_is_named():
    rng = np.random.default_rng(5)
    X = rng.standard_normal((150, 10))
    X[:, 4] = X[:, 2] + 0.01 * rng.standard_normal(150)
    model = VDRegressor().fit(X, X[:, 2] + rng.standard_normal(150))
    kept, other, correlation = model.stand_ins_[0]
    assert {kept, other} == {2, 4} and correlation > 0.99


def categories(seed):
    """Two numbers, six levels that each matter a bit, twenty that do not."""
    rng = np.random.default_rng(seed)
    six, twenty = rng.integers(6, size=300), rng.integers(20, size=300)
    table = pd.DataFrame({"a": rng.standard_normal(300), "b": rng.standard_normal(300)})
    table["six"] = pd.Categorical([f"s{k}" for k in six])
    table["twenty"] = pd.Categorical([f"t{k}" for k in twenty])
    effect = np.array([-0.5, 0.4, -0.3, 0.3, -0.4, 0.5])
    return table, table["a"] + effect[six] + rng.standard_normal(300)


def test_a_categorical_column_is_one_decision():
    kept = np.zeros(4, dtype=int)
    for seed in range(6):
        table, y = categories(seed)
        model = VDRegressor().fit(table, y)
        kept += model.get_support()
        six, twenty = model.coef_[2:8], model.coef_[8:]
        assert np.count_nonzero(six) in (0, 5) and np.count_nonzero(twenty) in (0, 19)
        assert len(set(model.inclusion_[2:8])) == 1
    assert kept[0] == 6 and kept[2] >= 5 and kept[3] == 0
    single = VDRegressor(groups=None).fit(table, y)
    assert len(set(single.inclusion_[2:8])) == 6


def test_groups_may_be_given_by_labels():
    table, y = categories(3)
    X = np.c_[table[["a", "b"]], pd.get_dummies(table["six"]), pd.get_dummies(table["twenty"])].astype(float)
    labels = ["a", "b"] + ["six"] * 6 + ["twenty"] * 20
    by_labels, by_columns = VDRegressor(groups=labels).fit(X, y), VDRegressor().fit(table, y)
    assert np.array_equal(by_labels.coef_, by_columns.coef_)


@pytest.mark.parametrize("classes", [2, 3])
def test_classes_by_cross_validation(classes):
    rng = np.random.default_rng(2)
    X = rng.standard_normal((400, 30))
    score = 2 * X[:, 3] - X[:, 5] + rng.logistic(size=400)
    y = np.digitize(score, [0] if classes == 2 else [-1, 1])
    model = VDClassifier(lam="cv", random_state=0).fit(X, y)
    assert {3, 5} <= set(model.get_support(indices=True).tolist()) and model.get_support().sum() <= 10
    again = VDClassifier(lam="cv", random_state=0, n_jobs=2).fit(X, y)
    assert np.array_equal(model.coef_, again.coef_) and model.lambda_ == again.lambda_
    # The most frequent class has 0.5 and 0.4 of the rows.
    assert model.score(X, y) > 0.6


@pytest.mark.parametrize("coding", ["softmax", "ovr"])
def test_separable_classes_have_a_maximum(coding):
    rng = np.random.default_rng(5)
    X = rng.standard_normal((90, 6))
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    model = VDClassifier(coding=coding).fit(X, y)
    assert model.status_ == "converged" and np.abs(model.coef_).max() < 60.0
    assert model.get_support(indices=True).tolist() == [0]
