"""PyTorch's own ActivationSparsifier beside the actsparse binary: what the parity tests share."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

SKIPPED = 77  # the exit code that ctest takes for "skipped"
DEFAULTS = {
    "aggregate_fn": "sum",
    "reduce_fn": {"name": "mean", "dim": [0]},
    "mask_fn": "magnitude",
    "sparse_config": {"sparsity_level": 0.5},
}


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def sparsifier_class():
    try:
        from torch.ao.pruning._experimental.activation_sparsifier import activation_sparsifier
    except ImportError:  # PyTorch 1.13
        try:
            from torch.ao.sparsity._experimental.activation_sparsifier import activation_sparsifier
        except ImportError:
            skip("this PyTorch has no ActivationSparsifier")
    return activation_sparsifier.ActivationSparsifier


# ---- the reference's side ----


def add(accumulated, x):
    return accumulated + x


def mean_of_batch(x):
    return x.mean(dim=0)


def magnitude(x, sparsity_level):
    """Zeroes the round(level * n) smallest |x|. The sort is stable: ReLU leaves many equal zeros."""
    order = torch.sort(x.abs().flatten(), stable=True)[1]
    mask = torch.ones_like(x).flatten()
    mask[order[: round(sparsity_level * len(order))]] = 0
    return mask.reshape(x.shape)


def calibrated(model, layers, batches):
    """The reference after `batches`. layers: name -> {"sparsity_level", "features", "feature_dim"}, all optional."""
    sparsifier = sparsifier_class()(model, add, mean_of_batch, magnitude, **DEFAULTS["sparse_config"])
    modules = dict(model.named_modules())
    for name, settings in layers.items():
        sparsifier.register_layer(modules[name], **settings)
    with torch.no_grad():
        for batch in batches:
            model(batch.clone())  # with features the reference writes into its input
    return sparsifier


# ---- actsparse's side ----


def actsparse(binary, *arguments):
    """Runs the binary beside its config, which must succeed; returns its stdout."""
    command = [binary, *map(str, arguments)]
    folder = Path(arguments[arguments.index("-c") + 1]).resolve().parent if "-c" in arguments else None
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    check(done.returncode == 0, f"exit code {done.returncode} of {' '.join(command)}\n{done.stderr}")
    return done.stdout


def layer_entry(name, settings):
    entry = {"name": name, **settings}
    if "sparsity_level" in entry:
        entry["sparse_config"] = {"sparsity_level": entry.pop("sparsity_level")}
    return entry


def write_job(folder, model, layers, batches):
    """Writes model.pt (scripted), x.npy and config.json into `folder`; returns the config's path."""
    torch.jit.save(torch.jit.script(model), str(folder / "model.pt"))
    np.save(folder / "x.npy", torch.cat(batches).numpy())
    config = {
        "version": 1,
        "model": {"path": "model.pt"},
        "data": {"inputs": [{"path": "x.npy"}], "batch_size": len(batches[0])},
        "defaults": DEFAULTS,
        "layers": [layer_entry(name, settings) for name, settings in layers.items()],
        "output": {"model": "masked.pt", "state": "state.pt", "report": "report.json"},
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config, indent=2))
    return path


def load_state(path):
    """A state file, the way everyone reads it: with torch.load's defaults."""
    state = torch.load(str(path))
    check(set(state) == {"state", "data_groups", "defaults", "meta"}, f"keys of a state: {sorted(state)}")
    return state


def dense(parts):
    """A mask from its sparse parts {"indices", "values", "size"}; a list of them gives a list."""
    if isinstance(parts, list):
        return [dense(part) for part in parts]
    size = [int(n) for n in parts["size"]]
    return torch.sparse_coo_tensor(parts["indices"], parts["values"], size).to_dense()


def masks_of(state):
    return {name: dense(entry["mask"]) for name, entry in state["state"].items()}


@torch.no_grad()
def outputs_of(path, batch):
    return torch.jit.load(str(path))(batch.clone())


# ---- checks ----


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def difference(ours, theirs):
    """In words; empty if both tensors have the same shape, dtype and values."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return f"{list(ours.shape)} {ours.dtype} is not {list(theirs.shape)} {theirs.dtype}"
    if torch.equal(ours, theirs):
        return ""
    apart = (ours.double() - theirs.double()).abs()
    return f"{int((apart != 0).sum())} of {apart.numel()} elements differ, by up to {apart.max().item():.3g}"


def check_equal(ours, theirs, what):
    """Bit for bit. `theirs` is the reference's tensor, or its list with one tensor per feature."""
    if isinstance(theirs, list):
        check(isinstance(ours, list) and len(ours) == len(theirs), f"{what}: not a list of {len(theirs)}")
        for index, pair in enumerate(zip(ours, theirs)):
            check_equal(*pair, f"{what}, feature {index}")
        return
    check(isinstance(ours, torch.Tensor), f"{what}: {type(ours).__name__} instead of a tensor")
    found = difference(ours, theirs)
    check(not found, f"{what}: {found}")
