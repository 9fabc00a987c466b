"""A million rows in the memory of three workers on this machine: the models of rows in memory, and how long each takes.

usage: dask_million.py [ROWS]
"""

import sys
import time

import dask.array as da
import numpy as np
import vd_ard
import vd_ard.dask
from dask.distributed import Client, LocalCluster


def main(n):
    rng = np.random.default_rng(5)
    X = rng.standard_normal((n, 20))
    z = 0.02 * X[:, 3] - 0.01 * X[:, 7] + 0.5 * X[:, 11]
    targets = {
        "VDRegressor": z + rng.standard_normal(n),
        "VDClassifier": (z + rng.logistic(size=n) > 0).astype(int),
        "VDCountRegressor": rng.poisson(np.exp(0.2 + 0.3 * z)).astype(float),
    }
    part = max(1, n // 8)
    with LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        for name, y in targets.items():
            settings = {} if name == "VDRegressor" else {"tol": 1e-6}
            start = time.perf_counter()
            here = getattr(vd_ard, name)(n_jobs=2, **settings).fit(X, y)
            seconds = time.perf_counter() - start
            rows = da.from_array(X, chunks=(part, 20)).persist(), da.from_array(y, chunks=part).persist()
            start = time.perf_counter()
            there = getattr(vd_ard.dask, name)(n_jobs=2, **settings).fit(*rows)
            a, b = np.ravel(there.coef_), np.ravel(here.coef_)
            apart = np.max(np.abs(a[b != 0] / b[b != 0] - 1))
            print(
                f"{name}: kept {here.get_support(indices=True)} here, {there.get_support(indices=True)} there, {apart:.1e} apart; "
                f"{seconds:.1f} s here, {time.perf_counter() - start:.1f} s there",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
