"""What a search finds under a budget: search.py BUILD_FOLDER DIR [--pictures FOLDER] [ROW...]

DIR holds the data sets of docs/quality.md. Fits on 1,000 unlabelled training images, chooses and checks on 1,000 others (all 100 stories: 80 and 20),
and judges on the test part, which chose nothing. Prints a table with 95 % intervals, and what the parts take as multiples of the plain forward over the
fitted samples. The pictures are those of the last row.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import quality
import repair

CONV2 = [{"match": "layer*.*.conv2"}]
# Of each row: net, what may be masked, the budget.
ROWS = {
    "resnet20 half": ("cifar10/resnet20.pt", CONV2, {"macs": 0.5}),
    "resnet20 0.6": ("cifar10/resnet20.pt", CONV2, {"macs": 0.6}),
    "resnet20 agreement": ("cifar10/resnet20.pt", CONV2, {"agreement": {"min": 0.95}}),
    "resnet20 time": ("cifar10/resnet20.pt", CONV2, {"time": 0.6}),
    "resnet56 half": ("cifar10/resnet56.pt", CONV2, {"macs": 0.5}),
    "resnet56 agreement": ("cifar10/resnet56.pt", CONV2, {"agreement": {"min": 0.97}}),
    "stories260K 0.75": ("llm/stories260K.pt", [{"match": "layers.*.attn.wo"}, {"match": "layers.*.ffn.w2"}], {"macs": 0.75}),
}


def split(config, place):
    """Fitted and searched samples of the calibration data, none in both."""
    data = config["data"]
    samples = numpy.load(data["inputs"][0]["path"])
    few = len(samples) < 2000
    fitted, searched = (samples[:80], samples[80:]) if few else (samples[:1000], samples[4000:])
    numpy.save(place / "fitted.npy", fitted)
    numpy.save(place / "searched.npy", searched)
    config["data"] = {"inputs": [{"path": "fitted.npy"}], "batch_size": data["batch_size"], "limit": len(fitted)}
    config["search"]["data"] = {"inputs": [{"path": "searched.npy"}], "batch_size": 2 if few else 100}


def config(folder, row, place):
    net, layers, budget = ROWS[row]
    made = quality.config((folder / net).parent, folder / net, place)
    made["defaults"] = {**repair.GRAM, "sparse_config": {"sparsity_level": 0.5}, "align": "group"}
    made |= {"layers": layers, "repair": "linear", "search": {"budget": budget}}
    made["output"] = {"model": "masked.pt", "compact": "small.pt", "report": "report.json"}
    split(made, place)
    (place / "config.json").write_text(json.dumps(made))
    return made


def show(binary, folder, row, place, pictures):
    made = config(folder, row, place)
    command = [binary, "search", "-c", str(place / "config.json"), "--json", "-q", "--threads", "1", "-o", str(place)]
    if pictures:
        command += ["--picture", str(pictures / "search.svg")]
        drawn = ["--picture", str(pictures / "sensitivity.svg")]
        subprocess.run([binary, "sensitivity", *command[2:8], *drawn], check=True, stdout=subprocess.DEVNULL)
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode in (0, 8), found.stderr
    document, report = json.loads(found.stdout), json.loads((place / "report.json").read_text())
    forward = repair.plain_seconds(folder / ROWS[row][0], made, place)
    timing = [document["timing"][key] / forward for key in ("sensitivity_seconds", "search_seconds", "total_seconds")]
    metrics = report["evaluation"]["candidates"][0]["metrics"]
    chosen = next(point for point in document["points"] if point["chosen"])
    macs = report["compact"]["macs"]
    time = f"{document['time']['share']:.2f}" if "time" in document else ""
    cells = [row, json.dumps(ROWS[row][2]), f"{macs['after'] / macs['before']:.2f}", time, quality.percent(metrics["accuracy"])]
    cells += [f"{100 * chosen['measured']['agreement']:.1f}", quality.percent(document["check"]["candidates"][0]["metrics"]["agreement"])]
    print("|", " | ".join(cells + [quality.percent(metrics["agreement"])] + [f"{time:.1f}" for time in timing]), "|", flush=True)


def main():
    options = argparse.ArgumentParser(description="What a search finds under a budget")
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--pictures", type=pathlib.Path, help="folder that takes sensitivity.svg and search.svg")
    options.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    given = options.parse_args()
    print("| net | budget | MACs left | time left | linear, % | agreement where chosen, % | on what was kept | on the test part | sensitivity, forwards | search | all |")
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for row in given.rows or ROWS:
        with tempfile.TemporaryDirectory() as temporary:
            show(str(given.build.resolve() / "app/actsparse"), given.folder.resolve(), row, pathlib.Path(temporary), given.pictures)


if __name__ == "__main__":
    main()
