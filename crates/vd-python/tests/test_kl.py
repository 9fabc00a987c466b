"""The divergence on arrays, and the function to paste into another framework."""

import inspect
from math import log

import numpy as np
import pytest
from vd_ard import kl

GRID = np.linspace(-60, 60, 4001)


def dawson_integral(log_alpha):
    """2 ∫ D by the definition, with scipy's Dawson function and Gauss-Legendre on unit pieces."""
    from scipy.special import dawsn

    end = np.sqrt(0.5 * np.exp(-log_alpha))
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(0, end, max(2, int(np.ceil(end)) + 1))
    half = np.diff(edges) / 2
    s = edges[:-1, None] + half[:, None] * (nodes + 1)
    return 2 * np.sum(half[:, None] * weights * dawsn(s))


@pytest.mark.parametrize("log_alpha", [-8.0, -3.3322, -1.0, 0.0, 2.5, 10.0])
def test_exact_by_its_definition(log_alpha):
    from scipy.special import dawsn

    u = 0.5 * np.exp(-log_alpha)
    np.testing.assert_allclose(kl.divergence(log_alpha), dawson_integral(log_alpha), rtol=1e-12)
    np.testing.assert_allclose(kl.slope(log_alpha), -np.sqrt(u) * dawsn(np.sqrt(u)), rtol=1e-12)


def test_approximations_by_their_formulas():
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    half = 0.5 * np.log1p(np.exp(-GRID))
    for kind, (k1, k2, k3) in {
        "sigmoid-2017": (0.63576, 1.87320, 1.48695),
        "sigmoid-poster": (0.64, 1.95, 1.5),
        "sigmoid-minimax": (0.6302144723, 1.8687332967, 1.4978815398),
    }.items():
        np.testing.assert_allclose(kl.divergence(GRID, kind), half + k1 * sigmoid(-(k2 + k3 * GRID)), rtol=1e-9)
    np.testing.assert_allclose(kl.divergence(GRID, "empirical-bayes"), half, rtol=1e-9)
    low = GRID[GRID <= 0]
    excess = (np.euler_gamma + log(2)) / 2
    np.testing.assert_allclose(kl.divergence(low, "kingma-bound"), excess - 0.5 * low, rtol=1e-12)
    a = np.exp(low)
    cubic = 0.6553513462 - 0.5 * low - (1.16145124 * a - 1.50204118 * a**2 + 0.58629921 * a**3)
    np.testing.assert_allclose(kl.divergence(low, "kingma-cubic"), cubic, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("kind", kl.approximations())
def test_slopes_are_derivatives_and_errors_are_as_stated(kind):
    lower, upper = kl.approximations()[kind]
    grid = GRID[(GRID > lower) & (GRID < upper - 1e-3)]
    step = 1e-4
    difference = (kl.divergence(grid + step, kind) - kl.divergence(grid - step, kind)) / (2 * step)
    np.testing.assert_allclose(kl.slope(grid, kind), difference, atol=2e-8)
    stated = {"exact": 0, "sigmoid-minimax": 0.00497, "sigmoid-2017": 0.00937, "sigmoid-poster": 0.01289,
              "kingma-cubic": 0.0202, "kingma-bound": 0.2454, "empirical-bayes": 0.6352}[kind]  # fmt: skip
    error = np.abs(kl.divergence(grid, kind) - kl.divergence(grid)).max()
    assert stated * 0.98 <= error <= stated * 1.01 + 1e-15


def test_shapes_types_and_ends():
    assert kl.divergence([[0.0, 1.0]]).shape == (1, 2) and np.isscalar(kl.divergence(0.0))
    assert kl.divergence(np.float32([0, 1])).dtype == np.float32 and kl.slope([0, 1]).dtype == np.float64
    assert kl.divergence(np.inf) == 0 and kl.divergence(-np.inf) == np.inf and np.isnan(kl.divergence(np.nan))
    np.testing.assert_allclose(kl.divergence(np.float32(GRID)), kl.divergence(GRID.astype(np.float32).astype(float)), rtol=5e-7)
    with pytest.raises(ValueError, match="'gauss' is no divergence; choose from exact, "):
        kl.divergence(0.0, "gauss")


def test_error_rates():
    assert kl.false_keep_probability(kl.lambda_for_false_keeps(2.0, 100)) == pytest.approx(0.02, rel=1e-12)
    with pytest.raises(ValueError):
        kl.lambda_for_false_keeps(0.0, 10)
    log_alpha, shrinkage = kl.optimum(9.0)
    # At the optimum −2 KL'(log α) (1 + α)²/α is z².
    assert -2 * kl.slope(log_alpha) * (1 + np.exp(log_alpha)) ** 2 / np.exp(log_alpha) == pytest.approx(9.0, rel=1e-9)
    assert 0.8 < shrinkage < 1


class Dual:
    """A number of forward-mode differentiation in float32: value and derivative."""

    def __init__(self, v, d=0.0):
        self.v, self.d = np.float32(v), np.float32(d)

    @staticmethod
    def of(x):
        return x if isinstance(x, Dual) else Dual(np.float32(x))

    def __neg__(self):
        return Dual(-self.v, -self.d)

    def __add__(self, o):
        o = Dual.of(o)
        return Dual(self.v + o.v, self.d + o.d)

    __radd__ = __add__

    def __sub__(self, o):
        return self + (-Dual.of(o))

    def __rsub__(self, o):
        return Dual.of(o) - self

    def __mul__(self, o):
        o = Dual.of(o)
        return Dual(self.v * o.v, self.d * o.v + self.v * o.d)

    __rmul__ = __mul__

    def __truediv__(self, o):
        o = Dual.of(o)
        q = self.v / o.v
        return Dual(q, (self.d - q * o.d) / o.v)

    def __rtruediv__(self, o):
        return Dual.of(o) / self

    def __ge__(self, o):
        return self.v >= np.float32(o)


class DualLibrary:
    """What `kl_tensor` needs of a tensor library, on dual numbers; a branch that is not taken still gets its gradient times zero."""

    @staticmethod
    def exp(x):
        e = np.exp(x.v)
        return Dual(e, e * x.d)

    @staticmethod
    def where(condition, a, b):
        a, b = Dual.of(a), Dual.of(b)
        zero = np.float32(0)
        return Dual(a.v if condition else b.v, (a.d if condition else a.d * zero) + (b.d * zero if condition else b.d))


GRID32 = np.float32(np.linspace(-80, 80, 3001))


def test_the_function_to_paste_is_exact_to_float32():
    np.testing.assert_allclose(kl.kl_tensor(GRID32, np), kl.divergence(GRID32.astype(float)), rtol=6e-7)
    slopes = np.array([kl.kl_tensor(Dual(l, 1.0), DualLibrary).d for l in GRID32])
    assert np.all(np.isfinite(slopes))
    np.testing.assert_allclose(slopes, kl.slope(GRID32.astype(float)), rtol=2e-6)


def test_the_function_to_paste_stands_alone():
    source = inspect.getsource(kl.kl_tensor)
    space = {}
    exec(source, {}, space)
    np.testing.assert_array_equal(space["kl_tensor"](GRID32, np), kl.kl_tensor(GRID32, np))


def test_in_pytorch():
    torch = pytest.importorskip("torch")
    l = torch.tensor(GRID32, requires_grad=True)
    value = kl.kl_tensor(l, torch)
    value.sum().backward()
    np.testing.assert_allclose(value.detach().numpy(), kl.divergence(GRID32.astype(float)), rtol=6e-7)
    np.testing.assert_allclose(l.grad.numpy(), kl.slope(GRID32.astype(float)), rtol=2e-6)


def test_in_jax():
    jax = pytest.importorskip("jax")
    value = kl.kl_tensor(jax.numpy.asarray(GRID32), jax.numpy)
    np.testing.assert_allclose(value, kl.divergence(GRID32.astype(float)), rtol=6e-7)
    slope = jax.vmap(jax.grad(lambda l: kl.kl_tensor(l, jax.numpy)))(jax.numpy.asarray(GRID32))
    np.testing.assert_allclose(slope, kl.slope(GRID32.astype(float)), rtol=2e-6)
