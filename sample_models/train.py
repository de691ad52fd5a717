"""Trains the sample models and writes them, with their data, beside this script.

Run it with: OMP_NUM_THREADS=1 PYTHONHASHSEED=0 python3 sample_models/train.py
The same PyTorch gives the same bytes every time (TorchScript writes constants in hash order).
"""
import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image
import torch.nn.functional as F
from sklearn.datasets import load_digits

from models import DigitsAttention, DigitsCnn, DigitsLstm, DigitsResNet

FOLDER = Path(__file__).parent
TRAINED = 1437  # of 1797 images; the other 360 are held out
CALIBRATION = 512  # of the training images; a multiple of the configs' batch size of 32
EPOCHS = 60
BATCH = 32


def load_images():
    """Images [1797, 1, 8, 8] in [0, 1] and labels, in a fixed random order."""
    digits = load_digits()
    order = np.random.RandomState(0).permutation(len(digits.target))
    images = (digits.images[order] / 16).astype(np.float32)[:, None]
    return torch.from_numpy(images), torch.from_numpy(digits.target[order].astype(np.int64))


def shuffle_rows(images):
    """Each image's rows in an order of its own [N, 8, 8], and the place each row came from [N, 8]."""
    generator = np.random.RandomState(1)
    positions = torch.from_numpy(np.stack([generator.permutation(8) for _ in images]))
    return torch.gather(images[:, 0], 1, positions[:, :, None].expand(-1, -1, 8)), positions


def train(model, inputs, labels):
    """Adam with a cosine learning rate; returns the model in eval mode."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(labels)).split(BATCH):
            loss = F.cross_entropy(model(*(x[chosen] for x in inputs)), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return model.eval()


@torch.no_grad()
def accuracy(model, inputs, labels):
    return (model(*inputs).argmax(dim=1) == labels).float().mean().item()


def save(module, path):
    """Writes TorchScript without its debug records, which hold the source paths of this machine."""
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    buffer.seek(0)
    reader, writer = torch._C.PyTorchFileReader(buffer), torch._C.PyTorchFileWriter(str(path))
    writer.set_min_version(int(reader.get_record("version")))
    for name in reader.get_all_records():
        if name != "version" and not name.endswith(".debug_pkl"):
            record = reader.get_record(name)
            writer.write_record(name, record, len(record))
    writer.write_end_of_file()


def export(name, module, inputs, labels):
    """Writes NAME.pt and reports the held-out accuracy of the file as written."""
    path = FOLDER / f"{name}.pt"
    save(module, path)
    score = accuracy(torch.jit.load(str(path)), [x[TRAINED:] for x in inputs], labels[TRAINED:])
    print(f"{name}: {score:.2%} of {len(labels) - TRAINED} held-out images, {path.stat().st_size:,} bytes")
    assert score > 0.95, f"{name} is too weak for a sample model"


def make(name, architecture, inputs, labels):
    """Trains on the first TRAINED samples, writes the scripted model, returns the eager one."""
    torch.manual_seed(0)
    model = train(architecture(), [x[:TRAINED] for x in inputs], labels[:TRAINED])
    export(name, torch.jit.script(model), inputs, labels)
    return model


def save_data(images, rows, positions, labels):
    """Calibration data from the training images, held-out data from the others, and tiny files for the configs."""
    np.save(FOLDER / "digits_calibration.npy", images[:CALIBRATION])
    np.save(FOLDER / "digits_heldout.npy", images[TRAINED:])
    np.save(FOLDER / "digits_heldout_labels.npy", labels[TRAINED:])
    np.savez(FOLDER / "digits_rows_calibration.npz", rows=rows[:CALIBRATION], positions=positions[:CALIBRATION])
    np.savez(FOLDER / "digits_rows_heldout.npz", rows=rows[TRAINED:], positions=positions[TRAINED:])
    save_pngs(images[: 2 * BATCH])
    (FOLDER / "batches").mkdir(exist_ok=True)
    for index, batch in enumerate(images[: 4 * BATCH].split(BATCH)):
        torch.save(batch.clone(), FOLDER / "batches" / f"batch_{index}.pt")


def save_pngs(images):
    """The same pixels as files, for configs that read images: 0..16 becomes 0..255."""
    folder = FOLDER / "digits_images"
    folder.mkdir(exist_ok=True)
    for index, image in enumerate(images):
        pixels = np.rint(np.asarray(image)[0] * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:03}.png")


def main():
    torch.set_num_threads(1)
    images, labels = load_images()
    rows, positions = shuffle_rows(images)
    cnn = make("digits_cnn", DigitsCnn, [images], labels)
    export("digits_cnn_traced", torch.jit.trace(cnn, images[:2]), [images], labels)
    make("digits_resnet", DigitsResNet, [images], labels)
    make("digits_lstm", DigitsLstm, [images], labels)
    make("digits_attention", DigitsAttention, [rows, positions], labels)
    save_data(images, rows, positions, labels)


if __name__ == "__main__":
    main()
