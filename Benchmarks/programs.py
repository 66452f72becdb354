"""The programs that are compared. Each is prepared once for a case, then measured in turns.

A program keeps what every turn found; `best` is the least time (or memory) and `median` that of the
middle turn, both as the unit of the case: sequences a second, seconds or megabytes.
"""

import json
import pathlib
import shutil
import statistics
import tempfile

import cases
import processes

HERE = pathlib.Path(__file__).resolve().parent


class Script:
    """A script of this folder, run by ntmscript."""

    def __init__(self, name, ntmscript, script, case, plan):
        self.name, self.case, self.plan = name, case, plan
        self.command = [ntmscript, "run", str(HERE / script), *case.script_flags()]
        self.threads = str(case.threads)
        self.cache = tempfile.mkdtemp(prefix="ntm-bench-")
        self.few, self.many = 2, 2
        self.walls, self.turns = {}, []

    def run(self, steps):
        environment = {"NTM_CACHE": self.cache, "NTM_THREADS": self.threads}
        return processes.run([*self.command, "--steps", str(steps)], environment)

    def prepare(self):
        """Fills the cache, and finds how many steps take long enough to be timed."""
        if self.case.cached:
            self.run(1)
        if self.case.kind != "rate":
            return
        base = self.run(self.few).seconds
        self.many = 2 * self.few
        while (took := self.run(self.many).seconds - base) < self.plan.seconds:
            factor = 1.2 * self.plan.seconds / max(took, 0.01)
            self.many = int(self.many * min(max(factor, 2.0), 20.0))

    def turn(self):
        if self.case.kind == "rate":
            # What is the same for few and for many steps, the start above all, cancels out.
            for steps in (self.few, self.many):
                self.walls.setdefault(steps, []).append(self.run(steps).seconds)
            return
        if not self.case.cached:
            shutil.rmtree(self.cache, ignore_errors=True)
        steps = {"start": 1, "memory": 20, "random": cases.SEQUENCES // self.case.batch}
        self.turns.append(self.run(steps[self.case.kind]))

    def result(self):
        if self.case.kind != "rate":
            return whole(self.case, self.turns)
        found = {"steps": self.many}
        for label, of in (("best", min), ("median", statistics.median)):
            took = of(self.walls[self.many]) - of(self.walls[self.few])
            if took <= 0:
                raise processes.Failed(f"{self.name}: too busy a machine to time {self.many} steps")
            found[label] = self.case.batch * (self.many - self.few) / took
        return found

    def close(self):
        shutil.rmtree(self.cache, ignore_errors=True)


class Peer:
    """A peer of `peers/`, with the settings that turned out fastest."""

    def __init__(self, name, python, script, case, plan, start, knobs):
        self.name, self.case, self.plan = name, case, plan
        self.command = [python, str(HERE / "peers" / script)]
        self.settings, self.knobs = start, knobs
        self.cache = tempfile.mkdtemp(prefix="ntm-bench-")
        self.turns, self.figures = [], []

    def run(self, settings, seconds, groups, timeout=600.0):
        flags = self.case.peer_flags() | {"seconds": seconds, "groups": groups}
        flags |= {"first-step": True} if self.case.kind == "start" else {}
        flags |= settings
        words = [f"--{k}" if v is True else f"--{k}={v}" for k, v in flags.items()]
        environment = {}
        if self.case.kind in ("start", "random") and self.case.cached:
            environment = {
                "JAX_COMPILATION_CACHE_DIR": self.cache,
                "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            }
        return processes.run([*self.command, *words], environment, timeout)

    def cost(self, settings):
        """What settings are judged by: less is better."""
        timeout = 300.0 if settings.get("compile") else 180.0
        if self.case.kind == "random":
            # The rate at one length judges as well, in a fraction of the time.
            settings = settings | {"lengths": "fixed"}
        try:
            outcome = self.run(settings, self.plan.seconds / 3, 3, timeout)
        except processes.Failed as problem:
            processes.note(f"  {problem}")
            return float("inf")
        if self.case.kind == "memory":
            return outcome.megabytes
        if self.case.kind == "start":
            return outcome.seconds
        return -json.loads(outcome.output)["sequences_per_second"]["best"]

    def prepare(self):
        """Tries each knob in turn and keeps what is better; fills the cache."""
        best, tried = self.cost(self.settings), [self.settings]
        for change in self.knobs:
            settings = self.settings | change
            if settings in tried:
                continue
            tried.append(settings)
            cost = self.cost(settings)
            if cost < best:
                best, self.settings = cost, settings
        if best == float("inf"):
            raise processes.Failed(f"{self.name}: no settings work")
        if self.case.kind == "random" and self.case.cached:
            self.run(self.settings | {"first-step": True}, 0.0, 0)

    def turn(self):
        outcome = self.run(self.settings, self.plan.seconds, self.plan.groups)
        self.turns.append(outcome)
        self.figures.append(json.loads(outcome.output))

    def result(self):
        found = {"settings": self.settings}
        if self.case.kind != "rate":
            return found | whole(self.case, self.turns)
        rates = [figure["sequences_per_second"] for figure in self.figures]
        found["best"] = max(rate["best"] for rate in rates)
        found["median"] = statistics.median(rate["median"] for rate in rates)
        return found

    def close(self):
        shutil.rmtree(self.cache, ignore_errors=True)


def whole(case, turns):
    values = [turn.megabytes if case.kind == "memory" else turn.seconds for turn in turns]
    return {"best": min(values), "median": statistics.median(values)}


# What else changes nothing but the speed, of one machine.
OWN_KNOBS = {
    "model": [{"products": "sum"}],
    "dnc": [{"order": "sort"}, {"remat": "all"}],
    "sam": [{"search": "topk"}],
    "encoder": [{"joined": True}],
}


def jax(python, case, plan):
    # With random lengths, the all-reduce of two devices waits for ever (XLA of JAX 0.10.2).
    devices = 2 if case.threads > 1 and case.batch > 1 and case.kind != "random" else 1
    # What a sparse memory keeps without help is little, and to find it again would need all rows; a
    # Transformer has no loop whose steps would have to be kept.
    remat = "none" if case.model in ("sam", "encoder") else "dots"
    start = {"model": case.model, "remat": remat, "devices": devices}
    own = OWN_KNOBS[case.model]
    knobs = [{"devices": 1}] if devices > 1 else []
    if case.model != "model":
        knobs += own
    if not plan.quick:
        knobs += [{"remat": "all"}, {"remat": "none"}, {"remat": "dots"}]
        if case.curve is None:
            knobs += [{"intra": "off"}, {"joined": True}, *own]
        if case.curve is None and case.kind == "rate" and case.model != "encoder":
            # Where compiling counts, this costs more than it gives.
            knobs += [{"unroll": 2}, {"unroll": 4}]
    return Peer("jax", python, "jax_run.py", case, plan, start, knobs)


def torch(python, case, plan):
    knobs = [{"threads": 1}] if case.threads > 1 else []
    if case.torch_compile and not plan.quick:
        knobs.append({"compile": True})
    start = {"threads": case.threads}
    return Peer("torch", python, "torch_copy.py", case, plan, start, knobs)
