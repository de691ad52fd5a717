"""What torch.jit.script and torch.jit.trace make of forks and of operators between two convolutions: masked in groups and
compacted, in both forms, equal to the masked model, and as small as it can be.

Usage: test_constructs.py ACTSPARSE
"""
import json
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
import torch.nn as nn
import torch.nn.functional as F

from reference import actsparse, check

Future = torch.jit.Future


class Pair(NamedTuple):
    first: torch.Tensor
    second: Optional[torch.Tensor]


class Forks(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.c, self.b = nn.Linear(4, 8), nn.Linear(4, 8), nn.Linear(8, 2)


class OfLayer(Forks):
    def forward(self, x: torch.Tensor):
        return self.b(torch.jit.wait(torch.jit.fork(self.a, x)))


class OfMaskedLayer(Forks):
    def forward(self, x: torch.Tensor):
        return torch.jit.wait(torch.jit.fork(self.b, self.a(x)))


class OfMethod(Forks):
    def branch(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        return torch.relu(self.a(x)), torch.jit.wait(torch.jit.fork(self.c, x))

    def forward(self, x: torch.Tensor):
        first, second = torch.jit.wait(torch.jit.fork(self.branch, x))
        return self.b(first + second)


class InList(Forks):
    def forward(self, x: torch.Tensor):
        futures = torch.jit.annotate(List[Future[torch.Tensor]], [])
        futures.append(torch.jit.fork(self.a, x))
        futures.append(torch.jit.fork(self.c, x))
        return self.b(torch.jit.wait(futures[0]) + torch.jit.wait(futures[1]))


class InDict(Forks):
    def forward(self, x: torch.Tensor):
        futures = torch.jit.annotate(Dict[str, Future[torch.Tensor]], {})
        futures["a"] = torch.jit.fork(self.a, x)
        futures["c"] = torch.jit.fork(self.c, x)
        return self.b(torch.jit.wait(futures["a"]) * torch.jit.wait(futures["c"]))


class OfNamedTuple(Forks):
    def pair(self, x: torch.Tensor):
        return Pair(self.a(x), None)

    def forward(self, x: torch.Tensor):
        return self.b(torch.jit.wait(torch.jit.fork(self.pair, x)).first)


class InLoop(Forks):
    def forward(self, x: torch.Tensor):
        futures = torch.jit.annotate(List[Future[torch.Tensor]], [])
        for i in range(3):
            futures.append(torch.jit.fork(self.a, x * i))
        results = [torch.jit.wait(future) for future in futures]
        return self.b(torch.stack(results).sum(0))


class InBranch(Forks):
    def forward(self, x: torch.Tensor):
        future = torch.jit.annotate(Optional[Future[torch.Tensor]], None)
        if x.size(0) > 0:
            future = torch.jit.fork(self.a, x)
        y = self.c(x)
        if future is not None:
            y = y + torch.jit.wait(future)
        return self.b(y)


# Model and whether its masked channels can go: what a loop or a branch makes is kept.
FORKS = [(OfLayer, True), (OfMaskedLayer, True), (OfMethod, True), (InList, True), (InDict, True), (OfNamedTuple, True),
         (InLoop, False), (InBranch, False)]

# What is done with y and z, 8 channels of planes each, that two convolutions make, and how many channels are then read.
OPERATORS = [
    (lambda y, z: F.glu(y, 1), 4),
    (lambda y, z: torch.where(y > z, y, torch.zeros_like(y)), 8),
    (lambda y, z: y.masked_fill(z > 0, 0.0), 8),
    (lambda y, z: y.max(3, keepdim=True)[0] + z.min(2, keepdim=True)[0], 8),
    (lambda y, z: torch.max(y, z) + y.argmax(2, keepdim=True), 8),
    (lambda y, z: y.sort(3)[0].topk(3, 2)[0], 8),
    (lambda y, z: y / (y.std([2, 3], keepdim=True) + z.norm(2, 3, keepdim=True) + 1), 8),
    (lambda y, z: F.pad(z[:, :4, ::2, ::2], (0, 0, 0, 0, 2, 2)) + F.max_pool2d(y, 2), 8),
    (lambda y, z: torch.cat([y[:, ::2], z[:, 1::2]], 1), 8),
    (lambda y, z: F.pad(y, (1, 1, 1, 1), mode="reflect") + F.pad(z, (1, 1, 1, 1), mode="replicate"), 8),
    (lambda y, z: F.pad(y, (1, 1, 1, 1), mode="circular"), 8),
    (lambda y, z: z * torch.sigmoid(F.adaptive_max_pool2d(y, 1)).expand_as(z), 8),
    (lambda y, z: F.pixel_shuffle(y, 2), 2),
    (lambda y, z: (y * y.shape[2]).view(-1, 8, y.shape[2] * y.shape[3] // y.shape[2], y.shape[3]) / y.shape[0], 8),
    (lambda y, z: F.normalize(y, dim=3) + z.cumsum(2), 8),
    (lambda y, z: y * ((y > z) & (z < 1.0)), 8),
    (lambda y, z: F.grid_sample(y, torch.zeros(y.shape[0], 4, 4, 2), align_corners=False), 8),
    (lambda y, z: torch.fake_quantize_per_tensor_affine(torch.lerp(y, z, 0.5), 0.1, 0, 0, 255), 8),
]


class Between(nn.Module):
    def __init__(self, operator, channels):
        super().__init__()
        self.y, self.z = nn.Conv2d(3, 8, 3, padding="same"), nn.Conv2d(3, 8, 1)
        self.b, self.c, self.operator = nn.Conv2d(channels, 4, 3, padding="same"), nn.Conv2d(4, 2, 1), operator

    def forward(self, x):
        return self.c(torch.relu(self.b(self.operator(self.y(x), self.z(x)))))


def compacted(binary, folder, model, batch, axis, layers):
    """Of both forms the layers of compact's report."""
    model.save(str(folder / "model.pt"))
    torch.save(batch, folder / "batch.pt")
    config = folder / "config.json"
    config.write_text(json.dumps({
        "version": 1,
        "model": {"path": str(folder / "model.pt")},
        "data": {"batches": str(folder / "batch.pt")},
        "defaults": {"aggregate_fn": {"name": "abs_mean", "except_dim": [axis]}, "reduce_fn": "identity", "align": "group",
                     "mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5}},
        "layers": [{"name": name} for name in layers],
        "output": {"model": "masked.pt"},
    }))
    actsparse(binary, "run", "-c", config, "-q")
    for form in ("--keep-modules", "--flat"):
        report = actsparse(binary, "compact", folder / "masked.pt", "-o", folder / "small.pt", "-c", config, form, "--json")
        yield from json.loads(report)["layers"]


def check_removed(name, layers, all_go):
    for layer in layers:
        gone = layer["masked"] > 0 and layer["removed"] == layer["masked"]
        check(gone == all_go, f"{name}: {layer}")


def main(binary):
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for kind, all_go in FORKS:
            check_removed(kind.__name__, compacted(binary, folder, torch.jit.script(kind().eval()), torch.randn(3, 4), -1, "b"), all_go)
        traced = torch.jit.trace(OfLayer().eval(), torch.randn(3, 4))
        check_removed("traced fork", compacted(binary, folder, traced, torch.randn(3, 4), -1, "b"), True)
        images = torch.randn(3, 3, 8, 8)
        for place, (operator, channels) in enumerate(OPERATORS):
            net = torch.jit.trace(Between(operator, channels).eval(), images, check_trace=False)
            check_removed(f"operator {place}", compacted(binary, folder, net, images, 1, "bc"), True)


if __name__ == "__main__":
    main(sys.argv[1])
