"""What compact gains on transformers:

    compact_transformers.py BUILD_FOLDER DIR [--use PATTERN] [--align ALIGN] [--rows ROW...] [OPTION...]

50 % of the inputs of every Linear between the first and the last layer, aligned in groups; batch 8, one thread. vit_b_32, swin_t and
bert have random weights; stories260K is DIR/llm/stories260K.pt (docs/quality.md) on its calibration data. PATTERN names more that is
masked alike: functional uses. Layers that are never called are left out. OPTIONs are compact's. Prints compact.py's table.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile

import numpy
import torch
from torch import nn

import compact

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tests/zoo"))

from transformer_models import Bert  # noqa: E402

BATCH = 8


def torchvisions(name):
    def write(folder, _):
        model = compact.settle(compact.make(name), 224)
        torch.jit.script(model).save(str(folder / "model.pt"))
        images = nn.functional.interpolate(torch.randn(2 * BATCH, 3, 16, 16), 224, mode="bilinear")
        return model, [images.numpy()]

    return write


def bert(folder, _):
    """12 layers, 768 wide, sequences of 128 of which every second one is shorter."""
    model = Bert().eval()
    torch.jit.script(model).save(str(folder / "model.pt"))
    mask = torch.ones(2 * BATCH, 128, dtype=torch.long)
    mask[::2, 100:] = 0
    return model, [torch.randint(0, 1000, mask.shape).numpy(), mask.numpy()]


def stories(folder, data):
    model = torch.jit.load(str(data / "llm/stories260K.pt"))
    model.save(str(folder / "model.pt"))
    return model, [numpy.load(data / "llm/calibration.npy")[:2 * BATCH]]


ROWS = {"vit_b_32": torchvisions("vit_b_32"), "swin_t": torchvisions("swin_t"), "bert": bert, "stories260K": stories}


def is_layer(module):
    return isinstance(module, (nn.Linear, nn.Conv2d)) or getattr(module, "original_name", "") == "Linear"


def selected(model, uses, align):
    """In these models layers stand in the order of their calls."""
    layers = [name for name, module in model.named_modules() if is_layer(module)][1:-1]
    settings = {"aggregate_fn": {"name": "abs_mean", "except_dim": [-1]}, "align": align, "optional": True}
    return [{"name": name, **settings} for name in layers] + [{"match": use, **settings} for use in uses]


def prepare(folder, name, data, uses, align):
    torch.manual_seed(0)
    model, inputs = ROWS[name](folder, data)
    for number, values in enumerate(inputs):
        numpy.save(folder / f"{number}.npy", values)
    (folder / "config.json").write_text(json.dumps({
        "version": 1, "model": {"path": "model.pt"},
        "data": {"inputs": [{"path": f"{number}.npy"} for number in range(len(inputs))], "batch_size": BATCH},
        "defaults": {"reduce_fn": "identity", "mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5}},
        "layers": selected(model, uses, align), "output": {"model": "masked.pt"}}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--use", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--align", default="group")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW")
    options, of_compact = parser.parse_known_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    binary = str(options.build.resolve() / "app/actsparse")
    compact.print_heading()
    for name in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            prepare(pathlib.Path(folder), name, options.data.resolve(), options.use, options.align)
            print(compact.row(name, compact.measure(binary, folder, of_compact)), flush=True)


main()
