"""Data frames with categorical columns: each becomes indicators of its levels, as the command line ``vd`` makes them.

pandas' ``category`` and polars' ``Categorical`` and ``Enum`` are categorical; text and objects are not, and scikit-learn refuses them. A
column of two levels becomes the indicator of the second; one of more levels becomes an indicator of each.
"""

import numpy as np

_CATEGORICAL = ("Categorical", "Enum")


def _library(X):
    """The name of the library that a data frame comes from, or None."""
    root = type(X).__module__.split(".", 1)[0]
    return root if root in ("pandas", "polars") and hasattr(X, "columns") else None


def _is_categorical(column, library):
    if library == "pandas":
        return type(column.dtype).__name__ == "CategoricalDtype"
    return type(column.dtype).__name__ in _CATEGORICAL


def _columns(X):
    library = _library(X)
    if library == "pandas":
        # By position: two columns may share a name.
        return [X.iloc[:, j] for j in range(X.shape[1])], library
    return X.get_columns(), library


def has_categories(X):
    """Whether X is a data frame with at least one categorical column."""
    if _library(X) is None:
        return False
    columns, library = _columns(X)
    return any(_is_categorical(column, library) for column in columns)


def _texts(column, library):
    """The names in a categorical column as an object array; None where a value is missing."""
    if library == "pandas":
        names = np.asarray([str(level) for level in column.cat.categories], dtype=object)
        codes = column.cat.codes.to_numpy()
        return np.where(codes < 0, None, names[codes] if len(names) else None)
    import polars

    return column.cast(polars.String).to_numpy(allow_copy=True).astype(object)


def _order(column, library, seen):
    """The levels that occur, in the order that the column declares, or sorted where it declares none."""
    if library == "pandas":
        return [name for name in map(str, column.cat.categories) if name in seen]
    if type(column.dtype).__name__ == "Enum":
        return [name for name in column.dtype.categories.to_list() if name in seen]
    return sorted(seen)


def levels_of(X):
    """For every column of a data frame the levels that occur in it, in order; None for a column of numbers."""
    columns, library = _columns(X)
    levels = []
    for column in columns:
        if _is_categorical(column, library):
            seen = {name for name in _texts(column, library) if name is not None}
            levels.append(_order(column, library, seen))
        else:
            levels.append(None)
    return levels


class Terms:
    """How the columns of a data frame become the columns of a matrix.

    Attributes
    ----------
    levels : list
        For every column its levels, or None for a column of numbers.
    column : ndarray of int
        For every column of the matrix the column of the data frame that it comes from.
    level : list
        For every column of the matrix the index of the level that it indicates, or None for a number.
    """

    def __init__(self, X=None, levels=None):
        """The terms of a data frame, or those of columns whose levels are known."""
        self.levels = levels_of(X) if levels is None else levels
        pairs = [(j, level) for j, levels in enumerate(self.levels) for level in _indicated(levels)]
        self.column = np.array([j for j, _ in pairs], dtype=np.intp)
        self.level = [level for _, level in pairs]

    def names(self, columns):
        """The name of every column of the matrix: the column's own, or ``column=level``."""
        return [
            columns[j] if level is None else f"{columns[j]}={self.levels[j][level]}"
            for j, level in zip(self.column, self.level)
        ]

    def matrix(self, X, names, during):
        """The matrix of a data frame's rows, in column order."""
        if _library(X) is None:
            raise ValueError(
                f"X must be a pandas or polars data frame during {during}: the model was fitted to one with "
                "categorical columns"
            )
        columns, library = _columns(X)
        out = np.empty((len(X), len(self.column)), dtype=np.float64, order="F")
        at = 0
        for column, levels, name in zip(columns, self.levels, names):
            if levels is None:
                if _is_categorical(column, library):
                    raise ValueError(f"column '{name}' is categorical during {during} and was of numbers during fit")
                out[:, at] = np.asarray(column, dtype=np.float64)
                at += 1
                continue
            if not _is_categorical(column, library):
                raise ValueError(f"column '{name}' is not categorical during {during} and was during fit")
            texts = _texts(column, library)
            if any(text is None for text in texts):
                raise ValueError(f"Input X contains NaN: column '{name}' has missing values.")
            unknown = sorted(set(texts) - set(levels))
            if unknown:
                raise ValueError(f"Found unknown categories {unknown} in column '{name}' during {during}")
            for level in _indicated(levels):
                out[:, at] = texts == levels[level]
                at += 1
        return out


def _indicated(levels):
    """The levels that get an indicator; None for a column of numbers."""
    if levels is None:
        return [None]
    return range(1, 2) if len(levels) == 2 else range(len(levels))
