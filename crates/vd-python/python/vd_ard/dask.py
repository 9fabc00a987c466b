"""Fits of rows that lie in the partitions of Dask arrays and data frames.

The rows stay where they are. A fit of numbers takes one pass over them, whose means and products are all that it needs; a fit of classes or
counts takes one pass for each point that its rounds visit. Of every pass only sums travel, whose size depends on the columns and not on the rows.

===================  ==========================================
to predict           use
===================  ==========================================
numbers              :class:`VDRegressor`
classes              :class:`VDClassifier`
counts               :class:`VDCountRegressor`
===================  ==========================================

They take what their namesakes in :mod:`vd_ard` take, and find the same model. Where a ``dask.distributed`` client is there, its workers keep
the partitions in their memory between the rounds, and lost ones are made again; otherwise Dask's local scheduler works.

Examples
--------
>>> import dask.array as da
>>> from vd_ard.dask import VDRegressor
>>> X = da.random.default_rng(0).standard_normal((1000, 20), chunks=(250, 20))
>>> y = 3 * X[:, 4] - X[:, 7] + 0.5 * da.random.default_rng(1).standard_normal(1000, chunks=250)
>>> model = VDRegressor().fit(X, y)
>>> model.get_support(indices=True)
array([4, 7])
>>> model.predict(X).shape  # lazy, as X is
(1000,)
"""

import numpy as np

try:
    import dask
    from dask import delayed
except ImportError as error:  # pragma: no cover
    raise ImportError("vd_ard.dask needs Dask: pip install 'dask[array,dataframe,distributed]'") from error

from sklearn.utils.validation import check_is_fitted

from . import _glm, _linear, _vd_ard
from ._base import _compiled
from ._frame import Terms, has_categories, levels_of

__all__ = ["VDClassifier", "VDCountRegressor", "VDRegressor"]

#: Passes that are merged at a time: few enough for a worker's memory.
_FAN = 8


def _is_dask(X):
    return dask.is_dask_collection(X)


def _is_frame(X):
    return hasattr(X, "columns") and getattr(X, "ndim", 0) == 2


def _column(values, name, frame):
    """A target as delayed partitions; of a data frame also the name of one of its columns."""
    if isinstance(values, str) and frame is not None:
        raise TypeError(f"give {name} as a column, X[{values!r}], and X without it")
    if not _is_dask(values):
        raise TypeError(f"{name} must be a Dask array or series, as X is; it is a {type(values).__name__}")
    if getattr(values, "ndim", 1) != 1:
        raise ValueError(f"{name} must have one axis")
    parts = values.to_delayed()
    return list(np.ravel(parts))


def _rows(X):
    """Features as delayed partitions that have every column."""
    if _is_frame(X):
        return list(X.to_delayed())
    if getattr(X, "ndim", 0) != 2:
        raise ValueError(f"X must have two axes, samples and features; it has {getattr(X, 'ndim', 0)}")
    return list(X.rechunk({1: -1}).to_delayed().ravel())


def _parts(X, y):
    """Pairs of delayed features and targets, part by part."""
    if not _is_dask(X):
        raise TypeError(
            f"X must be a Dask array or data frame; it is a {type(X).__name__}: for rows in memory use vd_ard's own estimators"
        )
    if not _is_frame(X) and _is_dask(y) and not hasattr(y, "index") and getattr(y, "chunks", None) is not None:
        known = not any(np.isnan(c) for c in (*X.chunks[0], *y.chunks[0]))
        if known and X.shape[0] != y.shape[0]:
            raise ValueError(f"X has {X.shape[0]} samples and y has {y.shape[0]}")
        if known and X.chunks[0] != y.chunks[0]:
            y = y.rechunk({0: X.chunks[0]})
    features, targets = _rows(X), _column(y, "y", X if _is_frame(X) else None)
    if len(features) != len(targets):
        raise ValueError(f"X has {len(features)} partitions and y has {len(targets)}: partition them alike")
    return list(zip(features, targets))


def _merged(passes):
    """The first pass with all others merged into it, in their order; an empty partition has none."""
    first, *others = [one for one in passes if one is not None] or [None]
    for other in others:
        first.merge(other)
    return first


def _tree(passes):
    """One delayed pass of many, always merged in the same order: the same partitions give the same bits."""
    while len(passes) > 1:
        passes = [delayed(_merged, pure=False)(passes[i : i + _FAN]) for i in range(0, len(passes), _FAN)]
    return passes[0]


def _described(X, y, numeric):
    """What a partition's columns hold: levels of names, classes of the target, rows."""
    levels = levels_of(X) if has_categories(X) else None
    y = np.asarray(y)
    if numeric:
        return levels, None, len(y)
    return levels, np.unique(y), len(y)


def _matrix(X, terms, names):
    """A partition's features as a matrix of floats."""
    if terms is not None:
        X = terms.matrix(X, names, "fit")
    X = np.asfortranarray(X, dtype=np.float64)
    if not np.isfinite(X).all():
        raise ValueError("Input X contains NaN or infinity: fill in what is missing first, with SimpleImputer or fillna")
    return X


def _prepared(X, y, terms, names, classes):
    """A partition as the passes read it: kept in the workers' memory."""
    y = np.asarray(y)
    if classes is not None:
        y = np.searchsorted(classes, y)
    y = np.ascontiguousarray(y, dtype=np.float64)
    if not np.isfinite(y).all():
        raise ValueError("Input y contains NaN or infinity: leave rows without a target out")
    X = _matrix(X, terms, names)
    if len(X) != len(y):
        raise ValueError(f"a partition has {len(X)} samples and {len(y)} targets: partition X and y alike")
    return X, y


def _linear_pass(part):
    X, y = part
    return _vd_ard.LinearPass.over(X, y, None) if len(y) else None


def _glm_pass(plan, part, means, scales, label):
    X, y = part
    return _vd_ard.GlmPass.over(plan, X, y, None, means, scales, label)


class _Far:
    """A fit to the partitions of Dask collections."""

    _numeric = True

    def _partitions(self, X, y):
        """Delayed partitions as the passes read them, kept where they are made; sets what scikit-learn's estimators know of X."""
        parts = _parts(X, y)
        described = dask.compute(*[delayed(_described)(features, target, self._numeric) for features, target in parts])
        rows = sum(count for *_, count in described)
        if rows < self._fewest:
            raise ValueError(f"Found array with {rows} sample(s) while a minimum of {self._fewest} is required.")
        self._read_X_of(X)
        levels = [levels for levels, *_ in described if levels is not None]
        terms = Terms(levels=_union(levels)) if levels else None
        self._terms = terms
        classes = None
        if not self._numeric:
            self.classes_ = classes = np.unique(np.concatenate([found for _, found, _ in described]))
            if len(classes) < 2:
                raise ValueError(
                    f"{type(self).__name__} needs samples of at least 2 classes in the data, but the data contains only one class: "
                    f"{classes[0]!r}"
                )
        names = self._column_names()
        prepared = [delayed(_prepared)(features, target, terms, names, classes) for features, target in parts]
        return list(dask.persist(*prepared))

    def _read_X_of(self, X):
        """Names and number of the columns."""
        if _is_frame(X):
            self.n_features_in_ = len(X.columns)
            self.feature_names_in_ = np.asarray([str(name) for name in X.columns], dtype=object)
        else:
            self.n_features_in_ = int(X.shape[1])
            if hasattr(self, "feature_names_in_"):
                del self.feature_names_in_

    def _statistics(self, parts):
        """The pass that a fit of numbers needs, and that every other needs for its units."""
        return dask.compute(_tree([delayed(_linear_pass)(part) for part in parts]))[0]

    def _rounds(self, parts, means, scales):
        """What a round asks for: the merged pass at its plan."""
        failed = []

        def make(plan, label):
            try:
                plan = delayed(plan, pure=False)
                passes = [delayed(_glm_pass, pure=False)(plan, part, means, scales, label) for part in parts]
                return dask.compute(_tree(passes))[0]
            except Exception as error:
                failed.append(error)
                raise

        return make, failed

    def _over(self, X, predict, dtype, columns=None):
        """Predictions of Dask rows, as lazy as they are."""
        check_is_fitted(self)
        if _is_frame(X):
            if columns is None:
                return X.map_partitions(predict, meta=(None, dtype))
            return X.map_partitions(predict, meta=np.empty((0, columns), dtype=dtype))
        X = X.rechunk({1: -1})
        if columns is None:
            return X.map_blocks(predict, drop_axis=1, dtype=dtype)
        return X.map_blocks(predict, chunks=(X.chunks[0], (columns,)), dtype=dtype)


def _union(levels):
    """The levels of every column over all partitions, in the order of the partitions that have them."""
    merged = []
    for column in zip(*levels):
        if any(found is None for found in column):
            merged.append(None)
            continue
        order = []
        for found in column:
            order.extend(level for level in found if level not in order)
        known = sorted(order) if any(found != [level for level in order if level in found] for found in column) else order
        merged.append(known)
    return merged


class _FarRegressor(_Far):
    def predict(self, X, return_std=False):
        """Predict the expected target of every row; lazily where X is a Dask collection."""
        if not _is_dask(X):
            return super().predict(X, return_std)
        if return_std:
            raise ValueError("return_std is for rows in memory: use X.map_blocks with the model's own predict")
        return self._over(X, super().predict, np.float64)


class VDRegressor(_FarRegressor, _linear.VDRegressor):
    __doc__ = "Sparse linear regression of rows that lie elsewhere; see :class:`vd_ard.VDRegressor`.\n\n" + (
        "    One pass over the rows. ``lam=\"cv\"`` and sample weights are for rows in memory."
    )

    def fit(self, X, y):
        """Fit the model to Dask rows.

        Parameters
        ----------
        X : dask array or data frame of shape (n_samples, n_features)
            Training rows; categorical columns become indicators of their levels.
        y : dask array or series of shape (n_samples,)
            Numbers to predict.

        Returns
        -------
        self : VDRegressor
            The fitted estimator.
        """
        self._validate_params()
        if self.lam == "cv":
            raise ValueError('lam="cv" needs rows in memory: use "average", "auto", "bic" or a number')
        whole = self._statistics(self._partitions(X, y))
        table, t, weights = whole.table(bool(self.fit_intercept))
        average = self.lam == "average" and self.false_keeps is None
        fitted = _vd_ard.fit_linear(
            _compiled(table),
            t,
            weights,
            rows=whole.rows,
            groups=self._groups(self.groups) if average else None,
            lam=self.lam,
            false_keeps=self.false_keeps,
            refit=self.refit,
            intercept=bool(self.fit_intercept),
            noise=self.noise,
            folds=self.folds,
            tolerance=self.tol,
            max_iterations=self.max_iter,
            seed=self._draw_seed(average),
            **self._running(),
        )
        self.n_samples_ = whole.rows
        return self._take(fitted)


class VDCountRegressor(_FarRegressor, _glm.VDCountRegressor):
    __doc__ = "Sparse regression of counts of rows that lie elsewhere; see :class:`vd_ard.VDCountRegressor`.\n\n" + (
        "    One pass over the rows for each point that the rounds visit. Exposures and sample weights are for rows in memory."
    )

    def fit(self, X, y):
        """Fit the model to Dask rows.

        Parameters
        ----------
        X : dask array or data frame of shape (n_samples, n_features)
            Training rows; categorical columns become indicators of their levels.
        y : dask array or series of shape (n_samples,)
            Counts, at least 0.

        Returns
        -------
        self : VDCountRegressor
            The fitted estimator.
        """
        self._validate_params()
        parts = self._partitions(X, y)
        if any(dask.compute(*[delayed(_has_negative)(part) for part in parts])):
            raise ValueError("Negative values in data passed to VDCountRegressor: y must be counts, at least 0")
        whole = self._statistics(parts)
        means, scales = whole.units(bool(self.fit_intercept))
        make, failed = self._rounds(parts, means, scales)
        try:
            fitted = _vd_ard.fit_counts_far(
                make,
                (whole.rows, means, scales),
                whole.target_mean,
                dispersion=self.dispersion,
                lam=self.lam,
                false_keeps=self.false_keeps,
                slab=self.slab,
                refit=self.refit,
                intercept=bool(self.fit_intercept),
                tolerance=self.tol,
                max_iterations=self.max_iter,
            )
        except ValueError as error:
            # What went wrong in a pass says more than that one failed.
            raise (failed[0] if failed else error) from None
        self.n_samples_ = whole.rows
        return self._take(fitted)


def _has_negative(part):
    return bool((part[1] < 0).any())


def _label_counts(part, classes):
    return np.bincount(part[1].astype(np.int64), minlength=classes)


class VDClassifier(_Far, _glm.VDClassifier):
    __doc__ = "Sparse logistic regression of rows that lie elsewhere; see :class:`vd_ard.VDClassifier`.\n\n" + (
        "    One pass over the rows for each point that the rounds visit. More than two classes are told apart by ``coding=\"ovr\"``, the default here: the\n"
        "    rounds of a softmax couple the classes row by row. ``lam=\"cv\"`` and sample weights are for rows in memory."
    )

    _numeric = False

    def __init__(
        self,
        lam="auto",
        *,
        false_keeps=None,
        slab="learned",
        refit="auto",
        coding="ovr",
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
        super().__init__(
            lam,
            false_keeps=false_keeps,
            slab=slab,
            refit=refit,
            coding=coding,
            by_class=by_class,
            link=link,
            fit_intercept=fit_intercept,
            folds=folds,
            tol=tol,
            max_iter=max_iter,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
            callback=callback,
        )

    def fit(self, X, y):
        """Fit the model to Dask rows.

        Parameters
        ----------
        X : dask array or data frame of shape (n_samples, n_features)
            Training rows; categorical columns become indicators of their levels.
        y : dask array or series of shape (n_samples,)
            Labels of any type.

        Returns
        -------
        self : VDClassifier
            The fitted estimator.
        """
        self._validate_params()
        if self.lam == "cv":
            raise ValueError('lam="cv" needs rows in memory: use "auto", "bic" or a number')
        parts = self._partitions(X, y)
        if len(self.classes_) > 2 and self.coding == "softmax":
            raise ValueError('coding="softmax" of more than two classes needs rows in memory: use coding="ovr"')
        counts = sum(dask.compute(*[delayed(_label_counts)(part, len(self.classes_)) for part in parts]))
        whole = self._statistics(parts)
        means, scales = whole.units(bool(self.fit_intercept))
        make, failed = self._rounds(parts, means, scales)
        try:
            fitted = _vd_ard.fit_classifier_far(
                make,
                (whole.rows, means, scales),
                [int(count) for count in counts],
                lam=self.lam,
                false_keeps=self.false_keeps,
                slab=self.slab,
                refit=self.refit,
                link=self.link,
                intercept=bool(self.fit_intercept),
                tolerance=self.tol,
                max_iterations=self.max_iter,
            )
        except ValueError as error:
            # What went wrong in a pass says more than that one failed.
            raise (failed[0] if failed else error) from None
        self.n_samples_ = whole.rows
        return self._take(fitted)

    def predict(self, X):
        """Predict the most probable class of every row; lazily where X is a Dask collection."""
        if not _is_dask(X):
            return super().predict(X)
        return self._over(X, super().predict, self.classes_.dtype)

    def predict_proba(self, X):
        """Predict the probability of every class; lazily where X is a Dask collection."""
        if not _is_dask(X):
            return super().predict_proba(X)
        return self._over(X, super().predict_proba, np.float64, len(self.classes_))
