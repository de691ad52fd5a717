"""The model and the steps of upstream's own test of the reference.

Upstream's feature masks have one element each, so none of them masks anything; the second set of layers is
chosen so that they do.
Usage: test_upstream_model.py ACTSPARSE
"""
import sys
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from job import Job
from reference import check

UPSTREAM = {
    "conv1": {"sparsity_level": 0.3},
    "linear1": {"features": [0, 10, 234], "feature_dim": 1, "sparsity_level": 0.1},
    "identity1": {"sparsity_level": 0.3},
    "identity2": {"features": [0, 10, 20], "feature_dim": 1, "sparsity_level": 0.1},
}
REAL_FEATURE_MASKS = {
    "conv1": {"features": [0], "feature_dim": 1, "sparsity_level": 0.25},
    "conv2": {"features": [0, 5, 31], "feature_dim": 1},
    "identity1": {"features": [2, 23], "feature_dim": -1, "sparsity_level": 0.3},
    "max_pool1": {"features": [7], "feature_dim": 2, "sparsity_level": 0.7},
    "linear2": {},
}


class UpstreamModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.conv2 = nn.Conv2d(32, 32, 3)
        self.identity1 = nn.Identity()
        self.max_pool1 = nn.MaxPool2d(2, 2)
        self.linear1 = nn.Linear(4608, 128)
        self.identity2 = nn.Identity()
        self.linear2 = nn.Linear(128, 10)

    def forward(self, images):
        x = self.max_pool1(self.identity1(self.conv2(self.conv1(images))))
        x = self.linear1(torch.flatten(x, 1))
        return self.linear2(F.relu(self.identity2(x)))


def compare(binary, layers):
    """Returns the reference's sparsifier at the end."""
    torch.manual_seed(0)
    model = UpstreamModel().eval()
    batches = [torch.randn(16, 1, 28, 28) for _ in range(5)]
    with tempfile.TemporaryDirectory() as folder:
        job = Job(binary, Path(folder), model, layers, batches)
        job.compare()
        return job.reference


def main(binary):
    torch.set_num_threads(1)
    print("upstream's own layers")
    mask = compare(binary, UPSTREAM).get_mask("conv1")
    check(int((mask == 0).sum()) == 235, f"conv1: {int((mask == 0).sum())} of {mask.numel()} masked, not 235")
    print("feature masks that mask")
    reference = compare(binary, REAL_FEATURE_MASKS)
    for name in REAL_FEATURE_MASKS:
        masks = reference.get_mask(name)
        for mask in masks if isinstance(masks, list) else [masks]:
            check(bool((mask == 0).any() and (mask == 1).any()), f"a mask of {name} does not mask")
    print("ok: every feature mask has zeros and ones")


if __name__ == "__main__":
    main(sys.argv[1])
