"""What compact gains on torchvision's models: compact.py BUILD_FOLDER [ALIGN [OPTION|MODEL...]]

Random weights with settled batch norms, 50 % of the input channels of every Conv2d and Linear but the first, batch 8, one
thread. ALIGN: group (default), value or none; options are compact's. Prints a table row per model; times are ratios to the model without masks, medians
of runs in turn.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
import torchvision
from torch import nn

from networks import layers_in_call_order

SIDES = {"vgg11_bn": 128, "densenet121": 128, "resnext50_32x4d": 128}
MODELS = ["resnet18", "mobilenet_v3_small", "googlenet", "vgg11_bn", "squeezenet1_1", "densenet121", "resnext50_32x4d", "vit_b_32",
          "shufflenet_v2_x1_0"]


def make(name):
    arguments = {"weights": None}
    if name == "googlenet":
        arguments.update(init_weights=False, aux_logits=False)
    return getattr(torchvision.models, name)(**arguments)


def settle(model, side):
    """Batch norms as after training, or random nets have dead outputs and any comparison passes."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features ** -0.5)  # the head of vit is all zeros
    model.train()
    with torch.no_grad():
        for _ in range(2):
            model(torch.nn.functional.interpolate(torch.randn(8, 3, 16, 16), side, mode="bilinear"))
    return model.eval()


def entry(model, name, align):
    is_convolution = isinstance(model.get_submodule(name), nn.Conv2d)
    return {"name": name, "aggregate_fn": {"name": "abs_mean", "except_dim": [1 if is_convolution else -1]}, "align": align}


def prepare(folder, name, align):
    torch.manual_seed(0)
    side = SIDES.get(name, 224)
    model = settle(make(name), side)
    torch.jit.script(model).save(str(folder / "model.pt"))
    images = torch.nn.functional.interpolate(torch.randn(16, 3, 16, 16), side, mode="bilinear")
    numpy.save(folder / "x.npy", images.numpy())
    layers = [name for name in layers_in_call_order(model) if name.split(".")[-1] != "out_proj"][1:]
    (folder / "config.json").write_text(json.dumps({
        "version": 1, "model": {"path": "model.pt"}, "data": {"inputs": [{"path": "x.npy"}], "batch_size": 8},
        "defaults": {"reduce_fn": "identity", "mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5}},
        "layers": [entry(model, layer, align) for layer in layers], "output": {"model": "masked.pt"}}))


def measure(binary, folder, options):
    run = {"cwd": folder, "check": True, "capture_output": True, "text": True}
    subprocess.run([binary, "run", "-c", "config.json"], **run)
    done = subprocess.run([binary, "compact", "masked.pt", "-o", "small.pt", "-c", "config.json", "--json", *options], **run)
    return json.loads(done.stdout)


def print_heading():
    print("| model | removed / masked | parameters | MACs | time to unmasked | to masked | file | difference, over variation | seconds |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)


def row(name, report):
    masked, removed = (sum(layer[key] for layer in report["layers"]) for key in ("masked", "removed"))
    share = {key: report[key]["after"] / report[key]["before"] for key in ("parameters", "macs", "file_bytes")}
    timing = report["timing"]
    worst = max(report["equality"]["inputs"], key=lambda found: found["relative"])
    return (f"| {name} | {removed} / {masked} | {share['parameters']:.2f} | {share['macs']:.2f} | "
            f"{timing['small_seconds'] / timing['unmasked_seconds']:.2f} | {timing['small_seconds'] / timing['masked_seconds']:.2f} | "
            f"{share['file_bytes']:.2f} | {worst['relative']:.0e}, {worst['over_variation']:.0e} | "
            f"{timing['total_seconds']:.1f} |")


def main(build, align="group", *arguments):
    os.environ["OMP_NUM_THREADS"] = "1"
    binary = str(pathlib.Path(build).resolve() / "app/actsparse")
    print_heading()
    options = [argument for argument in arguments if argument.startswith("--")]
    names = [argument for argument in arguments if argument not in options]
    for name in names or MODELS:
        with tempfile.TemporaryDirectory() as folder:
            prepare(pathlib.Path(folder), name, align)
            print(row(name, measure(binary, folder, options)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
