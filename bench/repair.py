"""What repair brings back: repair.py BUILD_FOLDER DIR [ROW...]

DIR holds the data sets of docs/quality.md: cifar10 with resnet20.pt and resnet56.pt, llm with stories260K.pt. Each row masks one net, chosen by
removal error on unlabelled calibration data, and judges on the test part, which chose nothing: masked only, repaired by `linear`, and tuned after that.
Prints a table with 95 % intervals, the share of MACs that is left, and what the linear repair takes as a multiple of the plain forward.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import quality

GRAM = {"aggregate_fn": {"name": "gram", "patches": True}, "reduce_fn": "removal_error", "mask_fn": "magnitude"}
# Of each row: net, what is masked, how it is tuned.
ROWS = {
    "resnet20 conv2": ("cifar10/resnet20.pt", [{"match": "layer*.*.conv2"}], 0.5, {"steps": 300}),
    "resnet20 group": ("cifar10/resnet20.pt", [{"type": "Conv2d", "exclude": ["conv1"]}, {"type": "Linear"}], 0.3, {"steps": 600}),
    "resnet56 conv2": ("cifar10/resnet56.pt", [{"match": "layer*.*.conv2"}], 0.5, {"steps": 120}),
    "stories260K ffn": ("llm/stories260K.pt", [{"match": "layers.*.ffn.w2"}], 0.25, {"steps": 400, "batch_size": 8, "loss": "kl"}),
}


def config(folder, row, place, images):
    net, layers, level, _ = ROWS[row]
    made = quality.config((folder / net).parent, folder / net, place)
    made["defaults"] = {**GRAM, "sparse_config": {"sparsity_level": level}, "align": "group"}
    made["layers"] = layers
    made["data"]["limit"] = images
    return made


def run(binary, place, *changes):
    command = [binary, "run", "-c", str(place / "config.json"), "--json", "-q", "--threads", "1", "--output-dir", str(place / "out")]
    for change in changes:
        command += ["--set", change]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def accuracy(report, candidate=0):
    return report["evaluation"]["candidates"][candidate]["metrics"]["accuracy"]


def plain_seconds(net, made, place):
    """One forward over the calibration data of a config in the folder `place`, on one thread, without autograd."""
    import numpy
    import torch

    torch.set_num_threads(1)
    data = torch.from_numpy(numpy.load(place / made["data"]["inputs"][0]["path"])[: made["data"]["limit"]])
    model = torch.jit.load(str(net)).eval()
    with torch.no_grad(), torch.jit.optimized_execution(False):
        model(data[:8])
        started = time.monotonic()
        for batch in data.split(made["data"]["batch_size"]):
            model(batch)
    return time.monotonic() - started


def show(binary, folder, row, place):
    made = config(folder, row, place, 1000)
    (place / "config.json").write_text(json.dumps(made))
    masked = run(binary, place, "output.compact=null")
    linear = run(binary, place, "repair=linear")
    times = linear["timing"]["repair"]["seconds"] / plain_seconds(folder / ROWS[row][0], made, place)
    tune = {"method": "linear", "tune": ROWS[row][3]}
    tuned = run(binary, place, "data.limit=5000", "output.compact=null", "repair=" + json.dumps(tune))
    macs = linear["compact"]["macs"]
    unmasked = masked["evaluation"]["baseline"]["metrics"]["accuracy"]
    scores = [quality.percent(one) for one in (unmasked, accuracy(masked), accuracy(linear), accuracy(tuned))]
    print("|", " | ".join([row, f"{macs['after'] / macs['before']:.2f}", *scores, f"{times:.1f}"]), "|", flush=True)


def main(build, folder, *rows):
    binary = str(pathlib.Path(build).resolve() / "app/actsparse")
    print("| net | MACs left | unmasked, % | masked, % | linear, % | linear and tune, % | linear, plain forwards |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for row in rows or ROWS:
        with tempfile.TemporaryDirectory() as temporary:
            show(binary, pathlib.Path(folder).resolve(), row, pathlib.Path(temporary))


if __name__ == "__main__":
    main(*sys.argv[1:])
