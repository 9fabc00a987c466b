"""scikit-learn's own checks, none of them expected to fail, and those that its public list leaves out."""

import warnings

import pytest
import vd_ard
from sklearn.utils import estimator_checks

ESTIMATORS = [
    vd_ard.VDRegressor(),
    vd_ard.VDRegressor(lam="auto"),
    vd_ard.VDRegressor(lam=1.0),
    vd_ard.VDClassifier(),
    vd_ard.VDClassifier(lam=1.0, coding="ovr"),
    vd_ard.VDCountRegressor(),
    vd_ard.RVMRegressor(),
    vd_ard.RVMRegressor(kernel=None),
    vd_ard.RVMClassifier(),
    vd_ard.RVMClassifier(kernel=None),
    vd_ard.L1LogisticRegression(),
    vd_ard.L1LogisticRegression(C=1.0),
    vd_ard.VDNetworkRegressor(20, max_iter=300),
    vd_ard.VDNetworkClassifier(20, max_iter=300),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_check_estimator(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = estimator_checks.check_estimator(estimator, on_skip=None)
    assert len(results) > 40
    assert {r["status"] for r in results} <= {"passed", "skipped"}
    # The array API is skipped unless it is switched on; nothing else may be.
    assert {r["check_name"] for r in results if r["status"] == "skipped"} <= {"check_array_api_input"}


#: Checks that `check_estimator` leaves out: scikit-learn runs them on its own estimators only.
LEFT_OUT = ["check_dataframe_column_names_consistency", "check_param_validation", "check_n_features_in_after_fitting"]


@pytest.mark.parametrize("check", LEFT_OUT)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_checks_that_it_leaves_out(estimator, check):
    with warnings.catch_warnings():
        if check == "check_dataframe_column_names_consistency":
            # It asks that a warning be raised, and looks for it itself.
            warnings.simplefilter("ignore", vd_ard._base.ConvergenceWarning)
        else:
            warnings.simplefilter("ignore")
        getattr(estimator_checks, check)(type(estimator).__name__, estimator)
