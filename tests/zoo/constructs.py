"""Small nets with one construct each, through the whole flow: constructs.py ACTSPARSE [--quick] [--only NAME...] [--write-docs]

Half of what enters every convolution and Linear but the first is masked, alone and aligned; masks and masked outputs are compared with eager
PyTorch, whose layers' inputs are multiplied by the masks; small models, with their modules and flat, with the masked ones on batches
that the tool has not seen. What is refused must be so by its reason.
"""
import argparse
import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parity"))

import torch  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear  # noqa: E402

from attention_constructs import ATTENTION  # noqa: E402
from constructs_models import CONSTRUCTS  # noqa: E402
from eager import channels_axis, layers_of  # noqa: E402
from reference import check, load_state, masks_of  # noqa: E402

DOCS = Path(__file__).resolve().parents[2] / "docs" / "models.md"
HEADING = ["| construct | form | layers | masks | masked outputs | removed / masked | small outputs |", "|---|---|---|---|---|---|---|"]


def tensors(value):
    if torch.is_tensor(value):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    return [found for item in value for found in tensors(item)]


def difference(found, wanted):
    found, wanted = tensors(found), tensors(wanted)
    check(len(found) == len(wanted), f"{len(found)} outputs, not {len(wanted)}")
    scales = [max(b.abs().max().item(), 1e-30) for b in wanted]
    return max((a - b).abs().max().item() / scale for a, b, scale in zip(found, wanted, scales))


def unshared(model):
    """As scripting sees it: a module that stands under two names becomes two, with the same parameters."""
    seen = set()
    for module in list(model.modules()):
        for name, child in module.named_children():
            if child in seen:
                child = copy.copy(child)
                child._forward_pre_hooks = type(child._forward_pre_hooks)()
                setattr(module, name, child)
            seen.add(child)
    return model


def axes_of_layers(model):
    """FQN -> axis of the channels; the first one's input is the data."""
    found = {name: channels_axis(layer) for name, layer in layers_of(model).items()}
    return dict(list(found.items())[1:])


def first_names(model):
    """Every name of a module -> its first one. The tracer gives a module that stands under several names to the last of them."""
    first = {}
    return {name: first.setdefault(module, name) for name, module in model.named_modules(remove_duplicate=False)}


def with_hooks(model, hook):
    """A copy, as a function, in which hook(name, x) gives what enters each layer in the place of x.

    Attention reads the weight of its out_proj by a function, and only off its fast path, which autograd keeps it from.
    """
    model = copy.deepcopy(model)
    read = {}
    for name, layer in layers_of(model).items():
        if isinstance(layer, NonDynamicallyQuantizableLinear):
            read[layer.weight] = name
        else:
            layer.register_forward_pre_hook(lambda _, inputs, name=name: (hook(name, inputs[0]), *inputs[1:]))
    plain = functional.linear

    def linear(x, weight, bias=None):
        return plain(hook(read[weight], x) if weight in read else x, weight, bias)

    def run_model(*batch):
        functional.linear = linear
        try:
            with torch.set_grad_enabled(bool(read)):
                return model(*batch)
        finally:
            functional.linear = plain

    return run_model


def mean_inputs(model, batches, axes):
    """FQN -> mean |x| by channel, in float64; nothing for what gets no rows.

    Nor for what gets a NestedTensor: since PyTorch 2 eager encoders do not take their fast path if their layers have hooks, and call them
    with one. The scripted model takes it and calls none of them.
    """
    sums = {}

    def note(name, x):
        if name in axes and not x.is_nested and x.numel() > 0:
            rows = x.detach().double().abs().movedim(axes[name], 0).flatten(1)
            total, count = sums.get(name, (0, 0))
            sums[name] = (total + rows.sum(1), count + rows.shape[1])
        return x

    with torch.no_grad():
        for batch in batches:
            with_hooks(model, note)(*batch)
    return {name: total / count for name, (total, count) in sums.items()}


def lowest_half(means):
    mask = torch.ones(len(means))
    mask[torch.sort(means.float(), stable=True)[1][: round(0.5 * len(means))]] = 0
    return mask


def run(actsparse, folder, *arguments):
    done = subprocess.run([actsparse, *arguments], cwd=folder, capture_output=True, text=True)
    check(done.returncode in (0, 4, 8), f"exit code {done.returncode} of {' '.join(arguments)}: {done.stderr}")
    return done


class ConstructCheck:
    def __init__(self, actsparse, name, form):
        self.actsparse, self.name, self.form = actsparse, name, form
        build, self.draw, _ = CONSTRUCTS[name]
        torch.manual_seed(0)
        self.model = build().eval()
        self.eager = unshared(copy.deepcopy(self.model)) if form == "scripted" else self.model
        self.batches = [self.draw() for _ in range(3)]
        self.axes = axes_of_layers(self.eager)

    def run(self):
        """The row of the table; raises AssertionError where something differs."""
        with tempfile.TemporaryDirectory() as path:
            self.folder = Path(path)
            self.write_files()
            self.check_masked("none")
            counts = self.check_small("none")
            self.check_masked("group")
            aligned = self.check_small("group")
        removed = f"{counts[0]} / {counts[1]}, aligned {aligned[0]} / {aligned[1]}"
        return f"| {self.name} | {self.form} | {len(self.axes)} | equal | equal | {removed} | equal |"

    def write_files(self):
        convert = torch.jit.script if self.form == "scripted" else lambda model: torch.jit.trace(model, self.batches[0])
        convert(self.model).save(str(self.folder / "model.pt"))
        for index, batch in enumerate(self.batches):
            torch.save(batch, self.folder / f"batch_{index}.pt")
        (self.folder / "config.json").write_text(json.dumps({
            "version": 1, "model": {"path": "model.pt"}, "data": {"batches": "batch_*.pt"},
            "defaults": {"reduce_fn": "identity", "mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5}},
            "layers": [{"name": name, "optional": True,
                        "aggregate_fn": {"name": "abs_mean", "except_dim": [self.axes[first]]}}
                       for name, first in first_names(self.eager).items() if first in self.axes],
            "output": {"model": "masked.pt", "state": "state.pt", "report": "report.json"}}))

    def check_masked(self, align):
        run(self.actsparse, self.folder, "run", "-c", "config.json", "--set", f"defaults.align={align}")
        first = first_names(self.eager)
        masks = {first[name]: mask for name, mask in masks_of(load_state(self.folder / "state.pt")).items()}
        means = mean_inputs(self.eager, self.batches, self.axes)
        check(set(masks) == set(means), f"masked are {sorted(masks)}, with inputs {sorted(means)}")
        for name, mask in masks.items() if align == "none" else ():
            check(torch.equal(mask.flatten(), lowest_half(means[name])), f"the mask of {name}")
        eager = with_hooks(self.eager, lambda name, x: x * masks[name] if name in masks else x)
        self.masked = torch.jit.load(str(self.folder / "masked.pt"))
        with torch.no_grad():
            for batch in [*self.batches, self.draw()]:
                check(difference(self.masked(*batch), eager(*batch)) < 1e-5, "the masked model's outputs")

    def check_small(self, align):
        """Removed and masked channels with --flat."""
        for form in ("--keep-modules", "--flat"):
            done = run(self.actsparse, self.folder, "compact", "masked.pt", "-o", "small.pt", "-c", "config.json", form, "--json")
            check(done.returncode == 0, f"{form}: {done.stderr}")
            small = torch.jit.load(str(self.folder / "small.pt"))
            with torch.no_grad():
                for batch in [*self.batches, self.draw()]:
                    check(difference(small(*batch), self.masked(*batch)) < 1e-4, f"the small model's outputs, {form}, {align}")
            report = json.loads(done.stdout)
        return [sum(layer[key] for layer in report["layers"]) for key in ("removed", "masked")]


def documented():
    lines = DOCS.read_text().splitlines()
    start = lines.index(HEADING[1]) + 1 if HEADING[1] in lines else len(lines)
    return lines, start


def write_docs(rows):
    lines, start = documented()
    end = next((i for i in range(start, len(lines)) if not lines[i].startswith("|")), len(lines))
    found = {str(row.split("|")[1:3]): row for row in lines[start:end] + rows}  # those that were run again in their places
    DOCS.write_text("\n".join(lines[:start] + list(found.values()) + lines[end:]) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("actsparse")
    parser.add_argument("--only", nargs="+", choices=CONSTRUCTS, metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="attention in one form each")
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch._C._jit_set_texpr_fuser_enabled(False)  # as zoo.py: PyTorch 2.6 hangs compiling cat(a, b) * mask
    rows, failed = [], 0
    for name in options.only or CONSTRUCTS:
        for form in CONSTRUCTS[name][2][:1 if options.quick and name in ATTENTION else None]:
            try:
                rows.append(ConstructCheck(str(Path(options.actsparse).resolve()), name, form).run())
                print(f"ok: {name} {form}", flush=True)
            except Exception as error:  # the next one tells its own story
                failed += 1
                print(f"FAILED: {name} {form}: {error}", flush=True)
    if options.write_docs:
        write_docs(rows)
    print(f"{len(rows)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
