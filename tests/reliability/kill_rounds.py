"""Kills calibrations at random moments and goes on from their checkpoints.

    kill_rounds.py ACTSPARSE SAMPLE_MODELS [ROUNDS [SEED [repair|search]]]

In each round `actsparse run --resume` is killed (SIGKILL) after a random time, unless it ends before. After each round every
output that is there must be whole, and a run that ended must have left the bytes of an undisturbed one. With "repair" most of
the time goes into repairing and tuning what was masked; with "search" `actsparse search --resume` is killed.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import zipfile

OUTPUTS = {"": ("masked.pt", "state.pt"), "repair": ("masked.pt", "state.pt"),
           "search": ("masked.pt", "state.pt", "found.json", "curve.json")}
REPAIR = {"": "none", "repair": {"method": "linear", "tune": {"steps": 60, "batch_size": 16}}, "search": "linear"}


def write_config(folder, samples, work):
    config = {
        "version": 1, "model": {"path": str(samples / "digits_resnet.pt")},
        "data": {"inputs": [{"path": str(samples / "digits_calibration.npy")}], "batch_size": 4, "limit": 400},
        "defaults": {"aggregate_fn": {"name": "std", "except_dim": [1]}, "reduce_fn": "identity", "mask_fn": "magnitude",
                     "sparse_config": {"sparsity_level": 0.5}},
        "layers": [{"type": "Conv2d"}],
        "run": {"checkpoint": {"batches": 3}},
        "repair": REPAIR[work],
        "output": {"model": "masked.pt", "state": "state.pt", "report": "report.json"},
    }
    if work == "search":
        config["search"] = {"budget": {"macs": 0.8}, "levels": [0.25, 0.5, 0.75]}
        config["output"] |= {"config": "found.json", "curve": "curve.json"}
        config["defaults"]["align"] = "group"
        config["layers"].append({"name": "fc"})
    (folder / "config.json").write_text(json.dumps(config))


def start(binary, folder, work):
    command = "search" if work == "search" else "run"
    return subprocess.Popen([binary, command, "-c", "config.json", "--resume", "--quiet", "--threads", "1"], cwd=folder,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def check_whole(folder, expected):
    """No output is half written, whatever moment the process was killed at."""
    for name in expected:
        path = folder / name
        assert not path.exists() or path.read_bytes() == expected[name], f"{name} is not whole"
    report = folder / "report.json"
    assert not report.exists() or json.loads(report.read_text())["verification"]["passed"]
    for checkpoint in folder.glob("*.checkpoint*"):
        if checkpoint.name.endswith(".checkpoint.search"):
            json.loads(checkpoint.read_text())
        elif not checkpoint.name.endswith(".tmp"):
            assert zipfile.ZipFile(checkpoint).testzip() is None, f"{checkpoint.name} is not whole"


def undisturbed(binary, samples, work):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_config(folder, samples, work)
        began = time.monotonic()
        process = start(binary, folder, work)
        errors = process.communicate()[1].decode()
        assert process.returncode == 0, errors
        return {name: (folder / name).read_bytes() for name in OUTPUTS[work]}, time.monotonic() - began


def main(binary, samples, rounds="20", seed="1", work=""):
    binary, samples = str(pathlib.Path(binary).resolve()), pathlib.Path(samples).resolve()
    chance = random.Random(int(seed))
    expected, seconds = undisturbed(binary, samples, work)
    killed = ended = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_config(folder, samples, work)
        while killed < int(rounds):
            process = start(binary, folder, work)
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
            assert left == {"config.json", "report.json", *expected}, f"left over: {left}"
            for path in (*expected, "report.json"):
                (folder / path).unlink()
    print(f"{killed} of {rounds} kills left nothing half written; {ended} runs went on to the same bytes")


main(*sys.argv[1:])
