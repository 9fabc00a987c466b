"""Sparse networks by stochastic variational dropout: the crate ``vd-dsvi``."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils._param_validation import Interval, StrOptions

from . import _vd_ard
from ._base import Classifier, Estimator, Regressor

_OPTIONAL = [Interval(Integral, 1, None, closed="left"), None]


class _Network(Estimator):
    """What both networks share."""

    _sparse = "csr"
    _parameter_constraints = {
        **Estimator._parameter_constraints,
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "lam": [Interval(Real, 0, None, closed="left"), StrOptions({"bic"})],
        "threshold": [Real],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "max_iter": _OPTIONAL,
        "tol": [Interval(Real, 0, None, closed="neither"), None],
    }
    _parameter_constraints.pop("fit_intercept")

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        lam=1.0,
        threshold=3.0,
        batch_size="auto",
        learning_rate_init=None,
        max_iter=None,
        tol=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.lam = lam
        self.threshold = threshold
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def _train(self, X, target, classes):
        rows = len(target)
        hidden = [int(width) for width in np.atleast_1d(np.asarray(self.hidden_layer_sizes, dtype=np.int64))]
        if any(width < 1 for width in hidden):
            raise ValueError(f"hidden_layer_sizes must be at least 1 each, got {self.hidden_layer_sizes}")
        fitted = _vd_ard.fit_network(
            X,
            target,
            classes=classes,
            lam=float(np.log(max(rows, 3))) if self.lam == "bic" else float(self.lam),
            hidden=hidden,
            epochs=self.max_iter,
            tolerance=self.tol,
            batch=None if self.batch_size == "auto" else min(self.batch_size, rows),
            learning_rate=self.learning_rate_init,
            threshold=float(self.threshold),
            seed=self._draw_seed(),
            **self._running(),
        )
        self._take(fitted)
        self.n_layers_ = len(self.coefs_) + 1
        return self


class VDNetworkClassifier(Classifier, ClassifierMixin, _Network):
    r"""Sparse ReLU network for classes, by variational dropout with stochastic gradients.

    Every weight of every layer has its own :math:`\alpha`, and training maximises :math:`E_q \log p(t \mid x, w) - \lambda \sum \mathrm{KL}(\alpha)` with
    minibatches and the local reparametrisation. Weights whose log α ends above ``threshold`` are dropped, and units that nothing reads with
    them. Columns should be of order 1: put a :class:`~sklearn.preprocessing.StandardScaler` before it.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Widths of the hidden layers; ``()`` is a linear model (then prefer :class:`VDClassifier`, which needs no training).
    lam : float or "bic", default=1.0
        λ, the weight of the divergence: larger is sparser.
    threshold : float, default=3.0
        log α above which a weight is dropped.
    batch_size : int or "auto", default="auto"
        Rows per step; ``"auto"`` is 100, more for long tables.
    learning_rate_init : float, default=None
        Largest learning rate; ``None`` is 0.002, 0.01 for a linear model.
    max_iter : int, default=None
        Epochs; ``None`` is 10,000 steps' worth, from 10 to 2000 epochs.
    tol : float, default=None
        Change of weights and log α between windows of epochs at which training has converged; ``None`` takes all epochs.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order and noise.
    n_jobs, verbose, callback
        As in :class:`VDRegressor`; an iteration is an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    coefs_ : list of ndarray
        Weights of each layer, inputs x outputs, with exact zeros; hidden units that are left.
    intercepts_ : list of ndarray
        Constants of each layer.
    log_alpha_, z_ : ndarray of shape (n_terms,)
        log α and z-score of each column's strongest weight.
    relevance_ : ndarray of shape (n_features_in_,)
        \|z\| of each column's strongest weight, 0 where all are dropped.
    n_layers_ : int
        Number of layers, input included.
    lambda_, n_iter_, objective_, status_, trace_, term_names_, n_features_in_, feature_names_in_
        As in :class:`VDRegressor`.

    References
    ----------
    Molchanov, Ashukha and Vetrov (2017), *Variational Dropout Sparsifies Deep Neural Networks*, ICML. Kingma, Salimans and Welling (2015),
    *Variational Dropout and the Local Reparameterization Trick*, NeurIPS.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from vd_ard import VDNetworkClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> network = make_pipeline(StandardScaler(), VDNetworkClassifier(8, max_iter=300, random_state=0))
    >>> bool(network.fit(X, y).score(X, y) > 0.9)
    True
    """

    def fit(self, X, y):
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Training rows. Categorical columns of a pandas or polars data frame become indicators of their levels.
        y : array-like of shape (n_samples,)
            Labels of any type.

        Returns
        -------
        self : VDNetworkClassifier
            The fitted estimator.
        """
        self._validate_params()
        X, y, _ = self._read(X, y, None, numeric=False)
        codes = self._classes(y)
        return self._train(X, codes, len(self.classes_))


class VDNetworkRegressor(Regressor, RegressorMixin, _Network):
    r"""Sparse ReLU network for numbers, by variational dropout with stochastic gradients.

    As :class:`VDNetworkClassifier`, with a Gaussian likelihood whose noise is learned. The target is standardised inside.

    Parameters
    ----------
    hidden_layer_sizes, lam, threshold, batch_size, learning_rate_init, max_iter, tol, random_state, n_jobs, verbose, callback
        As in :class:`VDNetworkClassifier`.

    Attributes
    ----------
    coefs_, intercepts_, log_alpha_, z_, relevance_, n_layers_, lambda_, n_iter_, objective_, status_, trace_, term_names_
        As in :class:`VDNetworkClassifier`.
    n_features_in_, feature_names_in_
        As in :class:`VDNetworkClassifier`.

    References
    ----------
    Molchanov, Ashukha and Vetrov (2017), *Variational Dropout Sparsifies Deep Neural Networks*, ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from vd_ard import VDNetworkRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((300, 4))
    >>> y = np.abs(X[:, 0]) + 0.1 * rng.standard_normal(300)
    >>> network = VDNetworkRegressor(8, max_iter=500, random_state=0).fit(X, y)
    >>> bool(network.score(X, y) > 0.8), int(np.argmax(network.relevance_))
    (True, 0)
    """

    def fit(self, X, y):
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Training rows. Categorical columns of a pandas or polars data frame become indicators of their levels.
        y : array-like of shape (n_samples,)
            Numbers to predict.

        Returns
        -------
        self : VDNetworkRegressor
            The fitted estimator.
        """
        self._validate_params()
        X, y, _ = self._read(X, y, None, numeric=True)
        return self._train(X, y, None)
