"""How long 1,000 layers take that compute next to nothing: thousand_layers.py ACTSPARSE

Prints seconds of whole processes; `functions` is little more than LibTorch's start.
"""
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from torch import nn

ROUNDS = 5


def block(depth):
    """Ten of ten of ten Linear layers: 1,111 modules."""
    return nn.Sequential(*[block(depth - 1) if depth else nn.Linear(4, 4) for _ in range(10)])


def write_job(folder):
    torch.manual_seed(0)
    torch.jit.script(block(2).eval()).save(str(folder / "model.pt"))
    config = {"version": 1, "model": {"path": "model.pt"},
              "data": {"inputs": [{"random": {"shape": [64, 4]}}], "batch_size": 32},
              "defaults": {"aggregate_fn": "sum", "reduce_fn": {"name": "mean", "dim": [0]}, "mask_fn": "magnitude",
                           "sparse_config": {"sparsity_level": 0.5}},
              "layers": [{"type": "Linear"}],
              "output": {"model": "masked.pt", "state": "state.pt", "report": "report.json"}}
    (folder / "config.json").write_text(json.dumps(config))


def seconds(command, folder):
    start = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def main(binary):
    commands = {"functions": ["functions"], "inspect": ["inspect", "model.pt"],
                "inspect -c": ["inspect", "model.pt", "-c", "config.json"], "run": ["run", "-c", "config.json"]}
    with tempfile.TemporaryDirectory() as name:
        write_job(Path(name))
        for label, arguments in commands.items():
            times = [seconds([str(Path(binary).resolve()), *arguments], name) for _ in range(ROUNDS)]
            print(f"{label:12} {median(times):.2f} s")


main(sys.argv[1])
