"""Dask: the models of rows in memory, whatever the partitions; lost workers; bad input."""

import pickle
import sys

import numpy as np
import pytest

pytest.importorskip("dask.array")
import dask
import dask.array as da
import dask.dataframe as dd
import pandas as pd
import vd_ard
import vd_ard.dask
from vd_ard import _vd_ard

KINDS = ["VDRegressor", "VDClassifier", "VDCountRegressor"]


def frame(n=3000, seed=1):
    """Numbers of several scales, names, and a target of each kind."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.standard_normal((n, 6)) * [1, 100, 0.01, 1, 1, 1] + [0, 1000, 5, 0, 0, 0], columns=list("abcdef"))
    X["town"] = pd.Categorical(rng.choice(["York", "Bath", "Ely"], n))
    X["sex"] = pd.Categorical(rng.choice(["f", "m"], n))
    z = 0.8 * X["a"] - 0.006 * (X["b"] - 1000) + 0.7 * (X["town"] == "Ely")
    y = {
        "VDRegressor": z + 0.5 * rng.standard_normal(n),
        "VDClassifier": np.where(z + rng.logistic(size=n) > 0, "yes", "no"),
        "VDCountRegressor": rng.poisson(np.exp(0.3 + 0.5 * z)).astype(float),
    }
    return X, {name: pd.Series(values) for name, values in y.items()}


def both(name, X, y, npartitions, **kwargs):
    local = getattr(vd_ard, name)(**kwargs).fit(X, y)
    far = getattr(vd_ard.dask, name)(**kwargs)
    far.fit(dd.from_pandas(X, npartitions=npartitions), dd.from_pandas(y, npartitions=npartitions))
    return local, far


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("npartitions", [1, 7])
def test_the_model_is_that_of_rows_in_memory(name, npartitions):
    X, y = frame()
    tight = {} if name == "VDRegressor" else {"tol": 1e-7}
    local, far = both(name, X, y[name], npartitions, **tight)
    assert list(far.term_names_) == list(local.term_names_)
    np.testing.assert_array_equal(far.get_support(), local.get_support())
    assert 2 <= far.get_support().sum() < 8
    close = {"rtol": 1e-9 if name == "VDRegressor" else 1e-6, "atol": 1e-12}
    np.testing.assert_allclose(far.coef_, local.coef_, **close)
    np.testing.assert_allclose(far.intercept_, local.intercept_, **close)
    np.testing.assert_allclose(far.relevance_, local.relevance_, rtol=1e-4, atol=1e-6)
    assert far.n_samples_ == len(X) and far.lambda_ == pytest.approx(local.lambda_)
    # Predictions of rows in memory and of Dask's.
    lazy = far.predict(dd.from_pandas(X, npartitions=3))
    np.testing.assert_array_equal(np.asarray(lazy.compute()), far.predict(X))
    if name == "VDClassifier":
        p = far.predict_proba(dd.from_pandas(X, npartitions=3)).compute()
        np.testing.assert_array_equal(p, far.predict_proba(X))


@pytest.mark.parametrize("name", KINDS)
def test_arrays_in_any_chunks(name, tmp_path):
    X, y = frame(800)
    X, t = X[list("abcdef")].to_numpy(), y[name].to_numpy()
    models = []
    for rows, columns in [(800, 6), (300, 4), (100, 6)]:
        features = da.from_array(X, chunks=(rows, columns))
        target = da.from_array(t, chunks=max(100, rows // 2))
        models.append(getattr(vd_ard.dask, name)().fit(features, target))
    for other in models[1:]:
        np.testing.assert_array_equal(other.get_support(), models[0].get_support())
        np.testing.assert_allclose(other.coef_, models[0].coef_, rtol=1e-7, atol=1e-10)
    again = getattr(vd_ard.dask, name)().fit(da.from_array(X, chunks=(100, 6)), da.from_array(t, chunks=100))
    np.testing.assert_array_equal(again.coef_, models[2].coef_)
    assert models[0].predict(da.from_array(X, chunks=(77, 6))).compute().shape == (800,)
    # What is fitted there is a model like any other, and its file says how many rows there were.
    models[2].save(tmp_path / "model.vd")
    assert _vd_ard.Saved.load(tmp_path / "model.vd").describe()["rows"] == 800
    copy = pickle.loads(pickle.dumps(models[0]))
    np.testing.assert_array_equal(copy.predict(X), models[0].predict(X))


def test_three_classes_are_told_apart_one_by_one():
    X, y = frame()
    t = pd.Series(pd.cut(y["VDRegressor"], 3, labels=["low", "middle", "high"]).astype(str))
    local, far = both("VDClassifier", X, t, 4, coding="ovr", tol=1e-7)
    np.testing.assert_allclose(far.coef_, local.coef_, rtol=1e-6, atol=1e-9)
    assert list(far.classes_) == ["high", "low", "middle"]
    with pytest.raises(ValueError, match='coding="ovr"'):
        vd_ard.dask.VDClassifier(coding="softmax").fit(dd.from_pandas(X, npartitions=2), dd.from_pandas(t, npartitions=2))


def test_passes_are_picklable_and_refuse_what_is_not_theirs():
    X, y = np.random.default_rng(0).standard_normal((50, 3)), np.arange(50.0)
    whole = _vd_ard.LinearPass.over(X, y, None)
    first, second = _vd_ard.LinearPass.over(X[:20], y[:20], None), _vd_ard.LinearPass.over(X[20:], y[20:], None)
    first.merge(pickle.loads(pickle.dumps(second)))
    assert first.rows == whole.rows == 50
    for a, b in zip(first.units(True), whole.units(True)):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    table, t, weights = whole.table(True)
    np.testing.assert_allclose(np.average(table, axis=0, weights=weights), X.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(np.cov(table.T, aweights=weights, ddof=0), np.cov(X.T, ddof=0), atol=1e-12)
    assert weights.sum() == pytest.approx(50) and t @ weights == pytest.approx(y.sum())
    data = pickle.dumps(whole)
    with pytest.raises(ValueError):
        _vd_ard.LinearPass(b"nothing")
    with pytest.raises(ValueError):
        _vd_ard.RoundPlan(whole.__reduce__()[1][0])
    with pytest.raises(ValueError, match="columns"):
        first.merge(_vd_ard.LinearPass.over(X[:, :2], y, None))
    assert len(data) < 2000


def test_bad_input_is_named():
    X, y = frame(200)
    far, t = dd.from_pandas(X, npartitions=2), y["VDRegressor"]
    model = vd_ard.dask.VDRegressor
    with pytest.raises(TypeError, match="Dask array or data frame"):
        model().fit(X, t)
    with pytest.raises(TypeError, match="must be a Dask array or series"):
        model().fit(far, t)
    with pytest.raises(ValueError, match="partition them alike"):
        model().fit(far, dd.from_pandas(t, npartitions=3))
    with pytest.raises(ValueError, match='lam="cv" needs rows in memory'):
        model(lam="cv").fit(far, dd.from_pandas(t, npartitions=2))
    holes = X.copy()
    holes.loc[150, "a"] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model().fit(dd.from_pandas(holes, npartitions=2), dd.from_pandas(t, npartitions=2))
    holes = X.copy()
    holes.loc[150, "town"] = None
    with pytest.raises(ValueError, match="town"):
        model().fit(dd.from_pandas(holes, npartitions=2), dd.from_pandas(t, npartitions=2))
    bad = t.copy()
    bad[3] = np.inf
    with pytest.raises(ValueError, match="y contains NaN"):
        model().fit(far, dd.from_pandas(bad, npartitions=2))
    with pytest.raises(ValueError, match="one class"):
        vd_ard.dask.VDClassifier().fit(far, dd.from_pandas(pd.Series(["a"] * 200), npartitions=2))
    with pytest.raises(ValueError, match="Negative"):
        vd_ard.dask.VDCountRegressor().fit(far, dd.from_pandas(-t.abs(), npartitions=2))
    with pytest.raises(ValueError, match="samples"):
        model().fit(da.zeros((10, 2)), da.zeros(11))


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    settings = {"distributed.comm.timeouts.connect": "20s", "distributed.admin.tick.limit": "60s"}
    with dask.config.set(settings), distributed.LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster) as client:
            yield client


@pytest.mark.parametrize("name", KINDS)
def test_three_workers_find_the_same_model(cluster, name):
    X, y = frame(2000)
    tight = {} if name == "VDRegressor" else {"tol": 1e-7}
    local, far = both(name, X, y[name], 6, **tight)
    np.testing.assert_array_equal(far.get_support(), local.get_support())
    np.testing.assert_allclose(far.coef_, local.coef_, rtol=1e-9 if name == "VDRegressor" else 1e-6, atol=1e-9)


def test_a_lost_worker_changes_nothing(cluster):
    """A worker dies in the middle of a fit: its partitions are made again elsewhere."""
    X, y = frame(2000)
    local, far = (getattr(place, "VDClassifier")(tol=1e-7) for place in (vd_ard, vd_ard.dask))
    local.fit(X, y["VDClassifier"])
    pid = cluster.run(lambda: __import__("os").getpid())
    victim = next(iter(pid.values()))
    inner = far._rounds

    def rounds(parts, means, scales):
        make, failed = inner(parts, means, scales)
        calls = []

        def once(plan, label):
            calls.append(plan)
            if len(calls) == 3 and sys.platform != "win32":
                __import__("os").kill(victim, 9)
            return make(plan, label)

        return once, failed

    far._rounds = rounds
    t = dd.from_pandas(y["VDClassifier"], npartitions=6)
    far.fit(dd.from_pandas(X, npartitions=6), t)
    np.testing.assert_array_equal(far.get_support(), local.get_support())
    np.testing.assert_allclose(far.coef_, local.coef_, rtol=1e-6, atol=1e-9)
