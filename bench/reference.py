"""The Python reference doing the job of `actsparse run`: load, calibrate, step, squash, save.

    reference.py FOLDER: of FOLDER/job.json, with FOLDER/weights.pt and FOLDER/x.npy. Prints the median time of a batch.
"""
import json
import pathlib
import statistics
import sys
import time

import numpy
import torch

from networks import NETWORKS, kept_dim

try:
    from torch.ao.sparsity._experimental.activation_sparsifier.activation_sparsifier import ActivationSparsifier
except ImportError:
    from torch.ao.pruning._experimental.activation_sparsifier.activation_sparsifier import ActivationSparsifier


def magnitude(data, sparsity_level):
    norm = torch.abs(data).flatten()
    order = torch.sort(norm).indices[: round(sparsity_level * norm.numel())]
    return torch.ones_like(norm).scatter_(0, order, 0).reshape(data.shape)


def functions_of(module, job):
    """The mean over the samples, or the sum of |x| per channel or feature."""
    if job["aggregate"] == "sum":
        return {"aggregate_fn": torch.add, "reduce_fn": lambda x: x.mean(dim=0)}
    kept = kept_dim(module)

    def reduce_fn(x):
        return x.sum(dim=[dim for dim in range(x.dim()) if dim != kept % x.dim()], keepdim=True)

    return {"aggregate_fn": lambda total, x: total + x.abs(), "reduce_fn": reduce_fn}


def main(folder):
    torch.set_num_threads(1)
    folder = pathlib.Path(folder)
    job = json.loads((folder / "job.json").read_text())
    model = NETWORKS[job["network"]]()
    model.load_state_dict(torch.load(folder / "weights.pt"))
    model.eval()
    sparsifier = ActivationSparsifier(model, mask_fn=magnitude, sparsity_level=0.5)
    for name in job["layers"]:
        module = model.get_submodule(name)
        sparsifier.register_layer(module, **functions_of(module, job))
    data = numpy.load(folder / "x.npy", mmap_mode="r")
    seconds = []
    with torch.no_grad():
        for first in range(0, len(data), job["batch_size"]):
            batch = torch.from_numpy(numpy.array(data[first:first + job["batch_size"]]))
            start = time.monotonic()
            model(batch)
            seconds.append(time.monotonic() - start)
    sparsifier.step()
    sparsifier.squash_mask()
    state = sparsifier.state_dict()
    torch.save({"state": state["state"]}, folder / "reference.state.pt")
    torch.save(model.state_dict(), folder / "reference.model.pt")
    print(json.dumps({"batch_seconds": statistics.median(seconds[2:])}))


main(*sys.argv[1:])
