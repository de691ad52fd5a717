"""Runs and times processes."""
import json
import pathlib
import subprocess
import threading
import time


class Peak(threading.Thread):
    """The most memory that a process had, asked until it ends. (What wait4 tells would count this process, which it was
    forked from.)"""

    def __init__(self, pid):
        super().__init__()
        self.status, self.bytes = pathlib.Path(f"/proc/{pid}/status"), 0

    def run(self):
        while True:
            try:
                lines = self.status.read_text().splitlines()
            except (FileNotFoundError, ProcessLookupError):
                return
            peaks = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
            if not peaks:  # it has ended
                return
            self.bytes = max(self.bytes, peaks[0])
            time.sleep(0.02)


def ask(command):
    """What the command prints as JSON."""
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def timed(command):
    """Seconds and peak memory of the whole process, and what it prints."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    peak = Peak(process.pid)
    peak.start()
    output = process.communicate()[0]
    seconds = time.monotonic() - start
    peak.join()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    return {"seconds": seconds, "peak_mb": peak.bytes / 1e6, "output": output}
