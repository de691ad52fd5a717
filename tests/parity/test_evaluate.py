"""`evaluate` against NumPy: a classifier, a language model and a segmentation, several batch sizes. All in float64, so
that what batches of another size round differently in the networks themselves does not matter.

Usage: test_evaluate.py ACTSPARSE
"""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reference import DEFAULTS, actsparse, check

IGNORED = -100


class Tokens(nn.Module):
    """[B, T] -> [B, T, classes]"""

    def __init__(self, classes):
        super().__init__()
        self.embedding, self.out = nn.Embedding(50, 16), nn.Linear(16, classes)

    def forward(self, x):
        return self.out(torch.tanh(self.embedding(x)))


def networks():
    """name -> (network, inputs, axis of the classes)"""
    floats = np.random.default_rng(1).standard_normal
    return {
        "classifier": (nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 10)), floats((37, 12)), 1),
        "tokens": (Tokens(30), np.random.default_rng(2).integers(0, 50, (13, 9)), 2),
        "segmentation": (nn.Conv2d(3, 7, 3, padding=1), floats((11, 3, 6, 5)), 1),
    }


def candidate_of(network):
    """The same network with other weights, as a mask makes them."""
    other = [p + 0.3 * torch.randn_like(p) for p in network.parameters()]
    with torch.no_grad():
        for parameter, value in zip(network.parameters(), other):
            parameter.copy_(value)
    return network


def write(folder, network, inputs, labels):
    torch.jit.script(network.eval()).save(str(folder / "model.pt"))
    np.save(folder / "x.npy", inputs)
    np.save(folder / "labels.npy", labels)
    baseline = outputs_of(network, inputs)
    torch.jit.script(candidate_of(network)).save(str(folder / "candidate.pt"))
    return baseline, outputs_of(network, inputs)


def outputs_of(network, inputs):
    with torch.no_grad():
        return network(torch.from_numpy(inputs)).numpy()


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def expected(baseline, candidate, labels, axis):
    b, c = (np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis]) for x in (baseline, candidate))
    counts = labels.reshape(-1) != IGNORED
    b, c, right = b[counts], c[counts], labels.reshape(-1)[counts]
    p, q, rows = log_softmax(b), log_softmax(c), np.arange(len(b))
    five = np.argsort(-c, axis=-1, kind="stable")[:, :5]
    error = np.sqrt(((candidate - baseline) ** 2).sum() / (baseline ** 2).sum())
    nll = -q[rows, right].mean()
    return {
        "relative_error": error, "snr_db": -20 * np.log10(error), "max_error": np.abs(candidate - baseline).max(),
        "agreement": (b.argmax(-1) == c.argmax(-1)).mean(), "kl": (np.exp(p) * (p - q)).sum(-1).mean(),
        "agreement_5": (five == b.argmax(-1)[:, None]).any(-1).mean(),
        "accuracy": (c.argmax(-1) == right).mean(), "accuracy_5": (five == right[:, None]).any(-1).mean(),
        "nll": nll, "perplexity": np.exp(nll),
    }


def evaluate(binary, folder, batch_size):
    data = {"inputs": [{"path": "x.npy"}], "batch_size": batch_size}
    config = {"version": 1, "model": {"path": "model.pt"}, "data": data, "defaults": DEFAULTS,
              "layers": [{"match": "**"}], "evaluate": {"data": data, "labels": {"path": "labels.npy", "ignore": IGNORED}}}
    (folder / "config.json").write_text(json.dumps(config))
    report = json.loads(actsparse(binary, "evaluate", "-c", folder / "config.json", folder / "candidate.pt", "--json"))
    return report["candidates"][0]["metrics"]


def check_network(binary, name, network, inputs, axis):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        shape = outputs_of(network.eval(), inputs).shape
        labels = np.random.default_rng(3).integers(0, shape[axis], shape[:axis] + shape[axis + 1:])
        labels[np.random.default_rng(4).random(labels.shape) < 0.1] = IGNORED
        wanted = expected(*write(folder, network, inputs, labels), labels, axis)
        found = [evaluate(binary, folder, size) for size in (1, 4, len(inputs))]
        for metrics in found:
            for metric, value in wanted.items():
                one = metrics[metric]["value"]
                check(abs(one - value) <= 1e-12 * abs(value), f"{name}: {metric} is {one}, not {value}")
        print(f"ok: {name}, {len(wanted)} metrics as NumPy's for batches of 1, 4, {len(inputs)}")


if __name__ == "__main__":
    torch.manual_seed(0)
    for name, (network, inputs, axis) in networks().items():
        check_network(sys.argv[1], name, network.double(), inputs, axis)
