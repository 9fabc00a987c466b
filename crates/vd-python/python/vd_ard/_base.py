"""What the estimators share: reading their input, running the compiled fit, showing what it found, saving it."""

import warnings
from numbers import Integral, Real

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, assert_all_finite, check_is_fitted, validate_data

from ._frame import Terms, has_categories
from ._progress import listener

#: What may stand for λ; a new word is added here and in ``src/choice.rs``.
LAM = [Interval(Real, 0, None, closed="neither"), StrOptions({"auto", "bic"})]
LAM_OR_CV = [Interval(Real, 0, None, closed="neither"), StrOptions({"auto", "bic", "cv"})]
LAM_OR_AVERAGE = [Interval(Real, 0, None, closed="neither"), StrOptions({"auto", "average", "bic", "cv"})]
FALSE_KEEPS = [Interval(Real, 0, None, closed="neither"), None]


class Estimator(BaseEstimator):
    """The part of every estimator that scikit-learn's mixins do not have."""

    #: The compressed format that the crate reads, or False where it takes dense features only.
    _sparse = False
    #: The fewest rows that the crate takes.
    _fewest = 2

    _parameter_constraints: dict = {
        "fit_intercept": ["boolean"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "callback": [callable, None],
        "random_state": ["random_state"],
    }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = bool(self._sparse)
        return tags

    # Reading

    def _read_X(self, X, during):
        """The features as a float matrix, checked against what the model was fitted to."""
        reset = during == "fit"
        terms = None if reset else self._terms
        if reset and has_categories(X):
            validate_data(self, X, reset=True, skip_check_array=True)
            terms = Terms(X)
        elif terms is not None:
            validate_data(self, X, reset=False, skip_check_array=True)
        if terms is None:
            X = validate_data(self, X, reset=reset, **self._wanted(during))
        else:
            X = terms.matrix(X, self._column_names(), during)
            assert_all_finite(X, input_name="X")
            if reset and len(X) < self._fewest:
                raise ValueError(f"Found array with {len(X)} sample(s) while a minimum of {self._fewest} is required.")
        if reset:
            self._terms = terms
        return _compiled(X)

    def _wanted(self, during):
        """How scikit-learn checks the features."""
        wanted = {"dtype": [np.float64, np.float32], "accept_sparse": self._sparse}
        if during == "fit":
            wanted["ensure_min_samples"] = self._fewest
        return wanted

    def _read(self, X, y, sample_weight, numeric):
        """Features, target and sample weights of a fit."""
        if y is None:
            raise ValueError(
                f"requires y to be passed, but the target y is None: {type(self).__name__} is supervised"
            )
        if has_categories(X):
            features = self._read_X(X, "fit")
            y = column_or_1d(y, warn=True)
            assert_all_finite(y, input_name="y")
            check_consistent_length(X, y)
            y = y.astype(np.float64) if numeric else y
        else:
            X, y = validate_data(self, X, y, reset=True, y_numeric=numeric, **self._wanted("fit"))
            self._terms = None
            features = _compiled(X)
        if numeric:
            y = np.ascontiguousarray(y, dtype=np.float64)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True, copy=False
            )
            if not np.any(sample_weight):
                raise ValueError("Sample weights must contain at least one non-zero number.")
            sample_weight = np.ascontiguousarray(sample_weight)
        return features, y, sample_weight

    def _classes(self, y):
        """The index of every row's class; sets ``classes_``."""
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes in the data, but the data contains only "
                f"one class: {self.classes_[0]!r}"
            )
        return np.ascontiguousarray(codes.reshape(-1), dtype=np.int64)

    # Running

    def _running(self):
        """The arguments that every compiled fit takes."""
        return {"threads": max(1, effective_n_jobs(self.n_jobs)), "callback": listener(self)}

    def _groups(self, groups):
        """For every term a label of the decision that it is part of; None where each is its own."""
        columns = None if self._terms is None else self._terms.column
        if groups is None:
            return None
        if isinstance(groups, str):
            several = columns is not None and len(np.unique(columns)) < len(columns)
            return columns.tolist() if several else None
        groups = column_or_1d(groups, dtype=None)
        if len(groups) != self.n_features_in_:
            raise ValueError(f"groups has {len(groups)} labels, and X has {self.n_features_in_} features")
        labels = np.unique(groups, return_inverse=True)[1].reshape(-1)
        return (labels if columns is None else labels[columns]).tolist()

    def _draw_seed(self, used=True):
        """A seed of the crate's own generator, drawn from ``random_state`` where something is random."""
        self._seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max)) if used else 0
        return self._seed

    def _take(self, fitted):
        """Shows what the fit found, under scikit-learn's names."""
        self._fitted = fitted
        for name, value in fitted.attributes().items():
            if name == "kept":
                self._kept = np.asarray(value, dtype=bool)
            elif value is not None:
                setattr(self, f"{name}_", value)
        if self._terms is not None:
            columns = self._terms.column
            kept, relevance = np.zeros(self.n_features_in_, dtype=bool), np.zeros(self.n_features_in_)
            if hasattr(self, "_kept"):
                np.logical_or.at(kept, columns, self._kept)
                np.maximum.at(relevance, columns, self.relevance_)
                self._kept, self.relevance_ = kept, relevance
        for text in fitted.warnings():
            warnings.warn(f"{type(self).__name__}: {text}", ConvergenceWarning, stacklevel=3)
        return self

    # Showing

    def _column_names(self):
        names = getattr(self, "feature_names_in_", None)
        return [f"x{j}" for j in range(self.n_features_in_)] if names is None else [str(name) for name in names]

    @property
    def term_names_(self):
        """Name of every coefficient: a column's, or ``column=level`` for a categorical column."""
        check_is_fitted(self)
        names = self._column_names()
        return np.asarray(names if self._terms is None else self._terms.names(names), dtype=object)

    def get_support(self, indices=False):
        """Which input columns the model keeps.

        Parameters
        ----------
        indices : bool, default=False
            Whether to return indices instead of a mask.

        Returns
        -------
        support : ndarray
            A mask of shape (n_features_in_,), or the kept columns' indices, ascending.
        """
        check_is_fitted(self)
        if not hasattr(self, "_kept"):
            raise ValueError("a kernel weighs rows, not columns: see relevance_indices_")
        return np.flatnonzero(self._kept) if indices else self._kept.copy()

    # Saving

    def save(self, path, target="y"):
        """Write the model to a file that the command line ``vd`` and :func:`vd_ard.load` read.

        The file is written whole or not at all. It holds what prediction needs, with column and class names as text; parameters
        are kept as a note. To get this very object back, use pickle or joblib.

        Parameters
        ----------
        path : str or path-like
            The file.
        target : str, default="y"
            The name of what is predicted, for ``vd``'s tables.
        """
        check_is_fitted(self)
        names, terms = self._column_names(), self._terms
        if terms is None:
            columns = [(name, None) for name in names]
            features = [(name, j, None) for j, name in enumerate(names)]
        else:
            columns = list(zip(names, terms.levels))
            features = list(zip(terms.names(names), map(int, terms.column), terms.level))
        classes = [str(label) for label in getattr(self, "classes_", [])]
        options = [f"{name}={value!r}" for name, value in sorted(self.get_params(deep=False).items())]
        self._fitted.save(path, columns, features, target, classes, getattr(self, "_seed", 0), options)


def _compiled(X):
    """Features as the compiled module reads them: an array, or the parts of a canonical compressed matrix."""
    if isinstance(X, np.ndarray):
        return X
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    wide = [np.asarray(part, dtype=np.int64) for part in (X.indices, X.indptr)]
    return X.format, np.ascontiguousarray(X.data, dtype=np.float64), *wide, X.shape


class Regressor:
    """Prediction of numbers, with their spread."""

    def predict(self, X, return_std=False):
        """Predict the expected target of every row.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Rows to predict.
        return_std : bool, default=False
            Whether to return the standard deviation of the target, noise included, too.

        Returns
        -------
        mean : ndarray of shape (n_samples,)
            Expected target.
        std : ndarray of shape (n_samples,)
            Standard deviation; only with ``return_std=True``.
        """
        check_is_fitted(self)
        X = self._read_X(X, "predict")
        mean = self._fitted.predict(X)
        return (mean, self._fitted.predict_std(X)) if return_std else mean


class Classifier:
    """Prediction of classes and their probabilities."""

    def predict(self, X):
        """Predict the most probable class of every row; of equal ones the first.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Labels, of the type that the model was fitted to.
        """
        check_is_fitted(self)
        return self.classes_[self._fitted.predict_labels(self._read_X(X, "predict"))]

    def predict_proba(self, X):
        """Predict the probability of every class.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of ``classes_``; rows sum to 1.
        """
        check_is_fitted(self)
        return self._fitted.predict_proba(self._read_X(X, "predict"))

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of every class.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            Natural logarithms, −∞ where a probability is 0 in floating point.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))
