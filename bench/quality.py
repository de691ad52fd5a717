"""What masks cost in answers: quality.py BUILD_FOLDER DIR [SVG]

DIR holds a folder per data set (docs/quality.md says where to get some): trained TorchScript nets (*.pt), calibration data and test data
with labels, either calibration.npz and test.npz (images: uint8 [N, H, W, C], normalised as ImageNet's; labels: int64 [N]), or
calibration.npy, test.npy and test_labels.npy (token ids [N, T] and each next one, -1 where none counts). Each net is masked at 10 to 50 %
of the channels that enter every convolution but the first (images) or every linear layer (tokens), by their mean |x| on at most 1,000
calibration samples, aligned so that channels can be removed; unmasked, masked and small model are judged on the test data, which chose nothing. Prints a table; with SVG
draws it.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy

LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5]
MEAN, STD = numpy.float32([0.485, 0.456, 0.406]), numpy.float32([0.229, 0.224, 0.225])


def images(folder, part, place):
    with numpy.load(folder / f"{part}.npz") as data:
        pixels = (data["images"].astype(numpy.float32) / 255 - MEAN) / STD
        numpy.save(place / f"{part}.npy", pixels.transpose(0, 3, 1, 2).copy())
        numpy.save(place / f"{part}_labels.npy", data["labels"])
    return {"inputs": [{"path": str(place / f"{part}.npy")}]}, {"path": str(place / f"{part}_labels.npy")}


def tokens(folder, part):
    return {"inputs": [{"path": str(folder / f"{part}.npy")}]}, {"path": str(folder / f"{part}_labels.npy"), "ignore": -1}


def config(folder, net, place):
    has_images = (folder / "test.npz").exists()
    calibration, _ = images(folder, "calibration", place) if has_images else tokens(folder, "calibration")
    test, labels = images(folder, "test", place) if has_images else tokens(folder, "test")
    test["batch_size"] = 250 if has_images else 10
    defaults = {"aggregate_fn": {"name": "abs_mean", "except_dim": [1 if has_images else -1]}, "reduce_fn": "identity"}
    defaults |= {"mask_fn": "magnitude", "sparse_config": {"sparsity_level": LEVELS[0]}}
    layers = [{"type": "Conv2d", "exclude": ["conv1"]}] if has_images else [{"type": "Linear"}]
    return {
        "version": 1,
        "model": {"path": str(net)},
        "data": {**calibration, "batch_size": 100 if has_images else 10, "limit": 1000},
        "defaults": {**defaults, "align": "group"},
        "layers": layers,
        "evaluate": {"data": test, "labels": labels, "metrics": ["accuracy", "agreement"]},
        "output": {"model": "masked.pt", "compact": "small.pt"},
    }


def judged(binary, place, level):
    command = [binary, "run", "-c", str(place / "config.json"), "--json", "-q", "--threads", "1", "--output-dir", str(place / "out")]
    command += ["--set", f"defaults.sparse_config.sparsity_level={level}"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def row(report, level):
    evaluation, compact = report["evaluation"], report["compact"]
    masked, small = (candidate["metrics"] for candidate in evaluation["candidates"])
    time = report["timing"]["compact"]
    return {
        "level": level,
        "unmasked": evaluation["baseline"]["metrics"]["accuracy"],
        "masked": masked["accuracy"],
        "small": small["accuracy"],
        "agreement": masked["agreement"],
        "macs": compact["macs"]["after"] / compact["macs"]["before"],
        "time": time["small_seconds"] / time["unmasked_seconds"],
    }


def percent(metric):
    return f"{100 * metric['value']:.1f} ({100 * metric['low']:.1f} to {100 * metric['high']:.1f})"


def show(name, rows):
    for one in rows:
        cells = [name, f"{one['level']:.0%}", percent(one["unmasked"]), percent(one["masked"]), percent(one["small"])]
        print("|", " | ".join([*cells, percent(one["agreement"]), f"{one['macs']:.2f}", f"{one['time']:.2f}"]), "|", flush=True)


def draw(results, file):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "actsparse"  # the same drawing of the same figures
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for name, rows in results.items():
        levels = [0] + [100 * one["level"] for one in rows]
        metrics = [rows[0]["unmasked"]] + [one["masked"] for one in rows]
        values = [100 * metric["value"] for metric in metrics]
        bounds = [[100 * (metric["value"] - metric["low"]) for metric in metrics], [100 * (metric["high"] - metric["value"]) for metric in metrics]]
        axes.errorbar(levels, values, yerr=bounds, marker="o", capsize=3, label=name)
    axes.set(xlabel="channels masked, %", ylabel="right answers, %", ylim=(0, 100), title="What masks cost, with nothing done about it")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None})


def main(build, folder, svg=None):
    binary = str(pathlib.Path(build).resolve() / "app/actsparse")
    print("| net | masked | unmasked, % | masked, % | small, % | agreement, % | MACs left | time left |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    results = {}
    for net in sorted(pathlib.Path(folder).resolve().glob("*/*.pt")):
        with tempfile.TemporaryDirectory() as temporary:
            place = pathlib.Path(temporary)
            (place / "config.json").write_text(json.dumps(config(net.parent, net, place)))
            results[net.stem] = [row(judged(binary, place, level), level) for level in LEVELS]
        show(net.stem, results[net.stem])
    if svg:
        draw(results, svg)


if __name__ == "__main__":
    main(*sys.argv[1:])
