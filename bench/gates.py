"""What gates that look at their input cost: gates.py BUILD_FOLDER DIR [NET...]

DIR holds the data sets of docs/quality.md. A gate at every linear layer (language models), or at every linear layer and convolution but the first
(nets for images), lets pass what is above a threshold that calibration finds, so that the share q of all inputs is dropped: of |x| (TEAL), and of
|x| times the norm of the weights that read its channel (WINA). Judged on the test part, which chose nothing. Prints a table with 95 % intervals, and
the share of zeros that really entered the layers there.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import quality

NETS = ("llm/stories260K.pt", "cifar10/resnet20.pt")
LEVELS = [0.2, 0.4, 0.5, 0.6]
SCORES = {"TEAL": "identity", "WINA": {"name": "weighted", "norm": 2}}


def config(net, place):
    made = quality.config(net.parent, net, place)
    has_images = (net.parent / "test.npz").exists()
    histogram = {"name": "histogram", "except_dim": [1 if has_images else -1], "bins": 4096}
    made["defaults"] = {"aggregate_fn": histogram, "mask_fn": "quantile", "sparse_config": {"dynamic": True}}
    made["layers"] = [{"type": "Conv2d", "exclude": ["conv1"]}, {"type": "Linear"}] if has_images else [{"type": "Linear"}]
    made["output"] = {"model": "masked.pt"}
    return made


def judged(binary, place, score, level):
    command = [binary, "run", "-c", str(place / "config.json"), "--json", "-q", "--threads", "1", "--output-dir", str(place / "out")]
    command += ["--set", f"defaults.reduce_fn={json.dumps(score)}", "--set", f"defaults.sparse_config.q={level}"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def entered(candidate):
    """The share of zeros over all gated layers, and the least and the largest of a layer."""
    layers = candidate["input_sparsity"]
    zeros, elements = (sum(layer[key] for layer in layers) for key in ("zeros", "elements"))
    shares = [layer["sparsity"] for layer in layers]
    return f"{100 * zeros / elements:.1f} ({100 * min(shares):.1f} to {100 * max(shares):.1f})"


def show(name, score, level, report):
    unmasked = report["evaluation"]["baseline"]["metrics"]["accuracy"]
    candidate = report["evaluation"]["candidates"][0]
    accuracy, agreement = (candidate["metrics"][key] for key in ("accuracy", "agreement"))
    drop = accuracy["drop"]
    worse = f"{100 * drop['value']:.2f} ({100 * drop['low']:.2f} to {100 * drop['high']:.2f})"
    cells = [name, score, f"{level:.0%}", entered(candidate), quality.percent(unmasked), quality.percent(accuracy), worse, quality.percent(agreement)]
    print("|", " | ".join(cells), "|", flush=True)


def main(build, folder, *nets):
    binary = str(pathlib.Path(build).resolve() / "app/actsparse")
    print("| net | score | asked | zeros that entered, % (of a layer) | unmasked, % | gated, % | worse by, points | agreement, % |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for path in nets or NETS:
        net = pathlib.Path(folder).resolve() / path
        with tempfile.TemporaryDirectory() as temporary:
            place = pathlib.Path(temporary)
            (place / "config.json").write_text(json.dumps(config(net, place)))
            for name, score in SCORES.items():
                for level in LEVELS:
                    show(net.stem, name, level, judged(binary, place, score, level))


if __name__ == "__main__":
    main(*sys.argv[1:])
