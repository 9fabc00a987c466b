"""L1 logistic regression: the crate ``l1-logreg``."""

from numbers import Integral, Real

from sklearn.base import ClassifierMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from . import _vd_ard
from ._base import Classifier, Estimator


class L1LogisticRegression(Classifier, ClassifierMixin, Estimator):
    r"""Logistic and softmax regression with an L1 penalty, solved to a certified duality gap.

    .. math:: \min_{W, b}\; C \sum_n -\log p(t_n \mid W x_n + b) + \lVert W \rVert_1

    C has the meaning of :class:`~sklearn.linear_model.LogisticRegression`'s. The fit ends when the relative duality gap, computed apart from the
    solver, is at most ``tol``.

    Parameters
    ----------
    C : float or "cv", default="cv"
        Weight of the loss against the penalty, or by cross-validation of the log-likelihood.
    fit_intercept : bool, default=True
        Whether to fit unpenalised constants.
    folds : int, default=5
        Folds of ``C="cv"``, stratified.
    tol : float, default=1e-6
        Relative duality gap at which the fit has converged.
    max_iter : int, default=1000
        Largest number of iterations.
    random_state : int, RandomState instance or None, default=None
        Deals the rows into folds; only ``C="cv"`` uses it.
    n_jobs, verbose, callback
        As in :class:`VDRegressor`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    coef_ : ndarray of shape (1, n_terms) or (n_classes, n_terms)
        Weights; a single row, for the second class, where there are two.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Constants.
    C_ : float
        C of the fit.
    relevance_ : ndarray of shape (n_features_in_,)
        Largest \|weight\| of every column times the column's standard deviation, 0 where it is dropped.
    residual_ : float
        The relative duality gap.
    n_iter_, objective_, status_, trace_, term_names_, n_features_in_, feature_names_in_
        As in :class:`VDRegressor`.

    References
    ----------
    Massias, Gramfort and Salmon (2018), *Celer: a fast solver for the lasso with dual extrapolation*, ICML, for working sets and gaps.

    Examples
    --------
    >>> import numpy as np
    >>> from vd_ard import L1LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 10))
    >>> y = X[:, 1] + 0.5 * rng.logistic(size=200) > 0
    >>> model = L1LogisticRegression(C=0.05).fit(X, y)
    >>> model.get_support(indices=True), bool(model.residual_ < 1e-6)
    (array([1]), True)
    """

    _sparse = "csr"
    _parameter_constraints = {
        **Estimator._parameter_constraints,
        "C": [Interval(Real, 0, None, closed="neither"), StrOptions({"cv"})],
        "folds": [Interval(Integral, 2, None, closed="left")],
        "tol": [Interval(Real, 0, 0.5, closed="right")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        C="cv",
        *,
        fit_intercept=True,
        folds=5,
        tol=1e-6,
        max_iter=1000,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.C = C
        self.fit_intercept = fit_intercept
        self.folds = folds
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def fit(self, X, y):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Training rows. Categorical columns of a pandas or polars data frame become indicators of their levels.
        y : array-like of shape (n_samples,)
            Labels of any type.

        Returns
        -------
        self : L1LogisticRegression
            The fitted estimator.
        """
        self._validate_params()
        X, y, _ = self._read(X, y, None, numeric=False)
        codes = self._classes(y)
        fitted = _vd_ard.fit_l1(
            X,
            codes,
            classes=len(self.classes_),
            c=None if self.C == "cv" else self.C,
            folds=self.folds,
            intercept=bool(self.fit_intercept),
            tolerance=self.tol,
            max_iterations=self.max_iter,
            seed=self._draw_seed(self.C == "cv"),
            **self._running(),
        )
        return self._take(fitted)

    def decision_function(self, X):
        """Log odds of every class (of the second class where there are two).

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Scores.
        """
        check_is_fitted(self)
        scores = self._fitted.scores(self._read_X(X, "predict"))
        return scores[:, 0] if len(self.classes_) == 2 else scores
