"""Makes the model and data files that C++ cannot make without LibTorch's headers: make_files.py FOLDER PLUGIN"""
import sys
import zipfile
from pathlib import Path
from typing import List, Tuple

import torch
from torch import Tensor, nn


class NoForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        return self.fc(x)


class Branch(nn.Module):
    """`unused` sits in a branch that is never taken."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.unused = nn.Linear(2, 2)
        self.enough = 0

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        if self.enough > 0:
            x = self.unused(x)
        return x


class Choosy(nn.Module):
    """Raises on its third batch."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        if self.calls == 3:
            raise ValueError("enough is enough")
        return self.fc(x)


class ListInput(nn.Module):
    """A layer whose argument is a list: nothing to mask."""

    def __init__(self):
        super().__init__()
        self.sum = ListSum()

    def forward(self, x: Tensor) -> Tensor:
        return self.sum([x, x])


class ListSum(nn.Module):
    def forward(self, parts: List[Tensor]) -> Tensor:
        return parts[0] + parts[1]


class PlugIn(nn.Module):
    """Needs an operator of the plug-in."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.plugin.twice(self.fc(x))


class PlugInClass(nn.Module):
    """Holds an object of a class of the plug-in."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.scale = torch.classes.plugin.Scale(3.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale.apply(self.fc(x))


@torch.jit.interface
class Operation(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pass


class Double(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class Interface(nn.Module):
    """A submodule whose type is an interface, and modules in a ModuleList and a ModuleDict."""

    operation: Operation

    def __init__(self):
        super().__init__()
        self.operation = Double()
        self.items = nn.ModuleList([Double(), Double()])
        self.named = nn.ModuleDict({"first": Double()})

    def forward(self, x: Tensor) -> Tensor:
        x = self.operation(x)
        for item in self.items:
            x = item(x)
        for named in self.named.values():
            x = named(x)
        return x


def plus_one(self, inputs: Tuple[Tensor]) -> Tuple[Tensor]:
    return (inputs[0] + 1,)


def times_ten(self, inputs: Tuple[Tensor], output: Tensor) -> Tensor:
    return output * 10


class Hooked(nn.Module):
    """A layer with scripted hooks before and after its forward."""

    def __init__(self):
        super().__init__()
        self.inner = Double()
        self.inner.register_forward_pre_hook(plus_one)
        self.inner.register_forward_hook(times_ten)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)


def edit(source: Path, target: Path, record: str, change):
    """A copy of an archive in which the bytes of one record are changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name.endswith("/" + record) else data)


def make_odd_files(folder: Path):
    plain = torch.jit.script(Choosy().eval())
    plain.save(str(folder / "plain.pt"))
    plain._save_for_lite_interpreter(str(folder / "mobile.ptl"))
    plain._save_for_lite_interpreter(str(folder / "flatbuffer.ptl"), _use_flatbuffer=True)
    # A file of a GPU machine differs in the name of each storage's device only.
    edit(folder / "plain.pt", folder / "cuda.pt", "data.pkl",
         lambda data: data.replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0"))
    edit(folder / "plain.pt", folder / "old.pt", "version", lambda _: b"2\n")
    edit(folder / "plain.pt", folder / "newer.pt", "version", lambda _: b"99\n")


def make_plug_in_models(folder: Path, plugin: str):
    torch.ops.load_library(plugin)
    torch.jit.script(PlugIn()).save(str(folder / "plugin.pt"))
    torch.jit.script(PlugInClass()).save(str(folder / "plugin_class.pt"))


def main(folder: Path, plugin: str):
    torch.manual_seed(0)
    make_odd_files(folder)
    torch.jit.script(Interface()).save(str(folder / "interface.pt"))
    torch.jit.script(Hooked()).save(str(folder / "hooked.pt"))
    make_plug_in_models(folder, plugin)
    torch.jit.script(NoForward()).save(str(folder / "no_forward.pt"))
    torch.jit.script(Branch().eval()).save(str(folder / "branch.pt"))
    torch.jit.script(Choosy().eval()).save(str(folder / "choosy.pt"))
    torch.jit.script(ListInput().eval()).save(str(folder / "list_input.pt"))
    torch.jit.freeze(torch.jit.script(Branch().eval())).save(str(folder / "frozen.pt"))
    torch.save(Branch().state_dict(), folder / "state_dict.pt")
    torch.save({"state": {}, "meta": {}}, folder / "no_state.pt")
    newer = {"state": {}, "data_groups": {}, "defaults": {}, "meta": {"format_version": 99}}
    torch.save(newer, folder / "newer_state.pt")


main(Path(sys.argv[1]), sys.argv[2])
