"""One model, its layers and batches through both tools, compared at each moment of the reference's life."""
import json

import torch

from reference import (actsparse, calibrated, check, check_equal, load_state, masks_of, outputs_of,
                       write_job)


class Job:
    """folder: an empty one. layers: as in reference.calibrated()."""

    def __init__(self, binary, folder, model, layers, batches):
        self.binary, self.folder, self.model, self.layers, self.batches = binary, folder, model, layers, batches
        self.config = write_job(folder, model, layers, batches)
        self.reference = calibrated(model, layers, batches)

    def compare(self):
        """All four moments, in order: the reference moves on with them."""
        self.registered()
        self.aggregated()
        self.stepped()
        self.squashed()
        self.run_in_one_go()

    def registered(self):
        shown = json.loads(actsparse(self.binary, "inspect", self.folder / "model.pt", "-c", self.config, "--json"))
        names = {layer["name"] for layer in shown["layers"]}
        check(names >= set(self.layers), f"inspect does not show {sorted(set(self.layers) - names)}")
        print(f"ok: registered, {len(self.layers)} layers")

    def aggregated(self):
        actsparse(self.binary, "calibrate", "-c", self.config, "--state", self.folder / "aggregated.pt")
        groups = load_state(self.folder / "aggregated.pt")["data_groups"]
        check(list(groups) == list(self.layers), f"layers of the state: {list(groups)}")
        for name, group in groups.items():
            self.check_settings(name, group)
            check_equal(group["data"], self.reference.data_groups[name]["data"], f"aggregate of {name}")
        print("ok: aggregated, data bit-equal")

    def check_settings(self, name, group):
        wanted = self.reference.data_groups[name]
        check(group["hook_state"] == "aggregate", f"hook_state of {name}: {group['hook_state']}")
        for key in ("sparse_config", "features", "feature_dim"):
            check(group.get(key) == wanted[key], f"{key} of {name}: {group.get(key)}, not {wanted[key]}")

    def stepped(self):
        aggregated, stepped = self.folder / "aggregated.pt", self.folder / "stepped.pt"
        actsparse(self.binary, "step", "--state", aggregated, "--state-out", stepped)
        self.reference.step()
        state = load_state(stepped)
        self.check_masks(state, "step")
        kept = [name for name, group in state["data_groups"].items() if group.get("data") is not None]
        check(not kept, f"data still there after the step: {kept}")
        print("ok: stepped, masks bit-equal")

    def check_masks(self, state, command):
        masks = masks_of(state)
        check(list(masks) == list(self.layers), f"{command}: layers with a mask: {list(masks)}")
        for name, mask in masks.items():
            check_equal(mask, self.reference.get_mask(name), f"{command}: mask of {name}")

    def squashed(self):
        masked = self.folder / "applied.pt"
        actsparse(self.binary, "apply", self.folder / "model.pt", "--state", self.folder / "stepped.pt", "-o", masked)
        self.reference.squash_mask()
        self.check_outputs(masked, "apply")
        print("ok: squashed, masked outputs bit-equal")

    def check_outputs(self, masked, command):
        for index, batch in enumerate(self.batches):
            with torch.no_grad():
                wanted = self.model(batch.clone())
            check_equal(outputs_of(masked, batch), wanted, f"{command}: output for batch {index}")
            check(not torch.equal(outputs_of(self.folder / "model.pt", batch), wanted) or not self.masks_anything(),
                  f"batch {index}: the masks change nothing, so this test shows nothing")

    def masks_anything(self):
        masks = [self.reference.get_mask(name) for name in self.layers]
        flat = [mask for entry in masks for mask in (entry if isinstance(entry, list) else [entry])]
        return any(bool((mask == 0).any()) for mask in flat)

    def run_in_one_go(self):
        out = self.folder / "out"
        actsparse(self.binary, "run", "-c", self.config, "--output-dir", out)
        self.check_masks(load_state(out / "state.pt"), "run")
        self.check_outputs(out / "masked.pt", "run")
        print("ok: run in one go, the same masks and outputs")
