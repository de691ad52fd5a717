"""Peak memory of a streaming calibration of 10 and of 1,000 batches: memory.py BUILD_FOLDER [NETWORK]

Whole runs, exact and fast, of batches of 8 images of 224x224 (zeros, in a file that takes no space), one thread.
"""
import json
import os
import pathlib
import sys
import tempfile

import numpy

from job import BATCH_SIZE, make_configs, make_model
from measure import timed
from networks import layers_in_call_order


def peak(build, folder, precision, batches):
    path = folder / f"{precision}.json"
    config = json.loads(path.read_text())
    config["data"]["inputs"][0]["path"] = f"{batches}.npy"
    path.write_text(json.dumps(config))
    return timed([f"{build}/app/actsparse", "run", "-c", str(path), "-o", str(folder), "--threads", "1"])["peak_mb"]


def main(build, network="mobilenet_v3_small"):
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model = make_model(folder, network)
        make_configs(folder, network, model, layers_in_call_order(model), "abs_sum")
        for batches in (10, 1000):
            numpy.lib.format.open_memmap(folder / f"{batches}.npy", "w+", "float32",
                                         (batches * BATCH_SIZE, 3, 224, 224))
        for precision in ("exact", "fast"):
            few, many = (peak(build, folder, precision, batches) for batches in (10, 1000))
            print(f"{network}, {precision}: {few:.0f} MB with 10 batches, {many:.0f} MB with 1,000 "
                  f"({100 * (many / few - 1):+.1f} %)")


main(*sys.argv[1:])
