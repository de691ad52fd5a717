"""`compact` on a U-Net as people write them: skips, odd sizes padded, upsampling by a module and by interpolate(), a dictionary of outputs.

Usage: test_segmentation.py ACTSPARSE
"""
import json
import sys
import tempfile
from pathlib import Path
from typing import Dict

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from reference import actsparse, check


def twice(inputs, outputs):
    layers = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.down3 = twice(3, 8), twice(8, 16), twice(16, 32)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.up2, self.up1 = twice(48, 16), twice(24, 8)
        self.out = nn.Conv2d(8, 2, 1)

    def forward(self, x) -> Dict[str, torch.Tensor]:
        features = {"a": self.down1(x)}
        features["b"] = self.down2(self.pool(features["a"]))
        y = self.up(self.down3(self.pool(features["b"])))
        rows, columns = features["b"].size(2) - y.size(2), features["b"].size(3) - y.size(3)
        y = functional.pad(y, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2])
        y = self.up2(torch.cat([features["b"], y], dim=1))
        y = functional.interpolate(y, size=features["a"].shape[2:], mode="nearest")
        return {"out": self.out(self.up1(torch.cat([features["a"], y], dim=1)))}


def images(samples, height, width):
    return functional.interpolate(torch.randn(samples, 3, 8, 8), (height, width), mode="bilinear")


def write_model(folder):
    model = UNet().train()
    with torch.no_grad():
        for _ in range(3):  # batch norms as after training
            model(images(4, 40, 40))
    torch.jit.script(model.eval()).save(str(folder / "model.pt"))
    np.save(folder / "x.npy", images(16, 40, 56).numpy())
    return [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)][1:]


def check_compacted(binary, folder, layers, align, form):
    (folder / "config.json").write_text(json.dumps({
        "version": 1, "model": {"path": "model.pt"}, "data": {"inputs": [{"path": "x.npy"}], "batch_size": 8},
        "defaults": {"aggregate_fn": {"name": "abs_mean", "except_dim": [1]}, "reduce_fn": "identity", "mask_fn": "magnitude",
                     "sparse_config": {"sparsity_level": 0.5}, "align": align},
        "layers": [{"name": layer} for layer in layers], "output": {"model": "masked.pt"}}))
    actsparse(binary, "run", "-c", folder / "config.json")
    report = json.loads(actsparse(binary, "compact", folder / "masked.pt", "-o", folder / "small.pt", "-c", folder / "config.json",
                                  form, "--json"))
    for layer in report["layers"]:
        for kept in layer["kept"]:
            check("read by '" in kept["because"], f"{layer['name']} keeps channels because: {kept['because']}")
        check(align == "none" or layer["removed"] == layer["masked"], f"{layer['name']} keeps channels")
    masked, small = (torch.jit.load(str(folder / name)).eval() for name in ("masked.pt", "small.pt"))
    for sizes in ((1, 33, 47), (3, 64, 40)):
        x = images(*sizes)
        with torch.no_grad():
            wanted, found = masked(x)["out"], small(x)["out"]
        check(torch.allclose(found, wanted, rtol=1e-4, atol=1e-5 * wanted.abs().max().item()), f"other answers on {sizes}")
    print(f"ok: U-Net, align {align}, {form}: {sum(layer['removed'] for layer in report['layers'])} of "
          f"{sum(layer['masked'] for layer in report['layers'])} channels removed, MACs "
          f"{report['macs']['after'] / report['macs']['before']:.2f}")


def main(binary):
    torch.manual_seed(0)
    torch._C._jit_set_texpr_fuser_enabled(False)  # with which 2.6 hangs (docs/compatibility.md)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layers = write_model(folder)
        for align in ("none", "group"):
            for form in ("--keep-modules", "--flat"):
                check_compacted(binary, folder, layers, align, form)


main(sys.argv[1])
