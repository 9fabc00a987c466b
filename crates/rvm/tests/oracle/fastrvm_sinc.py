"""What fastrvm finds on a small sinc regression: an independent implementation's answer.

    pip install fastrvm==0.1.5 numpy scikit-learn && python tests/oracle/fastrvm_sinc.py > tests/data/fastrvm_sinc.json
"""
import json, numpy as np, fastrvm
problems = []
for seed in (0, 1, 2):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-10, 10, 100)); t = np.sinc(x / np.pi) + 0.1 * rng.standard_normal(100)
    m = fastrvm.RVR(kernel="rbf", gamma=1 / 9).fit(x[:, None], t)
    grid = np.linspace(-10, 10, 41); mean, deviation = m.predict(grid[:, None], return_std=True)
    problems.append(dict(x=x.tolist(), t=t.tolist(), evidence=float(np.ravel(m.scores_)[-1] - 50 * np.log(2 * np.pi)),
                         beta=float(m.beta_), vectors=[int(i) for i in m.relevance_], grid=grid.tolist(), mean=mean.tolist(), deviation=deviation.tolist()))
print(json.dumps(dict(source="fastrvm 0.1.5, RVR(kernel='rbf', gamma=1/9)", problems=problems)))
