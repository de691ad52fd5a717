"""What becomes of arrays before a model gets them: NumPy's own numbers, bit for bit."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Identity(torch.nn.Module):
    def forward(self, x):
        return x + 0


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = Identity()

    def forward(self, x):
        return self.layer(x)


def fed(binary, folder, entry):
    """What the layer got, read off the state: the sum over one batch of everything."""
    config = {"version": 1, "model": {"path": "model.pt"}, "data": {"inputs": [entry], "batch_size": 100},
              "defaults": {"aggregate_fn": "sum", "reduce_fn": {"name": "mean", "dim": [0]}, "mask_fn": "magnitude",
                           "sparse_config": {"sparsity_level": 0.5}},
              "layers": [{"name": "layer"}]}
    (folder / "config.json").write_text(json.dumps(config))
    subprocess.run([binary, "calibrate", "-q", "-c", folder / "config.json", "--state", folder / "state.pt"], check=True)
    return torch.load(folder / "state.pt")["data_groups"]["layer"]["data"].numpy()


def normalized(x, dtype, divide_by, mean, std, axis):
    """In NumPy, each step rounded to `dtype`."""
    shape = [1] * x.ndim
    shape[axis] = -1
    by_channel = lambda numbers: np.array(numbers, dtype).reshape(shape if len(numbers) > 1 else [])
    return (x.astype(dtype) / dtype(divide_by) - by_channel(mean)) / by_channel(std)


def save(folder, name, x):
    if name.endswith(".npz"):
        np.savez_compressed(folder / name, x=x)
    elif name.endswith(".pt"):
        torch.save(torch.from_numpy(x), folder / name)
    else:
        np.save(folder / name, np.asfortranarray(x) if name.startswith("f") else x)


def main(binary):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (6, 9, 7, 3)).astype(np.uint8)
    first = pixels.transpose(0, 3, 1, 2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        torch.jit.script(Model()).save(folder / "model.pt")

        def check(file, x, keys, wanted):
            save(folder, file, x)
            found = fed(binary, folder, {"path": file, **keys})
            assert found.dtype == wanted.dtype and found.shape == wanted.shape, (file, keys, found.dtype, found.shape)
            assert (found == wanted).all(), (file, keys, np.abs(found - wanted).max())

        scale = {"divide_by": 255, "mean": MEAN, "std": STD}
        for file in ["c.npy", "f.npy", "x.npz", "x.pt"]:
            check(file, pixels, {"permute": [0, 3, 1, 2], **scale}, normalized(first, np.float32, 255, MEAN, STD, 1))
            check(file, pixels, {"channel_dim": -1, **scale}, normalized(pixels, np.float32, 255, MEAN, STD, 3))
            check(file, pixels, {"dtype": "float64", "channel_dim": 3, **scale},
                  normalized(pixels, np.float64, 255, MEAN, STD, 3))
            check(file, pixels, {"dtype": "float32"}, pixels.astype(np.float32))
            check(file, pixels, {"divide_by": 255, "mean": [0.5]}, normalized(pixels, np.float32, 255, [0.5], [1], 1))
        floats = rng.normal(size=(6, 4, 5))
        check("x.npy", floats, {"std": [1, 2, 3, 4]}, normalized(floats, np.float64, 1, [0], [1, 2, 3, 4], 1))
        check("x.npy", floats, {"dtype": "float32", "mean": [1, 2, 3, 4]},
              normalized(floats, np.float32, 1, [1, 2, 3, 4], [1], 1))
        check("x.npy", floats, {"permute": [0, None, 2, 1]}, floats.transpose(0, 2, 1)[:, None])
        swapped = pixels.astype(">i2")
        check("x.npy", swapped, {"dtype": "float32", "permute": [0, 3, 1, 2]}, first.astype(np.float32))
    print("arrays are what NumPy makes of them")


if __name__ == "__main__":
    main(sys.argv[1])
