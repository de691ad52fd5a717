"""What calibrating with a streaming statistic costs: models.py BUILD_FOLDER [ROUNDS [MODEL...]]

One thread, 16 batches of 8 images of 224x224; sum of |x| per channel or feature of all Conv2d, Linear and LSTM layers, or of
the first half of them in call order. For each: the plain TorchScript forward, actsparse exact and fast, and the Python
reference, in processes of their own, run in turn. Prints a Markdown table: medians of the ratios of each round.
"""
import json
import os
import pathlib
import statistics
import sys
import tempfile

from job import BATCHES, make_configs, make_model
from measure import ask, timed
from networks import NETWORKS, layers_in_call_order

COLUMNS = ["plain, ms a batch", "exact / plain", "fast / plain", "reference / plain", "exact / reference, whole process",
           "fast / reference, whole process", "peak MB: plain", "exact", "fast", "reference", "state, KB"]


def one_round(build, folder):
    bench, binary = f"{build}/bench/actsparse_bench", f"{build}/app/actsparse"
    exact, fast = str(folder / "exact.json"), str(folder / "fast.json")
    plain = ask([bench, exact, "plain", str(BATCHES)])
    loops = [ask([bench, config, "calibrate", str(BATCHES)]) for config in (exact, fast)]
    here = pathlib.Path(__file__).parent
    reference = timed([sys.executable, "-B", str(here / "reference.py"), str(folder)])
    whole = [timed([binary, "run", "-c", config, "-o", str(folder), "--threads", "1"]) for config in (exact, fast)]
    reference_batch = json.loads(reference["output"])["batch_seconds"]
    times = [loop["batch_seconds"] for loop in loops] + [reference_batch]
    return ([1000 * plain["batch_seconds"]] + [seconds / plain["batch_seconds"] for seconds in times] +
            [run["seconds"] / reference["seconds"] for run in whole] +
            [plain["peak_mb"]] + [run["peak_mb"] for run in whole] + [reference["peak_mb"]] +
            [(folder / "exact.state.pt").stat().st_size / 1e3])


def print_row(name, rounds):
    medians = [statistics.median(values) for values in zip(*rounds)]
    cells = [f"{median:.2f}" if 0 < i < 6 else f"{median:.0f}" for i, median in enumerate(medians)]
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main(build, rounds="3", *names):
    os.environ["OMP_NUM_THREADS"] = "1"
    print("| layers | " + " | ".join(COLUMNS) + " |")
    print("|---|" + "---|" * len(COLUMNS))
    for name in names or NETWORKS:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            model = make_model(folder, name)
            layers = layers_in_call_order(model)
            for which, chosen in (("all", layers), ("first half", layers[: (len(layers) + 1) // 2])):
                make_configs(folder, name, model, chosen, "abs_sum")
                print_row(f"{name}, {which}", [one_round(build, folder) for _ in range(int(rounds))])


main(*sys.argv[1:])
