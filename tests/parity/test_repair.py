"""What `repair: linear` solves, beside NumPy's least squares in float64: every kind of layer, from random weights.

Usage: test_repair.py ACTSPARSE
"""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reference import actsparse, check

TOLERANCE = 1e-6


class Net(nn.Module):
    """A layer behind one that mixes the input and a ReLU."""

    def __init__(self, first, layer):
        super().__init__()
        self.first, self.layer = first, layer

    def forward(self, x):
        return self.layer(torch.relu(self.first(x)))


class Recurrent(Net):
    def forward(self, x):
        return self.layer(torch.relu(self.first(x)))[0]


# Name: the network and the shape of its inputs.
NETS = {
    "linear": (Net(nn.Linear(7, 12), nn.Linear(12, 5)), (60, 7)),
    "linear of sequences, no bias": (Net(nn.Linear(7, 12), nn.Linear(12, 5, bias=False)), (20, 6, 7)),
    "conv1d": (Net(nn.Conv1d(3, 10, 3), nn.Conv1d(10, 4, 3, stride=2, padding=1, dilation=2)), (20, 3, 30)),
    "conv2d": (Net(nn.Conv2d(3, 10, 3), nn.Conv2d(10, 4, 3, stride=(2, 1), padding=(1, 0))), (20, 3, 11, 12)),
    "conv2d in groups": (Net(nn.Conv2d(3, 12, 3), nn.Conv2d(12, 6, 3, groups=3, bias=False)), (20, 3, 10, 10)),
    "depthwise": (Net(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, groups=8)), (20, 3, 10, 10)),
    "conv3d": (Net(nn.Conv3d(2, 8, 1), nn.Conv3d(8, 3, 3, padding=1)), (8, 2, 5, 6, 5)),
    "transposed": (Net(nn.Conv2d(3, 8, 1), nn.ConvTranspose2d(8, 4, 3, stride=2, output_padding=1)), (10, 3, 6, 7)),
    "lstm": (Recurrent(nn.Linear(7, 12), nn.LSTM(12, 6, num_layers=2, bidirectional=True)), (9, 10, 7)),
    "gru": (Recurrent(nn.Linear(7, 12), nn.GRU(12, 6, batch_first=True)), (20, 9, 7)),
}


def repaired(binary, folder, net, shape):
    """The masked and repaired model, calibrated on four batches; and those."""
    inputs = torch.randn((4 * shape[0], *shape[1:]), dtype=torch.double)
    np.save(folder / "inputs.npy", inputs.numpy())
    torch.jit.script(net).save(str(folder / "model.pt"))
    dim = -1 if isinstance(net.layer, (nn.Linear, nn.LSTM, nn.GRU)) else 1
    (folder / "config.json").write_text(json.dumps({
        "version": 1, "model": {"path": "model.pt"},
        "data": {"inputs": [{"path": "inputs.npy"}], "batch_size": shape[0]},
        "defaults": {"aggregate_fn": {"name": "abs_mean", "except_dim": [dim]}, "reduce_fn": "identity", "mask_fn": "magnitude",
                     "sparse_config": {"sparsity_level": 0.4}},
        "layers": [{"name": "layer"}],
        "repair": {"method": "linear", "ridge": 0, "holdout": 0},
        "output": {"model": "repaired.pt", "report": "report.json"},
    }))
    actsparse(binary, "run", "-c", folder / "config.json")
    report = json.loads((folder / "report.json").read_text())["repair"]
    check([layer["layer"] for layer in report["layers"]] == ["layer"], f"repaired: {report}")
    return torch.jit.load(str(folder / "repaired.pt")), inputs.split(shape[0])


def called(layer, x, weight):
    """A convolution's or a matrix's operator with other weights and no bias."""
    if isinstance(layer, nn.Linear):
        return nn.functional.linear(x, weight)
    if isinstance(layer, nn.ConvTranspose2d):
        return nn.functional.conv_transpose2d(x, weight, None, layer.stride, layer.padding, layer.output_padding)
    operator = {1: nn.functional.conv1d, 2: nn.functional.conv2d, 3: nn.functional.conv3d}[len(layer.kernel_size)]
    return operator(x, weight, None, layer.stride, layer.padding, layer.dilation)


def design(layer, x):
    """What one output is a product of: a column for each of its weights, and one of ones. x: a group's inputs."""
    like = layer.weight[:, :1] if isinstance(layer, nn.ConvTranspose2d) else layer.weight[:1]
    columns = []
    for place in range(like.numel()):
        one = torch.zeros(like.numel(), dtype=torch.double)
        one[place] = 1
        columns.append(called(layer, x, one.view(like.shape)).flatten())
    return torch.stack([*columns, torch.ones_like(columns[0])], 1).numpy()


def least_squares(layer, masked, wanted):
    """What comes closest to `wanted` of all that the layer could give for what enters it."""
    last = isinstance(layer, nn.Linear)
    wanted = wanted.flatten(0, -2) if last else wanted
    groups = getattr(layer, "groups", 1)
    inputs = [masked] if groups == 1 else masked.chunk(groups, 1)
    outputs = [wanted] if groups == 1 else wanted.chunk(groups, 1)
    found = []
    for x, y in zip(inputs, outputs):
        columns = design(layer, x)
        for output in range(y.shape[-1] if last else y.shape[1]):
            target = (y[:, output] if last else y.select(1, output)).flatten().numpy()
            found.append(columns @ np.linalg.lstsq(columns, target, rcond=None)[0])
    return np.stack(found)


def given(layer, output):
    """In the order of least_squares()."""
    rows = output.flatten(0, -2).T if isinstance(layer, nn.Linear) else output.transpose(0, 1).flatten(1)
    return rows.numpy()


def compare(name, wanted, found):
    error = np.abs(found - wanted).max() / np.abs(wanted).max()
    check(error < TOLERANCE, f"{name}: off by {error:.2g} from NumPy's least squares")
    print(f"ok: {name}, {error:.1g}")


def check_layer(name, net, model, inputs):
    with torch.no_grad():
        entered = torch.relu(net.first(torch.cat(inputs)))
        masked = entered * model.layer.activation_mask
        compare(name, least_squares(net.layer, masked, net.layer(entered)), given(net.layer, model(torch.cat(inputs))))


def check_recurrent(name, net, model, inputs):
    """The gates' share of the input: what the layer returns is no linear map of it."""
    state = model.layer.state_dict()
    with torch.no_grad():
        entered = torch.relu(net.first(torch.cat(inputs, 1 if name == "lstm" else 0))).flatten(0, 1)
        masked = entered * state["activation_mask"].flatten()
        columns = torch.cat([masked, torch.ones(len(masked), 1, dtype=torch.double)], 1).numpy()
        for direction in ("", "_reverse") if net.layer.bidirectional else ("",):
            weight, bias = f"weight_ih_l0{direction}", f"bias_ih_l0{direction}"
            target = (entered @ getattr(net.layer, weight).T + getattr(net.layer, bias)).numpy()
            wanted = columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
            compare(name + direction, wanted, (masked @ state[weight].T + state[bias]).numpy())
            other = state[f"weight_hh_l0{direction}"]
            check(torch.equal(other, getattr(net.layer, f"weight_hh_l0{direction}")), "what reads the state has changed")


def main(binary):
    torch.manual_seed(1)
    for name, (net, shape) in NETS.items():
        net = net.double().eval()
        with tempfile.TemporaryDirectory() as folder:
            model, inputs = repaired(binary, Path(folder), net, shape)
            (check_recurrent if isinstance(net, Recurrent) else check_layer)(name, net, model, inputs)


main(sys.argv[1])
