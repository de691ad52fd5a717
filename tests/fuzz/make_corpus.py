"""Makes the binary seeds of tests/fuzz/corpus: make_corpus.py ACTSPARSE. The text ones (config, functions, glob) are their own source."""
import io
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from PIL import Image

CORPUS = Path(__file__).parent / "corpus"


def write(target, name, content):
    (CORPUS / target).mkdir(parents=True, exist_ok=True)
    (CORPUS / target / name).write_bytes(content)


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version)
    return out.getvalue()


def archive(members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def saved(value, protocol=2):
    out = io.BytesIO()
    torch.save(value, out, pickle_protocol=protocol)
    return out.getvalue()


def pickle_in(content):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return file.read(next(name for name in file.namelist() if name.endswith("/data.pkl")))


def zip64():
    """One stored entry whose sizes and offset stand only in zip64 fields, as do the directory's."""
    ones = b"\xff" * 4
    local = struct.pack("<4s22xHH", b"PK\3\4", 1, 0) + b"ahello"
    extra = struct.pack("<HHQQQ", 1, 24, 5, 5, 0)
    central = struct.pack("<4s16x4s4sHH10x4s", b"PK\1\2", ones, ones, 1, len(extra), ones) + b"a" + extra
    end = struct.pack("<4sQ12xQQQQ", b"PK\6\6", 44, 1, 1, len(central), len(local))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(local) + len(central), 1)
    return local + central + end + locator + struct.pack("<4s8x4s4sH", b"PK\5\6", ones, ones, 0)


def arrays():
    x = np.arange(12).reshape(4, 3)
    for code in ["?", "i1", "u1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16", ">i2", ">f4", ">c16", "u2", "M8[s]"]:
        yield code.replace(">", "big_").replace("?", "bool").replace("[s]", ""), npy(x.astype(code))
    yield "fortran", npy(np.asfortranarray(x.astype("f4")))
    yield "version_2", npy(x.astype("f4"), (2, 0))
    yield "version_3", npy(x.astype("f4"), (3, 0))
    yield "structured", npy(np.zeros(2, [("a", "f4"), ("b", "i8")]))
    yield "no_dimensions", npy(np.float32(1))
    yield "empty_samples", npy(np.zeros((4, 0), "f4"))


def values():
    x = torch.arange(12.0).reshape(4, 3)
    yield "tensor", x
    yield "tuple", (x, 3, 0.5, True, None, "text", [1, 2], 2**40)
    yield "list", [x, x.t(), x[1:], x.expand(2, 4, 3)]
    yield "dict", {"a": x, "b": {"c": [x.to(torch.bfloat16)]}}
    yield "ordered", OrderedDict(weight=x)
    yield "parameter", torch.nn.Parameter(x)
    yield "scalar", torch.tensor(7)
    yield "size", x.shape
    for dtype in ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float64", "complex64", "complex128"]:
        yield dtype, x.to(getattr(torch, dtype))


def write_batches():
    for name, value in values():
        write("batch", name + ".pkl", pickle_in(saved(value)))
    write("batch", "protocol_4.pkl", pickle_in(saved((torch.ones(2), {"a": 1}), 4)))
    write("batch", "tensor.pt", saved(torch.ones(2, 3)))
    write("batch", "legacy.pt", bytes.fromhex("80028a0a6cfc9c46f9"))


def write_images():
    generator = np.random.default_rng(0)
    noise = lambda *shape: generator.integers(0, 256, shape, "u1")
    images = {"rgb.png": Image.fromarray(noise(5, 4, 3)), "alpha.png": Image.fromarray(noise(3, 4, 4)),
              "palette.png": Image.fromarray(noise(6, 6, 3)).quantize(8), "bits.png": Image.fromarray(noise(4, 9) > 127),
              "deep.png": Image.fromarray(noise(4, 4).astype("u2") * 257), "gray.jpg": Image.fromarray(noise(8, 9)),
              "rgb.jpg": Image.fromarray(noise(17, 16, 3)), "cmyk.jpg": Image.fromarray(noise(8, 8, 4), "CMYK")}
    for name, image in images.items():
        out = io.BytesIO()
        image.save(out, "JPEG" if name.endswith("jpg") else "PNG", **({"progressive": True} if name == "rgb.jpg" else {}))
        write("image", name, out.getvalue())


def write_arrays():
    for name, content in arrays():
        write("npy", name + ".npy", content)
    for name in ["f4", "fortran", "big_i2"]:
        write("npz", name + ".npy", dict(arrays())[name])
    one = dict(arrays())["f4"]
    for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
        write("npz", name + ".npz", archive({"x.npy": one, "y.npy": one}, method))
        write("zip", name + ".zip", archive({"f/a": b"hello" * 20, "f/b": b""}, method))
    write("npz", "no_array.npz", archive({"readme.txt": b"hello"}))
    write("zip", "zip64.zip", zip64())
    write("zip", "empty.zip", archive({}))


SETTINGS = {
    "sum": {"aggregate_fn": "sum", "features": [0, 2], "feature_dim": 1},
    "var": {"aggregate_fn": {"name": "var", "except_dim": [1]}, "reduce_fn": "identity"},
    "histogram": {"aggregate_fn": {"name": "histogram", "except_dim": [], "bins": 4}, "reduce_fn": "identity"},
}


def config(settings):
    defaults = {"reduce_fn": {"name": "mean", "dim": [0]}, "mask_fn": "magnitude", "sparse_config": {"sparsity_level": 0.5}}
    return {"version": 1, "model": {"path": "m.pt"}, "data": {"inputs": [{"path": "x.npy"}, {"value": 2}], "batch_size": 2}, "functions": ["f.py"],
            "defaults": {**defaults, **settings}, "layers": [{"name": "fc", "input": 0}],
            "run": {"checkpoint": {"batches": 1, "path": "checkpoint.pt"}}}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(4, 2)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x, factor: int):
        assert bool(x.max() < 1000)
        self.calls.add_(1)
        return self.fc(x) * factor


def write_states(actsparse):
    """Calibrated, stepped, and the checkpoint that a run leaves when it fails in its second batch."""
    for name, settings in SETTINGS.items():
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder)
            torch.jit.script(Net().eval()).save(str(here / "m.pt"))
            x = np.random.default_rng(1).standard_normal((4, 4), "f4")
            np.save(here / "x.npy", x)
            np.save(here / "bad.npy", np.where(np.arange(4)[:, None] == 3, np.float32(1e6), x))
            (here / "f.py").write_text("def f(x: Tensor) -> Tensor:\n    return x\n")
            (here / "c.json").write_text(json.dumps(config(settings)))
            run = lambda *arguments: subprocess.run([actsparse, *arguments, "--no-progress"], cwd=here).returncode
            assert run("calibrate", "-c", "c.json", "--state", "sums.pt") == 0
            assert run("step", "--state", "sums.pt", "--state-out", "stepped.pt") == 0
            assert run("calibrate", "-c", "c.json", "--state", "x.pt", "--set", "data.inputs.0.path=bad.npy") != 0
            for kind in ["sums", "stepped", "checkpoint"]:
                write("state", f"{name}_{kind}.pkl", pickle_in((here / f"{kind}.pt").read_bytes()))
            write("state", f"{name}.pt", (here / "stepped.pt").read_bytes())


def write_programs():
    """Of exported models, without what is read over."""
    archives = Path(__file__).parent.parent / "exported" / "archives" / "2.14"
    for name in ("tiny", "nested", "cond", "nograd", "counter", "twice", "attention_causal", "fixed_arguments", "gated"):
        with zipfile.ZipFile(archives / f"{name}.pt2") as archive:
            program = json.loads(archive.read(f"{name}/models/model.json"))
        for node in program["graph_module"]["graph"]["nodes"]:
            stack = node["metadata"].get("nn_module_stack")
            node["metadata"] = {"nn_module_stack": stack} if stack else {}
        program["graph_module"]["graph"]["tensor_values"] = {}
        write("program", f"{name}.json", json.dumps(program, separators=(",", ":")).encode())


if __name__ == "__main__":
    write_programs()
    write_images()
    write_arrays()
    write_batches()
    write_states(str(Path(sys.argv[1]).resolve()))
