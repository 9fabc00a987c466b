"""What is refused, in scikit-learn's kinds of errors and words."""

import numpy as np
import pandas as pd
import pytest
import vd_ard
from conftest import ALL, CLASSIFIERS, REGRESSORS, WEIGHTED, make, problem
from sklearn.exceptions import NotFittedError

CASES = {
    "nan": (lambda X: _put(X, np.nan), "Input X contains NaN"),
    "infinity": (lambda X: _put(X, np.inf), "Input X contains infinity or a value too large for dtype"),
    "no rows": (lambda X: X[:0], r"Found array with 0 sample\(s\)"),
    "no columns": (lambda X: X[:, :0], r"(0 feature\(s\)|Found array with 0)"),
    "one row": (lambda X: X[:1], r"Found array with 1 sample\(s\)"),
    "one axis": (lambda X: X[:, 0], "Expected 2D array, got 1D array instead"),
    "three axes": (lambda X: X[:, :, None], r"(Found array with dim 3|3D array)"),
    "text": (lambda X: np.full(X.shape, "a").astype(object), "could not convert string to float"),
    "mixed types": (lambda X: _put(X.astype(object), "a"), "could not convert string to float"),
    "complex": (lambda X: X + 1j, "Complex data not supported"),
    "objects": (lambda X: _put(X.astype(object), {"a": 1}), "argument must be .*string.* number"),
}


def _put(X, value):
    X = X.copy()
    X[3, 2] = value
    return X


@pytest.mark.parametrize("case", CASES)
def test_features_that_are_no_table_of_numbers(name, case):
    change, message = CASES[case]
    X, y = problem(name)
    bad = change(X)
    with pytest.raises((ValueError, TypeError), match=message):
        make(name).fit(bad, y[: len(bad)] if len(bad) < len(y) else y)
    if case in ("no rows", "one row", "no columns"):
        return
    with pytest.raises((ValueError, TypeError), match=message):
        make(name).fit(X, y).predict(bad)


def test_lengths_that_disagree(name):
    X, y = problem(name)
    with pytest.raises(ValueError, match="Found input variables with inconsistent numbers of samples"):
        make(name).fit(X, y[:-1])


def test_no_target(name):
    X, _ = problem(name)
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        make(name).fit(X, None)


@pytest.mark.parametrize("name", REGRESSORS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_targets_that_are_not_finite(name, value):
    X, y = problem(name)
    y = y.astype(float)
    y[4] = value
    with pytest.raises(ValueError, match="Input y contains (NaN|infinity)"):
        make(name).fit(X, y)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_one_class(name):
    X, y = problem(name)
    with pytest.raises(ValueError, match="at least 2 classes in the data, but the data contains only one class"):
        make(name).fit(X, np.zeros_like(y))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_numbers_for_classes(name):
    X, y = problem(name)
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        make(name).fit(X, y + 0.5 * X[:, 0])


def test_prediction_before_a_fit(name):
    X, _ = problem(name)
    for what in ("predict", "get_support"):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            getattr(make(name), what)(*([X] if what == "predict" else []))


def test_other_columns_at_prediction(name):
    X, y = problem(name)
    model = make(name).fit(X, y)
    with pytest.raises(ValueError, match=f"X has 7 features, but {name} is expecting 8 features as input"):
        model.predict(X[:, :7])
    table = pd.DataFrame(X, columns=list("abcdefgh"))
    model.fit(table, y)
    with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
        model.predict(table.rename(columns={"a": "z"}))
    with pytest.raises(ValueError, match="must be in the same order as they were in fit"):
        model.predict(table[list("bacdefgh")])


@pytest.mark.parametrize("name", WEIGHTED)
@pytest.mark.parametrize("weights", [-1.0, np.nan, "short", 0.0])
def test_weights_that_are_none(name, weights):
    X, y = problem(name)
    given = np.ones(len(y) - 1) if weights == "short" else np.r_[np.full(1, weights), np.full(len(y) - 1, 1.0 if weights else 0.0)]
    with pytest.raises(ValueError):
        make(name).fit(X, y, sample_weight=given)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("VDRegressor", {"lam": 0.0}),
        ("VDRegressor", {"lam": "often"}),
        ("VDRegressor", {"false_keeps": -1.0}),
        ("VDRegressor", {"tol": 2.0}),
        ("VDRegressor", {"max_iter": 0}),
        ("VDRegressor", {"noise": "loud"}),
        ("VDRegressor", {"folds": 1}),
        ("VDClassifier", {"coding": "pairs"}),
        ("VDClassifier", {"lam": "average"}),
        ("VDClassifier", {"folds": 1}),
        ("VDClassifier", {"slab": 0.0}),
        ("VDClassifier", {"slab": "none"}),
        ("VDCountRegressor", {"refit": "least_squares"}),
        ("VDRegressor", {"groups": "levels"}),
        ("VDCountRegressor", {"dispersion": 0.0}),
        ("RVMRegressor", {"kernel": "sigmoid"}),
        ("RVMRegressor", {"gamma": -1.0}),
        ("L1LogisticRegression", {"C": 0.0}),
        ("VDNetworkRegressor", {"threshold": "high"}),
        ("VDNetworkRegressor", {"learning_rate_init": 0.0}),
    ],
)
def test_parameters_out_of_range(name, kwargs):
    X, y = problem(name)
    (parameter,) = kwargs
    with pytest.raises(ValueError, match=f"The '{parameter}' parameter of {name} must be"):
        make(name, **kwargs).fit(X, y)


def test_what_only_the_crates_can_say():
    X, y = problem("VDRegressor")
    with pytest.raises(ValueError, match="leave lam at its default"):
        vd_ard.VDRegressor(lam=2.0, false_keeps=1.0).fit(X, y)
    with pytest.raises(ValueError, match="choose a number above 0 and below 8"):
        vd_ard.VDRegressor(false_keeps=9.0).fit(X, y)
    with pytest.raises(ValueError, match="groups has 3 labels, and X has 8 features"):
        vd_ard.VDRegressor(groups=[1, 1, 2]).fit(X, y)
    with pytest.raises(ValueError, match="groups are for lam=\"average\""):
        vd_ard.VDRegressor(lam=2.0, groups=[1] * 8).fit(X, y)
    with pytest.raises(ValueError, match="nothing to explain"):
        vd_ard.VDRegressor().fit(X, np.full(len(y), 3.0))
    with pytest.raises(ValueError, match="at least 0"):
        vd_ard.VDCountRegressor().fit(X, y)
    with pytest.raises(ValueError, match="probit"):
        vd_ard.VDClassifier(link="probit").fit(X, np.digitize(y, [-1, 1]))
    with pytest.raises(ValueError, match="exposure must be above 0"):
        vd_ard.VDCountRegressor().fit(X, np.ones(len(y)), exposure=np.zeros(len(y)))
    with pytest.raises(ValueError, match="a kernel weighs rows"):
        vd_ard.RVMRegressor().fit(X, y).get_support()
    assert ALL
