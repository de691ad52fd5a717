"""A calibration to measure: the model, the data and the configs, in a folder."""
import json

import numpy
import torch

from networks import NETWORKS, kept_dim

BATCH_SIZE, BATCHES = 8, 16


def make_model(folder, network, batches=BATCHES):
    """Writes model.pt, weights.pt and x.npy; returns the model."""
    torch.manual_seed(0)
    model = NETWORKS[network]().eval()
    torch.jit.script(model).save(str(folder / "model.pt"))
    torch.save(model.state_dict(), folder / "weights.pt")
    numpy.save(folder / "x.npy", torch.randn(batches * BATCH_SIZE, 3, 224, 224).numpy())
    return model


def make_configs(folder, network, model, layers, aggregate):
    """Writes exact.json, fast.json and, for the reference, job.json. `aggregate`: "sum" at full size, or "abs_sum" of
    each channel or feature."""
    def entry(name):
        if aggregate == "sum":
            return {"name": name, "aggregate_fn": "sum", "reduce_fn": {"name": "mean", "dim": [0]}}
        kept = kept_dim(model.get_submodule(name))
        return {"name": name, "aggregate_fn": {"name": "abs_sum", "except_dim": [kept]}, "reduce_fn": "identity"}

    for precision in ("exact", "fast"):
        config = {"version": 1, "model": {"path": "model.pt"},
                  "data": {"inputs": [{"path": "x.npy"}], "batch_size": BATCH_SIZE},
                  "defaults": {"mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5}},
                  "layers": [entry(name) for name in layers], "run": {"precision": precision},
                  "output": {"model": f"{precision}.masked.pt", "state": f"{precision}.state.pt",
                             "report": f"{precision}.report.json"}}
        (folder / f"{precision}.json").write_text(json.dumps(config))
    (folder / "job.json").write_text(json.dumps(
        {"network": network, "layers": layers, "batch_size": BATCH_SIZE, "aggregate": aggregate}))
