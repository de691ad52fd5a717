"""What a user waits for: loop.py BUILD_FOLDER [ROUNDS [MODEL...]]

The loop of `actsparse calibrate`, exact and fast, by what --json reports (reading, the first batch both ways, statistics), against plain
TorchScript forwards over the same data in a process of their own (Python's torch.jit, its default executor, all data in memory before), run
in turn. One thread; 12 and 48 batches of 8 images of 224x224; mean of |x| per channel or feature of all Conv2d and Linear layers. Prints a
Markdown table: medians of each round's ratios, and their range.
"""
import json
import os
import pathlib
import statistics
import sys
import tempfile

from job import BATCH_SIZE, make_model
from measure import ask

COUNTS = (12, 48)
MODELS = ("mobilenet_v3_small", "resnet18", "googlenet")
PRECISIONS = ("exact", "fast")
PLAIN = """
import json, sys, time, numpy, torch
torch.set_num_threads(1)
model, data, size = torch.jit.load(sys.argv[1]).eval(), numpy.load(sys.argv[2]), int(sys.argv[3])
with torch.no_grad():
    start = time.monotonic()
    for first in range(0, len(data), size):
        model(torch.from_numpy(data[first:first + size]))
    print(json.dumps(time.monotonic() - start))
"""


def entry(layer_type, kept):
    """Optional, as googlenet calls some layers in training only."""
    return {"type": layer_type, "optional": True, "aggregate_fn": {"name": "abs_mean", "except_dim": [kept]}, "reduce_fn": "identity"}


def make_config(folder, precision):
    config = {"version": 1, "model": {"path": "model.pt"}, "data": {"inputs": [{"path": "x.npy"}], "batch_size": BATCH_SIZE},
              "defaults": {"mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5}},
              "layers": [entry("Conv2d", 1), entry("Linear", -1)], "run": {"precision": precision}}
    (folder / f"{precision}.json").write_text(json.dumps(config))


def loop_seconds(binary, folder, precision):
    answer = ask([binary, "calibrate", "-c", str(folder / f"{precision}.json"), "--state", str(folder / "state.pt"), "--json", "-q",
                  "--threads", "1"])
    if answer["precision"]["ran"] != precision:
        raise SystemExit(f"ran as exact: {answer['precision']['reason']}")
    return answer["timing"]["calibrate_seconds"]


def one_round(binary, folder):
    """Seconds of the plain forwards, and the loops' ratios to it."""
    plain = ask([sys.executable, "-c", PLAIN, str(folder / "model.pt"), str(folder / "x.npy"), str(BATCH_SIZE)])
    return [plain] + [loop_seconds(binary, folder, precision) / plain for precision in PRECISIONS]


def measure(binary, name, batches, rounds):
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        make_model(folder, name, batches)
        for precision in PRECISIONS:
            make_config(folder, precision)
        return list(zip(*[one_round(binary, folder) for _ in range(rounds)]))


def main(build, rounds="5", *names):
    os.environ["OMP_NUM_THREADS"] = "1"
    binary = str(pathlib.Path(build).resolve() / "app/actsparse")
    print("| model | batches | plain, s | exact / plain | fast / plain |\n|---|---|---|---|---|", flush=True)
    for name in names or MODELS:
        for batches in COUNTS:
            plain, *loops = measure(binary, name, batches, int(rounds))
            cells = [f"{statistics.median(plain):.2f}"]
            cells += [f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" for ratios in loops]
            print(f"| {name} | {batches} | " + " | ".join(cells) + " |", flush=True)


main(*sys.argv[1:])
