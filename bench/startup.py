"""How long actsparse takes to answer: startup.py ACTSPARSE [ROUNDS]

Medians of whole processes. All but the last answer without LibTorch; `functions` loads it and does next to nothing.
"""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

COMMANDS = {
    "--version": ["--version"],
    "--help": ["--help"],
    "run --help": ["run", "--help"],
    "wrong command": ["inspec"],
    "config error": ["run", "-c", "config.json"],
    "functions": ["functions"],
}


def milliseconds(command, folder):
    start = time.monotonic()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return 1000 * (time.monotonic() - start)


def main(binary, rounds):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "config.json").write_text(json.dumps({"version": 1, "modell": {"path": "m.pt"}}))
        times = {name: [] for name in COMMANDS}
        for _ in range(rounds):
            for name, arguments in COMMANDS.items():
                times[name].append(milliseconds([binary, *arguments], folder))
    for name, values in times.items():
        print(f"{name:14} {statistics.median(values):6.1f} ms   ({min(values):.1f} .. {max(values):.1f})")


main(str(pathlib.Path(sys.argv[1]).resolve()), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
