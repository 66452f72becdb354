"""Runs one program and says how long it took, how much memory it had and what it printed."""

import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time


@dataclasses.dataclass(frozen=True)
class Outcome:
    seconds: float
    megabytes: float
    output: str


class Failed(Exception):
    pass


def run(command, environment, timeout=600.0):
    """Raises `Failed` where the program fails, or is still running after `timeout` seconds.

    Memory is that of the process and of those it waited for, whichever had most.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=output, stderr=errors,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )
        timer = threading.Timer(timeout, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            # It has a session of its own, which Ctrl-C does not reach.
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            timer.cancel()
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            why = errors.read().strip().splitlines()[-1:] or [f"status {process.returncode}"]
            if seconds >= timeout:
                why = [f"stopped after {timeout:.0f} s"]
            raise Failed(f"{' '.join(command)}: {why[0]}")
        return Outcome(seconds, usage.ru_maxrss / 1024, output.read())


def note(text):
    print(text, file=sys.stderr, flush=True)
