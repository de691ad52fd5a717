"""Evaluating against the plain forwards of the same models: evaluate.py BUILD_FOLDER DIR [ROUNDS]

DIR as for quality.py. Of each net: the loop of `actsparse evaluate` (reading, both forwards, all metrics) by what --json reports, against
TorchScript forwards of the same two models over the same batches in a process of their own (Python's torch.jit, its default executor), run
in turn, one thread; the median of the ratios. And how much of the loop is not in the models' forwards.
"""
import json
import pathlib
import statistics
import sys
import tempfile

from measure import ask
from quality import config

PLAIN = """
import json, sys, time, numpy, torch
torch.set_num_threads(1)
net, data, size = sys.argv[1], numpy.load(sys.argv[2]), int(sys.argv[3])
models = [torch.jit.load(net).eval() for _ in range(2)]
with torch.no_grad():
    start = time.monotonic()
    for first in range(0, len(data), size):
        batch = torch.from_numpy(numpy.ascontiguousarray(data[first:first + size]))
        for model in models:
            model(batch)
    print(json.dumps(time.monotonic() - start))
"""


def measure(binary, net, rounds):
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(temporary)
        settings = config(net.parent, net, place)
        del settings["evaluate"]["metrics"]
        (place / "config.json").write_text(json.dumps(settings))
        test = settings["evaluate"]["data"]
        evaluate = [binary, "evaluate", "-c", str(place / "config.json"), str(net), "--json", "-q", "--threads", "1"]
        plain = ["env", "OMP_NUM_THREADS=1", "/usr/bin/python3", "-c", PLAIN, str(net), test["inputs"][0]["path"], str(test["batch_size"])]
        ratios, own = [], []
        for _ in range(rounds):
            timing = ask(evaluate)["timing"]
            ratios.append(timing["seconds"] / ask(plain))
            own.append(timing["seconds"] / timing["forward_seconds"] - 1)
        return ratios, own


def main(build, folder, rounds=3):
    binary = str(pathlib.Path(build).resolve() / "app/actsparse")
    print("| net | evaluate / plain forwards | beside the forwards |\n|---|---|---|", flush=True)
    for net in sorted(pathlib.Path(folder).resolve().glob("*/*.pt")):
        ratios, own = measure(binary, net, int(rounds))
        spread = f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
        print(f"| {net.stem} | {spread} | {statistics.median(own):.1%} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
