"""Sparse models that say which columns matter, for scikit-learn.

Every weight has a dropout rate of its own, and what the data do not support is exactly zero (Molchanov, Ashukha and Vetrov 2017).

===========================  ==========================================================
to predict                   use
===========================  ==========================================================
numbers                      :class:`VDRegressor`
classes                      :class:`VDClassifier`
counts                       :class:`VDCountRegressor`
either, by a sparse network  :class:`VDNetworkRegressor`, :class:`VDNetworkClassifier`
either, by evidence          :class:`RVMRegressor`, :class:`RVMClassifier`
classes, by an L1 penalty    :class:`L1LogisticRegression`
===========================  ==========================================================

:mod:`vd_ard.kl` has the divergence itself on arrays, :func:`load` reads a model file of the command line ``vd``, and
:func:`regression_path` follows the solutions down λ.
"""

from importlib.metadata import version as _version

from . import kl
from ._glm import VDClassifier, VDCountRegressor
from ._l1 import L1LogisticRegression
from ._linear import VDRegressor, regression_path
from ._network import VDNetworkClassifier, VDNetworkRegressor
from ._rvm import RVMClassifier, RVMRegressor
from ._saved import SavedModel, load

__version__ = _version("vd-ard")

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
