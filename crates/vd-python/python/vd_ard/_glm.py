"""Classes and counts by variational dropout: the crate ``vd-glm``."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils._param_validation import Interval, StrOptions

from . import _vd_ard
from ._base import FALSE_KEEPS, LAM, LAM_OR_CV, Classifier, Estimator, Regressor

_SHARED = {
    "lam": LAM,
    "false_keeps": FALSE_KEEPS,
    "slab": [StrOptions({"learned"}), Interval(Real, 0, None, closed="neither"), None],
    "refit": [StrOptions({"auto", "ridge"}), None],
    "tol": [Interval(Real, 0, 0.1, closed="right")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
}


class VDClassifier(Classifier, ClassifierMixin, Estimator):
    r"""Sparse logistic and softmax regression by variational dropout, without sampling.

    With :math:`q(w_d) = N(\theta_d, \alpha_d \theta_d^2)` the linear predictor of a row is normal, and the fit maximises

    .. math:: \sum_n \omega_n E_q \log p(t_n \mid z_n) - \lambda \sum_d \mathrm{KL}(\alpha_d),

    whose expectations are one-dimensional integrals, taken exactly. A weight whose squared z-score given the rest is at most :math:`\lambda` is
    exactly zero. Probabilities are integrated over the posterior.

    Parameters
    ----------
    lam : float or {"auto", "bic", "cv"}, default="auto"
        λ, or how it is chosen; as in :class:`VDRegressor`, but for ``"average"``. ``"cv"``: by cross-validation of the log loss, with a ridge refit of
        what is kept or without, whichever is better.
    false_keeps : float, default=None
        Number of columns of pure noise that the fit (``by_class`` or ``coding="ovr"``: each output) may keep in expectation. Takes the place of ``lam="auto"``.
    slab : {"learned"}, float or None, default="learned"
        Precision a of a normal prior that bounds the weights' size beside what drops them, in units of standardised columns; without it the weights of
        classes that columns separate grow without end. ``"learned"``: the inverse mean square of the weights that are kept, at least 0.01. ``None``: no
        such prior, which is the method of the paper.
    refit : {"auto", "ridge"} or None, default="auto"
        ``"ridge"``: the weights that λ keeps are estimated again under a normal prior alone, since a λ that selects shrinks what it keeps. ``"auto"``: that
        where λ is chosen, the better of both under ``lam="cv"``; nothing for a number.
    coding : {"softmax", "ovr"}, default="softmax"
        How more than two classes are told apart: one joint model, or one model for each class against the rest.
    by_class : bool, default=False
        Whether a softmax decides on each class's weight of a feature by itself; else it keeps or drops a feature for all its classes at once, by the mean of their
        squared z-scores. ``lam="cv"`` tries both unless this is set. Two classes have one weight a feature; ``coding="ovr"`` fits each class for itself.
    link : {"logit", "probit"}, default="logit"
        Probability of a class given its predictor; ``"probit"`` for two classes or ``coding="ovr"``.
    fit_intercept : bool, default=True
        Whether to fit unpenalised constants.
    folds : int, default=5
        Folds of ``lam="cv"``, stratified by class.
    tol : float, default=1e-2
        Largest departure from the conditions of a maximum that counts as converged, in standard errors.
    max_iter : int, default=200
        Largest number of rounds, those that learn the slab included; a refit has as many again.
    random_state : int, RandomState instance or None, default=None
        Deals the rows into folds (``lam="cv"``).
    n_jobs, verbose, callback
        As in :class:`VDRegressor`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    coef_ : ndarray of shape (1, n_terms) or (n_classes, n_terms)
        Posterior means; a single row, for the second class, where there are two.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Constants.
    log_alpha_, sigma_, z_ : ndarray of the shape of ``coef_``
        log α, posterior standard deviations, and θ/σ (0 where a weight is dropped).
    relevance_ : ndarray of shape (n_features_in_,)
        Largest \|z\| of every column over the outputs, 0 where it is dropped.
    lambda_, false_keeps_, n_iter_, objective_, residual_, status_, trace_, term_names_, n_features_in_, feature_names_in_
        As in :class:`VDRegressor`.

    References
    ----------
    Molchanov, Ashukha and Vetrov (2017), *Variational Dropout Sparsifies Deep Neural Networks*, ICML. Opper and Archambeau (2009), *The
    Variational Gaussian Approximation Revisited*, Neural Computation, for the derivatives of the expectations.

    Examples
    --------
    >>> import numpy as np
    >>> from vd_ard import VDClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((300, 20))
    >>> y = np.where(2 * X[:, 3] - X[:, 5] + rng.logistic(size=300) > 0, "yes", "no")
    >>> model = VDClassifier().fit(X, y)
    >>> model.get_support(indices=True)
    array([3, 5])
    >>> model.predict_proba(X[:4]).shape
    (4, 2)
    """

    _sparse = "csc"
    _parameter_constraints = {
        **Estimator._parameter_constraints,
        **_SHARED,
        "lam": LAM_OR_CV,
        "folds": [Interval(Integral, 2, None, closed="left")],
        "coding": [StrOptions({"softmax", "ovr"})],
        "by_class": ["boolean"],
        "link": [StrOptions({"logit", "probit"})],
    }

    def __init__(
        self,
        lam="auto",
        *,
        false_keeps=None,
        slab="learned",
        refit="auto",
        coding="softmax",
        by_class=False,
        link="logit",
        fit_intercept=True,
        folds=5,
        tol=1e-2,
        max_iter=200,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.lam = lam
        self.false_keeps = false_keeps
        self.slab = slab
        self.refit = refit
        self.coding = coding
        self.by_class = by_class
        self.link = link
        self.fit_intercept = fit_intercept
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
            Labels of any type.
        sample_weight : array-like of shape (n_samples,), default=None
            How often each row counts.

        Returns
        -------
        self : VDClassifier
            The fitted estimator.
        """
        self._validate_params()
        X, y, sample_weight = self._read(X, y, sample_weight, numeric=False)
        if sample_weight is not None and len(np.unique(y[sample_weight > 0])) == 1:
            raise ValueError("VDClassifier needs samples of at least 2 classes with positive weight: there is only one class")
        codes = self._classes(y)
        fitted = _vd_ard.fit_classifier(
            X,
            codes,
            sample_weight,
            classes=len(self.classes_),
            lam=self.lam,
            false_keeps=self.false_keeps,
            slab=self.slab,
            refit=self.refit,
            coding=self.coding,
            by_class=bool(self.by_class),
            link=self.link,
            intercept=bool(self.fit_intercept),
            folds=self.folds,
            tolerance=self.tol,
            max_iterations=self.max_iter,
            seed=self._draw_seed(self.lam == "cv"),
            **self._running(),
        )
        return self._take(fitted)


class VDCountRegressor(Regressor, RegressorMixin, Estimator):
    r"""Sparse regression of counts by variational dropout, without sampling.

    :math:`t \sim \mathrm{Poisson}(e^{z})` with :math:`z = x^T w + b` plus the logarithm of the exposure, or a negative binomial distribution of the same
    mean and the variance :math:`\mu + \mu^2/r`. Fitted as :class:`VDClassifier` is.

    Parameters
    ----------
    lam : float or {"auto", "bic"}, default="auto"
        λ, or how it is chosen; as in :class:`VDRegressor`, but for ``"cv"``.
    false_keeps : float, default=None
        Number of columns of pure noise that may be kept in expectation. Takes the place of ``lam="auto"``.
    slab, refit
        As in :class:`VDClassifier`.
    dispersion : float, default=None
        r of a negative binomial distribution: the smaller, the more the counts vary. ``None`` is Poisson, which also takes rates: counts divided
        by their exposures, with the exposures as sample weights.
    fit_intercept : bool, default=True
        Whether to fit an unpenalised constant.
    tol : float, default=1e-2
        Largest departure from the conditions of a maximum that counts as converged, in standard errors.
    max_iter : int, default=200
        Largest number of rounds, those that learn the slab included; a refit has as many again.
    n_jobs, verbose, callback
        As in :class:`VDRegressor`.

    Attributes
    ----------
    coef_ : ndarray of shape (n_terms,)
        Posterior means: the change of the log mean per unit of a column.
    intercept_ : float
        The constant.
    log_alpha_, sigma_, z_, relevance_, lambda_, false_keeps_, n_iter_, objective_, residual_, status_, trace_, term_names_
        As in :class:`VDRegressor`, with z = θ/σ, 0 where a weight is dropped.
    n_features_in_, feature_names_in_
        As in :class:`VDRegressor`.

    References
    ----------
    Molchanov, Ashukha and Vetrov (2017), *Variational Dropout Sparsifies Deep Neural Networks*, ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from vd_ard import VDCountRegressor
    >>> rng = np.random.default_rng(3)
    >>> X = rng.standard_normal((300, 20))
    >>> y = rng.poisson(np.exp(0.5 + 0.8 * X[:, 2]))
    >>> VDCountRegressor().fit(X, y).get_support(indices=True)
    array([2])
    """

    _sparse = "csc"
    _parameter_constraints = {
        **Estimator._parameter_constraints,
        **_SHARED,
        "dispersion": [Interval(Real, 0, None, closed="neither"), None],
    }
    _parameter_constraints.pop("random_state")

    def __init__(
        self,
        lam="auto",
        *,
        false_keeps=None,
        slab="learned",
        refit="auto",
        dispersion=None,
        fit_intercept=True,
        tol=1e-2,
        max_iter=200,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.lam = lam
        self.false_keeps = false_keeps
        self.slab = slab
        self.refit = refit
        self.dispersion = dispersion
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    def fit(self, X, y, sample_weight=None, exposure=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Training rows. Categorical columns of a pandas or polars data frame become indicators of their levels.
        y : array-like of shape (n_samples,)
            Counts, at least 0.
        sample_weight : array-like of shape (n_samples,), default=None
            How often each row counts.
        exposure : array-like of shape (n_samples,), default=None
            The time or area over which each row was counted; predictions are for an exposure of 1.

        Returns
        -------
        self : VDCountRegressor
            The fitted estimator.
        """
        self._validate_params()
        X, y, sample_weight = self._read(X, y, sample_weight, numeric=True)
        if np.any(y < 0):
            raise ValueError("Negative values in data passed to VDCountRegressor: y must be counts, at least 0")
        if exposure is not None:
            exposure = check_array(exposure, ensure_2d=False, dtype=np.float64, input_name="exposure")
            check_consistent_length(y, exposure)
            if np.any(exposure <= 0):
                raise ValueError("exposure must be above 0 in every row")
            exposure = np.log(exposure)
        fitted = _vd_ard.fit_counts(
            X,
            y,
            sample_weight,
            exposure,
            dispersion=self.dispersion,
            lam=self.lam,
            false_keeps=self.false_keeps,
            slab=self.slab,
            refit=self.refit,
            intercept=bool(self.fit_intercept),
            tolerance=self.tol,
            max_iterations=self.max_iter,
            **self._running(),
        )
        return self._take(fitted)
