"""Makes the model and data files that C++ cannot make without LibTorch's headers: make_files.py FOLDER"""
import sys
from pathlib import Path
from typing import List

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


def main(folder: Path):
    torch.manual_seed(0)
    torch.jit.script(NoForward()).save(str(folder / "no_forward.pt"))
    torch.jit.script(Branch().eval()).save(str(folder / "branch.pt"))
    torch.jit.script(Choosy().eval()).save(str(folder / "choosy.pt"))
    torch.jit.script(ListInput().eval()).save(str(folder / "list_input.pt"))
    torch.jit.freeze(torch.jit.script(Branch().eval())).save(str(folder / "frozen.pt"))
    torch.save(Branch().state_dict(), folder / "state_dict.pt")
    torch.save({"state": {}, "meta": {}}, folder / "no_state.pt")
    newer = {"state": {}, "data_groups": {}, "defaults": {}, "meta": {"format_version": 99}}
    torch.save(newer, folder / "newer_state.pt")


main(Path(sys.argv[1]))
