"""Calibration of resnet18 at full size (all Conv2d and Linear, sum / mean / magnitude), as ratios.

    bench.py BUILD_FOLDER [ROUNDS]

Every ratio is the median of runs that were made in turn in one go.
"""
import os
import pathlib
import statistics
import sys
import tempfile

from job import BATCHES, make_configs, make_model
from measure import ask, timed
from networks import layers_in_call_order


def main(build, rounds="5"):
    os.environ["OMP_NUM_THREADS"] = "1"
    here = pathlib.Path(__file__).parent
    bench, binary = f"{build}/bench/actsparse_bench", f"{build}/app/actsparse"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = make_model(folder, "resnet18")
        make_configs(folder, "resnet18", model, layers_in_call_order(model), "sum")
        config = str(folder / "exact.json")
        ratio = ask([bench, config, "ratio", rounds])
        plain = ask([bench, config, "plain", str(BATCHES)])
        run = ask([bench, config, "calibrate", str(BATCHES)])
        tool = [binary, "run", "-c", config, "-o", name, "--threads", "1"]
        reference = [sys.executable, "-B", str(here / "reference.py"), name]
        pairs = [(timed(tool)["seconds"], timed(reference)["seconds"]) for _ in range(int(rounds))]
    whole = statistics.median(a / b for a, b in pairs)
    allowed = plain["peak_mb"] + 2 * run["aggregates_mb"]
    print(f"calibrating loop / plain TorchScript forward   {ratio['ratio']:.3f}   "
          f"({ratio['min']:.3f} .. {ratio['max']:.3f}, goal <= 1.15; plain {ratio['plain_seconds']:.2f} s)")
    print(f"whole process / Python reference               {whole:.3f}   (goal <= 0.9; "
          f"medians {statistics.median(a for a, _ in pairs):.2f} s and {statistics.median(b for _, b in pairs):.2f} s)")
    print(f"peak memory {run['peak_mb']:.0f} MB; plain {plain['peak_mb']:.0f} MB + 2 x aggregates "
          f"{run['aggregates_mb']:.0f} MB = {allowed:.0f} MB allowed")


main(*sys.argv[1:])
