r"""The divergence of variational dropout on arrays.

A weight has the posterior :math:`q(w) = N(\theta, \alpha\theta^2)` and the prior :math:`p(\log|w|) \propto 1`. With
:math:`u = 1/(2\alpha)` and Dawson's function D,

.. math:: \mathrm{KL}(\alpha) = 2 \int_0^{\sqrt u} D(s)\,ds, \qquad \frac{d\,\mathrm{KL}}{d \log\alpha} = -\sqrt u\, D(\sqrt u),

in nats, with the constant that makes KL(α → ∞) = 0. The prior is improper, so read it as a penalty with a Bayesian motivation (Hron, Matthews and
Ghahramani 2018).
"""

import numpy as np

from . import _vd_ard
from ._pasteable import kl_tensor

__all__ = [
    "approximations",
    "divergence",
    "false_keep_probability",
    "kl_tensor",
    "lambda_for_false_keeps",
    "optimum",
    "slope",
]


def _both(log_alpha, kind):
    array = np.asarray(log_alpha)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    value, slope = _vd_ard.kl(np.ascontiguousarray(array).reshape(-1), kind)
    return value.reshape(array.shape)[()], slope.reshape(array.shape)[()]


def divergence(log_alpha, kind="exact"):
    """KL(α) in nats.

    Parameters
    ----------
    log_alpha : array-like
        log α. float32 is computed in float32, all else in float64.
    kind : str, default="exact"
        Which divergence: a key of :func:`approximations`.

    Returns
    -------
    kl : ndarray of the shape of ``log_alpha``
        KL(α); exact to 1e-14 relative in float64, to 4 units in the last place in float32. Outside the domain of an approximation NaN, or an extrapolation.

    Examples
    --------
    >>> from vd_ard import kl
    >>> print(f"{kl.divergence(0.0):.12f} {kl.divergence(0.0, 'sigmoid-2017'):.6f}")
    0.426685604296 0.431239
    """
    return _both(log_alpha, kind)[0]


def slope(log_alpha, kind="exact"):
    """dKL/d log α.

    Parameters
    ----------
    log_alpha : array-like
        log α. float32 is computed in float32, all else in float64.
    kind : str, default="exact"
        Which divergence: a key of :func:`approximations`.

    Returns
    -------
    slope : ndarray of the shape of ``log_alpha``
        The derivative: −1/2 at log α = −∞, 0 at +∞.

    Examples
    --------
    >>> from vd_ard import kl
    >>> print(f"{kl.slope(0.0):.12f}")
    -0.362389229504
    """
    return _both(log_alpha, kind)[1]


def approximations():
    """Every divergence and the interval of log α on which it is meant to be used.

    Returns
    -------
    domains : dict
        ``{kind: (smallest log α, largest log α)}``.

        ===================  ============================================================  =====================
        kind                 formula                                                       largest error, nats
        ===================  ============================================================  =====================
        ``exact``            2 ∫₀^√u D(s) ds                                               0
        ``sigmoid-minimax``  ½ log(1 + 1/α) + k₁ σ(−(k₂ + k₃ log α)), best constants       0.0050
        ``sigmoid-2017``     the same with the constants of Molchanov et al. (2017)        0.0094
        ``sigmoid-poster``   the same with the poster's                                    0.0129
        ``kingma-cubic``     cubic in α of Kingma et al. (2015), α ≤ 1                     0.020
        ``kingma-bound``     (γ + ln 2)/2 − ½ log α, α ≤ 1                                 0.245
        ``empirical-bayes``  ½ log(1 + 1/α), another prior                                 0.635
        ===================  ============================================================  =====================

    Examples
    --------
    >>> from vd_ard import kl
    >>> kl.approximations()["kingma-cubic"]
    (-inf, 0.0)
    """
    return {name: (lower, upper) for name, lower, upper in _vd_ard.approximations()}


def lambda_for_false_keeps(q, columns, group=1):
    """λ at which q of so many columns of pure noise are kept in expectation, λ = F⁻¹(1 − q/columns).

    Parameters
    ----------
    q : float
        Columns that may be kept, above 0.
    columns : int
        Columns in all.
    group : int, default=1
        Weights that share one α, G: F is the distribution function of χ² with G degrees of freedom, over G.

    Returns
    -------
    lam : float
        λ.

    Examples
    --------
    >>> from vd_ard import kl
    >>> print(f"{kl.lambda_for_false_keeps(1, 1000):.4f}")
    10.8276
    """
    return _vd_ard.lambda_for_false_keeps(float(q), int(columns), int(group))


def false_keep_probability(lam, group=1):
    """Probability that a column of pure noise is kept at λ, P(χ²_G > λ G).

    Parameters
    ----------
    lam : float
        λ, above 0.
    group : int, default=1
        Weights that share one α, G.

    Returns
    -------
    p : float
        The probability.

    Examples
    --------
    >>> from vd_ard import kl
    >>> print(f"{kl.false_keep_probability(1.0):.4f}")
    0.3173
    """
    return _vd_ard.false_keeps(float(lam), int(group))


def optimum(z2):
    """log α and shrinkage of a weight in a linear regression, from its squared z-score over λ.

    Parameters
    ----------
    z2 : float
        z²/λ, with z the least-squares estimate given the rest, in standard errors.

    Returns
    -------
    optimum : tuple of float, or None
        (log α, θ over the least-squares estimate); None where the weight is dropped.

    Examples
    --------
    >>> from vd_ard import kl
    >>> kl.optimum(0.9) is None, kl.optimum(16.0)[1] > 0.9
    (True, True)
    """
    return _vd_ard.optimum(float(z2))
