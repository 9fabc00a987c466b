"""The bits of the Rust crates' own fits, which `examples/python_vectors.rs` prints."""

import json
import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
import scipy.sparse as sp
import vd_ard

HERE = pathlib.Path(__file__).parent.parent
ROWS, COLUMNS = 120, 12


@pytest.fixture(scope="module")
def vectors():
    """What the crates say; made anew unless VD_PYTHON_VECTORS names the file."""
    given = os.environ.get("VD_PYTHON_VECTORS")
    if given:
        text = pathlib.Path(given).read_text()
    elif shutil.which("cargo") and (HERE / "Cargo.toml").is_file():
        command = ["cargo", "run", "--quiet", "--release", "--example", "python_vectors"]
        text = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout
    else:
        pytest.skip("no VD_PYTHON_VECTORS and no cargo: there is no Rust here to compare with")
    found = {}
    for line in text.splitlines():
        row = json.loads(line)
        found[row["name"]] = np.array([int(bits, 16) for bits in row["bits"]], dtype=np.uint64).view(np.float64)
    return found


def noise(at):
    return ((at * 2654435761 + 12345) % 4294967296 // 65536 % 2048) / 1024.0 - 1.0


@pytest.fixture(scope="module")
def data():
    X = np.array([[0.0 if d > 8 and (n + d) % 3 == 0 else noise(n * COLUMNS + d) for d in range(COLUMNS)] for n in range(ROWS)])
    t = np.array([2.0 * X[n, 0] - 1.5 * X[n, 3] + X[n, 10] + 0.25 * noise(1_000_000 + n) for n in range(ROWS)])
    return X, t


def same(found, expected):
    """Equal bit by bit; matrices as Rust lays them out, column by column."""
    found = np.asarray(found)
    np.testing.assert_array_equal(found.ravel(order="F").view(np.uint64), expected.view(np.uint64))


def test_the_data_are_the_same(data, vectors):
    same(data[1], vectors["target"])


def test_linear_regression(data, vectors):
    X, t = data
    model = vd_ard.VDRegressor(4.0).fit(X, t)
    same(model.coef_, vectors["linear-coef"])
    same(model.log_alpha_, vectors["linear-log-alpha"])
    mean, std = model.predict(X, return_std=True)
    same(mean, vectors["linear-predict"])
    same(std, vectors["linear-std"])
    same(vd_ard.VDRegressor(4.0).fit(sp.csr_array(X), t).coef_, vectors["linear-sparse-coef"])
    same(vd_ard.VDRegressor(4.0).fit(X, t, np.arange(ROWS) % 3).coef_, vectors["linear-weights-coef"])


def test_linear_regression_by_cross_validation(data, vectors, monkeypatch):
    X, t = data
    monkeypatch.setattr(vd_ard.VDRegressor, "_draw_seed", lambda self, used: 7)
    same(vd_ard.VDRegressor("cv").fit(X, t).coef_, vectors["linear-cv-coef"])


def test_classes_and_counts(data, vectors):
    X, t = data
    two, three = (t > 0).astype(int), (t > -0.5).astype(int) + (t > 0.75)
    model = vd_ard.VDClassifier(4.0, slab=None).fit(X, two)
    same(model.coef_.T, vectors["classes2-coef"])
    same(model.predict_proba(X), vectors["classes2-proba"])
    model = vd_ard.VDClassifier(4.0, refit="ridge").fit(X, three)
    same(model.coef_.T, vectors["classes3-coef"])
    same(model.predict_proba(X), vectors["classes3-proba"])
    half_up = lambda x: np.floor(x + 0.5)
    model = vd_ard.VDCountRegressor(4.0).fit(X, half_up(np.exp(0.5 * t + 1.0)))
    same(model.coef_, vectors["counts-coef"])
    mean, std = model.predict(X, return_std=True)
    same(mean, vectors["counts-predict"])
    same(std, vectors["counts-std"])


def test_relevance_vectors_and_l1(data, vectors):
    X, t = data
    three = (t > -0.5).astype(int) + (t > 0.75)
    mean, std = vd_ard.RVMRegressor(gamma=0.5).fit(X, t).predict(X, return_std=True)
    same(mean, vectors["rvm-predict"])
    same(std, vectors["rvm-std"])
    same(vd_ard.RVMClassifier(gamma=0.5).fit(X, three).predict_proba(X), vectors["rvm-proba"])
    model = vd_ard.L1LogisticRegression(0.5).fit(X, three)
    same(model.coef_.T, vectors["l1-coef"])
    same(model.predict_proba(X), vectors["l1-proba"])
    same(vd_ard.L1LogisticRegression(0.5).fit(sp.csc_matrix(X), three).coef_.T, vectors["l1-sparse-coef"])


def test_networks(data, vectors, monkeypatch):
    X, t = data
    monkeypatch.setattr(vd_ard.VDNetworkClassifier, "_draw_seed", lambda self: 3)
    model = vd_ard.VDNetworkClassifier(6, max_iter=40, n_jobs=2).fit(X, (t > -0.5).astype(int) + (t > 0.75))
    same(model.predict_proba(X).T, vectors["network-proba"])


def test_the_divergence(vectors):
    log_alpha = np.arange(200) * 0.25 - 25.0
    same(vd_ard.kl.divergence(log_alpha), vectors["kl"])
    same(vd_ard.kl.slope(log_alpha), vectors["kl-slope"])
