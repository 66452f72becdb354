#!/usr/bin/env python3
"""How a training step with sparse and with dense access grows with the rows of the memory.

    python3 Benchmarks/scaling.py                 # N = 2^8 to 2^17; writes scaling.csv beside it
    ntmscript run Benchmarks/scaling_plot.ntm     # draws that

Runs examples/sam/scaling.ntm on one thread and counts processor time, which other programs disturb
least: the difference of two runs with different numbers of steps, so that start and compilation
cancel out, for one time step of a sequence, forward and backward. Memory is the peak of the process.
`tape` is how many numbers each time step stores for the backward pass, as the plan says.
"""

import argparse
import csv
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "examples/sam/scaling.ntm"
TABLE = pathlib.Path(__file__).with_name("scaling.csv")
LENGTH = 50


def run(command):
    """Processor seconds and peak mebibytes of a process."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"failed: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def tape(command):
    command = [*command, "--plan"]
    plan = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    dense, sparse = re.findall(r"stored at each step for backward loops: ([\d,]+) numbers", plan)
    return int((dense if "true" in command else sparse).replace(",", ""))


def measure(binary, rows, dense, seconds):
    command = [binary, "run", str(PROGRAM), "--threads", "1", "--T", str(LENGTH)]
    command += ["--N", str(rows), "--dense", "true" if dense else "false"]
    run([*command, "--steps", "1"])  # Compiles.
    short, _ = run([*command, "--steps", "1"])
    steps = 4
    while True:
        long, peak = run([*command, "--steps", str(1 + steps)])
        if long - short > seconds or steps >= 4096:
            break
        steps *= 4
    return 1000 * (long - short) / (steps * LENGTH), peak, tape(command)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--binary", default="ntmscript")
    options.add_argument("--powers", type=int, nargs=2, default=(8, 17), metavar=("FIRST", "LAST"))
    options.add_argument("--seconds", type=float, default=1.0, help="of processor time, at least")
    options = options.parse_args()
    columns = ["N", "sparse_ms", "sparse_mib", "sparse_tape", "dense_ms", "dense_mib", "dense_tape"]
    print("".join(f"{c:>12}" for c in columns))
    with TABLE.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        for power in range(options.powers[0], options.powers[1] + 1):
            row = [2**power]
            for dense in (False, True):
                row += measure(options.binary, 2**power, dense, options.seconds)
            table.writerow([f"{x:.4g}" if isinstance(x, float) else x for x in row])
            file.flush()
            cells = (f"{x:>12.4g}" if isinstance(x, float) else f"{x:>12,}" for x in row)
            print("".join(cells), flush=True)


if __name__ == "__main__":
    main()
