"""Exports models with torch.export, each to NAME.pt2 (and NAME.decomposed.pt2), with what they are given and what they
give in NAME.expected.pt: ([inputs], [outputs]).

Usage: make_archives.py FOLDER [--torchvision] [NAME...]        (PyTorch 2.6 or newer)
"""

import pathlib
import sys
import warnings

import torch

import models

is_old = torch.__version__.startswith("2.6")  # there the training IR is asked for by another name


def flat(value):
    if isinstance(value, torch.Tensor):
        return [value.detach().clone()]
    if isinstance(value, (int, float, bool)):
        return [torch.tensor(value)]
    if value is None:
        return []
    parts = value.values() if isinstance(value, dict) else value
    return [tensor for part in parts for tensor in flat(part)]


def copy(value):
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: copy(part) for key, part in value.items()}
    return type(value)(copy(part) for part in value) if isinstance(value, (list, tuple)) else value


def export(case):
    how = torch.export.export_for_training if is_old else torch.export.export
    more = {} if case.strict is None else {"strict": case.strict}
    return how(case.model, case.args, case.kwargs, dynamic_shapes=case.dynamic, **more)


def save(folder, name, case):
    if not name.startswith("tiny_train"):
        case.model.eval()
    with torch.no_grad():
        for parameter in case.model.parameters():
            if not parameter.any():  # a head of zeros would make all outputs equal
                torch.nn.init.normal_(parameter, std=0.02)
    program = export(case)
    forms = {name: program}
    if case.decompose:
        forms[name + ".decomposed"] = program.run_decompositions()
    inputs = copy(case.inputs)
    for form, exported in forms.items():
        torch.export.save(exported, folder / f"{form}.pt2")
        # What the program itself gives, where a call changes the model.
        model = exported.module() if case.writes else case.model
        with torch.no_grad():
            outputs = flat(model(*copy(case.args), **copy(case.kwargs)))
        torch.save((inputs, outputs), folder / f"{form}.expected.pt")


def make(case):
    torch.manual_seed(0)
    return case() if callable(case) else case


def main(folder, *names):
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    cases = models.torchvision_models() if "--torchvision" in names else models.small()
    names = [name for name in names if not name.startswith("-")]
    for name, case in cases.items():
        if names and name not in names:
            continue
        try:
            save(folder, name, make(case))
        except Exception as error:  # what does not export is told; the other models are made all the same
            print(f"{name}: not exported: {type(error).__name__}: {str(error).splitlines()[0]}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
