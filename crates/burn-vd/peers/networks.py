"""Peer of `examples/lenet.rs --time`: the same networks with the same layers in PyTorch on the CPU, eager and compiled.

usage: networks.py MNIST_DIR [--steps N] [--batch N] [--threads N] [--models lenet300,lenet5]

Prints the seconds of an epoch of 60,000 samples: the median step of N, times the steps of an epoch. The divergence is the approximation
of Molchanov, Ashukha and Vetrov (2017) as their code has it.
"""
import argparse
import gzip
import statistics
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

K1, K2, K3 = 0.63576, 1.87320, 1.48695


class Sparse(nn.Module):
    """(theta, log sigma^2) and bias, local reparametrisation."""

    def __init__(self, shape, fan_in):
        super().__init__()
        bound = fan_in ** -0.5
        self.theta = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.log_sigma2 = nn.Parameter(torch.full(shape, -10.0))
        self.bias = nn.Parameter(torch.empty(shape[0]).uniform_(-bound, bound))

    def kl(self):
        log_alpha = (self.log_sigma2 - torch.log(self.theta * self.theta + 1e-16)).clamp(-8, 8)
        return -(K1 * torch.sigmoid(K2 + K3 * log_alpha) - 0.5 * F.softplus(-log_alpha) - K1).sum()

    def forward(self, x):
        mean = self.apply(x, self.theta, self.bias)
        variance = self.apply(x * x, self.log_sigma2.exp(), None)
        return mean + (variance + 1e-8).sqrt() * torch.randn_like(mean)


class Linear(Sparse):
    def __init__(self, inputs, outputs):
        super().__init__((outputs, inputs), inputs)

    def apply(self, x, weight, bias):
        return F.linear(x, weight, bias)


class Conv(Sparse):
    def __init__(self, inputs, outputs, size):
        super().__init__((outputs, inputs, size, size), inputs * size * size)

    def apply(self, x, weight, bias):
        return F.conv2d(x, weight, bias)


class LeNet300(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Linear(784, 300), Linear(300, 100), Linear(100, 10)])

    def forward(self, x):
        a, b, c = self.layers
        return c(F.relu(b(F.relu(a(x)))))


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Conv(1, 20, 5), Conv(20, 50, 5), Linear(800, 500), Linear(500, 10)])

    def forward(self, x):
        a, b, c, d = self.layers
        x = F.max_pool2d(F.relu(a(x.reshape(-1, 1, 28, 28))), 2)
        x = F.max_pool2d(F.relu(b(x)), 2)
        return d(F.relu(c(x.flatten(1))))


def seconds_per_epoch(net, x, y, batch, steps, compiled):
    n = len(x)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)

    def objective(xb, yb):
        kl = sum(layer.kl() for layer in net.layers)
        return F.cross_entropy(net(xb), yb) + kl / n

    objective = torch.compile(objective) if compiled else objective
    order = torch.randperm(n)
    times = []
    for step in range(steps + 5):
        start = time.perf_counter()
        at = step * batch % (n - batch + 1)
        chosen = order[at:at + batch]
        loss = objective(x[chosen], y[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()
        if step >= 5:
            times.append(time.perf_counter() - start)
    return statistics.median(times) * (n // batch), min(times) * (n // batch)


def read(path, skip):
    return np.frombuffer(gzip.open(path).read(), np.uint8)[skip:]


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("mnist")
    options.add_argument("--steps", type=int, default=100)
    options.add_argument("--batch", type=int, default=100)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--models", default="lenet300,lenet5")
    o = options.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(1)
    x = torch.tensor(read(f"{o.mnist}/train-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype("f4") / 255)
    y = torch.tensor(read(f"{o.mnist}/train-labels-idx1-ubyte.gz", 8).astype("i8"))
    for name in o.models.split(","):
        for compiled in (False, True):
            net = {"lenet300": LeNet300, "lenet5": LeNet5}[name]()
            median, least = seconds_per_epoch(net, x, y, o.batch, o.steps, compiled)
            kind = "compiled" if compiled else "eager"
            print(f"PyTorch {torch.__version__} {kind}, {name}, batch {o.batch}, {o.threads} threads: "
                  f"{median:.2f} s an epoch by the median step, {least:.2f} by the fastest", flush=True)
