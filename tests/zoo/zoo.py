"""Runs the zoo: zoo.py ACTSPARSE OBSERVE [--quick] [--only NAME...] [--write-docs]"""
import argparse
import sys
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parity"))

import torch  # noqa: E402

from reference import skip, sparsifier_class  # noqa: E402

try:
    import torchvision  # noqa: F401
except ImportError:
    skip("torchvision is missing")

from architectures import QUICK, ZOO, build, draw_batches, plug_in  # noqa: E402
from check import ModelCheck  # noqa: E402

DOCS = Path(__file__).resolve().parents[2] / "docs" / "models.md"
BATCHES = 2
HEADING = ["| model | form | layers | calls | never called | observed outputs | masks | masked outputs |",
           "|---|---|---|---|---|---|---|---|"]


def row(name, form, result):
    uncalled = f"{result['uncalled']}: {'; '.join(result['reasons'])}" if result["uncalled"] else "0"
    return f"| {name} | {form} | {result['layers']} | {result['calls']} | {uncalled} | equal | equal | equal |"


def run_all(tools, names):
    """Rows of those that passed, and how many failed."""
    rows, failed = [], 0
    for name in names:
        for form in ZOO[name][2]:
            start = time.monotonic()
            try:
                rows.append(row(name, form, ModelCheck(tools, form, build(name), draw_batches(name, BATCHES)).run()))
                print(f"ok: {name} {form} ({time.monotonic() - start:.0f} s)", flush=True)
            except Exception as error:  # the next model tells its own story
                failed += 1
                print(f"FAILED: {name} {form}: {error}", flush=True)
    return rows, failed


def documented_rows():
    return [line for line in DOCS.read_text().splitlines() if line.split("|")[1:2] and line.split("|")[1].strip() in ZOO]


def write_docs(rows):
    """In the zoo's order; models that were not run keep theirs."""
    found = {str(row.split("|")[1:3]): row for row in documented_rows() + rows}
    order = list(ZOO)
    rows = sorted(found.values(), key=lambda row: order.index(row.split("|")[1].strip()))
    lines = [line for line in DOCS.read_text().splitlines() if line not in documented_rows()]
    at = lines.index(HEADING[1]) + 1
    DOCS.write_text("\n".join(lines[:at] + rows + lines[at:]) + "\n")


def check_docs(rows):
    """The versions of PyTorch differ in source lines and kernels, not in what holds."""
    missing = [row for row in rows if row not in documented_rows()]
    for row in missing:
        print(f"FAILED: docs/models.md has no row {row}")
    return len(missing)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("actsparse")
    parser.add_argument("observe")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=ZOO, metavar="NAME")
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    # Models run as they are written: fused kernels may round otherwise, and PyTorch 2.6
    # hangs compiling cat(a, b) * mask.
    torch._C._jit_set_texpr_fuser_enabled(False)
    sparsifier_class()
    names = options.only or (QUICK if options.quick else list(ZOO))
    tools = SimpleNamespace(actsparse=options.actsparse, observe=options.observe, plug_in=plug_in())
    rows, failed = run_all(tools, names)
    if options.write_docs:
        write_docs(rows)
    elif torch.__version__.startswith("1.13"):
        failed += check_docs(rows)
    print(f"{len(rows)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
