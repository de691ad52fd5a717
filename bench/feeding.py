"""What reading the data adds to calibration: feeding.py ACTSPARSE [ROUNDS]

resnet18, its Linear layer, 16 batches of 8 x 3 x 224 x 224, one thread. Seconds of the loop over the batches, with the file
in the page cache (warm) and dropped from it (cold), in turn; medians, and medians of the paired ratios.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy
import torch
import torchvision

BATCHES, BATCH_SIZE = 16, 8


def write_aligned(path, data, alignment):
    """An .npy file whose data begin at an odd multiple of `alignment`, as NumPy wrote before 1.14 with 16."""
    numpy.save(path, data)
    whole = path.read_bytes()
    header = whole[10:127].rstrip()
    size = len(header) + 11
    size += -size % 64 + alignment
    text = header.ljust(size - 11) + b"\n"
    path.write_bytes(whole[:8] + len(text).to_bytes(2, "little") + text + whole[128:])


def make_job(folder):
    torch.manual_seed(0)
    torch.jit.script(torchvision.models.resnet18(weights=None).eval()).save(str(folder / "model.pt"))
    data = torch.randn(BATCHES * BATCH_SIZE, 3, 224, 224).numpy()
    numpy.save(folder / "mapped.npy", data)
    write_aligned(folder / "mapped, 16-byte aligned.npy", data, 16)
    write_aligned(folder / "copied (not aligned).npy", data, 2)
    numpy.save(folder / "copied and swapped.npy", data.astype(">f4"))
    numpy.savez(folder / "stored.npz", x=data)
    return sorted(folder.glob("*.np?"))


def config(file):
    return {"version": 1, "model": {"path": "model.pt"},
            "data": {"inputs": [{"path": file.name}], "batch_size": BATCH_SIZE},
            "defaults": {"aggregate_fn": "sum", "reduce_fn": {"name": "mean", "dim": [0]}, "mask_fn": "magnitude",
                         "sparse_config": {"sparsity_level": 0.5}},
            "layers": [{"type": "Linear"}]}


def drop_from_cache(file):
    handle = os.open(file, os.O_RDONLY)
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


def loop_seconds(binary, folder):
    command = [binary, "calibrate", "-c", "config.json", "--state", "state.pt", "--json", "--threads", "1", "-q"]
    out = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out)["timing"]["calibrate_seconds"]


def main(binary, rounds):
    with tempfile.TemporaryDirectory(dir=".") as name:  # not /tmp: that may be memory
        folder = pathlib.Path(name)
        files = make_job(folder)
        warm, cold = {file: [] for file in files}, {file: [] for file in files}
        for _ in range(rounds):
            for file in files:
                (folder / "config.json").write_text(json.dumps(config(file)))
                file.read_bytes()
                warm[file].append(loop_seconds(binary, folder))
                drop_from_cache(file)
                cold[file].append(loop_seconds(binary, folder))
        base = warm[folder / "mapped.npy"]
        print("loop                            warm     cold   cold/warm   warm / warm mapped.npy")
        for file in files:
            ratio = statistics.median(c / w for c, w in zip(cold[file], warm[file]))
            to_base = statistics.median(w / b for w, b in zip(warm[file], base))
            print(f"{file.name:30} {statistics.median(warm[file]):5.2f} s  {statistics.median(cold[file]):5.2f} s   "
                  f"{ratio:9.3f}   {to_base:9.3f}")


main(str(pathlib.Path(sys.argv[1]).resolve()), int(sys.argv[2]) if len(sys.argv) > 2 else 7)
