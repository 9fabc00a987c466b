"""Linear regression by variational dropout: the crate ``vd-linreg``."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils._param_validation import Interval, StrOptions

from . import _vd_ard
from ._base import FALSE_KEEPS, LAM_OR_AVERAGE, Estimator, Regressor

_NOISE = [Interval(Real, 0, None, closed="neither"), StrOptions({"pre-estimated", "learned"})]


class VDRegressor(Regressor, RegressorMixin, Estimator):
    r"""Sparse linear regression by variational dropout, in closed form.

    Each weight has a posterior :math:`N(\theta_d, \alpha_d \theta_d^2)`, and the fit maximises

    .. math:: E_q \log N(t \mid X w + b, 1/\beta) - \lambda \sum_d \mathrm{KL}(\alpha_d)

    by coordinate ascent. A weight whose squared z-score given the rest is at most :math:`\lambda` gets :math:`\alpha_d = \infty` and is exactly
    zero; so :math:`\lambda` is an error rate, and needs no tuning. Columns are standardised inside, and coefficients are in the units of the data.

    Parameters
    ----------
    lam : float or {"average", "auto", "bic", "cv"}, default="average"
        λ, or how it is chosen. ``"average"``: no λ, but an average over which columns matter, weighed by their evidence, and the few columns whose
        fitted values are the average's; a column is as likely in as out at a z² that grows with ln n and ln D (``lambda_``). It predicts best on
        correlated columns and weak effects, and is what the command line ``vd fit`` does. ``"auto"``: one column of pure noise is kept in expectation or fewer,
        :math:`\lambda = \max(F^{-1}_{\chi^2_1}(1 - 1/D), \ln n)` with D the number of columns that vary and n the samples (half a column where D is 1
        or 2). ``"bic"``: ln n. ``"cv"``: by cross-validation of the squared error, the sparsest within one paired standard error of the best.
        1.0 is the method of the paper, and keeps a third of all columns of noise.
    groups : "columns", array-like of shape (n_features,) or None, default="columns"
        Which columns are one decision, kept or dropped together, under ``lam="average"``. ``"columns"``: the levels of a categorical column. Labels:
        columns of one label, a categorical column by its one label. ``None``: every column and every level by itself.
    false_keeps : float, default=None
        Number of columns of pure noise that may be kept in expectation, q: :math:`\lambda = F^{-1}_{\chi^2_1}(1 - q/D)`. Takes the place of
        the default of ``lam``.
    refit : {"auto", "least_squares"} or None, default="auto"
        What follows the selection: ``"least_squares"`` on the kept columns, or nothing. ``"auto"``: least squares where λ is an error rate, which
        shrinks what it keeps; the better of both under ``lam="cv"``; nothing for a number. ``lam="average"`` has a refit of its own.
    fit_intercept : bool, default=True
        Whether to fit an unpenalised constant.
    noise : float or {"pre-estimated", "learned"}, default="pre-estimated"
        Standard deviation of the noise, or how it is found: once before the fit, or together with the weights.
    folds : int, default=5
        Folds of ``lam="cv"``.
    tol : float, default=1e-6
        Largest change of a weight in a sweep, in standard errors, at which the fit has converged.
    max_iter : int, default=10000
        Largest number of sweeps.
    random_state : int, RandomState instance or None, default=0
        Leads the walks over supports (``lam="average"``), or deals the rows into folds (``lam="cv"``).
    n_jobs : int, default=None
        Threads; the result is the same to the bit for any number. ``None`` is 1 outside a :obj:`joblib.parallel_backend`, -1 is all.
    verbose : int, default=0
        1 prints a line a second, 2 every iteration.
    callback : callable, default=None
        Called as ``callback(stage)`` after every iteration with the keys ``iteration``, ``limit``, ``objective``, ``kept``, ``class``; a true value
        ends the fit with what has been reached.

    Attributes
    ----------
    coef_ : ndarray of shape (n_terms,)
        Posterior means θ, exactly 0 where a weight is dropped. One per column, or per level of a categorical column (``term_names_``).
    intercept_ : float
        The constant.
    log_alpha_ : ndarray of shape (n_terms,)
        log α, +∞ where a weight is dropped.
    sigma_ : ndarray of shape (n_terms,)
        Posterior standard deviations.
    z_ : ndarray of shape (n_terms,)
        z-score of every column given the rest of the model, kept or not.
    relevance_ : ndarray of shape (n_features_in_,)
        \|z\| of every column, 0 where it is dropped: for ranking, and for :class:`~sklearn.feature_selection.SelectFromModel`.
    inclusion_ : ndarray of shape (n_terms,)
        Posterior probability that a column matters (``lam="average"`` only).
    stand_ins_ : list of (int, int, float)
        Kept term, a term that could stand in for it, their correlation (``lam="average"`` only).
    lambda_ : float
        λ of the fit; under ``lam="average"`` the z² at which a column is as likely in as out.
    false_keeps_ : float
        Number of kept columns that do not matter, in expectation: at this λ, or by the average's own probabilities (``None`` where many weak effects
        are taken together).
    noise_std_ : float
        Standard deviation of the noise.
    n_iter_ : int
        Iterations.
    objective_, residual_, status_, trace_ : float, float, str, ndarray
        The objective in nats, the optimality residual, how the fit ended, the objective after every iteration.
    term_names_ : ndarray of str
        Name of every coefficient.
    n_features_in_ : int
        Number of input columns.
    feature_names_in_ : ndarray of str
        Names of the input columns, where they have names.

    See Also
    --------
    regression_path : Solutions at many λ.
    sklearn.linear_model.ARDRegression : A prior precision for each weight, by evidence.

    References
    ----------
    Molchanov, Ashukha and Vetrov (2016), *Dropout-based Automatic Relevance Determination*; (2017), *Variational Dropout Sparsifies Deep Neural
    Networks*, ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from vd_ard import VDRegressor
    >>> rng = np.random.default_rng(4)
    >>> X = rng.standard_normal((200, 50))
    >>> y = 3 * X[:, 0] - 2 * X[:, 7] + 0.5 * rng.standard_normal(200)
    >>> model = VDRegressor().fit(X, y)
    >>> model.get_support(indices=True)
    array([0, 7])
    >>> mean, std = model.predict(X[:2], return_std=True)
    >>> mean.shape, bool(0.4 < std[0] < 0.6)
    ((2,), True)
    """

    _sparse = "csc"
    _parameter_constraints = {
        **Estimator._parameter_constraints,
        "lam": LAM_OR_AVERAGE,
        "groups": [StrOptions({"columns"}), "array-like", None],
        "false_keeps": FALSE_KEEPS,
        "refit": [StrOptions({"auto", "least_squares"}), None],
        "noise": _NOISE,
        "folds": [Interval(Integral, 2, None, closed="left")],
        "tol": [Interval(Real, 0, 1, closed="right")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        lam="average",
        *,
        groups="columns",
        false_keeps=None,
        refit="auto",
        fit_intercept=True,
        noise="pre-estimated",
        folds=5,
        tol=1e-6,
        max_iter=10000,
        random_state=0,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.lam = lam
        self.groups = groups
        self.false_keeps = false_keeps
        self.refit = refit
        self.fit_intercept = fit_intercept
        self.noise = noise
        self.folds = folds
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def fit(self, X, y, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Training rows. Categorical columns of a pandas or polars data frame become indicators of their levels.
        y : array-like of shape (n_samples,)
            Numbers to predict.
        sample_weight : array-like of shape (n_samples,), default=None
            How often each row counts.

        Returns
        -------
        self : VDRegressor
            The fitted estimator.
        """
        self._validate_params()
        X, y, sample_weight = self._read(X, y, sample_weight, numeric=True)
        average = self.lam == "average" and self.false_keeps is None
        if not average and self.groups is not None and not isinstance(self.groups, str):
            raise ValueError('groups are for lam="average": another choice of λ decides on each column by itself')
        fitted = _vd_ard.fit_linear(
            X,
            y,
            sample_weight,
            groups=self._groups(self.groups) if average else None,
            lam=self.lam,
            false_keeps=self.false_keeps,
            refit=self.refit,
            intercept=bool(self.fit_intercept),
            noise=self.noise,
            folds=self.folds,
            tolerance=self.tol,
            max_iterations=self.max_iter,
            seed=self._draw_seed(average or self.lam == "cv"),
            **self._running(),
        )
        return self._take(fitted)


def regression_path(X, y, *, lams=None, n_lams=50, smallest=0.5, sample_weight=None, refit=None, fit_intercept=True, noise="pre-estimated",
                    tol=1e-6, max_iter=10000, n_jobs=None, callback=None):
    """Follow the solutions of :class:`VDRegressor` down λ, each started from the one before.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Training rows.
    y : array-like of shape (n_samples,)
        Numbers to predict.
    lams : array-like, default=None
        Values of λ. Without them ``n_lams`` values, evenly in log λ from the empty model down to ``smallest``.
    n_lams : int, default=50
        Number of values of λ.
    smallest : float, default=0.5
        The smallest λ.
    sample_weight, refit, fit_intercept, noise, tol, max_iter, n_jobs, callback
        As in :class:`VDRegressor`; ``refit`` is ``"least_squares"`` or ``None``.

    Returns
    -------
    lams : ndarray of shape (n_lams,)
        λ, falling.
    coefs : ndarray of shape (n_features, n_lams)
        Coefficients at each λ.
    intercepts : ndarray of shape (n_lams,)
        Intercepts at each λ.

    Examples
    --------
    >>> import numpy as np
    >>> from vd_ard import regression_path
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((100, 5))
    >>> lams, coefs, intercepts = regression_path(X, X[:, 2] + 0.1 * rng.standard_normal(100), n_lams=20)
    >>> coefs.shape, np.flatnonzero(coefs[:, 1]).tolist()
    ((5, 20), [2])
    """
    estimator = VDRegressor(
        "auto", refit=refit, fit_intercept=fit_intercept, noise=noise, tol=tol, max_iter=max_iter, n_jobs=n_jobs, callback=callback
    )
    estimator._validate_params()
    features, y, sample_weight = estimator._read(X, y, sample_weight, numeric=True)

    def follow(lams, **running):
        return _vd_ard.path_linear(
            features, y, sample_weight, np.ascontiguousarray(lams, dtype=np.float64), refit=refit, intercept=bool(fit_intercept), noise=noise,
            tolerance=tol, max_iterations=max_iter, **running,
        )  # fmt: skip

    running = estimator._running()
    if lams is None:
        *_, empty_from = follow([1e100], **{**running, "callback": None})
        lams = np.geomspace(max(empty_from, smallest), smallest, n_lams)
    return follow(lams, **running)[:3]
