"""What sharing a calibration among processes gains: scaling.py BUILD_FOLDER [ROUNDS]

resnet18, sum of |x| per channel of all Conv2d and Linear layers, 48 batches of 8 images, one thread per process. In turn: one
process; two ranks; two shards that do not know of each other (what the machine itself allows); and one batch (what every process
pays once). Prints medians.
"""
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

import job
from networks import layers_in_call_order

BATCHES = 48


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def seconds(commands, environments):
    """Until the last of the processes, started together, has ended."""
    begin = time.monotonic()
    processes = [subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) for command, environment in zip(commands, environments)]
    if any(process.wait() != 0 for process in processes):
        raise SystemExit(f"{' '.join(commands[0])} failed")
    return time.monotonic() - begin


def make_job(folder):
    model = job.make_model(folder, "resnet18")
    images = numpy.load(folder / "x.npy")
    numpy.save(folder / "x.npy", numpy.concatenate([images] * (BATCHES // job.BATCHES)))
    job.make_configs(folder, "resnet18", model, layers_in_call_order(model), "abs_sum")


def main(build, rounds="5"):
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_job(folder)
        command = [f"{build}/app/actsparse", "calibrate", "-c", str(folder / "exact.json"), "--threads", "1"]
        states = [str(folder / f"{name}.pt") for name in ("one", "ranks", "first", "second", "start")]
        times = {"one": [], "ranks": [], "shards": [], "start": []}
        for _ in range(int(rounds)):
            times["one"].append(seconds([[*command, "--state", states[0]]], [{}]))
            ranks = [{"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
                     for port in [free_port()] for rank in range(2)]
            times["ranks"].append(seconds([[*command, "--state", states[1]]] * 2, ranks))
            shards = [[*command, "--state", states[2 + i], "--shard", f"{i + 1}/2"] for i in range(2)]
            times["shards"].append(seconds(shards, [{}] * 2))
            times["start"].append(seconds([[*command, "--state", states[4], "--set", f"data.limit={job.BATCH_SIZE}"]], [{}]))
        same = pathlib.Path(states[0]).read_bytes() == pathlib.Path(states[1]).read_bytes()
    for name, values in times.items():
        print(f"{name:7} {statistics.median(values):6.2f} s   ({min(values):.2f} .. {max(values):.2f})")
    pairs = list(zip(*times.values()))
    print(f"two ranks / one process: {statistics.median(pair[1] / pair[0] for pair in pairs):.2f}")
    print(f"two ranks / two shards:  {statistics.median(pair[1] / pair[2] for pair in pairs):.2f}")
    print("the states of one process and of two ranks are " + ("equal, byte for byte" if same else "NOT EQUAL"))


main(*sys.argv[1:])
