"""Where the time of a small model goes: compact_operators.py BUILD_FOLDER [MODEL...]

For each kind of operator of the model without masks: its share of the time, what of its work the small model still does
(multiplications of convolutions and linear layers, elements that pooling reads) and what of its time the small model takes. Last what
the small model would take if each operator took time in proportion to its work: an estimate, no bound. Activations, one or two percent
of the time, are left out. Set up as in compact.py, align group, batch 8, one thread, frozen; medians of runs in turn.
"""
import math
import os
import pathlib
import statistics
import sys
import tempfile

import numpy
import torch
from torch.profiler import ProfilerActivity, profile

from compact import measure, prepare

KINDS = {"mkldnn_convolution": "convolution", "thnn_conv2d": "convolution", "addmm": "linear",
         "max_pool2d_with_indices": "max_pool2d", "adaptive_avg_pool2d": "avg_pool2d", "cat": "cat"}
ROUNDS = 9


def kind(event):
    return KINDS.get(event.name.removeprefix("aten::"))


def operators(model, images):
    """Kind, microseconds and sizes of the inputs of each operator, in the order of the calls."""
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as run:
        model(images)
    found = [event for event in run.events() if kind(event)]
    found.sort(key=lambda event: event.time_range.start)
    return [(kind(event), event.cpu_time_total, event.input_shapes) for event in found]


def work(name, shapes):
    if name == "convolution":  # outputs have one size: those of the weight count
        return math.prod(shapes[1])
    if name == "linear":
        return math.prod(shapes[2])
    return math.prod(shapes[0]) if shapes[0] else 0  # lists have none


@torch.no_grad()
def measured(folder):
    images = torch.from_numpy(numpy.load(folder / "x.npy"))[:8]
    models = [torch.jit.freeze(torch.jit.load(str(folder / name)).eval()) for name in ("model.pt", "small.pt")]
    for model in models * 3:
        model(images)
    rounds = [[operators(model, images) for model in models] for _ in range(ROUNDS)]
    for before, after in zip(*rounds[0], strict=True):
        assert before[0] == after[0], f"{before[0]} and {after[0]}: the models do not have the same operators"
    times = [[statistics.median(done[which][place][1] for done in rounds) for place in range(len(rounds[0][0]))] for which in (0, 1)]
    return [(before[0], time, small_time, work(before[0], before[2]), work(before[0], after[2]))
            for before, after, time, small_time in zip(*rounds[0], *times)]


def report(name, rows):
    total = sum(time for _, time, *_ in rows)
    proportional = 0
    for each in dict.fromkeys(row[0] for row in rows):
        own = [row for row in rows if row[0] == each]
        time, small = sum(row[1] for row in own), sum(row[2] for row in own)
        in_proportion = sum(row[1] * (row[4] / row[3] if row[3] else row[2] / row[1]) for row in own)
        proportional += in_proportion
        print(f"| {name} | {each} | {time / total:.2f} | {in_proportion / time:.2f} | {small / time:.2f} |")
    small = sum(row[2] for row in rows)
    print(f"| {name} | all | 1 | {proportional / total:.2f} | {small / total:.2f} |", flush=True)


def main(build, *names):
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    binary = str(pathlib.Path(build).resolve() / "app/actsparse")
    print("| model | operators | share of its time | work left, by time | time left |")
    print("|---|---|---|---|---|")
    for name in names or ("squeezenet1_1", "vgg11_bn"):
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            prepare(folder, name, "group")
            measure(binary, folder, [])
            report(name, measured(folder))


main(*sys.argv[1:])
