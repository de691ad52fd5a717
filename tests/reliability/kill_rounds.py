"""Kills calibrations at random moments and goes on from their checkpoints.

    kill_rounds.py ACTSPARSE SAMPLE_MODELS [ROUNDS [SEED [repair]]]

In each round `actsparse run --resume` is killed (SIGKILL) after a random time, unless it ends before. After each round every
output that is there must be whole, and a run that ended must have left the bytes of an undisturbed one. With "repair" most of
the time goes into repairing and tuning what was masked.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import zipfile

OUTPUTS = ("masked.pt", "state.pt")
REPAIR = {"method": "linear", "tune": {"steps": 60, "batch_size": 16}}


def write_config(folder, samples, repair):
    config = {
        "version": 1, "model": {"path": str(samples / "digits_resnet.pt")},
        "data": {"inputs": [{"path": str(samples / "digits_calibration.npy")}], "batch_size": 4, "limit": 400},
        "defaults": {"aggregate_fn": {"name": "std", "except_dim": [1]}, "reduce_fn": "identity", "mask_fn": "magnitude",
                     "sparse_config": {"sparsity_level": 0.5}},
        "layers": [{"type": "Conv2d"}],
        "run": {"checkpoint": {"batches": 3}},
        "repair": repair,
        "output": {"model": "masked.pt", "state": "state.pt", "report": "report.json"},
    }
    (folder / "config.json").write_text(json.dumps(config))


def start(binary, folder):
    return subprocess.Popen([binary, "run", "-c", "config.json", "--resume", "--quiet", "--threads", "1"], cwd=folder,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def check_whole(folder, expected):
    """No output is half written, whatever moment the process was killed at."""
    for name in OUTPUTS:
        path = folder / name
        assert not path.exists() or path.read_bytes() == expected[name], f"{name} is not whole"
    report = folder / "report.json"
    assert not report.exists() or json.loads(report.read_text())["verification"]["passed"]
    for checkpoint in folder.glob("*.checkpoint*"):
        if not checkpoint.name.endswith(".tmp"):
            assert zipfile.ZipFile(checkpoint).testzip() is None, f"{checkpoint.name} is not whole"


def undisturbed(binary, samples, repair):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_config(folder, samples, repair)
        began = time.monotonic()
        process = start(binary, folder)
        errors = process.communicate()[1].decode()
        assert process.returncode == 0, errors
        return {name: (folder / name).read_bytes() for name in OUTPUTS}, time.monotonic() - began


def main(binary, samples, rounds="20", seed="1", work=""):
    binary, samples = str(pathlib.Path(binary).resolve()), pathlib.Path(samples).resolve()
    chance = random.Random(int(seed))
    repair = REPAIR if work == "repair" else "none"
    expected, seconds = undisturbed(binary, samples, repair)
    killed = ended = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_config(folder, samples, repair)
        while killed < int(rounds):
            process = start(binary, folder)
            try:
                errors = process.communicate(timeout=chance.uniform(0, 1.2 * seconds))[1].decode()
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                killed += 1
                check_whole(folder, expected)
                continue
            assert process.returncode == 0, errors
            check_whole(folder, expected)
            ended += 1
            left = {path.name for path in folder.iterdir()}
            assert left == {"config.json", "report.json", *OUTPUTS}, f"left over: {left}"
            for path in OUTPUTS + ("report.json",):
                (folder / path).unlink()
    print(f"{killed} of {rounds} kills left nothing half written; {ended} runs went on to the same bytes")


main(*sys.argv[1:])
