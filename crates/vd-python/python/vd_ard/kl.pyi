from types import ModuleType
from typing import Any, TypeVar

from numpy.typing import ArrayLike

_Tensor = TypeVar("_Tensor")

__all__ = [
    "approximations",
    "divergence",
    "false_keep_probability",
    "kl_tensor",
    "lambda_for_false_keeps",
    "optimum",
    "slope",
]

def divergence(log_alpha: ArrayLike, kind: str = "exact") -> Any: ...
def slope(log_alpha: ArrayLike, kind: str = "exact") -> Any: ...
def approximations() -> dict[str, tuple[float, float]]: ...
def lambda_for_false_keeps(q: float, columns: int, group: int = 1) -> float: ...
def false_keep_probability(lam: float, group: int = 1) -> float: ...
def optimum(z2: float) -> tuple[float, float] | None: ...
def kl_tensor(log_alpha: _Tensor, xp: ModuleType) -> _Tensor: ...
