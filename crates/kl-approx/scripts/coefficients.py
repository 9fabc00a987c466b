#!/usr/bin/env python3
"""Regenerates src/coefficients.rs and src/tables.rs: every fitted polynomial of the crate, from 50-digit arithmetic.

    python crates/kl-approx/scripts/coefficients.py            # writes both files
    python crates/kl-approx/scripts/coefficients.py --check    # fails if a file differs from what is made

Needs mpmath 1.3 or later (the file in the repository: mpmath 1.4.1).
"""
import pathlib
import subprocess
import sys

from highprec import C, M, chebyshev, exp, h, horner, kl, log, log_g, mp, mpf, rational_fit, tail, u_of_w

OUT = pathlib.Path(__file__).resolve().parent.parent / "src" / "coefficients.rs"
out = []


def scaled(c, a):
    """The coefficients in x of a polynomial given in a x."""
    return [k * mpf(a) ** i for i, k in enumerate(c)]


def array(name, c, doc, ty="f64"):
    digits = 17 if ty == "f64" else 9
    for line in doc.splitlines():
        out.append(f"/// {line}")
    out.append(f"pub(crate) const {name}: [{ty}; {len(c)}] = [")
    for k in c:
        out.append(f"    {literal(k, digits)},")
    out.append("];")


def literal(x, digits):
    if digits == 9:
        import struct

        x = struct.unpack("f", struct.pack("f", float(x)))[0]
    s = repr(float(x))
    if digits == 9:
        s = f"{x:.8e}"
        m, e = s.split("e")
        s = f"{m}e{int(e)}"
    return s


def sig(x):
    return mp.nstr(x, 2)


def divergence(ty, n, u0, m, middle):
    """The two regions of the kernel: e = 1/alpha for u <= u0, e = alpha above. Near, KL/e is written middle + P/Q, so that with
    a middle inside its range P/Q's rounding counts for less; f64 has precision to spare and takes 0."""
    u0 = mpf(u0)
    ts = [t * mpf('1.0001') for t in chebyshev(0, 1, m)]
    err, (p, r), q = rational_fit(
        [[kl(u0 * t) / t for t in ts], [h(u0 * t) / t for t in ts]],
        [[t / kl(u0 * t) for t in ts], [t / h(u0 * t) for t in ts]],
        ts, n, n,
    )
    e0 = 2 * u0  # e = 1/alpha = 2u = e0 t
    p, r, q = (scaled(c, 1 / e0) for c in (p, r, q))
    p, r = [k / e0 for k in p], [-k / e0 for k in r]
    p = [a - mpf(middle) * b for a, b in zip(p, q)]
    s = "" if ty == "f64" else "_F32"
    out.append(f"/// Where the near region (1/alpha <= E0) meets the far one.")
    out.append(f"pub(crate) const E0{s}: {ty} = {sig(e0)};")
    out.append(f"/// -log(E0), rounded: both regions' fits hold a little beyond it.")
    out.append(f"pub(crate) const LOG_ALPHA_0{s}: {ty} = {mp.nstr(-log(e0), 6)};")
    out.append("/// What NEAR_KL/NEAR_Q is counted from.")
    out.append(f"pub(crate) const MIDDLE{s}: {ty} = {middle};")
    where = f"1/alpha = 2u in [0, {sig(e0)}], in powers of e = 1/alpha; largest relative error {sig(err)}."
    array(f"NEAR_KL{s}", p, f"KL = e (MIDDLE + NEAR_KL(e)/NEAR_Q(e)) for {where}", ty)
    array(f"NEAR_GRAD{s}", r, f"dKL/d log alpha = e NEAR_GRAD(e)/NEAR_Q(e) for {where}", ty)
    array(f"NEAR_Q{s}", q, f"The denominator of both for {where}", ty)
    xs = [(x + 1) * mpf("1.0001") - 1 for x in chebyshev(-1, 1, m)]
    ts = [(x + 1) / 2 for x in xs]
    err, (p, r), q = rational_fit(
        [[tail(u0 / t) / t for t in ts], [(h(u0 / t) - mpf(1) / 2) / t for t in ts]],
        [[t / kl(u0 / t) for t in ts], [2 * t for t in ts]],
        xs, n, n,
    )
    p, r = [-k * e0 for k in p], [-k * e0 for k in r]  # t = e0 alpha
    where = (
        f"alpha in [0, 1/{sig(e0)}], in powers of x = {sig(2 * e0)} alpha - 1;\n"
        f"largest error relative to the whole {sig(err)}."
    )
    array(f"FAR_KL{s}", p, f"KL = C - log(alpha)/2 + alpha FAR_KL(x)/FAR_Q(x) for {where}", ty)
    array(f"FAR_GRAD{s}", r, f"dKL/d log alpha = -1/2 + alpha FAR_GRAD(x)/FAR_Q(x) for {where}", ty)
    array(f"FAR_Q{s}", q, f"The denominator of both for {where}", ty)


def condition(c, xs):
    """How much a polynomial's rounding is magnified on xs."""
    return max(horner([abs(k) for k in c], abs(x)) / abs(horner(c, x)) for x in xs)


def pruning():
    """The pruning equation's inverse, u = w P(x)/Q(x) with w = z^2 - 1, in pieces."""
    edges, n = [0, 3, 7, 11, 15, 20, 30, 46], 8
    rows, errors, conditions = [], [], []
    for i, lo in enumerate(edges):
        last = i + 1 == len(edges)
        # On the last piece the variable is t = 1/w.
        a, b = (mpf(0), 1 / mpf(lo)) if last else (mpf(lo), mpf(edges[i + 1]))
        best = None
        for origin in (a, (a + b) / 2, b):
            ts = chebyshev(a, b, 44)
            scale = 2 ** mp.floor(log(2 / (b - a)) / log(2))  # a power of two, so that scaling is exact
            xs = [(t - origin) * scale for t in ts]
            if last:  # u = w/2 - 1 + t P/Q; the error is relative to u
                us = [u_of_w(1 / t) for t in ts]
                f = [(u - 1 / t / 2 + 1) / t for u, t in zip(us, ts)]
                weights = [t / u for u, t in zip(us, ts)]
            else:
                f = [u_of_w(t) / t for t in ts]
                weights = [1 / v for v in f]
            for m in (n - 1, n):
                err, (p,), q = rational_fit([f], [weights], xs, m, m)
                c = condition(p, xs) + condition(q, xs)
                if err < mpf("2e-16") and (best is None or c < best[0]):
                    pad = [mpf(0)] * (n - m)
                    best = (c, err, origin, scale, p + pad, q + pad)
        c, err, origin, scale, p, q = best
        errors.append(err)
        conditions.append(c)
        rows.append((origin, scale, p, q))
    out.append("/// Where the pieces of the pruning equation's inverse begin, in w = z^2 - 1.")
    out.append(f"pub(crate) const U_EDGES: [f64; {len(edges)}] = [{', '.join(f'{e}.0' for e in edges)}];")
    out.append("/// (origin, scale, P, Q): u = w P(x)/Q(x) with x = (t - origin) scale, t = w; on the last piece")
    out.append("/// t = 1/w and u = w/2 - 1 + t P(x)/Q(x). Largest")
    out.append(f"/// relative errors {', '.join(sig(e) for e in errors)};")
    out.append(f"/// condition of P and Q together {', '.join(sig(c) for c in conditions)}.")
    out.append(f"pub(crate) const U_OF_W: [(f64, f64, [f64; {n + 1}], [f64; {n + 1}]); {len(edges)}] = [")
    for origin, scale, p, q in rows:
        out.append(f"    ({literal(origin, 17)}, {literal(scale, 17)},")
        for c in (p, q):
            out.append("        [" + ", ".join(literal(k, 17) for k in c) + "],")
        out.append("    ),")
    out.append("];")


def tables():
    """src/tables.rs: KL and its gradient in pieces of log alpha, for scalar code."""
    edge, pieces_per_unit, n = 8, 4, 11
    fits, worst = [[], []], [mpf(0), mpf(0)]
    for i in range(2 * edge * pieces_per_unit):
        centre = -edge + (mpf(2 * i + 1)) / (2 * pieces_per_unit)
        xs = chebyshev(-1, 1, 36)
        us = [exp(-(centre + x / (2 * pieces_per_unit))) / 2 for x in xs]
        for j, f in enumerate(([kl(u) for u in us], [-h(u) for u in us])):
            err, (p,), _ = rational_fit([f], [[1 / v for v in f]], xs, n, 0, 4)
            fits[j].append(p)
            worst[j] = max(worst[j], err)
    text = ["//! Fitted constants. Generated by `python crates/kl-approx/scripts/coefficients.py`; do not edit."]
    text += ["", "/// The tables cover |log alpha| < EDGE."]
    text += [f"pub(crate) const EDGE: f64 = {edge}.0;"]
    text += ["/// Pieces to one unit of log alpha."]
    text += [f"pub(crate) const PIECES_PER_UNIT: f64 = {pieces_per_unit}.0;"]
    for name, what, p, err in (("KL", "KL", fits[0], worst[0]), ("GRAD", "dKL/d log alpha", fits[1], worst[1])):
        text += [f"/// {what} in powers of x, which runs over [-1, 1) in each piece; largest relative error {sig(err)}."]
        text += ["#[rustfmt::skip]"]
        text += [f"pub(crate) static {name}: [[f64; {n + 1}]; {len(p)}] = ["]
        for c in p:
            row = [literal(k, 17) for k in c]
            text += ["    [" + ", ".join(row[:4]) + ","]
            text += ["     " + ", ".join(row[4:8]) + ","]
            text += ["     " + ", ".join(row[8:]) + "],"]
        text += ["];"]
    # Beyond: KL = e NEAR(e), e = 1/alpha, by 2F2's series; KL = C - log(alpha)/2 - alpha FAR(alpha), by the asymptotic one.
    near = []
    t = mpf(1)
    for k in range(6):
        near.append(t / 2)  # KL = u sum t_k (-u)^k ..., u = e/2
        t *= -mpf(k + 1) / ((k + mpf(3) / 2) * (k + 2)) / 2
    near_grad = [-(k + 1) * c for k, c in enumerate(near)]
    far, t = [], mpf(1) / 2
    for k in range(1, 7):
        t = t * (2 * k - 1)
        far.append(t / k)
    far_grad = [-(k + 1) * c for k, c in enumerate(far)]
    for name, c, doc in (
        ("NEAR", near, "KL = e NEAR(e) for e = 1/alpha <= exp(-EDGE), the series of 2F2."),
        ("NEAR_GRAD", near_grad, "dKL/d log alpha = e NEAR_GRAD(e) there."),
        ("FAR", far, "KL = C - log(alpha)/2 - alpha FAR(alpha) for alpha <= exp(-EDGE), the asymptotic series."),
        ("FAR_GRAD", far_grad, "dKL/d log alpha = -1/2 + alpha FAR_GRAD(alpha) there."),
    ):
        text += [f"/// {doc}"]
        text += [f"pub(crate) const {name}: [f64; {len(c)}] = [{', '.join(literal(k, 17) for k in c)}];"]
    return "\n".join(text) + "\n"


def put(path, text):
    """Formats, then writes or compares."""
    text = subprocess.run(
        ["rustfmt", "--edition", "2024", "--config-path", str(OUT.parents[3])],
        input=text, capture_output=True, text=True, check=True,
    ).stdout
    if "--check" in sys.argv:
        if path.read_text() != text:
            sys.exit(f"{path.name} differs from what scripts/coefficients.py makes")
        print(f"{path.name} is what scripts/coefficients.py makes")
    else:
        path.write_text(text)


def main():
    out.append("//! Fitted constants. Generated by `python crates/kl-approx/scripts/coefficients.py` (50-digit arithmetic);")
    out.append("//! do not edit: `--check` compares this file with what the script makes, and `tests/budgets.rs` runs the")
    out.append("//! stated errors against committed high-precision values.")
    out.append("#![allow(clippy::excessive_precision, clippy::approx_constant)]")
    out.append("")
    out.append("/// (gamma + ln 2)/2.")
    out.append(f"pub const EXCESS_AT_ZERO: f64 = {literal(C, 17)};")
    divergence("f64", 11, 14, 50, 0.0)
    divergence("f32", 6, 4, 32, 0.3125)

    for ty, n in (("f64", 11), ("f32", 6)):
        a = log(2) / 2 * mpf("1.0001")
        xs = chebyshev(-a, a, 40)
        # The error is relative to exp(r); near 0 the quotient's own digits run out, hence the series.
        f = [mp.nsum(lambda k: x**k / mp.factorial(k + 2), [0, 40]) for x in xs]
        err, (p,), _ = rational_fit([f], [[x * x * exp(-x) for x in xs]], xs, n - 2, 0)
        s = "" if ty == "f64" else "_F32"
        doc = f"exp(r) = 1 + r + r^2 EXP(r) for |r| <= ln(2)/2, in powers of r; largest relative error {sig(err)}."
        array(f"EXP{s}", p, doc, ty)
    for ty, n in (("f64", 6), ("f32", 3)):
        ts = chebyshev(0, 1, 40)
        f = [log(1 + t) / t for t in ts]
        err, (p,), q = rational_fit([f], [[1 / v for v in f]], ts, n, n)
        s = "" if ty == "f64" else "_F32"
        doc = f"for v in [0, 1], in powers of v; largest relative error {sig(err)}."
        array(f"LOG1P_P{s}", p, f"log(1 + v) = v LOG1P_P(v)/LOG1P_Q(v) {doc}", ty)
        array(f"LOG1P_Q{s}", q, f"The denominator of LOG1P_P {doc}", ty)

    pruning()
    put(OUT, "\n".join(out) + "\n")
    put(OUT.parent / "tables.rs", tables())


main()
