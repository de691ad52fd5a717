"""Runs one job as several ranks, starts it in every supported way, and breaks ranks.

    ranks.py ACTSPARSE SAMPLE_MODELS

What two or three ranks write must be, byte for byte, what one process writes. A rank that dies, hangs or fails must end the
others within --timeout, with its name, and the same command with --resume must end with the same bytes.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import torch.distributed

OUTPUTS = ("masked.pt", "state.pt")
TIMEOUT = 4


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Job:
    """A folder with a config, and the bytes that one process makes of it."""

    def __init__(self, binary, samples, folder, batches, evaluate=None, repair="none"):
        self.binary, self.folder = binary, pathlib.Path(folder)
        config = {
            "version": 1, "model": {"path": str(samples / "digits_resnet.pt")},
            "data": {"inputs": [{"random": {"shape": [16 * batches, 1, 8, 8], "seed": 3}}], "batch_size": 16},
            "defaults": {"aggregate_fn": {"name": "std", "except_dim": [1]}, "reduce_fn": "identity", "mask_fn": "magnitude",
                         "sparse_config": {"sparsity_level": 0.5}},
            "layers": [{"type": "Conv2d"}],
            "run": {"checkpoint": {"batches": 2}},
            "repair": repair,
            "output": {"model": "masked.pt", "state": "state.pt", "report": "report.json"},
        }
        if evaluate:
            config["evaluate"] = evaluate
            config["output"]["compact"] = "small.pt"
        self.outputs = (*OUTPUTS, "small.pt") if evaluate else OUTPUTS
        (self.folder / "config.json").write_text(json.dumps(config))
        alone = self.start({}, "run")
        out, errors = alone.communicate()
        assert alone.returncode == 0, errors
        self.expected = {name: (self.folder / name).read_bytes() for name in self.outputs}
        self.report = self.read_report()
        self.clear()

    def clear(self):
        for path in self.folder.iterdir():
            if path.name != "config.json":
                path.unlink()

    def start(self, variables, *arguments):
        environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
        command = [self.binary, *arguments, "-c", "config.json", "--timeout", str(TIMEOUT)]
        return subprocess.Popen(command, cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def start_ranks(self, size, *arguments):
        port = free_port()
        return [self.start({"RANK": str(rank), "WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port},
                           *arguments) for rank in range(size)]

    def read_report(self):
        return json.loads((self.folder / "report.json").read_text())

    def check_outputs(self):
        for name in self.outputs:
            assert (self.folder / name).read_bytes() == self.expected[name], f"{name} is not that of one process"
        left = {path.name for path in self.folder.iterdir()}
        assert left == {"config.json", "report.json", *self.outputs}, f"left over: {left}"
        report = self.read_report()
        self.clear()
        return report


def finish(processes, codes):
    """Waits for all; their exit codes must be `codes`. Returns what they wrote to stdout and stderr."""
    results = [process.communicate(timeout=60) for process in processes]
    found = [process.returncode for process in processes]
    assert found == codes, f"exit codes {found}, not {codes}:\n" + "\n".join(errors for _, errors in results)
    return results


def wait_for(path):
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path.name}"
        time.sleep(0.005)


def check_same_bytes(job, size):
    results = finish(job.start_ranks(size, "run"), [0] * size)
    assert all(out == "" for out, _ in results[1:]), "only rank 0 prints results"
    assert "masked model: masked.pt" in results[0][0]
    assert "rank 1: info" in results[1][1]
    report = job.check_outputs()
    assert report["timing"]["ranks"] == size and report["data"]["batches"] == 300, report


def check_calibrate(job):
    finish(job.start_ranks(2, "calibrate", "--state", "c.pt"), [0, 0])
    ranks = (job.folder / "c.pt").read_bytes()
    assert job.start({}, "calibrate", "--state", "c.pt").wait() == 0
    assert (job.folder / "c.pt").read_bytes() == ranks, "calibrate's state is not that of one process"
    job.clear()


def judged(report):
    """An evaluation without its times."""
    return {key: value for key, value in report.get("evaluation", report).items() if key != "timing"}


def evaluate_section(samples, batch_size):
    held_out = samples / "digits_heldout"
    return {"data": {"inputs": [{"path": f"{held_out}.npy"}], "batch_size": batch_size},
            "labels": {"path": f"{held_out}_labels.npy"}}


def check_judging(binary, samples, folder, batch_size, batches, size):
    """Ranks share the evaluation, too; what they find is, digit for digit, what one process finds."""
    job = Job(binary, samples, folder, 2, evaluate_section(samples, batch_size))
    results = finish(job.start_ranks(size, "run"), [0] * size)
    for rank, (_, errors) in enumerate(results):
        own = len(range(rank, batches, size))
        assert f"judged {own} of {batches} batches" in errors, errors
    assert judged(job.check_outputs()) == judged(job.report)
    command = ("evaluate", str(samples / "digits_resnet.pt"), "--json")
    alone = json.loads(finish([job.start({}, *command)], [0])[0][0])
    ranks = json.loads(finish(job.start_ranks(size, *command), [0] * size)[0][0])
    assert judged(ranks) == judged(alone)


def check_gates(binary, samples, folder):
    """A gate that fails is rank 0's to tell; the others have done their part."""
    job = Job(binary, samples, folder, 2, evaluate_section(samples, 64))
    gated = ("run", "--set", 'evaluate.gates={"accuracy": {"min": 0.9999}}')
    results = finish(job.start_ranks(2, *gated), [8, 0])
    assert "accuracy" in results[0][1].splitlines()[-1], results[0][1]
    left = {path.name for path in job.folder.iterdir()}
    assert left == {"config.json", "report.json", "state.pt"}, f"left over: {left}"


def agent_store(port):
    # Since 2.4 the store wants a library that not every build has.
    for options in ({"use_libuv": False}, {}):
        try:
            return torch.distributed.TCPStore("127.0.0.1", int(port), is_master=True, wait_for_workers=False, **options)
        except TypeError:  # before 2.3
            pass
    raise AssertionError("no store")


def check_agent_store(job):
    """As torchrun does: the store is the launcher's, and kept when a job is started again."""
    port = free_port()
    store = agent_store(port)
    variables = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_USE_AGENT_STORE": "True"}
    for restart in ("0", "1"):
        finish([job.start({**variables, "RANK": str(rank), "TORCHELASTIC_RESTART_COUNT": restart}, "run") for rank in range(2)],
               [0, 0])
        job.check_outputs()
    del store


def check_torchrun(job):
    run = ["torchrun", "--no_python", "--nproc_per_node", "2", "--master_addr", "127.0.0.1", "--master_port"]
    environment = {**os.environ, "USE_LIBUV": "0"}
    if subprocess.run([*run, free_port(), "true"], env=environment, capture_output=True).returncode != 0:
        print("torchrun itself does not work here: left out")
        return 0
    command = [job.binary, "run", "-c", "config.json"]
    subprocess.run([*run, free_port(), *command], cwd=job.folder, env=environment, check=True, capture_output=True, text=True)
    job.check_outputs()
    run[4:] = ["--rdzv_backend", "c10d", "--rdzv_endpoint", "127.0.0.1:" + free_port()]
    subprocess.run([*run, *command], cwd=job.folder, env=environment, check=True, capture_output=True, text=True)
    job.check_outputs()
    return 1


def check_launchers(job):
    port = free_port()
    mpi = [{"OMPI_COMM_WORLD_RANK": str(rank), "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
            "MASTER_PORT": port} for rank in range(2)]
    finish([job.start(variables, "run") for variables in mpi], [0, 0])
    job.check_outputs()
    slurm = [{"SLURM_PROCID": str(rank), "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_NUM_NODES": "1",
              "SLURM_STEP_NODELIST": "localhost", "SLURM_JOB_ID": str(os.getpid()), "SLURM_STEP_ID": "0"} for rank in range(2)]
    finish([job.start(variables, "run") for variables in slurm], [0, 0])
    job.check_outputs()


def check_broken(job, size, victim, blow, victims_code, fragment):
    """`blow` a rank when it has left a checkpoint: the others end in time, name it, and a resumed job ends as if nothing was."""
    ranks = job.start_ranks(size, "run")
    wait_for(job.folder / f"state.pt.checkpoint.rank{victim}")
    began = time.monotonic()
    ranks[victim].send_signal(blow)
    others = [rank for index, rank in enumerate(ranks) if index != victim]
    for _, errors in finish(others, [130] * len(others)):
        assert f"rank {victim}" in errors.splitlines()[-1] and fragment in errors, errors
    seconds = time.monotonic() - began
    assert seconds < TIMEOUT, f"the others took {seconds:.1f} s"
    if blow == signal.SIGSTOP:
        ranks[victim].kill()
    finish([ranks[victim]], [victims_code])
    assert not any((job.folder / name).exists() for name in OUTPUTS)
    # A rank that is killed while it puts a checkpoint in place leaves the one before it.
    left = {path.name.replace(".previous", "") for path in job.folder.glob("state.pt.checkpoint.rank?*") if ".tmp" not in path.name}
    assert len(left) == size, f"checkpoints: {left}"
    results = finish(job.start_ranks(size, "run", "--resume"), [0] * size)
    assert all("going on after batch" in errors for _, errors in results), results
    job.check_outputs()


def own_lines(errors):
    if torch.__version__.startswith("1."):
        return errors.splitlines()
    return [line for line in errors.splitlines() if line.startswith(("{", "actsparse: "))]


def check_nobody_there(job):
    """Whatever goes wrong with the connection, stderr is one log, but for what c10d writes there itself since 2.x."""
    lonely = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    missing = {**lonely, "RANK": "0"}
    for variables, fragment in ((lonely, "rank 0 was not found at 127.0.0.1"), (missing, "1 did not join within 4 s")):
        errors = finish([job.start(variables, "run", "--log-format", "json")], [130])[0][1]
        lines = [json.loads(line) for line in own_lines(errors)]
        assert fragment in lines[-1]["message"] and lines[-1]["rank"] == int(variables["RANK"]), errors
    waiting = job.start(missing, "run")
    time.sleep(1.5)
    waiting.terminate()
    assert "interrupted while waiting for all ranks to join" in finish([waiting], [130])[0][1]
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        errors = finish([job.start({**missing, "MASTER_PORT": port}, "run")], [2])[0][1]
        assert len(own_lines(errors)) == 1 and "check MASTER_ADDR and MASTER_PORT" in errors, errors


def check_failing_rank(job):
    port = free_port()
    variables = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    first = job.start({**variables, "RANK": "0"}, "run")
    second = job.start({**variables, "RANK": "1"}, "run", "--set", "layers.0.type=Conv3d")
    results = finish([first, second], [130, 4])
    assert "rank 1 on" in results[0][1] and "Conv3d" in results[0][1], results[0][1]
    other = [job.start({**variables, "RANK": "0"}, "run"),
             job.start({**variables, "RANK": "1"}, "run", "--set", "run.seed=5")]
    results = finish(other, [7, 130])
    assert "rank 0 and rank 1 cannot be merged: the config differs" in results[0][1], results[0][1]
    alone = job.start({**variables, "RANK": "0"}, "calibrate", "--state", "c.pt", "--shard", "1/2")
    assert "share the batches by themselves" in finish([alone], [2])[0][1]
    job.clear()


def check_repair(binary, samples, folder):
    """Rank 0 repairs; all judge what it makes, the stages before it, too."""
    repair = {"method": "linear", "tune": {"steps": 5, "batch_size": 16}}
    job = Job(binary, samples, folder, 20, evaluate_section(samples, 40), repair)
    finish(job.start_ranks(2, "run"), [0, 0])
    report = job.check_outputs()
    assert report["repair"] == job.report["repair"], report["repair"]
    assert len(report["repair"]["stages"]) == 3, report["repair"]["stages"]


def check_search(binary, samples, folder):
    """Any number of ranks finds what one process finds, and measures the same of each group alone."""
    job = Job(binary, samples, folder, 12, repair="linear")
    path = job.folder / "config.json"
    config = json.loads(path.read_text())
    config["defaults"]["align"] = "group"
    config["layers"].append({"name": "fc"})
    config["search"] = {"budget": {"macs": 0.8}, "levels": [0.25, 0.5, 0.75]}
    config["output"] |= {"config": "found.json", "curve": "curve.json"}
    path.write_text(json.dumps(config))
    names = ("masked.pt", "state.pt", "found.json", "curve.json")

    def found(size, command="search"):
        job.clear()
        processes = job.start_ranks(size, command, "--json") if size > 1 else [job.start({}, command, "--json")]
        printed = json.loads(finish(processes, [0] * size)[0][0])
        printed.pop("timing")
        return printed, {name: (job.folder / name).read_bytes() for name in names if command == "search"}

    alone, files = found(1)
    alone["sensitivity"].pop("timing")
    for size in (2, 3, 5):
        printed, others = found(size)
        printed["sensitivity"].pop("timing")
        assert printed == alone and others == files, size
        assert {path.name for path in job.folder.iterdir()} == {"config.json", "report.json", *names}
    assert found(3, "sensitivity") == found(1, "sensitivity")


def main(binary, samples):
    binary, samples = str(pathlib.Path(binary).resolve()), pathlib.Path(samples).resolve()
    checks = 0
    with tempfile.TemporaryDirectory() as folder:
        job = Job(binary, samples, folder, 300)
        for check in (lambda: check_same_bytes(job, 2), lambda: check_same_bytes(job, 3), lambda: check_calibrate(job),
                      lambda: check_agent_store(job), lambda: check_torchrun(job), lambda: check_launchers(job),
                      lambda: check_nobody_there(job), lambda: check_failing_rank(job)):
            done = check()
            checks += 1 if done is None else done
    with tempfile.TemporaryDirectory() as folder:
        job = Job(binary, samples, folder, 800)
        for arguments in ((2, 1, signal.SIGKILL, -9, "died"), (3, 2, signal.SIGSTOP, -9, "died or hangs"),
                          (2, 0, signal.SIGSTOP, -9, "does not answer"), (2, 0, signal.SIGKILL, -9, "does not answer"),
                          (2, 1, signal.SIGTERM, 130, "interrupted after batch")):
            check_broken(job, *arguments)
            checks += 1
    with tempfile.TemporaryDirectory() as folder:
        job = Job(binary, samples, folder, 2)  # and three ranks
        finish(job.start_ranks(3, "run"), [0] * 3)
        job.check_outputs()
        checks += 1
    for batch_size, batches, size in ((40, 9, 2), (16, 23, 3), (180, 2, 3)):
        with tempfile.TemporaryDirectory() as folder:
            check_judging(binary, samples, folder, batch_size, batches, size)
            checks += 1
    for check in (check_gates, check_repair, check_search):
        with tempfile.TemporaryDirectory() as folder:
            check(binary, samples, folder)
        checks += 1
    print(f"{checks} checks of ranks passed")


main(*sys.argv[1:])
