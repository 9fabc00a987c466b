"""Relevance vector machines: the crate ``rvm``."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils._param_validation import Interval, StrOptions

from . import _vd_ard
from ._base import Classifier, Estimator, Regressor

_SHARED = {
    "kernel": [StrOptions({"linear", "rbf", "laplacian", "poly"}), None],
    "gamma": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto", "scale"})],
    "degree": [Interval(Integral, 1, 1000, closed="both")],
    "coef0": [Interval(Real, 0, None, closed="left")],
    "tol": [Interval(Real, 0, None, closed="neither")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
}


class _Machine(Estimator):
    """What both machines share."""

    def _kernel(self, X):
        """The arguments of the kernel; gamma as :class:`~sklearn.svm.SVC` reads it."""
        gamma = self.gamma
        if gamma == "scale":
            # In one order of summation, whatever the caller's: the same numbers give the same γ.
            variance = np.asarray(X, dtype=np.float64, order="C").var()
            gamma = 1.0 / (X.shape[1] * variance) if variance != 0 else 1.0
        elif gamma == "auto":
            gamma = 1.0 / X.shape[1]
        return {"kernel": self.kernel, "gamma": gamma, "degree": self.degree, "coef0": float(self.coef0)}


class RVMRegressor(Regressor, RegressorMixin, _Machine):
    r"""Relevance vector regression: a prior precision for each weight, by the evidence.

    .. math:: t \sim N(\varphi(x)^T w + b, 1/\beta), \quad w_j \sim N(0, 1/\alpha_j),

    with α and β that maximise the evidence, found one precision at a time (Tipping and Faul 2003). Weights whose α is infinite are exactly zero.
    The functions φ are the columns, or a kernel at every training row.

    Parameters
    ----------
    kernel : {"rbf", "laplacian", "poly", "linear"} or None, default="rbf"
        The kernel; ``None`` weighs the columns themselves.
    gamma : float or {"scale", "auto"}, default="scale"
        γ of the kernel; the words as in :class:`~sklearn.svm.SVR`.
    degree : int, default=3
        Degree of ``"poly"``.
    coef0 : float, default=1.0
        Constant of ``"poly"``.
    fit_intercept : bool, default=True
        Whether to offer a constant.
    noise : float, default=None
        Standard deviation of the noise; ``None`` learns it.
    tol : float, default=1e-6
        Gain in evidence, in nats, below which the fit has converged.
    max_iter : int, default=100000
        Largest number of updates.
    n_jobs, verbose, callback
        As in :class:`VDRegressor`.

    Attributes
    ----------
    intercept_ : float
        The constant.
    noise_std_ : float
        Standard deviation of the noise.
    relevance_indices_, relevance_vectors_, dual_coef_ : ndarray
        Kernels only: the training rows that are kept, their features, their weights.
    coef_, z_, log_precision_, relevance_ : ndarray of shape (n_terms,)
        ``kernel=None`` only: weights, z-scores, log α (+∞ where dropped), \|z\|.
    n_iter_, objective_, residual_, status_, trace_, n_features_in_, feature_names_in_
        As in :class:`VDRegressor`; the objective is the log evidence.

    References
    ----------
    Tipping (2001), *Sparse Bayesian Learning and the Relevance Vector Machine*, JMLR. Tipping and Faul (2003), *Fast Marginal Likelihood
    Maximisation for Sparse Bayesian Models*, AISTATS.

    Examples
    --------
    >>> import numpy as np
    >>> from vd_ard import RVMRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-10, 10, (200, 1))
    >>> y = np.sinc(X[:, 0] / np.pi) + 0.1 * rng.standard_normal(200)
    >>> model = RVMRegressor(gamma=1 / 9).fit(X, y)
    >>> len(model.relevance_indices_) < 20, bool(0.08 < model.noise_std_ < 0.12)
    (True, True)
    """

    _parameter_constraints = {
        **Estimator._parameter_constraints,
        **_SHARED,
        "noise": [Interval(Real, 0, None, closed="neither"), None],
    }
    _parameter_constraints.pop("random_state")

    def __init__(
        self,
        kernel="rbf",
        *,
        gamma="scale",
        degree=3,
        coef0=1.0,
        fit_intercept=True,
        noise=None,
        tol=1e-6,
        max_iter=100000,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.fit_intercept = fit_intercept
        self.noise = noise
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def fit(self, X, y):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, data frame} of shape (n_samples, n_features)
            Training rows. Categorical columns of a pandas or polars data frame become indicators of their levels.
        y : array-like of shape (n_samples,)
            Numbers to predict.

        Returns
        -------
        self : RVMRegressor
            The fitted estimator.
        """
        self._validate_params()
        X, y, _ = self._read(X, y, None, numeric=True)
        fitted = _vd_ard.fit_rvm_regressor(
            X,
            y,
            **self._kernel(X),
            intercept=bool(self.fit_intercept),
            noise=self.noise,
            tolerance=self.tol,
            max_iterations=self.max_iter,
            **self._running(),
        )
        return self._take(fitted)


class RVMClassifier(Classifier, ClassifierMixin, _Machine):
    r"""Relevance vector classification: one machine for each class against the rest.

    As :class:`RVMRegressor`, with a logistic likelihood and Laplace's approximation of the evidence.

    Parameters
    ----------
    kernel : {"rbf", "laplacian", "poly", "linear"} or None, default="rbf"
        The kernel; ``None`` weighs the columns themselves.
    gamma, degree, coef0, fit_intercept
        As in :class:`RVMRegressor`.
    tol : float, default=1e-3
        Gain in evidence, in nats, below which a machine has converged.
    max_iter : int, default=100
        Largest number of Laplace approximations.
    n_jobs, verbose, callback
        As in :class:`VDRegressor`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Constants.
    relevance_indices_, relevance_vectors_, dual_coef_ : ndarray
        Kernels only: the training rows that some machine keeps, their features, their weights (a row of weights a machine).
    coef_, z_, log_precision_ : ndarray of shape (1, n_terms) or (n_classes, n_terms)
        ``kernel=None`` only.
    relevance_, n_iter_, objective_, residual_, status_, trace_, n_features_in_, feature_names_in_
        As in :class:`RVMRegressor`.

    References
    ----------
    Tipping and Faul (2003), *Fast Marginal Likelihood Maximisation for Sparse Bayesian Models*, AISTATS.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from vd_ard import RVMClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = RVMClassifier().fit(X, y)
    >>> bool(model.score(X, y) > 0.95), len(model.relevance_indices_) < 40
    (True, True)
    """

    _parameter_constraints = {**Estimator._parameter_constraints, **_SHARED}
    _parameter_constraints.pop("random_state")

    def __init__(
        self,
        kernel="rbf",
        *,
        gamma="scale",
        degree=3,
        coef0=1.0,
        fit_intercept=True,
        tol=1e-3,
        max_iter=100,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def fit(self, X, y):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, data frame} of shape (n_samples, n_features)
            Training rows. Categorical columns of a pandas or polars data frame become indicators of their levels.
        y : array-like of shape (n_samples,)
            Labels of any type.

        Returns
        -------
        self : RVMClassifier
            The fitted estimator.
        """
        self._validate_params()
        X, y, _ = self._read(X, y, None, numeric=False)
        codes = self._classes(y)
        fitted = _vd_ard.fit_rvm_classifier(
            X,
            codes,
            classes=len(self.classes_),
            **self._kernel(X),
            intercept=bool(self.fit_intercept),
            tolerance=self.tol,
            max_iterations=self.max_iter,
            **self._running(),
        )
        return self._take(fitted)
