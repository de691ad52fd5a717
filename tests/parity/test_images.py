"""Images as torchvision's ToTensor, Resize(antialias=True) and Normalize make them of what PIL decodes, bit for bit."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import torch
    from PIL import Image
    from torchvision.transforms import functional as F
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


def noise(height, width, channels, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (height, width, channels), generator=generator, dtype=torch.uint8).numpy()


def smooth(height, width):
    rows = torch.linspace(0, 255, height)[:, None, None].expand(height, width, 3)
    return rows.to(torch.uint8).numpy()


def write_images(folder):
    Image.fromarray(noise(40, 30, 3, 0)).save(folder / "a_rgb.png")
    Image.fromarray(noise(33, 64, 4, 1)).save(folder / "b_rgba.png")
    Image.fromarray(noise(16, 16, 1, 2)[:, :, 0]).save(folder / "c_gray.png")
    Image.fromarray(noise(48, 20, 3, 3)).quantize(16).save(folder / "d_palette.png")
    Image.fromarray(smooth(50, 70)).save(folder / "e.jpg", quality=95)
    Image.fromarray(noise(31, 45, 3, 4)).save(folder / "f_progressive.jpg", quality=60, progressive=True)
    Image.fromarray(noise(20, 21, 1, 5)[:, :, 0]).save(folder / "g_gray.jpg")
    Image.fromarray(noise(25, 40, 3, 6)).save(folder / "h_subsampled.jpg", subsampling="4:1:1")
    Image.fromarray(noise(24, 24, 1, 7)[:, :, 0] > 127).save(folder / "i_bits.png")
    Image.fromarray(noise(30, 30, 4, 8), "CMYK").save(folder / "j_cmyk.jpg")


def expected(folder, mode, size, mean, std):
    samples = []
    for path in sorted(folder.iterdir()):
        image = F.to_tensor(Image.open(path).convert(mode))
        samples.append(F.normalize(F.resize(image, size, antialias=True), mean, std))
    return torch.stack(samples)


def fed(binary, folder, entry):
    """What the layer got, read off the state: the sum over one batch of everything."""
    torch.jit.script(Model()).save(folder / "model.pt")
    config = {"version": 1, "model": {"path": "model.pt"}, "data": {"inputs": [entry], "batch_size": 10},
              "defaults": {"aggregate_fn": "sum", "reduce_fn": {"name": "mean", "dim": [0]}, "mask_fn": "magnitude",
                           "sparse_config": {"sparsity_level": 0.5}},
              "layers": [{"name": "layer"}]}
    (folder / "config.json").write_text(json.dumps(config))
    subprocess.run([binary, "calibrate", "-q", "-c", folder / "config.json", "--state", folder / "state.pt"], check=True)
    return torch.load(folder / "state.pt")["data_groups"]["layer"]["data"]


def check(binary, folder, mode, mean, std, layout, order="RGB"):
    images = folder / "images"
    entry = {"images": "images", "size": [24, 28], "mean": mean, "std": std, "layout": layout, "channels": len(mode)}
    if mode != "L":
        entry["order"] = order
    if order == "RGB":
        found, wanted = fed(binary, folder, entry), expected(images, mode, [24, 28], mean, std)
    else:  # mean and std are those of the channels as the model gets them
        colours = [2, 1, 0, 3][:len(mode)]
        wanted = expected(images, mode, [24, 28], [mean[c] for c in colours], [std[c] for c in colours])[:, colours]
        found = fed(binary, folder, entry)
    if layout == "NHWC":
        wanted = wanted.permute(0, 2, 3, 1)
    difference = (found - wanted).abs().flatten(1).max(1).values
    assert len(difference) == 10 and (difference == 0).all(), difference
    print(f"{mode} {layout} {order}: {len(difference)} images are bit-equal")


def main(binary):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "images").mkdir()
        write_images(folder / "images")
        check(binary, folder, "RGB", MEAN, STD, "NCHW")
        check(binary, folder, "RGB", MEAN, STD, "NHWC")
        check(binary, folder, "L", [0.5], [0.25], "NCHW")
        check(binary, folder, "RGB", MEAN, STD, "NCHW", "BGR")
        check(binary, folder, "RGBA", MEAN + [0.5], STD + [0.25], "NHWC")
        check(binary, folder, "RGBA", MEAN + [0.5], STD + [0.25], "NCHW", "BGR")


if __name__ == "__main__":
    main(sys.argv[1])
