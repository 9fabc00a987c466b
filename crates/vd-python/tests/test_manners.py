"""Threads, interrupts, progress, warnings, and the company of scikit-learn's tools."""

import os
import pickle
import signal
import threading
import time
import warnings

import joblib
import numpy as np
import pytest
import vd_ard
from conftest import ALL, CLASSIFIERS, answers, make, numbers, problem
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def endless(name):
    """A fit that takes far longer than any test waits."""
    X, y = problem(name, n=200)
    if name.startswith("VDNetwork"):
        return make(name, max_iter=10**8), X, y
    if name.startswith("RVM"):
        X, y = problem(name, n=6000, d=60)
        return make(name, tol=1e-12), X, y
    X, y = problem(name, n=1500, d=1500)
    return make(name, **({} if name == "L1LogisticRegression" else {"lam": 1e-3, "tol": 1e-6})), X, y


LONG = ["VDNetworkRegressor", "VDNetworkClassifier", "RVMRegressor", "RVMClassifier", "VDClassifier", "L1LogisticRegression"]


@pytest.mark.parametrize("name", LONG)
def test_an_interrupt_stops_a_fit_within_a_second(name):
    # A shell that runs something in the background has it ignore the signal, and Python then leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    estimator, X, y = endless(name)
    sent = []

    def interrupt():
        time.sleep(0.4)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        estimator.fit(X, y)
        late = None
    except KeyboardInterrupt:
        late = time.monotonic() - sent[0]
    if late is None:
        # The signal is still to come, and must not hit another test.
        with pytest.raises(KeyboardInterrupt):
            thread.join()
            time.sleep(1)
        pytest.fail("the fit ended before it was interrupted: make it longer")
    thread.join()
    # A machine that has more to do than processors says nothing about a second.
    busy = hasattr(os, "getloadavg") and os.getloadavg()[0] > os.cpu_count()
    assert late < (10.0 if busy else 1.0), f"{late:.2f} s after the signal"
    assert not any(attribute in vars(estimator) for attribute in ("_fitted", "coef_", "coefs_", "intercept_", "n_iter_"))
    # And the next fit is as if nothing had been.
    X, y = problem(name)
    assert np.array_equal(answers(make(name).fit(X, y), X), answers(make(name).fit(X, y), X))


def test_the_interpreter_lock_is_free_while_fitting():
    X, y = numbers(n=400, d=20)
    estimator = make("VDNetworkRegressor", max_iter=500)
    thread = threading.Thread(target=estimator.fit, args=(X, y))
    turns, start = 0, time.monotonic()
    thread.start()
    while thread.is_alive():
        turns += 1
        time.sleep(0.001)
    took = time.monotonic() - start
    assert took > 0.1, "the fit is too short to tell"
    # With the lock held the loop would turn once or twice.
    assert turns > 20 and turns > 20 * took


@pytest.mark.parametrize("name", ALL)
def test_any_number_of_threads_gives_the_same_bits(name):
    # Threads of a network wait for each other at every step, which takes long where other work runs beside it.
    kwargs, many = ({"max_iter": 20}, (2, 3)) if name.startswith("VDNetwork") else ({}, (2, 3, -1, None))
    X, y = problem(name, n=200, d=8 if name.startswith("RVM") else 30)
    expected = answers(make(name, n_jobs=1, **kwargs).fit(X, y), X)
    for n_jobs in many:
        assert np.array_equal(answers(make(name, n_jobs=n_jobs, **kwargs).fit(X, y), X), expected)


def test_cross_validated_fits_have_the_same_bits_too():
    X, y = numbers(n=300, d=30)
    fits = [vd_ard.VDRegressor("cv", n_jobs=n, random_state=1).fit(X, y) for n in (1, 4)]
    assert np.array_equal(fits[0].coef_, fits[1].coef_) and fits[0].lambda_ == fits[1].lambda_


def test_a_callback_sees_every_iteration_and_stops_the_fit(name):
    X, y = problem(name, n=300, d=30)
    seen = []

    def callback(stage):
        assert set(stage) == {"iteration", "limit", "objective", "kept", "class"}
        seen.append(stage["iteration"])
        return len(seen) >= 3

    settings = {"lam": 0.5} if name.startswith("VD") and "Network" not in name else {}
    if name == "L1LogisticRegression":
        settings = {"C": 10.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning if not name.startswith("VDNetwork") else UserWarning)
        warnings.simplefilter("ignore" if name.startswith("VDNetwork") else "error", ConvergenceWarning)
        model = make(name, callback=callback, **settings).fit(X, y)
    assert seen and seen[0] >= 1 and seen == sorted(seen) or name in CLASSIFIERS
    assert model.status_ == ("stopped by the caller" if len(seen) >= 3 else "converged")
    assert np.all(np.isfinite(answers(model, X)))


def test_what_a_callback_raises_is_raised(name):
    X, y = problem(name)

    def callback(stage):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        make(name, callback=callback).fit(X, y)


def test_verbose_prints_lines(capfd):
    X, y = numbers()
    vd_ard.VDRegressor(verbose=2).fit(X, y)
    lines = capfd.readouterr().out.splitlines()
    assert lines and all(line.startswith("[VDRegressor] iteration ") and "kept" in line for line in lines)
    vd_ard.VDRegressor().fit(X, y)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", ["VDRegressor", "VDClassifier", "VDCountRegressor", "RVMRegressor", "L1LogisticRegression"])
def test_a_fit_that_does_not_converge_warns(name):
    X, y = problem(name, n=300, d=30)
    kwargs = {"C": 100.0} if name == "L1LogisticRegression" else {"lam": 0.01} if name.startswith("VD") else {}
    with pytest.warns(ConvergenceWarning, match=f"{name}: the fit stopped at the iteration limit after 1 iteration"):
        make(name, max_iter=1, **kwargs).fit(X, y)


def test_a_network_that_is_told_to_converge_and_does_not_warns():
    X, y = numbers()
    with pytest.warns(ConvergenceWarning, match="iteration limit after 5 iterations"):
        make("VDNetworkRegressor", max_iter=5, tol=1e-9).fit(X, y)


def test_seeds():
    X, y = numbers()
    fits = [make("VDNetworkRegressor", random_state=s, max_iter=20).fit(X, y).predict(X) for s in (1, 1, 2)]
    assert np.array_equal(fits[0], fits[1]) and not np.array_equal(fits[0], fits[2])


def test_pickles_and_joblib(name, tmp_path):
    X, y = problem(name)
    model = make(name).fit(X, y)
    expected = answers(model, X)
    joblib.dump(model, tmp_path / "model.joblib")
    for other in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model.joblib")):
        assert np.array_equal(answers(other, X), expected)
        assert np.array_equal(other.n_iter_, model.n_iter_)
    damaged = bytearray(pickle.dumps(model))
    at = damaged.index(b"vd.python") + 60
    damaged[at] ^= 0xFF
    with pytest.raises((ValueError, pickle.UnpicklingError, EOFError)):
        pickle.loads(bytes(damaged))


def test_clone_pipeline_and_search(name):
    X, y = problem(name)
    parameter = {"L1LogisticRegression": "C", "RVMRegressor": "gamma", "RVMClassifier": "gamma"}.get(name, "lam")
    pipe = make_pipeline(StandardScaler(), make(name))
    step = pipe.steps[-1][0]
    search = GridSearchCV(pipe, {f"{step}__{parameter}": [0.1, 1.0, 4.0]}, cv=3, n_jobs=2).fit(X, y)
    assert search.best_score_ > 0.3
    assert clone(search.best_estimator_).get_params()[f"{step}__{parameter}"] in (0.1, 1.0, 4.0)
    assert cross_val_score(clone(pipe), X, y, cv=3).mean() > 0.3


def test_fits_in_a_pool_of_processes_and_of_threads():
    X, y = numbers()
    expected = vd_ard.VDRegressor().fit(X, y).coef_
    for backend in ("loky", "threading"):
        fits = joblib.Parallel(n_jobs=2, backend=backend)(joblib.delayed(vd_ard.VDRegressor().fit)(X, y) for _ in range(4))
        assert all(np.array_equal(fit.coef_, expected) for fit in fits)


@pytest.mark.parametrize("library", ["pandas", "polars", "default"])
@pytest.mark.parametrize("name", [n for n in ALL if not n.startswith(("RVM", "VDNetwork"))])
def test_select_from_model_with_frames(name, library):
    pd = pytest.importorskip("pandas")
    X, y = problem(name)
    table = pd.DataFrame(X, columns=list("abcdefgh"))
    selector = SelectFromModel(make(name), threshold=1e-12).set_output(transform=library).fit(table, y)
    kept = [c for c, keep in zip("abcdefgh", selector.estimator_.get_support()) if keep]
    assert list(selector.get_feature_names_out()) == kept and {"a", "b"} <= set(kept)
    out = selector.transform(table)
    assert type(out).__module__.split(".")[0] == {"default": "numpy"}.get(library, library)
    by_relevance = SelectFromModel(make(name), threshold=1e-12, importance_getter="relevance_").fit(table, y)
    assert np.array_equal(by_relevance.get_support(), selector.get_support())


def test_what_matters_is_named(name):
    kwargs = {"kernel": None} if name.startswith("RVM") else {}
    X, y = problem(name)
    model = make(name, **kwargs).fit(X, y)
    assert set(np.argsort(-model.relevance_)[:2]) == {0, 1}
    mask = model.get_support()
    assert np.array_equal(np.flatnonzero(mask), model.get_support(indices=True)) and mask[:2].all()
    assert np.array_equal(model.relevance_ > 0, mask)
    if hasattr(model, "coef_"):
        assert np.array_equal(np.any(np.atleast_2d(model.coef_) != 0, axis=0), mask)
    if hasattr(model, "coef_") and hasattr(model, "log_alpha_"):
        assert np.array_equal(np.isinf(model.log_alpha_), model.coef_ == 0)


def test_an_error_rate_is_kept():
    """λ from one false keep: of 200 columns of noise in 40 fits, 40 are expected; 4 standard deviations are 25."""
    kept = 0
    for seed in range(40):
        X, y = numbers(n=300, d=202, seed=seed)
        kept += vd_ard.VDRegressor(false_keeps=1.0).fit(X, y).get_support()[2:].sum()
    assert 15 <= kept <= 75
    assert abs(vd_ard.VDRegressor(false_keeps=1.0).fit(X, y).false_keeps_ - 1.0) < 1e-9


def test_the_path_falls_and_agrees_with_single_fits():
    X, y = numbers(n=200, d=20)
    lams, coefs, intercepts = vd_ard.regression_path(X, y, n_lams=15, smallest=1.0)
    assert coefs.shape == (20, 15) and np.all(np.diff(lams) < 0)
    kept = (coefs != 0).sum(axis=0)
    assert kept[0] <= 1 and kept[-1] >= 2
    at = 8
    single = vd_ard.VDRegressor(lam=float(lams[at]), refit=None).fit(X, y)
    np.testing.assert_allclose(single.coef_, coefs[:, at], atol=1e-5)
    assert abs(single.intercept_ - intercepts[at]) < 1e-5
