"""Compacts the zoo: compact.py ACTSPARSE [--quick] [--only NAME...] [--write-docs]

Half of the input channels of every convolution and Linear but the first, aligned in groups; each model is compacted twice, with its
modules and to one flat graph. The tool itself compares the small models with the masked ones, and refuses those that differ.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parity"))

import torch  # noqa: E402
from torch import nn  # noqa: E402

from reference import skip  # noqa: E402

try:
    import torchvision  # noqa: F401
except ImportError:
    skip("torchvision is missing")

from architectures import QUICK, ZOO, build, draw_batches, plug_in  # noqa: E402
from check import convert  # noqa: E402
from eager import channels_axis, layers_of  # noqa: E402

DOCS = Path(__file__).resolve().parents[2] / "docs" / "compact.md"
HEADING = ["| model | form | removed / masked | kept, most often because | parameters | MACs | difference, over variation | "
           "with --flat |", "|---|---|---|---|---|---|---|---|"]


def varied(value):
    """Images, all else as it is, that differ in the large: noise averages out, and all samples would have one output."""
    if isinstance(value, (list, tuple)):
        return type(value)(varied(item) for item in value)
    if value.dim() not in (3, 4) or value.shape[-3] != 3:
        return value
    sides, batched = value.shape[-2:], value if value.dim() == 4 else value[None]
    small = torch.rand(*batched.shape[:2], 8, 8) * 2 - 1
    return nn.functional.interpolate(small, sides, mode="bilinear").view_as(value)


def settle(model, batches):
    """Batch norms as after training, or random nets have dead outputs and any comparison passes."""
    norms = [module for module in model.modules() if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))]
    for norm in norms:
        norm.momentum = None
        norm.train()
    with torch.no_grad():
        for batch in batches:
            model(*batch)
    return model.eval()


def called_layers(model, batch):
    """FQN -> axis of the channels, in the order of the calls, without the first."""
    called = {}

    def note(name, axis):
        return lambda *_: called.setdefault(name, axis) and None

    handles = [layer.register_forward_pre_hook(note(name, channels_axis(layer))) for name, layer in layers_of(model).items()]
    with torch.no_grad():
        model(*batch)
    for handle in handles:
        handle.remove()
    return dict(list(called.items())[1:])


# Rounding grows over the updates of RAFT: two orders of the same sums differ by as much.
TOLERANCES = {"raft_small": 1e-4}


def write_config(folder, layers, tolerance):
    (folder / "config.json").write_text(json.dumps({
        "version": 1, "model": {"path": "model.pt"}, "data": {"batches": "batch_*.pt"},
        "defaults": {"reduce_fn": "identity", "mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5}, "align": "group"},
        "layers": [{"name": name, "optional": True, "aggregate_fn": {"name": "abs_mean", "except_dim": [axis]}}
                   for name, axis in layers.items()],
        "output": {"model": "masked.pt", "compact": {"path": "small.pt", "tolerance": tolerance}, "report": "report.json"}}))


def run(actsparse, folder, *arguments):
    done = subprocess.run([actsparse, *arguments, "--load-library", plug_in()], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.splitlines()[-1])
    return done.stdout


def count(report, key):
    return sum(layer[key] for layer in report["layers"])


def cause(report):
    causes = Counter()
    for layer in report["layers"]:
        for kept in layer["kept"]:
            causes[kept["because"].replace(layer["name"], "the layer")] += kept["channels"]
    return f"{causes.most_common(1)[0][1]}: {causes.most_common(1)[0][0]}" if causes else ""


def row(name, form, report, flat):
    share = {key: report[key]["after"] / report[key]["before"] for key in ("parameters", "macs")}
    worst = max(report["equality"]["inputs"], key=lambda found: found["relative"])
    variation = worst["over_variation"]
    beside = f"{variation:.0e}" if variation is not None and 0 < variation < 1e3 else "-"  # one sample
    return (f"| {name} | {form} | {count(report, 'removed')} / {count(report, 'masked')} | {cause(report)} | "
            f"{share['parameters']:.2f} | {share['macs']:.2f} | {worst['relative']:.0e}, {beside} | "
            f"{count(flat, 'removed')}, MACs {flat['macs']['after'] / flat['macs']['before']:.2f} |")


def compact(actsparse, name, form):
    batches = [varied(batch) for batch in draw_batches(name, 2)]
    model = settle(build(name), batches)
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        convert(model, form, batches[0]).save(str(folder / "model.pt"))
        for index, batch in enumerate(batches):
            torch.save(batch, folder / f"batch_{index}.pt")
        write_config(folder, called_layers(model, batches[0]), TOLERANCES.get(name, 1e-5))
        align = "group"
        try:
            run(actsparse, folder, "run", "-c", "config.json")
        except RuntimeError as error:  # in a loop: such layers choose for themselves
            if "cannot be aligned" not in str(error):
                raise
            align = "none"
            run(actsparse, folder, "run", "-c", "config.json", "--set", "defaults.align=none")
        kept = json.loads((folder / "report.json").read_text())["compact"]
        flat = json.loads(run(actsparse, folder, "compact", "masked.pt", "-o", "flat.pt", "-c", "config.json",
                              "--flat", "--json"))
        return row(name, form, kept, flat)


def write_docs(rows):
    lines = DOCS.read_text().splitlines()
    start = lines.index(HEADING[1]) + 1
    end = next(i for i in range(start, len(lines)) if not lines[i].startswith("|"))
    model = lambda row: row.split("|")[1:3]  # noqa: E731
    found = {str(model(row)): row for row in lines[start:end] + rows}  # those that were run again in their places
    DOCS.write_text("\n".join(lines[:start] + list(found.values()) + lines[end:]) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("actsparse")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=ZOO, metavar="NAME")
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows, failed = [], 0
    for name in options.only or (QUICK if options.quick else list(ZOO)):
        for form in ZOO[name][2]:
            start = time.monotonic()
            try:
                rows.append(compact(str(Path(options.actsparse).resolve()), name, form))
                print(f"{rows[-1]}  ({time.monotonic() - start:.0f} s)", flush=True)
            except Exception as error:  # the next model tells its own story
                failed += 1
                print(f"FAILED: {name} {form}: {error}", flush=True)
    if options.write_docs:
        write_docs(rows)
    print(f"{len(rows)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
