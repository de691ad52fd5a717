"""One model in one form through actsparse, beside eager PyTorch."""
import json
import re
import subprocess
import tempfile
from pathlib import Path

import torch

import eager
from reference import DEFAULTS, actsparse, check, check_equal, load_state, masks_of


def convert(model, form, batch):
    if form == "scripted":
        return torch.jit.script(model)
    # Without autograd the tracer would see attention's fast path: one operator that rounds otherwise.
    with torch.set_grad_enabled(bool(eager.in_projections(model))):
        return torch.jit.trace(model, batch, check_trace=False, strict=False)


def write_config(folder, layers):
    """Every layer may stay uncalled: the report must then say why."""
    config = {
        "version": 1,
        "model": {"path": "model.pt"},
        "data": {"batches": "batch_*.pt"},
        "defaults": DEFAULTS,
        "layers": [{"name": name, "optional": True, "reduce_fn": {"name": "mean", "dim": eager.reduced_dims(name)}}
                   for name in layers],
        "output": {"model": "masked.pt", "state": "state.pt", "report": "report.json"},
    }
    (folder / "config.json").write_text(json.dumps(config))


def check_same(found, wanted, what):
    for index, (ours, theirs) in enumerate(zip(found, wanted)):
        check(len(ours) == len(theirs), f"{what}: {len(ours)} tensors, not {len(theirs)}")
        for pair in zip(ours, theirs):
            check_equal(*pair, f"{what} of batch {index}")


def reasons_in(report):
    """Layer -> why it is never called, out of the report's warnings."""
    found = (re.fullmatch(r"layer '(.+)': never called \((.+)\); left out.*", warning) for warning in report["warnings"])
    return {match[1]: match[2] for match in found if match}


class ModelCheck:
    def __init__(self, tools, form, model, batches):
        self.tools, self.form = tools, form
        self.model, self.batches = model, batches
        self.uses = eager.Uses(self.model, self.batches)
        self.calls = self.uses.count()
        self.called = [layer for layer, calls in self.calls.items() if calls]

    def run(self):
        """The row of the table; raises AssertionError where something differs."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.write_files(folder)
            self.check_observed(folder)
            report = self.run_actsparse(folder)
            self.check_calls(report)
            self.check_masks(folder)
        reasons = sorted({re.sub(r"'[^']*'|\(\S+:\d+\)", "...", reason) for reason in reasons_in(report).values()})
        return {"layers": len(self.calls), "uncalled": len(reasons_in(report)), "reasons": reasons,
                "calls": sum(self.calls.values())}

    def write_files(self, folder):
        convert(self.model, self.form, self.batches[0]).save(str(folder / "model.pt"))
        for index, batch in enumerate(self.batches):
            torch.save(batch, folder / f"batch_{index}.pt")
        write_config(folder, self.calls)

    def check_observed(self, folder):
        """The observed clone's outputs are the plain model's, bit for bit."""
        command = [self.tools.observe, self.tools.plug_in or "", folder / "model.pt", folder / "batch_0.pt", *self.called]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        check(done.returncode == 0, f"observed outputs: {done.stdout}{done.stderr}")

    def run_actsparse(self, folder):
        libraries = ["--load-library", self.tools.plug_in] if self.tools.plug_in else []
        actsparse(self.tools.actsparse, "run", "-c", folder / "config.json", *libraries)
        return json.loads((folder / "report.json").read_text())

    def check_calls(self, report):
        uncalled = {layer for layer, calls in self.calls.items() if not calls}
        check(set(reasons_in(report)) == uncalled, f"never called: {set(reasons_in(report)) ^ uncalled}")
        found = {layer["name"]: layer["calls"] for layer in report["layers"]}
        check(found == {layer: self.calls[layer] for layer in self.called}, f"calls: {found}")

    def check_masks(self, folder):
        wanted = eager.masks(self.uses, self.called)
        found = masks_of(load_state(folder / "state.pt"))
        check(set(found) == set(wanted), "the masked layers differ")
        for layer, mask in wanted.items():
            check_equal(found[layer], mask, f"mask of {layer}")
        masked = torch.jit.load(str(folder / "masked.pt"))
        ours = eager.outputs(masked, self.batches)
        check_same(ours, eager.masked_outputs(self.uses, wanted), "masked output")
        plain = eager.outputs(self.model, self.batches)
        check(any(a.shape != b.shape or not torch.equal(a, b) for a, b in zip(ours[0], plain[0])),
              "the masks change nothing, so this shows nothing")
