"""Data as people have them give one answer, whatever holds them."""

import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from conftest import ALL, CLASSIFIERS, SPARSE, WEIGHTED, answers, make, problem
from sklearn.base import clone


def fitted(name, X, y):
    return make(name).fit(X, y)


def tight(name):
    """An estimator that ends close to its optimum, so that two roads to it can be compared."""
    return make(name, **({"tol": 1e-8} if name in ("VDClassifier", "VDCountRegressor") else {}))


def test_orders_strides_and_read_only_arrays_give_the_same_bits(name):
    X, y = problem(name)
    expected = answers(fitted(name, X, y), X)
    frozen = X.copy()
    frozen.flags.writeable = False
    doubled = np.repeat(X, 2, axis=1)[:, ::2]
    for other in (np.asfortranarray(X), frozen, doubled, X[::-1][::-1], X.tolist(), np.asarray(X, dtype=">f8")):
        assert np.array_equal(answers(fitted(name, other, y), X), expected)
        assert np.array_equal(answers(fitted(name, X, y), other), expected)


def test_single_precision_is_the_fit_to_those_numbers(name):
    X, y = problem(name)
    single = X.astype(np.float32)
    a, b = fitted(name, single, y), fitted(name, single.astype(np.float64), y)
    assert np.array_equal(answers(a, single), answers(b, single.astype(np.float64)))


@pytest.mark.parametrize("name", SPARSE)
@pytest.mark.parametrize("container", ["csr_array", "csc_array", "coo_array", "csr_matrix", "csc_matrix", "lil_matrix"])
def test_sparse_matrices(name, container):
    X, y = problem(name)
    X = np.where(np.abs(X) < 0.5, 0.0, X)
    S = getattr(sp, container)(X)
    dense, sparse = tight(name).fit(X, y), tight(name).fit(S, y)
    np.testing.assert_allclose(answers(sparse, S), answers(dense, X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(answers(sparse, X), answers(sparse, S), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", SPARSE)
def test_a_sparse_matrix_that_is_not_canonical(name):
    X, y = problem(name)
    rows, columns = np.nonzero(X)
    halves = np.concatenate([X[rows, columns] / 2] * 2)
    twice = sp.coo_matrix((halves, (np.r_[rows, rows], np.r_[columns, columns])), shape=X.shape)
    S = sp.csr_matrix(X.shape)
    order = np.lexsort((-twice.col, twice.row))
    S.data, S.indices = twice.data[order], twice.col[order].astype(np.int32)
    S.indptr = np.searchsorted(twice.row[order], np.arange(len(X) + 1)).astype(np.int32)
    before = S.data.copy()
    np.testing.assert_allclose(answers(tight(name).fit(S, y), X), answers(tight(name).fit(X, y), X), rtol=1e-5, atol=1e-6)
    assert np.array_equal(S.data, before), "the caller's matrix was changed"


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_are_their_numbers_with_names(name, frame):
    X, y = problem(name)
    names = [f"column {j}" for j in range(X.shape[1])]
    table = frame(dict(zip(names, X.T)))
    model = fitted(name, table, y)
    assert list(model.feature_names_in_) == names and list(model.term_names_) == names
    assert np.array_equal(answers(model, table), answers(fitted(name, X, y), X))


def grouped(library, n=240):
    """A number, a category of three levels that matters, one of two that does not, and the target."""
    rng = np.random.default_rng(5)
    size, city = rng.standard_normal(n), rng.choice(["Bern", "Oslo", "Rome"], n)
    sex = rng.choice(["f", "m"], n)
    score = size + 2.0 * (city == "Rome") - 1.0
    if library == "pandas":
        table = pd.DataFrame({"size": size, "city": pd.Categorical(city), "sex": pd.Categorical(sex)})
    else:
        table = pl.DataFrame({"size": size, "city": city, "sex": sex}).with_columns(
            pl.col("city").cast(pl.Categorical), pl.col("sex").cast(pl.Enum(["f", "m"]))
        )
    return table, score + 0.3 * rng.standard_normal(n)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("name", ALL)
def test_categorical_columns_become_indicators(name, library):
    table, score = grouped(library)
    y = {"VDCountRegressor": np.round(np.exp(0.5 + 0.5 * score))}.get(name, score)
    if name in CLASSIFIERS:
        y = np.where(score > 0, "high", "low")
    kwargs = {"kernel": None} if name.startswith("RVM") else {}
    model = make(name, **kwargs).fit(table, y)
    assert model.n_features_in_ == 3 and list(model.feature_names_in_) == ["size", "city", "sex"]
    assert list(model.term_names_) == ["size", "city=Bern", "city=Oslo", "city=Rome", "sex=m"]
    assert len(model.get_support()) == 3 and len(model.relevance_) == 3
    if not name.startswith("VDNetwork"):
        assert model.get_support()[:2].all()
    other, _ = grouped("polars" if library == "pandas" else "pandas")
    assert np.array_equal(answers(model, table), answers(model, other))
    by_hand = np.column_stack(
        [table["size"], *[np.asarray(table["city"]).astype(str) == c for c in ("Bern", "Oslo", "Rome")],
         np.asarray(table["sex"]).astype(str) == "m"]
    ).astype(float)  # fmt: skip
    alone = clone(model)
    if name == "VDRegressor":
        # A matrix does not say which of its columns are one decision.
        alone.set_params(groups=["size", "city", "city", "city", "sex"])
    assert np.array_equal(answers(alone.fit(by_hand, y), by_hand), answers(model, table))


def test_categorical_columns_that_are_wrong_at_prediction():
    table, y = grouped("pandas")
    model = make("VDRegressor").fit(table, y)
    strange = table.assign(city=pd.Categorical(["Paris"] * len(table)))
    with pytest.raises(ValueError, match=r"Found unknown categories \['Paris'\] in column 'city' during predict"):
        model.predict(strange)
    missing = table.copy()
    missing.loc[3, "city"] = None
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.predict(missing)
    with pytest.raises(ValueError, match="must be a pandas or polars data frame"):
        model.predict(table.to_numpy())
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(table.rename(columns={"city": "town"}))
    with pytest.raises(ValueError, match="X has 2 features, but VDRegressor is expecting 3 features"):
        model.predict(table[["size", "city"]].set_axis([0, 1], axis=1))


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize(
    "labels",
    [["no", "yes"], [False, True], [-1, 1], [10, 7], np.array(["a", "bcd"], dtype=object), [2.0, 5.0]],
    ids=str,
)
def test_labels_of_any_type(name, labels):
    X, y = problem(name)
    labels = np.asarray(labels)
    model = fitted(name, X, labels[y])
    assert model.classes_.dtype == labels.dtype and list(model.classes_) == sorted(labels)
    predicted = model.predict(X)
    assert predicted.dtype == labels.dtype and model.score(X, labels[y]) > 0.85
    assert np.array_equal(predicted, model.classes_[model.predict_proba(X).argmax(axis=1)])


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_count_rows(name):
    X, y = problem(name)
    weights = np.arange(len(y)) % 3
    model = make(name).fit(X, y, sample_weight=weights)
    repeated = make(name).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(answers(model, X), answers(repeated, X), rtol=1e-6, atol=1e-9)


def test_exposures_and_rates():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((400, 6))
    exposure = rng.uniform(0.5, 5, 400)
    y = rng.poisson(exposure * np.exp(0.5 + 0.6 * X[:, 2]))
    model = make("VDCountRegressor").fit(X, y, exposure=exposure)
    assert list(model.get_support(indices=True)) == [2] and abs(model.intercept_ - 0.5) < 0.15
    rates = make("VDCountRegressor", lam=float(model.lambda_)).fit(X, y / exposure, sample_weight=exposure)
    np.testing.assert_allclose(rates.coef_, model.coef_, rtol=0.02)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of memory is read from /proc")
def test_memory_is_one_copy():
    """The border holds one copy of X beside the caller's, and the crate its own standardised one: measured in a child process."""
    from border_memory import copies

    assert 1.5 < copies() < 2.5
