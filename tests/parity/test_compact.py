"""What `compact` writes of the sample models, used in Python and by a C++ program of LibTorch alone: accuracy, freezing,
optimizing, moving, and of kept modules training, calibrating and compacting once more.

Usage: test_compact.py ACTSPARSE PLAIN_LIBTORCH
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from reference import actsparse, check

SAMPLES = Path(__file__).resolve().parents[2] / "sample_models"
CHANNELS = {"name": "abs_mean", "except_dim": [1]}
FEATURES = {"name": "abs_mean", "except_dim": [-1]}
# Model: layers by type and what to aggregate, those left out.
MODELS = {
    "digits_cnn": ({"Conv2d": CHANNELS, "Linear": FEATURES}, ["conv1"]),
    "digits_cnn_traced": ({"Conv2d": CHANNELS, "Linear": FEATURES}, ["conv1"]),
    "digits_resnet": ({"Conv2d": CHANNELS, "Linear": FEATURES}, ["stem"]),
    "digits_lstm": ({"Linear": FEATURES}, []),
}


def write_config(folder, model, align):
    layers, excluded = MODELS[model]
    (folder / "config.json").write_text(json.dumps({
        "version": 1,
        "model": {"path": str(SAMPLES / f"{model}.pt")},
        "data": {"inputs": [{"path": str(SAMPLES / "digits_calibration.npy")}], "batch_size": 64},
        "defaults": {"reduce_fn": "identity", "mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5},
                     "align": align},
        "layers": [{"type": type, "aggregate_fn": aggregate, "exclude": excluded} for type, aggregate in layers.items()],
        "output": {"model": "masked.pt"},
    }))


def accuracy(model):
    images = torch.from_numpy(np.load(SAMPLES / "digits_heldout.npy"))
    labels = torch.from_numpy(np.load(SAMPLES / "digits_heldout_labels.npy"))
    with torch.inference_mode():  # which 2.6 demands for what optimize_for_inference makes
        return int((model(images).argmax(dim=1) == labels).sum()), len(labels)


def check_uses(path):
    """Everything that Python does with a TorchScript model."""
    right, _ = accuracy(torch.jit.load(path).eval())
    check(accuracy(torch.jit.freeze(torch.jit.load(path).eval()))[0] == right, "frozen, it answers otherwise")
    optimized = torch.jit.optimize_for_inference(torch.jit.load(path).eval())
    check(abs(accuracy(optimized)[0] - right) <= 1, "optimized, it answers otherwise")
    doubled = torch.jit.load(path).eval().double()
    check(all(value.dtype == torch.float64 for value in doubled.state_dict().values() if value.is_floating_point()),
          "double() leaves tensors behind")


def check_in_cpp(plain, path):
    sizes = (3, 1, 8, 8)
    model = torch.jit.load(path).eval()
    with torch.no_grad():
        expected = model(torch.linspace(-1, 1, 3 * 8 * 8).view(sizes)).flatten()
    done = subprocess.run([plain, path, *map(str, sizes)], capture_output=True, text=True)
    check(done.returncode == 0, f"in C++: {done.stderr}")
    lines = done.stdout.splitlines()
    check(len(lines) == 3, "in C++: not as it is, frozen and optimized")
    for line in lines:
        found = torch.tensor([float(number) for number in line.split()])
        check(torch.allclose(found, expected, rtol=1e-4, atol=1e-4), f"in C++ the answers are others: {line}")


def check_kept(binary, folder, model, align):
    """With its modules the small model is one to go on with."""
    small, again = folder / "kept.pt", folder / "again.pt"
    config = folder / "config.json"
    report = json.loads(actsparse(binary, "compact", folder / "masked.pt", "-o", small, "-c", config, "--keep-modules", "--json"))
    check(accuracy(torch.jit.load(str(small)).eval()) == accuracy(torch.jit.load(str(folder / "masked.pt")).eval()),
          f"{model}: with kept modules it answers otherwise")
    check_uses(str(small))
    check_state_dict(str(folder / "masked.pt"), str(small))
    trained = torch.jit.load(str(small)).train()
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.1)
    loss = trained(torch.randn(8, 1, 8, 8)).square().sum()
    loss.backward()
    optimizer.step()
    check(all(parameter.grad is not None for parameter in trained.parameters()), "a parameter is not trained")
    actsparse(binary, "run", "-c", config, "--set", f"model.path={small}", "--set", f"output.compact={again}", "--set",
              f"output.model={folder / 'masked_again.pt'}")
    accuracy(torch.jit.load(str(again)).eval())
    removed = sum(layer["removed"] for layer in report["layers"])
    print(f"ok: {model}, align {align}, modules kept: {removed} channels removed, MACs "
          f"{report['macs']['after'] / report['macs']['before']:.2f}; trained, masked and compacted again")


def check_state_dict(masked, small):
    before, after = (torch.jit.load(path).state_dict() for path in (masked, small))
    check(set(after) <= set(before), f"keys that the masked model does not have: {sorted(set(after) - set(before))}")
    check(all(after[key].dim() == before[key].dim() for key in after), "a tensor has another number of dimensions")


def check_model(binary, plain, model, align):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_config(folder, model, align)
        actsparse(binary, "run", "-c", folder / "config.json")
        report = json.loads(actsparse(binary, "compact", folder / "masked.pt", "-o", folder / "small.pt",
                                      "-c", folder / "config.json", "--flat", "--json"))
        (masked, total), (small, _) = (accuracy(torch.jit.load(str(folder / f"{kind}.pt")).eval())
                                       for kind in ("masked", "small"))
        check(masked == small, f"{model}: masked {masked} right, small {small}")
        check_uses(str(folder / "small.pt"))
        check_in_cpp(plain, str(folder / "small.pt"))
        check_kept(binary, folder, model, align)
        if model != "digits_resnet":  # whose shared layer becomes two
            check_state_dict(str(folder / "masked.pt"), str(folder / "small.pt"))
        masked_channels, removed = (sum(layer[key] for layer in report["layers"]) for key in ("masked", "removed"))
        check(align == "none" or model == "digits_lstm" or removed == masked_channels,
              f"{model}: {removed} of {masked_channels} masked channels removed")
        print(f"ok: {model}, align {align}: {masked}/{total} right masked, {small}/{total} small; {removed} of "
              f"{masked_channels} channels removed, MACs {report['macs']['after'] / report['macs']['before']:.2f}")


def main(binary, plain):
    for model in MODELS:
        for align in ("none", "group"):
            check_model(binary, plain, model, align)


main(*sys.argv[1:])
