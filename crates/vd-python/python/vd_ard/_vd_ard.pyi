"""The compiled module. Not for users: the estimators check what goes in."""

from collections.abc import Callable
from os import PathLike
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

_Features = NDArray[np.float32] | NDArray[np.float64] | tuple[str, NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], tuple[int, int]]
_Callback = Callable[[dict[str, Any]], object] | None
_Vector = NDArray[np.float64]

@final
class Fitted:
    def __new__(cls, bytes: bytes) -> Fitted: ...
    def predict(self, x: _Features) -> _Vector: ...
    def predict_std(self, x: _Features) -> _Vector: ...
    def predict_labels(self, x: _Features) -> NDArray[np.int64]: ...
    def predict_proba(self, x: _Features) -> _Vector: ...
    def scores(self, x: _Features) -> _Vector: ...
    def attributes(self) -> dict[str, Any]: ...
    def seconds(self) -> float: ...
    def warnings(self) -> list[str]: ...
    def save(
        self,
        path: str | PathLike[str],
        columns: list[tuple[str, list[str] | None]],
        terms: list[tuple[str, int, int | None]],
        target: str,
        classes: list[str],
        seed: int,
        options: list[str],
    ) -> None: ...

@final
class LinearPass:
    def __new__(cls, bytes: bytes) -> LinearPass: ...
    @staticmethod
    def over(x: _Features, t: _Vector, w: _Vector | None) -> LinearPass: ...
    def merge(self, other: LinearPass) -> None: ...
    @property
    def samples(self) -> float: ...
    @property
    def rows(self) -> int: ...
    @property
    def target_mean(self) -> float: ...
    def units(self, intercept: bool) -> tuple[_Vector, _Vector]: ...
    def table(self, intercept: bool) -> tuple[_Vector, _Vector, _Vector]: ...

@final
class RoundPlan:
    def __new__(cls, bytes: bytes) -> RoundPlan: ...

@final
class GlmPass:
    def __new__(cls, bytes: bytes) -> GlmPass: ...
    @staticmethod
    def over(
        plan: RoundPlan,
        x: _Features,
        t: _Vector,
        w: _Vector | None,
        means: _Vector,
        scales: _Vector,
        class_: int | None,
    ) -> GlmPass: ...
    def merge(self, other: GlmPass) -> None: ...

_Make = Callable[[RoundPlan, int | None], GlmPass]

def fit_classifier_far(
    make: _Make,
    rows: tuple[int, _Vector, _Vector],
    counts: list[int],
    *,
    lam: float | str,
    false_keeps: float | None,
    slab: str | float | None,
    refit: str | None,
    link: str,
    intercept: bool,
    tolerance: float,
    max_iterations: int,
) -> Fitted: ...
def fit_counts_far(
    make: _Make,
    rows: tuple[int, _Vector, _Vector],
    mean: float,
    *,
    dispersion: float | None,
    lam: float | str,
    false_keeps: float | None,
    slab: str | float | None,
    refit: str | None,
    intercept: bool,
    tolerance: float,
    max_iterations: int,
) -> Fitted: ...

@final
class Saved:
    def __new__(cls, bytes: bytes) -> Saved: ...
    @staticmethod
    def load(path: str | PathLike[str]) -> Saved: ...
    def describe(self) -> dict[str, Any]: ...
    def predict(self, columns: dict[str, Any]) -> _Vector: ...
    def predict_std(self, columns: dict[str, Any]) -> _Vector: ...
    def predict_labels(self, columns: dict[str, Any]) -> NDArray[np.int64]: ...
    def predict_proba(self, columns: dict[str, Any]) -> _Vector: ...

def fit_linear(
    x: _Features,
    t: _Vector,
    weights: _Vector | None,
    *,
    rows: int | None = None,
    groups: list[int] | None,
    lam: float | str,
    false_keeps: float | None,
    refit: str | None,
    intercept: bool,
    noise: float | str,
    folds: int,
    tolerance: float,
    max_iterations: int,
    seed: int,
    threads: int,
    callback: _Callback,
) -> Fitted: ...
def path_linear(
    x: _Features,
    t: _Vector,
    weights: _Vector | None,
    lambdas: _Vector,
    *,
    refit: str | None,
    intercept: bool,
    noise: float | str,
    tolerance: float,
    max_iterations: int,
    threads: int,
    callback: _Callback,
) -> tuple[_Vector, _Vector, _Vector, float]: ...
def fit_classifier(
    x: _Features,
    t: NDArray[np.int64],
    weights: _Vector | None,
    *,
    classes: int,
    lam: float | str,
    false_keeps: float | None,
    slab: float | str | None,
    refit: str | None,
    coding: str,
    by_class: bool,
    link: str,
    intercept: bool,
    folds: int,
    tolerance: float,
    max_iterations: int,
    seed: int,
    threads: int,
    callback: _Callback,
) -> Fitted: ...
def fit_counts(
    x: _Features,
    t: _Vector,
    weights: _Vector | None,
    offsets: _Vector | None,
    *,
    dispersion: float | None,
    lam: float | str,
    false_keeps: float | None,
    slab: float | str | None,
    refit: str | None,
    intercept: bool,
    tolerance: float,
    max_iterations: int,
    threads: int,
    callback: _Callback,
) -> Fitted: ...
def fit_rvm_regressor(
    x: NDArray[np.float64],
    t: _Vector,
    *,
    kernel: str | None,
    gamma: float,
    degree: int,
    coef0: float,
    intercept: bool,
    noise: float | None,
    tolerance: float,
    max_iterations: int,
    threads: int,
    callback: _Callback,
) -> Fitted: ...
def fit_rvm_classifier(
    x: NDArray[np.float64],
    t: NDArray[np.int64],
    *,
    classes: int,
    kernel: str | None,
    gamma: float,
    degree: int,
    coef0: float,
    intercept: bool,
    tolerance: float,
    max_iterations: int,
    threads: int,
    callback: _Callback,
) -> Fitted: ...
def fit_l1(
    x: _Features,
    t: NDArray[np.int64],
    *,
    classes: int,
    c: float | None,
    folds: int,
    intercept: bool,
    tolerance: float,
    max_iterations: int,
    seed: int,
    threads: int,
    callback: _Callback,
) -> Fitted: ...
def fit_network(
    x: _Features,
    t: _Vector | NDArray[np.int64],
    *,
    classes: int | None,
    lam: float,
    hidden: list[int],
    epochs: int | None,
    tolerance: float | None,
    batch: int | None,
    learning_rate: float | None,
    threshold: float,
    seed: int,
    threads: int,
    callback: _Callback,
) -> Fitted: ...
def approximations() -> list[tuple[str, float, float]]: ...
def kl(log_alpha: _Vector | NDArray[np.float32], name: str) -> tuple[_Vector, _Vector]: ...
def lambda_for_false_keeps(q: float, columns: int, group: int) -> float: ...
def false_keeps(lam: float, group: int) -> float: ...
def optimum(z2: float) -> tuple[float, float] | None: ...
