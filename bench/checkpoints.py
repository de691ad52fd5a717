"""What checkpoints cost, and how soon a resumed run computes: checkpoints.py BUILD_FOLDER [ROUNDS]

resnet18, sum of |x| per channel of all Conv2d and Linear layers, 16 batches of 8 images, one thread. A checkpoint after every
batch against none, in turn, shows what one costs. The time to go on is from the start of the process to the log's "going on
after batch", less that of `actsparse functions`, which loads LibTorch and does next to nothing. Prints medians.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import job
from networks import layers_in_call_order


def seconds(command):
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begin


def leave_checkpoint(command, path):
    """A run that is interrupted after its first checkpoint."""
    process = subprocess.Popen([*command, "--set", "run.checkpoint.batches=1"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    while not path.exists():
        time.sleep(0.01)
    process.terminate()
    assert process.wait() == 130


def seconds_to_go_on(command):
    begin = time.monotonic()
    process = subprocess.Popen([*command, "--resume"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "going on after batch" in line:
            passed = time.monotonic() - begin
            process.kill()
            process.communicate()
            return passed
    raise SystemExit("the run did not go on from its checkpoint")


def main(build, rounds="7"):
    os.environ["OMP_NUM_THREADS"] = "1"
    binary = f"{build}/app/actsparse"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model = job.make_model(folder, "resnet18")
        job.make_configs(folder, "resnet18", model, layers_in_call_order(model), "abs_sum")
        for precision in ("exact", "fast"):
            state = folder / f"{precision}.pt"
            command = [binary, "calibrate", "-c", str(folder / f"{precision}.json"), "--state", str(state)]
            checkpoint, kept = pathlib.Path(f"{state}.checkpoint"), folder / "kept"
            pairs, waits = [], []
            for _ in range(int(rounds)):
                pairs.append((seconds([*command, "--set", "run.checkpoint.batches=1"]), seconds(command)))
            leave_checkpoint(command, checkpoint)
            shutil.copy2(checkpoint, kept)
            for _ in range(int(rounds)):
                shutil.copy2(kept, checkpoint)
                waits.append(seconds_to_go_on(command) - seconds([binary, "functions"]))
            checkpoint.unlink()
            cost = statistics.median((many - none) / (job.BATCHES - 1) for many, none in pairs)
            batches = statistics.median(none for _, none in pairs) / job.BATCHES
            print(f"{precision}: a checkpoint takes {1000 * cost:.1f} ms, every 10 batches {100 * cost / (10 * batches):.2f} % of "
                  f"the run; a resumed run computes {statistics.median(waits):.2f} s after LibTorch's load "
                  f"({min(waits):.2f} .. {max(waits):.2f})")


main(*sys.argv[1:])
