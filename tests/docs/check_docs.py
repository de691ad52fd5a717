"""check_docs.py SOURCE BINARY: every block of docs/ is run, or read by the program that it is for.

A block with no language is a picture or an output, and looked at by nothing here. All others have a row in RUNNERS; a block of a
language without one fails. Commands run in a folder that holds what the docs take for granted: a config, its model, its data.
Launchers of clusters (srun, mpirun, torchrun, sbatch) are stand-ins that set the variables of the real ones and start three ranks."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

source, binary = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])

# What a fragment of a config stands in, by its first key; others are keys of the config itself.
PLACES = {"gates": ["evaluate"], "path": ["data", "inputs", 0], "aggregate_fn": ["defaults"], "tune": ["repair"]}

LAUNCHERS = {
    "torchrun": ("RANK", "WORLD_SIZE"),
    "mpirun": ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    "srun": ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
}

LAUNCHER = r"""#!/bin/bash
while [ "$1" != actsparse ]; do shift; done
export MASTER_ADDR=127.0.0.1 MASTER_PORT=$((20000 + RANDOM % 20000))
for rank in 0 1 2; do env RANK_NAME=$rank SIZE_NAME=3 "$@" & jobs+=($!); done
for job in "${jobs[@]}"; do wait "$job" || exit 1; done
"""

SBATCH = r"""#!/bin/bash
# An array in a file that was written before, or a command.
case "${@: -2:1}" in
  --wrap) exec bash -euc "${@: -1}" ;;
esac
export SLURM_CPUS_PER_TASK=1 SLURM_ARRAY_TASK_ID
tasks=$(sed -n 's/^#SBATCH --array=1-//p' "${@: -1}")
for SLURM_ARRAY_TASK_ID in $(seq "$tasks"); do bash -eu "${@: -1}" >&2 || exit 1; done
echo JOB
"""


def blocks(markdown):
    """(line, language, text) of each fenced block."""
    found, open_at = [], None
    for number, line in enumerate(markdown.splitlines(), 1):
        if line.startswith("```") and open_at is None:
            open_at, language, lines = number, line[3:].strip(), []
        elif line.startswith("```"):
            found.append((open_at, language, "\n".join(lines) + "\n"))
            open_at = None
        elif open_at is not None:
            lines.append(line)
    return found


class Sandbox:
    """What the docs take for granted."""

    def __init__(self, folder):
        self.folder = folder
        for part in ("configs", "sample_models", "docs/examples"):
            shutil.copytree(source / part, folder / part)
        for name in ("out", "shards", "bin"):
            (folder / name).mkdir()
        (folder / "bin/actsparse").symlink_to(binary)
        for name, (rank, size) in LAUNCHERS.items():
            self.program(name, LAUNCHER.replace("RANK_NAME", rank).replace("SIZE_NAME", size))
        self.program("sbatch", SBATCH)
        samples = folder / "sample_models"
        shutil.copy(samples / "digits_cnn.pt", folder / "model.pt")
        config = json.loads((folder / "configs/search.json").read_text())
        config["model"]["path"] = "model.pt"
        # A state holds no weights, which removal_error would need.
        config["defaults"].update({"aggregate_fn": {"name": "abs_mean", "except_dim": "channels"}, "reduce_fn": "identity"})
        config["data"] = {"inputs": [{"path": "sample_models/digits_calibration.npy"}], "batch_size": 16}
        for part in (config["search"]["data"]["inputs"][0], config["search"]["labels"]):
            part["path"] = part["path"].replace("../", "")
        (folder / "config.json").write_text(json.dumps(config))
        self.run(f"actsparse run -c config.json && cp search.masked.pt masked.pt && cp {samples}/digits_heldout.npy batch.npy")

    def program(self, name, text):
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, script, **variables):
        environment = {**os.environ, **variables, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(["bash", "-euc", script], cwd=self.folder, env=environment, text=True, capture_output=True)
        if done.returncode != 0:
            raise AssertionError(f"exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def as_object(text):
    text = text.strip()
    return json.loads(text if text.startswith("{") else "{" + text + "}")


def merged(base, over):
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def run_json(sandbox, text):
    part = as_object(text)
    base = {"model": {"path": "model.pt"}, "data": {"inputs": [{"path": "sample_models/digits_calibration.npy"}]}}
    # The functions and layers that a fragment does not speak of; a whole config has its own.
    if "layers" not in part:
        base["preset"] = "channels"
    if next(iter(part)) in ("gates", "evaluate"):
        base["evaluate"] = {"labels": {"path": "labels.npy"}}
    for step in reversed(PLACES.get(next(iter(part)), [])):
        part = [part] if step == 0 else {step: part}
    config = merged(base, part)
    if "search" in config:
        config["defaults"] = {"align": "group"}
    if "functions" in part and "layers" not in part:  # those of the block before it, which have to do something
        config.update(layers=[{"name": "conv2"}], output={"model": "block.pt"})
        config["data"] = {**config["data"], "batch_size": 32}
        del config["preset"]
    (sandbox.folder / "block.json").write_text(json.dumps(config))
    sandbox.run("actsparse validate block.json")
    if "functions" in part and "layers" not in part:
        told = sandbox.run("actsparse run block.json 2>&1")
        assert "the mask is all" not in told, told


def run_sh(sandbox, text):
    if "--shard" in text and "$SLURM_ARRAY_TASK_ID" in text:  # the script of an array, which another block starts
        is_whole = text.startswith("#!")
        (sandbox.folder / "array.sh").write_text(text if is_whole else "#SBATCH --array=1-4\n" + text)
        return None if is_whole else sandbox.run("sbatch array.sh; rm -f shards/*.pt")
    if text.startswith("cmake -S docs/examples"):  # tests/build/check_install runs these
        return None
    return sandbox.run(text)


def run_yaml(sandbox, text):
    document = yaml.safe_load(text)
    commands = []

    def collect(value):
        if isinstance(value, dict):
            commands.extend(value[key] for key in ("run",) if isinstance(value.get(key), str))
            commands.extend(line for key in ("script", "args") for line in value.get(key, []))
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                collect(each)

    collect(document)
    assert commands, "no command in it"
    (sandbox.folder / "job").exists() or (sandbox.folder / "job").symlink_to(sandbox.folder)
    for command in commands:
        command = re.sub(r"scripts/setup run && scripts/build release actsparse( && apt-get install -y jq)?", "true", command)
        command = command.replace("build/release/app/actsparse", "actsparse").replace("/job/", "job/")
        sandbox.run(command, JOB_COMPLETION_INDEX="1")


def run_python(sandbox, text):
    if text.startswith("# my_fns.py"):  # a file that the next block names
        return (sandbox.folder / "my_fns.py").write_text(text)
    prelude = ("import numpy, torch\nx = numpy.zeros((2, 8, 8, 3), 'uint8')\n"
               "mean = std = numpy.ones((3, 1, 1), 'float32')\n")
    if "torch.export" in text:
        return run_export(sandbox, text)
    return exec(compile(prelude + text, "block", "exec"), {})


def run_export(sandbox, text):
    import torch

    block = compile(text, "block", "exec")
    if not hasattr(torch, "export"):  # PyTorch 1.13's is not of this kind; it reads the block, no more
        return
    shutil.copy(sandbox.folder / "masked.pt", sandbox.folder / "small.pt")
    here = os.getcwd()
    os.chdir(sandbox.folder)
    try:
        exec(block, {"model": torch.nn.Conv2d(1, 2, 3), "images": torch.zeros(4, 1, 8, 8)})
    finally:
        os.chdir(here)


def run_cpp(sandbox, text):
    includes = re.findall(r"// <(.*)>", text)
    program = "".join(f"#include <{each}>\n" for each in includes) + "void block() {\n" + text + "}\n"
    (sandbox.folder / "block.cpp").write_text(program)
    version = re.search(r"LibTorch (\d+)\.(\d+)", sandbox.run("actsparse --version"))
    standard = "17" if tuple(map(int, version.groups())) < (2, 7) else "20"
    sandbox.run(f"c++ -std=c++{standard} -fsyntax-only -I/usr/include/torch/csrc/api/include block.cpp")


def run_cmake(_, text):
    example = (source / "docs/examples/cpp/CMakeLists.txt").read_text()
    for line in text.splitlines():
        assert line.replace("my_program", "mask_a_model") in example, f"the example does without: {line}"


RUNNERS = {"json": run_json, "sh": run_sh, "yaml": run_yaml, "python": run_python, "cpp": run_cpp, "cmake": run_cmake}


def main():
    passed, failed = 0, []
    for page in sorted((source / "docs").glob("*.md")):
        with tempfile.TemporaryDirectory() as name:
            sandbox = None
            for line, language, text in blocks(page.read_text()):
                if not language:
                    continue
                sandbox = sandbox or Sandbox(pathlib.Path(name))
                try:
                    RUNNERS[language](sandbox, text)
                    passed += 1
                except Exception as error:
                    failed.append(f"docs/{page.name}:{line} ({language}): {error}")
                    print(failed[-1], flush=True)
    print(f"{passed} blocks of docs/ passed, {len(failed)} failed")
    assert passed > 0
    return 1 if failed else 0


sys.exit(main())
