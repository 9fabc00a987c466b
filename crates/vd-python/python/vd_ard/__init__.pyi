from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, Literal, Self, overload

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from . import kl as kl

_Vector = NDArray[np.float64]
_Callback = Callable[[dict[str, Any]], object] | None
_Seed = int | RandomState | None

__version__: str
__all__ = [
    "L1LogisticRegression",
    "RVMClassifier",
    "RVMRegressor",
    "SavedModel",
    "VDClassifier",
    "VDCountRegressor",
    "VDNetworkClassifier",
    "VDNetworkRegressor",
    "VDRegressor",
    "kl",
    "load",
    "regression_path",
]

class _Estimator(BaseEstimator):
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    n_iter_: int
    objective_: float
    residual_: float
    status_: str
    trace_: _Vector
    relevance_: _Vector
    @property
    def term_names_(self) -> NDArray[np.object_]: ...
    def get_support(self, indices: bool = False) -> NDArray[Any]: ...
    def save(self, path: str | PathLike[str], target: str = "y") -> None: ...

class _Regressor(RegressorMixin, _Estimator):
    @overload
    def predict(self, X: Any, return_std: Literal[False] = False) -> _Vector: ...
    @overload
    def predict(self, X: Any, return_std: Literal[True]) -> tuple[_Vector, _Vector]: ...

class _Classifier(ClassifierMixin, _Estimator):
    classes_: NDArray[Any]
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> _Vector: ...
    def predict_log_proba(self, X: Any) -> _Vector: ...

class VDRegressor(_Regressor):
    coef_: _Vector
    intercept_: float
    log_alpha_: _Vector
    sigma_: _Vector
    z_: _Vector
    lambda_: float
    false_keeps_: float
    noise_std_: float
    inclusion_: _Vector
    stand_ins_: list[tuple[int, int, float]]
    def __init__(
        self,
        lam: float | Literal["average", "auto", "bic", "cv"] = "average",
        *,
        groups: Literal["columns"] | ArrayLike | None = "columns",
        false_keeps: float | None = None,
        refit: Literal["auto", "least_squares"] | None = "auto",
        fit_intercept: bool = True,
        noise: float | Literal["pre-estimated", "learned"] = "pre-estimated",
        folds: int = 5,
        tol: float = 1e-6,
        max_iter: int = 10000,
        random_state: _Seed = 0,
        n_jobs: int | None = None,
        verbose: int = 0,
        callback: _Callback = None,
    ) -> None: ...
    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self: ...

class VDClassifier(_Classifier):
    coef_: _Vector
    intercept_: _Vector
    log_alpha_: _Vector
    sigma_: _Vector
    z_: _Vector
    lambda_: float
    false_keeps_: float
    def __init__(
        self,
        lam: float | Literal["auto", "bic", "cv"] = "auto",
        *,
        false_keeps: float | None = None,
        slab: float | Literal["learned"] | None = "learned",
        refit: Literal["auto", "ridge"] | None = "auto",
        coding: Literal["softmax", "ovr"] = "softmax",
        by_class: bool = False,
        link: Literal["logit", "probit"] = "logit",
        fit_intercept: bool = True,
        folds: int = 5,
        tol: float = 1e-2,
        max_iter: int = 200,
        random_state: _Seed = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        callback: _Callback = None,
    ) -> None: ...
    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self: ...

class VDCountRegressor(_Regressor):
    coef_: _Vector
    intercept_: float
    log_alpha_: _Vector
    sigma_: _Vector
    z_: _Vector
    lambda_: float
    false_keeps_: float
    def __init__(
        self,
        lam: float | Literal["auto", "bic"] = "auto",
        *,
        false_keeps: float | None = None,
        slab: float | Literal["learned"] | None = "learned",
        refit: Literal["auto", "ridge"] | None = "auto",
        dispersion: float | None = None,
        fit_intercept: bool = True,
        tol: float = 1e-2,
        max_iter: int = 200,
        n_jobs: int | None = None,
        verbose: int = 0,
        callback: _Callback = None,
    ) -> None: ...
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
    ) -> Self: ...

class RVMRegressor(_Regressor):
    intercept_: float
    noise_std_: float
    dual_coef_: _Vector
    relevance_indices_: NDArray[np.int64]
    relevance_vectors_: _Vector
    coef_: _Vector
    z_: _Vector
    log_precision_: _Vector
    def __init__(
        self,
        kernel: Literal["linear", "rbf", "laplacian", "poly"] | None = "rbf",
        *,
        gamma: float | Literal["scale", "auto"] = "scale",
        degree: int = 3,
        coef0: float = 1.0,
        fit_intercept: bool = True,
        noise: float | None = None,
        tol: float = 1e-6,
        max_iter: int = 100000,
        n_jobs: int | None = None,
        verbose: int = 0,
        callback: _Callback = None,
    ) -> None: ...
    def fit(self, X: Any, y: ArrayLike) -> Self: ...

class RVMClassifier(_Classifier):
    intercept_: _Vector
    dual_coef_: _Vector
    relevance_indices_: NDArray[np.int64]
    relevance_vectors_: _Vector
    coef_: _Vector
    z_: _Vector
    log_precision_: _Vector
    def __init__(
        self,
        kernel: Literal["linear", "rbf", "laplacian", "poly"] | None = "rbf",
        *,
        gamma: float | Literal["scale", "auto"] = "scale",
        degree: int = 3,
        coef0: float = 1.0,
        fit_intercept: bool = True,
        tol: float = 1e-3,
        max_iter: int = 100,
        n_jobs: int | None = None,
        verbose: int = 0,
        callback: _Callback = None,
    ) -> None: ...
    def fit(self, X: Any, y: ArrayLike) -> Self: ...

class L1LogisticRegression(_Classifier):
    coef_: _Vector
    intercept_: _Vector
    C_: float
    def __init__(
        self,
        C: float | Literal["cv"] = "cv",
        *,
        fit_intercept: bool = True,
        folds: int = 5,
        tol: float = 1e-6,
        max_iter: int = 1000,
        random_state: _Seed = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        callback: _Callback = None,
    ) -> None: ...
    def fit(self, X: Any, y: ArrayLike) -> Self: ...
    def decision_function(self, X: Any) -> _Vector: ...

class VDNetworkClassifier(_Classifier):
    coefs_: list[_Vector]
    intercepts_: list[_Vector]
    log_alpha_: _Vector
    z_: _Vector
    lambda_: float
    n_layers_: int
    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        *,
        lam: float | Literal["bic"] = 1.0,
        threshold: float = 3.0,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate_init: float | None = None,
        max_iter: int | None = None,
        tol: float | None = None,
        random_state: _Seed = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        callback: _Callback = None,
    ) -> None: ...
    def fit(self, X: Any, y: ArrayLike) -> Self: ...

class VDNetworkRegressor(_Regressor):
    coefs_: list[_Vector]
    intercepts_: list[_Vector]
    log_alpha_: _Vector
    z_: _Vector
    lambda_: float
    n_layers_: int
    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        *,
        lam: float | Literal["bic"] = 1.0,
        threshold: float = 3.0,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate_init: float | None = None,
        max_iter: int | None = None,
        tol: float | None = None,
        random_state: _Seed = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        callback: _Callback = None,
    ) -> None: ...
    def fit(self, X: Any, y: ArrayLike) -> Self: ...

class SavedModel:
    task_: str
    method_: str
    status_: str
    target_: str
    classes_: NDArray[np.object_]
    feature_names_in_: NDArray[np.object_]
    n_features_in_: int
    used_columns_: list[str]
    term_names_: NDArray[np.object_]
    weights_: _Vector
    relevance_: _Vector
    def __init__(self, compiled: Any) -> None: ...
    def predict(self, X: Any, return_std: bool = False) -> Any: ...
    def predict_proba(self, X: Any) -> _Vector: ...

def load(path: str | PathLike[str]) -> SavedModel: ...
def regression_path(
    X: Any,
    y: ArrayLike,
    *,
    lams: ArrayLike | None = None,
    n_lams: int = 50,
    smallest: float = 0.5,
    sample_weight: ArrayLike | None = None,
    refit: Literal["least_squares"] | None = None,
    fit_intercept: bool = True,
    noise: float | Literal["pre-estimated", "learned"] = "pre-estimated",
    tol: float = 1e-6,
    max_iter: int = 10000,
    n_jobs: int | None = None,
    callback: _Callback = None,
) -> tuple[_Vector, _Vector, _Vector]: ...
