"""Model files: what ``vd`` and :meth:`save` write."""

import os

import numpy as np

from . import _vd_ard
from ._frame import _columns, _is_categorical, _library, _texts


class SavedModel:
    """A model from a file, by whomever it was written; made by :func:`load`.

    Attributes
    ----------
    task_ : {"regression", "counts", "classification"}
        What it predicts.
    method_, status_, target_ : str
        The estimator's name in ``vd``, how its fit ended, the name of what is predicted.
    classes_ : ndarray of str
        The classes by name; classification only.
    feature_names_in_ : ndarray of str
        The input columns.
    n_features_in_ : int
        Their number.
    used_columns_ : list of str
        The columns that predictions need; others may be missing.
    term_names_ : ndarray of str
        The features that the columns become: ``column=level`` for a categorical column.
    weights_, relevance_ : ndarray of shape (n_terms,)
        Each feature's strongest weight, and the strength that ``vd`` ranks it by, 0 where it is dropped. Empty for a kernel model.
    """

    def __init__(self, compiled):
        self._compiled = compiled
        found = compiled.describe()
        self.task_, self.method_, self.status_ = found["task"], found["method"], found["status"]
        self.target_ = found["target"]
        self.feature_names_in_ = np.asarray(found["columns"], dtype=object)
        self.n_features_in_ = len(found["columns"])
        self.used_columns_ = found["used_columns"]
        self.term_names_ = np.asarray(found["features"], dtype=object)
        self.weights_, self.relevance_ = found["weights"], found["relevance"]
        self._levels = dict(zip(found["columns"], found["levels"]))
        if self.task_ == "classification":
            self.classes_ = np.asarray(found["classes"], dtype=object)

    def __repr__(self):
        return f"SavedModel({self.method_} {self.task_} of '{self.target_}' from {self.n_features_in_} columns)"

    def __reduce__(self):
        return SavedModel, (self._compiled,)

    def _table(self, X):
        """The columns that predictions need, by name."""
        library = _library(X)
        if library is None:
            return self._table_of_array(X)
        columns, _ = _columns(X)
        found = dict(zip(map(str, X.columns), columns))
        missing = [name for name in self.used_columns_ if name not in found]
        if missing:
            raise ValueError(f"columns that the model uses are missing: {missing}")
        return {name: self._column(found[name], name, library) for name in self.used_columns_}

    def _table_of_array(self, X):
        X = np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"Expected 2D array, got {X.ndim}D array instead")
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} features, but SavedModel is expecting {self.n_features_in_} features as input"
            )
        out = {}
        for name, column in zip(self.feature_names_in_, X.T):
            if name in self.used_columns_:
                out[name] = self._column(column, name, None)
        return out

    def _column(self, column, name, library):
        levels = self._levels[name]
        if levels is None:
            return np.ascontiguousarray(np.asarray(column), dtype=np.float64)
        categorical = library is not None and _is_categorical(column, library)
        texts = _texts(column, library) if categorical else np.asarray(column).astype(object)
        places = {level: code for code, level in enumerate(levels)}
        names = [None if text is None or text != text else str(text) for text in texts]
        unknown = sorted({text for text in names if text is not None and text not in places})
        if unknown:
            raise ValueError(f"Found unknown categories {unknown} in column '{name}' during predict")
        missing = np.iinfo(np.uint32).max
        return [int(missing) if text is None else places[text] for text in names], levels

    def predict(self, X, return_std=False):
        """Predict numbers, or the names of classes.

        Parameters
        ----------
        X : {data frame, array-like} of shape (n_samples, n_features)
            Rows. Columns of a data frame are found by name, in any order; an array has all of them, in the model's order.
        return_std : bool, default=False
            Whether to return the standard deviation of the target, too; not for classes.

        Returns
        -------
        predicted : ndarray of shape (n_samples,)
            Numbers or names.
        std : ndarray of shape (n_samples,)
            Standard deviation, NaN where the model has none; only with ``return_std=True``.
        """
        table = self._table(X)
        if self.task_ == "classification":
            if return_std:
                raise ValueError("a classifier has no standard deviation; use predict_proba")
            return self.classes_[self._compiled.predict_labels(table)]
        mean = self._compiled.predict(table)
        return (mean, self._compiled.predict_std(table)) if return_std else mean

    def predict_proba(self, X):
        """Predict the probability of every class.

        Parameters
        ----------
        X : {data frame, array-like} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of ``classes_``.
        """
        if self.task_ != "classification":
            raise AttributeError(f"a model of {self.task_} has no predict_proba")
        return self._compiled.predict_proba(self._table(X))


def load(path):
    """Read a model file that ``vd fit`` or an estimator's ``save`` wrote.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    model : SavedModel
        The model, ready to predict.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from vd_ard import VDRegressor, load
    >>> X = np.random.default_rng(0).standard_normal((50, 3))
    >>> path = os.path.join(tempfile.mkdtemp(), "model.vd")
    >>> VDRegressor().fit(X, X[:, 1]).save(path, target="height")
    >>> load(path)
    SavedModel(linreg regression of 'height' from 3 columns)
    """
    return SavedModel(_vd_ard.Saved.load(os.fspath(path)))
