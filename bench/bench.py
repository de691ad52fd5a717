"""Calibration of resnet18 (all Conv2d and Linear, sum/mean/magnitude, batch 8, 16 batches, one thread), as ratios.

    scripts/bench [ROUNDS]

Every ratio is the median of runs that were made in turn in one go.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

BATCHES, BATCH_SIZE = 16, 8


def make_job(folder):
    import numpy
    import torch
    import torchvision
    torch.manual_seed(0)
    model = torchvision.models.resnet18(weights=None).eval()
    torch.jit.script(model).save(str(folder / "model.pt"))
    torch.save(model.state_dict(), folder / "weights.pt")
    numpy.save(folder / "x.npy", torch.randn(BATCHES * BATCH_SIZE, 3, 224, 224).numpy())
    config = {
        "version": 1, "model": {"path": "model.pt"},
        "data": {"inputs": [{"path": "x.npy"}], "batch_size": BATCH_SIZE},
        "defaults": {"aggregate_fn": "sum", "reduce_fn": {"name": "mean", "dim": [0]}, "mask_fn": "magnitude",
                     "sparse_config": {"sparsity_level": 0.5}},
        "layers": [{"type": "Conv2d"}, {"type": "Linear"}],
        "output": {"model": "masked.pt", "state": "state.pt", "report": "report.json"},
    }
    (folder / "config.json").write_text(json.dumps(config))


def ask(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def seconds(command):
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def main(build, rounds):
    os.environ["OMP_NUM_THREADS"] = "1"
    here = pathlib.Path(__file__).parent
    bench, binary = f"{build}/bench/actsparse_bench", f"{build}/app/actsparse"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_job(folder)
        config = str(folder / "config.json")
        ratio = ask([bench, config, "ratio", str(rounds)])
        plain, run = ask([bench, config, "plain"]), ask([bench, config, "run"])
        reference = [sys.executable, str(here / "reference.py"), name, str(BATCH_SIZE)]
        tool = [binary, "run", "-c", config, "--threads", "1"]
        pairs = [(seconds(tool), seconds(reference)) for _ in range(rounds)]
    whole = statistics.median(a / b for a, b in pairs)
    allowed = plain["peak_mb"] + 2 * run["aggregates_mb"]
    print(f"calibrating loop / plain TorchScript forward   {ratio['ratio']:.3f}   "
          f"({ratio['min']:.3f} .. {ratio['max']:.3f}, goal <= 1.15; plain {ratio['plain_seconds']:.2f} s)")
    print(f"whole process / Python reference               {whole:.3f}   (goal <= 0.9; "
          f"medians {statistics.median(a for a, _ in pairs):.2f} s and {statistics.median(b for _, b in pairs):.2f} s)")
    print(f"peak memory {run['peak_mb']:.0f} MB; plain {plain['peak_mb']:.0f} MB + 2 x aggregates "
          f"{run['aggregates_mb']:.0f} MB = {allowed:.0f} MB allowed")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
