"""A function to paste into a training loop. It imports nothing, and needs only a tensor library's ``exp`` and ``where``."""


def kl_tensor(log_alpha, xp):
    """KL of variational dropout to the log-uniform prior, exact to float32 accuracy, for any tensor library.

    Parameters
    ----------
    log_alpha : tensor
        log α = log σ² − 2 log|θ|, of any shape.
    xp : module
        ``torch``, ``jax.numpy``, ``numpy``, or another with ``exp`` and ``where``.

    Returns
    -------
    kl : tensor
        KL(α) in nats, of the shape of ``log_alpha``. Differentiable by the library's own autograd, everywhere between ±80.

    Notes
    -----
    With e = 1/α: near, e ≤ 8, KL = e (5/16 + P(e)/Q(e)); far, KL = (γ + ln 2)/2 − ½ log α + α R(x)/S(x), x = 16 α − 1 (the coefficients of
    ``kl_approx::rational``). Each side sees log α clipped to its own region, so that no branch overflows and no gradient is NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from vd_ard.kl import divergence, kl_tensor
    >>> l = np.float32([-8.0, 0.0, 3.0])
    >>> bool(np.allclose(kl_tensor(l, np), divergence(l), rtol=5e-7))
    True

    In PyTorch: ``loss = cross_entropy + kl_tensor(log_sigma2 - 2 * theta.abs().log(), torch).sum() / n_samples``.
    """

    def polynomial(coefficients, x):
        total = coefficients[-1]
        for c in coefficients[-2::-1]:
            total = total * x + c
        return total

    split = -2.0794415  # −log 8
    near = log_alpha >= split
    e = xp.exp(-xp.where(near, log_alpha, split))
    p = (1.87500000e-1, -3.76158580e-2, -4.16772394e-3, -3.98447417e-4, -1.65960973e-5, -4.32441254e-7, -4.37424452e-9)
    q = (1.0, 2.43826523e-1, 2.68802270e-2, 1.72194059e-3, 6.76239142e-5, 1.52184543e-6, 1.41224241e-8)
    kl_near = e * (0.3125 + polynomial(p, e) / polynomial(q, e))

    far = xp.where(near, split, log_alpha)
    alpha = xp.exp(far)
    x = 16.0 * alpha - 1.0
    r = (-5.63211262e-1, -9.83385980e-1, -1.61444569, -9.29128766e-1, -8.09119344e-1, -8.79006907e-2, -6.13686219e-2)
    s = (1.0, 1.58717763, 2.55799961, 1.17713654, 1.18803895, 1.13207260e-2, 1.25085399e-1)
    kl_far = 0.63518142 - 0.5 * far + alpha * (polynomial(r, x) / polynomial(s, x))
    return xp.where(near, kl_near, kl_far)
