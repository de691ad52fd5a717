"""The Python reference doing the job of `actsparse run`: load, calibrate, step, squash, save. Run by bench.py."""
import json
import pathlib
import sys

import numpy
import torch
import torchvision

try:
    from torch.ao.sparsity._experimental.activation_sparsifier.activation_sparsifier import ActivationSparsifier
except ImportError:
    from torch.ao.pruning._experimental.activation_sparsifier.activation_sparsifier import ActivationSparsifier


def magnitude(data, sparsity_level):
    norm = torch.abs(data).flatten()
    order = torch.sort(norm).indices[: round(sparsity_level * norm.numel())]
    return torch.ones_like(norm).scatter_(0, order, 0).reshape(data.shape)


def main(folder, batch_size):
    torch.set_num_threads(1)
    folder = pathlib.Path(folder)
    model = torchvision.models.resnet18(weights=None)
    model.load_state_dict(torch.load(folder / "weights.pt"))
    model.eval()
    sparsifier = ActivationSparsifier(model, aggregate_fn=torch.add, reduce_fn=lambda x: x.mean(dim=0),
                                      mask_fn=magnitude, sparsity_level=0.5)
    for module in model.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            sparsifier.register_layer(module)
    data = numpy.load(folder / "x.npy", mmap_mode="r")
    with torch.no_grad():
        for first in range(0, len(data), batch_size):
            model(torch.from_numpy(numpy.array(data[first:first + batch_size])))
    sparsifier.step()
    sparsifier.squash_mask()
    state = sparsifier.state_dict()
    torch.save({"state": state["state"]}, folder / "reference.state.pt")
    torch.save(model.state_dict(), folder / "reference.model.pt")
    print(json.dumps({"layers": len(state["state"])}))


main(sys.argv[1], int(sys.argv[2]))
