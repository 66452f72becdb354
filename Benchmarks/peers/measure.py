"""What the peers share: their command line, the clock, and the line they print."""

import argparse
import dataclasses
import json
import os
import resource
import statistics
import time

import numpy as np


def parser(description):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--length", type=int, default=20)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--lengths", choices=["fixed", "random"], default="fixed")
    p.add_argument("--sequences", type=int, default=5000, help="of a run of random lengths")
    p.add_argument("--first-step", action="store_true", help="stop after one step")
    p.add_argument("--groups", type=int, default=7, help="timed groups of steps")
    p.add_argument("--seconds", type=float, default=0.5, help="of one group, at least")
    return p


def add_sizes(p, kind):
    """Options for the sizes of a machine, the fields of its class."""
    for field in dataclasses.fields(kind):
        p.add_argument(f"--{field.name}", type=type(field.default), default=field.default)


def machine(settings, kind):
    names = [field.name for field in dataclasses.fields(kind)]
    return kind(**{name: getattr(settings, name) for name in names})


def batches(settings, machine):
    """Examples without end: of lengths drawn anew and padded, or of one length."""
    draw = np.random.default_rng(1)
    if settings.lengths == "random":
        while True:
            length = int(draw.integers(1, settings.length + 1))
            yield machine.examples(draw, settings.batch, length, pad_to=settings.length)
    while True:
        yield machine.examples(draw, settings.batch, settings.length)


def limit_threads(count):
    """Libraries size their pools by the processors that the process may use."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def trained(run, settings):
    """What is asked for after the first step: `run(steps)` returns when all steps are done."""
    if settings.first_step:
        return {}
    if settings.lengths == "random":
        run(settings.sequences // settings.batch)
        return {}
    return {"sequences_per_second": timed(run, settings)}


def timed(run, settings):
    """Sequences a second, of the fastest group of steps and of the median one."""
    steps, took = 1, 0.0
    while True:
        took = clocked(run, steps)
        if took >= settings.seconds:
            break
        steps = max(2 * steps, int(1.2 * steps * settings.seconds / max(took, 1e-6)))
    times = [clocked(run, steps) / steps for _ in range(settings.groups)]
    return {
        "best": settings.batch / min(times),
        "median": settings.batch / statistics.median(times),
    }


def clocked(run, steps):
    start = time.perf_counter()
    run(steps)
    return time.perf_counter() - start


def report(program, settings, **figures):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = {"program": program, "settings": vars(settings)} | figures | {"peak_megabytes": peak}
    print(json.dumps(line), flush=True)
