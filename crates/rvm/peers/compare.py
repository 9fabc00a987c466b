"""rvm beside fastrvm 0.1.5 on the same arrays, in one run. Ratios are the peer's time over ours.

    pip install fastrvm==0.1.5 scikit-learn numpy
    cargo build --release -p rvm --example rvm_compare
    python crates/rvm/peers/compare.py target/release/examples/rvm_compare [sinc1000] [sinc3000] [sinc30000] [digits]
"""
import json, os, subprocess, sys, tempfile, time, warnings
import numpy as np
warnings.filterwarnings("ignore")
ours, jobs = sys.argv[1], sys.argv[2:] or ["sinc1000", "sinc3000", "sinc30000", "digits"]
import fastrvm


def write(directory, **arrays):
    for name, a in arrays.items():
        np.savetxt(os.path.join(directory, name + ".csv"), np.asarray(a).reshape(len(a), -1), delimiter=",", fmt="%.17g")


def run(*args, repeat=1, **env):
    out = subprocess.run([ours, *map(str, args)], env={**os.environ, "REPEAT": str(repeat), **env}, check=True, capture_output=True)
    return json.loads(out.stdout)


def sinc(n, peer=True, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-10, 10, (n, 1))
    t = np.sinc(x[:, 0] / np.pi) + 0.1 * rng.standard_normal(n)
    grid = np.linspace(-10, 10, 2001)[:, None]
    truth = np.sinc(grid[:, 0] / np.pi)
    with tempfile.TemporaryDirectory() as d:
        write(d, x=x, t=t, grid=grid, truth=truth)
        mine = run("regression", d, 1 / 9, repeat=5 if n < 10_000 else 1)
    print(f"sinc n={n} seed={seed} ours {mine}")
    if not peer:
        return
    seconds = np.inf
    for _ in range(5):
        start = time.perf_counter()
        m = fastrvm.RVR(kernel="rbf", gamma=1 / 9).fit(x, t)
        seconds = min(seconds, time.perf_counter() - start)
    e = np.ravel(m.scores_)[-1] - n / 2 * np.log(2 * np.pi)  # Its trace leaves the constant out.
    rmse = np.sqrt(((m.predict(grid) - truth) ** 2).mean())
    print(f"sinc n={n} seed={seed} fastrvm seconds {seconds:.5f} evidence {e:.6f} rmse {rmse:.6f} vectors {m.n_relevance_}")
    print(f"sinc n={n} seed={seed} ratio {seconds / mine['seconds']:.2f}x evidence {mine['evidence'] - e:+.6f} rmse {mine['rmse'] / rmse:.4f}", flush=True)


def digits(kernel):
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    data = load_digits()
    x = data.data - data.data.mean(0)
    for seed in (0, 1, 2):
        a, c = train_test_split(np.arange(1797), train_size=1200, random_state=seed)
        with tempfile.TemporaryDirectory() as d:
            write(d, x=x[a], labels=data.target[a], test=x[c], test_labels=data.target[c])
            mine = run("classification", d, kernel, 1e-3, BIAS=os.environ.get("BIAS", "0"))
        print(f"digits {kernel} seed={seed} ours {mine}", flush=True)
        if os.environ.get("PEER", "1") == "0":
            continue
        kw = dict(gamma=1e-3) if kernel == "rbf" else {}
        start = time.perf_counter()
        m = fastrvm.RVC(kernel=kernel, **kw).fit(x[a], data.target[a])
        seconds = time.perf_counter() - start
        accuracy = m.score(x[c], data.target[c])
        print(f"digits {kernel} seed={seed} fastrvm seconds {seconds:.2f} accuracy {accuracy:.4f} ratio {seconds / mine['seconds']:.1f}x, accuracy {mine['accuracy'] - accuracy:+.4f}", flush=True)


for job in jobs:
    if job.startswith("sinc"):
        n = int(job[4:])
        sinc(n, peer=n <= 5000)
    elif job == "digits":
        digits("rbf")
    elif job == "digits-linear":
        digits("linear")
