"""What calibrating costs beside the model's own forward: models.py ACTSPARSE_BENCH [ROUNDS [MODEL...]]

One thread, batches of 8 images of 224x224, a streaming statistic (sum of |x| per channel or feature) of all Conv2d and Linear
layers, or of the first half of them in call order. Medians of paired runs in one process, as a Markdown table.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
import torchvision
from torch import nn

BATCH, BATCHES = 8, 2


class Recurrent(nn.Module):
    """Reads the rows of an image."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3 * 224, 256, num_layers=2, batch_first=True)
        self.fc = nn.Linear(256, 10)

    def forward(self, x):
        rows = x.permute(0, 2, 1, 3).flatten(2)
        return self.fc(self.lstm(rows)[0][:, -1])


MODELS = {
    "resnet18": lambda: torchvision.models.resnet18(weights=None),
    "mobilenet_v3_small": lambda: torchvision.models.mobilenet_v3_small(weights=None),
    "swin_t": lambda: torchvision.models.swin_t(weights=None),
    "googlenet": lambda: torchvision.models.googlenet(weights=None, init_weights=False),
    "lstm": Recurrent,
}


def layers_in_call_order(model):
    called = {}

    def note(name, module):
        def hook(*_):
            called.setdefault(name, module)
        return hook

    handles = [module.register_forward_pre_hook(note(name, module)) for name, module in model.named_modules()
               if isinstance(module, (nn.Conv2d, nn.Linear, nn.LSTM))]
    with torch.no_grad():
        model(torch.randn(1, 3, 224, 224))
    for handle in handles:
        handle.remove()
    return list(called.items())


def config_of(layers, precision):
    def entry(name, module):
        kept = 1 if isinstance(module, nn.Conv2d) else -1
        return {"name": name, "aggregate_fn": {"name": "abs_sum", "except_dim": [kept]}}

    return {"version": 1, "model": {"path": "model.pt"},
            "data": {"inputs": [{"path": "x.npy"}], "batch_size": BATCH},
            "defaults": {"reduce_fn": "identity", "mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5}},
            "layers": [entry(*layer) for layer in layers], "run": {"precision": precision},
            "output": {"model": "masked.pt"}}


def measure(bench, folder, layers, precision, rounds):
    path = folder / "config.json"
    path.write_text(json.dumps(config_of(layers, precision)))
    done = subprocess.run([bench, str(path), "ratio", rounds], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)["ratio"]


def main(bench, rounds="5", *names):
    os.environ["OMP_NUM_THREADS"] = "1"
    print("| model | exact, all | exact, first half | fast, all | fast, first half |")
    print("|---|---|---|---|---|")
    for name in names or MODELS:
        torch.manual_seed(0)
        model = MODELS[name]().eval()
        layers = layers_in_call_order(model)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            torch.jit.script(model).save(str(folder / "model.pt"))
            numpy.save(folder / "x.npy", torch.randn(BATCH * BATCHES, 3, 224, 224).numpy())
            half = layers[: (len(layers) + 1) // 2]
            ratios = [measure(bench, folder, which, precision, rounds)
                      for precision in ("exact", "fast") for which in (layers, half)]
        print(f"| {name} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |", flush=True)


main(*sys.argv[1:])
