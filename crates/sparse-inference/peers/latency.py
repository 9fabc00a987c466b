"""Peers of `examples/sparse_inference_latency.rs`: the same layers in PyTorch (dense, compressed rows) and ONNX Runtime, one thread.

usage: latency.py FOLDER [SECONDS]
"""
import pathlib
import statistics
import sys
import time

import numpy as np


def read(folder):
    widths = [int(w) for w in (folder / "widths.txt").read_text().split()]
    layers = []
    for l, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        w = np.fromfile(folder / f"w{l}.f32", "<f4").reshape(inputs, outputs)
        layers.append((w, np.fromfile(folder / f"b{l}.f32", "<f4")))
    return layers, np.fromfile(folder / "x.f32", "<f4").reshape(-1, widths[0])[:256]


def measure(name, one, many, x, seconds):
    """Microseconds a sample, alone and in the batch: the median and the least of passes over the rows."""
    found = []
    rows = [x[i : i + 1] for i in range(len(x))]
    for passes in (lambda: [one(row) for row in rows], lambda: many(x)):
        passes()
        times, start = [], time.perf_counter()
        while time.perf_counter() - start < seconds:
            begin = time.perf_counter()
            passes()
            times.append(1e6 * (time.perf_counter() - begin) / len(x))
        found += [statistics.median(times), min(times)]
    print("%s: one sample %.3f µs (least %.3f), of a batch of %d %.3f µs (least %.3f)" % (name, *found[:2], len(x), *found[2:]), flush=True)


def torch_peers(layers, x, seconds):
    import torch

    torch.set_num_threads(1)
    tensor = torch.from_numpy
    dense = [(tensor(np.ascontiguousarray(w.T)), tensor(b)) for w, b in layers]
    sparse = [(w.to_sparse_csr(), b) for w, b in dense]

    def forward_dense(x):
        for l, (w, b) in enumerate(dense):
            x = torch.nn.functional.linear(torch.relu(x) if l else x, w, b)
        return x

    def forward_sparse(x):
        x = x.T
        for l, (w, b) in enumerate(sparse):
            x = w @ (torch.relu(x) if l else x) + b[:, None]
        return x.T

    t = tensor(x)
    with torch.inference_mode():
        assert torch.allclose(forward_dense(t), forward_sparse(t), atol=1e-3)
        measure(f"PyTorch {torch.__version__}, dense", forward_dense, forward_dense, t, seconds)
        measure(f"PyTorch {torch.__version__}, compressed rows", forward_sparse, forward_sparse, t, seconds)


def onnx_peer(layers, x, seconds):
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, at = [], [], "x"
    for l, (w, b) in enumerate(layers):
        weights += [numpy_helper.from_array(w, f"w{l}"), numpy_helper.from_array(b, f"b{l}")]
        if l:
            nodes.append(helper.make_node("Relu", [at], [f"r{l}"]))
            at = f"r{l}"
        nodes.append(helper.make_node("Gemm", [at, f"w{l}", f"b{l}"], [f"z{l}"]))
        at = f"z{l}"
    value = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width])
    graph = helper.make_graph(nodes, "net", [value("x", x.shape[1])], [value(at, layers[-1][0].shape[1])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 10
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    run = lambda x: session.run(None, {"x": x})
    measure(f"ONNX Runtime {onnxruntime.__version__}, dense", run, run, x, seconds)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 2.0
    layers, x = read(folder)
    onnx_peer(layers, x, seconds)
    torch_peers(layers, x, seconds)
