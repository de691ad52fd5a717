"""Two real architectures of torchvision, every Conv2d and Linear of them masked.

Usage: test_torchvision.py ACTSPARSE
"""
import sys
import tempfile
from pathlib import Path

import torch
from torch import nn

from job import Job
from reference import skip

try:
    from torchvision import models
except ImportError:
    skip("torchvision is missing")


def compare(binary, architecture):
    torch.manual_seed(0)
    model = architecture(weights=None).eval()
    layers = {name: {} for name, module in model.named_modules() if isinstance(module, (nn.Conv2d, nn.Linear))}
    batches = [torch.randn(4, 3, 96, 96) for _ in range(3)]
    with tempfile.TemporaryDirectory() as folder:
        Job(binary, Path(folder), model, layers, batches).compare()


def main(binary):
    torch.set_num_threads(1)
    for architecture in (models.resnet18, models.mobilenet_v3_small):
        print(architecture.__name__)
        compare(binary, architecture)


if __name__ == "__main__":
    main(sys.argv[1])
