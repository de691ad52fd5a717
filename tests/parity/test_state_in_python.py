"""What `run` writes for configs/digits_cnn.json, read and used in Python.

Usage: test_state_in_python.py ACTSPARSE
"""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from reference import actsparse, check, check_equal, load_state, masks_of, outputs_of

PROJECT = Path(__file__).resolve().parents[2]
SAMPLES = PROJECT / "sample_models"
sys.path.insert(0, str(SAMPLES))
from models import DigitsCnn  # noqa: E402


def check_report(report, masks):
    """The report's figures are those of the masks in the state."""
    check([layer["name"] for layer in report["layers"]] == list(masks), "report and state differ in their layers")
    for layer in report["layers"]:
        mask = masks[layer["name"]]
        kept, total = int((mask != 0).sum()), mask.numel()
        check(list(layer["mask_shape"]) == list(mask.shape), f"{layer['name']}: mask_shape {layer['mask_shape']}")
        check((layer["kept"], layer["total"]) == (kept, total), f"{layer['name']}: {layer} but {kept} of {total} kept")
        check(abs(layer["sparsity_effective"] - (1 - kept / total)) < 1e-6, f"{layer['name']}: {layer}")
        check(0 < kept < total, f"{layer['name']}: the mask masks nothing or everything")
    print("ok: the report's figures are those of the masks")


def check_state_dict(original, masked, masks):
    """The same keys and values, plus one mask buffer in each masked layer."""
    buffers = {f"{name}.activation_mask": mask for name, mask in masks.items()}
    before, after = original.state_dict(), masked.state_dict()
    check(set(after) == set(before) | set(buffers), f"keys differ: {sorted(set(after) ^ set(before))}")
    for key, value in {**before, **buffers}.items():
        check_equal(after[key], value, key)
    print("ok: state_dict is the original's plus the mask buffers")


def hooked(original, masks):
    """The eager model with the scripted one's weights, each layer of which sees input * mask."""
    model = DigitsCnn().eval()
    model.load_state_dict(original.state_dict())
    for name, mask in masks.items():
        getattr(model, name).register_forward_pre_hook(lambda _, inputs, mask=mask: inputs[0] * mask)
    return model


def check_outputs(masked_path, original, masks):
    images = torch.from_numpy(np.load(SAMPLES / "digits_heldout.npy"))
    labels = torch.from_numpy(np.load(SAMPLES / "digits_heldout_labels.npy"))
    outputs = outputs_of(masked_path, images)
    with torch.no_grad():
        check_equal(outputs, hooked(original, masks)(images), "output of the masked model")
    accuracy = (outputs.argmax(dim=1) == labels).float().mean().item()
    check(accuracy > 0.8, f"held-out accuracy of the masked model is {accuracy:.1%}")
    print(f"ok: outputs as with hooks in Python; {accuracy:.1%} of the held-out images right")


def main(binary):
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        actsparse(binary, "run", "-c", PROJECT / "configs" / "digits_cnn.json", "--output-dir", folder)
        written = Path(folder) / "digits_cnn"
        masks = masks_of(load_state(f"{written}.state.pt"))
        original = torch.jit.load(str(SAMPLES / "digits_cnn.pt"))
        check_report(json.loads(Path(f"{written}.report.json").read_text()), masks)
        check_state_dict(original, torch.jit.load(f"{written}.masked.pt"), masks)
        check_outputs(f"{written}.masked.pt", original, masks)


if __name__ == "__main__":
    main(sys.argv[1])
