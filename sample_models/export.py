"""Makes FOLDER/NAME.pt2 (and NAME.decomposed.pt2) of the trained NAME.pt beside this file, by torch.export.

Usage: export.py FOLDER        (PyTorch 2.6 or newer; PyTorch 1.13 trained the models)
"""

import pathlib
import sys

import torch

import models

here = pathlib.Path(__file__).parent


def main(folder):
    n = torch.export.Dim("n", min=1, max=4096)
    images, rows, positions = torch.zeros(4, 1, 8, 8), torch.zeros(4, 8, 8), torch.zeros(4, 8, dtype=torch.int64)
    for name, model, inputs in (
        ("digits_cnn", models.DigitsCnn(), (images,)),
        ("digits_resnet", models.DigitsResNet(), (images,)),
        ("digits_lstm", models.DigitsLstm(), (images,)),
        ("digits_attention", models.DigitsAttention(), (rows, positions)),
    ):
        model.load_state_dict(torch.jit.load(here / f"{name}.pt").state_dict())
        program = torch.export.export(model.eval(), inputs, dynamic_shapes=[{0: n} for _ in inputs])
        torch.export.save(program, pathlib.Path(folder) / f"{name}.pt2")
        torch.export.save(program.run_decompositions(), pathlib.Path(folder) / f"{name}.decomposed.pt2")


if __name__ == "__main__":
    main(*sys.argv[1:])
