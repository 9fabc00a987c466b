"""Log evidence of small regressions at given precisions, in 50-digit arithmetic, by the N x N formula.

    pip install mpmath==1.3.0 && python tests/oracle/evidence.py > tests/data/evidence.json
"""
import json, random, mpmath as mp
mp.mp.dps = 50
random.seed(20031)
cases = []
for n, m, scale, beta in [(1, 1, 1.0, 1.0), (5, 3, 1.0, 2.5), (8, 8, 10.0, 1e4), (12, 20, 1e-3, 1e-2), (10, 4, 1e3, 1e6), (15, 6, 1.0, 1e8)]:
    phi = [[random.uniform(-scale, scale) for _ in range(m)] for _ in range(n)]
    t = [random.uniform(-1, 1) for _ in range(n)]
    log_alpha = [random.uniform(-6, 10) for _ in range(m)]
    c = mp.eye(n) / mp.mpf(beta)
    for i in range(n):
        for j in range(n):
            c[i, j] += sum(mp.mpf(phi[i][k]) * mp.mpf(phi[j][k]) * mp.exp(-mp.mpf(log_alpha[k])) for k in range(m))
    low = mp.cholesky(c)
    log_det = 2 * sum(mp.log(low[i, i]) for i in range(n))
    tv = mp.matrix([mp.mpf(v) for v in t])
    value = -(n * mp.log(2 * mp.pi) + log_det + (tv.T * mp.lu_solve(c, tv))[0]) / 2
    cases.append(dict(rows=n, columns=m, phi=[v for r in phi for v in r], t=t, log_alpha=log_alpha, beta=beta, evidence=float(value), digits=mp.nstr(value, 40)))
print(json.dumps(dict(source="mpmath " + mp.__version__ + ", 50 digits, N x N formula", cases=cases), indent=1))
